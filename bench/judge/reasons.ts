const LIBRARIES = ["libmnl", "rust", "go", "pyroute2", "npm-netlink", "node-netlink"];
const PROCESSES = ["ip", "ip-batch", "brctl"];
const ALL = [...LIBRARIES, ...PROCESSES];

const WOKEN =
  "the host's thread has slept and is woken, and then the event loop, for 0.1 to 0.4 ms here; the peer is awake when its time starts, and waits for the kernel on its own thread";

/** Why peers may be ahead, where it is known: the first that fits a row and a peer counts. docs/benchmark.md says how it was found. */
export const reasons: readonly { row: RegExp; peers: readonly string[]; why: string }[] = [
  {
    row: /^throughput\.(remove|total)\.1$/,
    peers: ALL,
    why: "a single link takes one or two grace periods of the kernel, whoever asks for it",
  },
  { row: /^throughput\.create\.1$/, peers: ALL, why: WOKEN },
  {
    row: /^reading\.link\.\d+$/,
    peers: ALL,
    why: "the kernel takes 3 to 5 µs for it; a promise, the request written and the answer read in JavaScript take some 15 more",
  },
  {
    row: /^reading\.(links|fdb)\./,
    peers: ALL,
    why: "an object of JavaScript for each, with text for its MAC, takes some 1 µs, beside the kernel's dump where there is a processor for each; compiled code takes a tenth of that",
  },
  {
    row: /^reading\.all\./,
    peers: ALL,
    why: "linkwright decodes every attribute that the kernel sends into objects of JavaScript, some 4 µs for each link; the peer decodes those that it knows, and in compiled code",
  },
  {
    row: /^latency\.pipelined\./,
    peers: ALL,
    why: "each is a turn of the event loop, whose processor the host's thread often shares, so that one waits for the other; with a processor for each it takes half the time",
  },
  {
    row: /^(latency\.batch\.\d+|throughput\.attach-batch\.(10|100))$/,
    peers: ALL,
    why: "the host's thread is woken, and JavaScript writes the requests before the kernel has them and reads the answers after it, some 50 µs for each; with a thousand both work at the same time",
  },
  {
    row: /^(latency\.each\.\d+|throughput\.attach-each\.\d+)$/,
    peers: ALL,
    why: "the request written, the answer read and the promise settled in JavaScript take some 6 µs; that nobody else attaches the port at the same moment, and that the bridge's MTU is still the same, some 2; the peer looks at neither",
  },
  {
    row: /^throughput\.create\./,
    peers: ALL,
    why: "linkwright also gives each TAP a MAC that no bridge takes for its own and asks for its index, 5 to 10 µs, and settles a promise for each",
  },
];

/** The reason in words, if one is known. */
export const reasonOf = (id: string, name: string): string | undefined =>
  reasons.find(({ row, peers }) => row.test(id) && peers.includes(name))?.why;

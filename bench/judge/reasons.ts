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
  { row: /^(throughput\.(create|attach-batch|attach-each)\.1|reading\.link\.\d+)$/, peers: ALL, why: WOKEN },
  {
    row: /^reading\.links\./,
    peers: ["ip"],
    why: "linkwright decodes every attribute that the kernel sends, ip those that it prints, and in compiled code",
  },
  {
    row: /^reading\./,
    peers: LIBRARIES,
    why: "linkwright decodes every attribute that the kernel sends into an object of JavaScript; the peer decodes few of them, none, or in compiled code",
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
    why: "each goes to the host's thread and back, some 15 µs, so that the event loop never waits, looks at the bridge's MTU, and is written and read in JavaScript; the peer waits for the kernel on its own thread",
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

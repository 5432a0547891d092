const LIBRARIES = ["libmnl", "rust", "go", "pyroute2", "npm-netlink", "node-netlink"];
const PROCESSES = ["ip", "ip-batch", "brctl"];
const ALL = [...LIBRARIES, ...PROCESSES];

const AWAITED =
  "the requests written, the answers read and the promise settled in JavaScript take 6 µs in a loop of nothing else, but 16 to 18 in the quickest tenth of these and some 26 at the median: between them the kernel's work has the processor's caches; that nobody else attaches the port at the same moment, and that the bridge's MTU is still the same, takes 1.2 more, and the peer looks at neither";
const FIRST =
  "after a pause, code and objects of JavaScript come back into the processor's caches first: the first of twenty attaches takes 190 to 220 µs and those after it 74 to 85, where C takes 115 to 160 and 48 to 56";
const HANDED_OVER =
  "the host's thread makes the system calls; handing over, looking out for results, JavaScript and its garbage take a processor's time of their own (guest.cpu-*), some of it the processor that the kernel's own workers want meanwhile";

/** Why peers may be ahead, where it is known: the first that fits a row and a peer counts. docs/benchmark.md says how it was found. */
export const reasons: readonly { row: RegExp; peers: readonly string[]; why: string }[] = [
  {
    row: /^throughput\.(remove|total)\.1$/,
    peers: ALL,
    why: "a single link takes one or two grace periods of the kernel, whoever asks for it",
  },
  {
    row: /^throughput\.create\.1$/,
    peers: ALL,
    why: "the host's thread has slept and is woken, and then the event loop, for 0.1 to 0.4 ms here; the peer is awake when its time starts, and waits for the kernel on its own thread",
  },
  { row: /^throughput\.attach-(batch|each)\.1$/, peers: ALL, why: `${FIRST}; and the bridge is looked at before` },
  {
    row: /^reading\.link\.\d+$/,
    peers: ALL,
    why: "asked for again and again it takes 8 µs, and C 2; each of these comes after a pause, when code and objects of JavaScript come back into the processor's caches first",
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
  { row: /^latency\.pipelined\./, peers: ALL, why: `${FIRST}; each is a turn of the event loop, 7 µs more` },
  {
    row: /^(latency\.batch\.\d+|throughput\.attach-batch\.10)$/,
    peers: ALL,
    why: `${FIRST}; JavaScript writes the requests before the kernel has them and reads the answers after it`,
  },
  { row: /^(latency\.each\.\d+|throughput\.attach-each\.\d+)$/, peers: ALL, why: AWAITED },
  { row: /^throughput\.attach-batch\./, peers: ALL, why: HANDED_OVER },
  {
    row: /^throughput\.create\./,
    peers: ALL,
    why: `${HANDED_OVER}; a MAC that no bridge takes for its own, and the index, take 5 to 10 µs more`,
  },
];

/** The reason in words, if one is known. */
export const reasonOf = (id: string, name: string): string | undefined =>
  reasons.find(({ row, peers }) => row.test(id) && peers.includes(name))?.why;

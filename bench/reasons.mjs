/** In one process, one thread and compiled code, or nearly so. */
const LIBRARIES = ["libmnl", "rust", "go", "pyroute2", "npm-netlink", "node-netlink"];
const PROCESSES = ["ip", "ip-batch", "brctl"];

/** Why peers may be ahead, where it is known: the first that fits a row's id and a peer counts. */
export const reasons = [
  {
    row: /^throughput\.(remove|total)\.1$/,
    peers: [...LIBRARIES, ...PROCESSES],
    why: "a single link takes one or two grace periods of the kernel, whoever asks for it",
  },
  {
    row: /^reading\.link\./,
    peers: LIBRARIES,
    why: "linkwright's request goes to the host's thread, which sleeps after a pause and is woken, so that the event loop never waits; the peer asks from the thread that it is on, and waits",
  },
  {
    row: /^reading\./,
    peers: LIBRARIES,
    why: "linkwright decodes every attribute that the kernel sends into an object of JavaScript; the peer decodes few of them, none, or in compiled code",
  },
  {
    row: /^reading\.links\./,
    peers: ["ip"],
    why: "linkwright decodes every attribute that the kernel sends, ip those that it prints, and in compiled code",
  },
  {
    row: /^(latency\..*|throughput\.(create|attach-batch|attach-each)\.(1|10|100))$/,
    peers: [...LIBRARIES, "ip-batch"],
    why: "with few requests, the way to the host's thread and back counts, which is woken when it has slept; the peer waits for the kernel on its own thread",
  },
  {
    row: /^throughput\.attach-each\./,
    peers: LIBRARIES,
    why: "each request goes to the host's thread and back, so that the event loop never waits; the peer waits for the kernel on its own thread",
  },
  {
    row: /^throughput\.create\./,
    peers: [...LIBRARIES, "ip-batch"],
    why: "linkwright creates each TAP on the host's thread, reads back what it became and settles a promise for it; the peer makes the two ioctls and goes on",
  },
];

/** The reason in words, if one is known. */
export const reasonOf = (id, name) => reasons.find(({ row, peers }) => row.test(id) && peers.includes(name))?.why;

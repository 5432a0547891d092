import { start } from "./contender.mjs";

/** The bench's work by a peer, in a namespace of its own: the milliseconds of each phase. `mode` is batch, each or list. */
export async function runPeer(peer, taps, mode) {
  const { ask, stop } = await start(peer);
  try {
    await ask("bridge", "br0");
    const { milliseconds: create } = await ask("create", 0, taps);
    const { milliseconds: attach } = await ask("attach", 0, taps, "br0", mode === "each" ? "each" : "batch");
    const lists = [];
    if (mode === "list") for (let i = 0; i < 10; i++) lists.push((await ask("links")).milliseconds);
    const { milliseconds: remove } = await ask("remove", 0, taps, "br0");
    return { create, attach, remove, list: Math.min(...lists) };
  } finally {
    await stop();
  }
}

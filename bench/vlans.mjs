import { writeFileSync } from "node:fs";
import { release } from "node:os";
import { RESULT } from "../test/vm/harness/machine.mjs";
import { inNewNamespace } from "./engine.mjs";

/** Runs inside a virtual machine: VLANs of one trunk, each in a bridge of its own; the milliseconds of each phase. */
const run = (count) => inNewNamespace((host) => work(host, count));

async function work(host, count) {
  const trunk = await host.addVeth("trunk", { peer: { name: "switch", up: true }, up: true });
  const ids = Array.from({ length: count }, (_, i) => i + 1);
  const times = {};
  const timed = async (phase, work) => {
    const start = performance.now();
    const result = await work();
    times[phase] = performance.now() - start;
    return result;
  };
  const all = (work) => Promise.all(ids.map(work));
  const bridges = await timed("bridges", () => all((id) => host.addBridge(`brvlan-${id}`, { up: true })));
  const vlans = await timed("VLANs", () => all((id) => host.addVlan(`trunk.${id}`, { link: trunk, id })));
  await timed("attach and up", () => all((id) => host.attach(vlans[id - 1], bridges[id - 1])));
  const found = await timed("list", () => host.links());
  const masters = new Map(found.map(({ name, master }) => [name, master]));
  const astray = vlans.filter(({ name }, i) => masters.get(name) !== bridges[i].index);
  if (astray.length > 0) throw new Error(`not in its bridge: ${astray[0].name}`);
  const { method } = await timed("remove", () => host.removeAll([...vlans, ...bridges]));
  if (method !== "group") throw new Error("the kernel refused to remove them together");
  return times;
}

writeFileSync(RESULT, JSON.stringify({ release: release(), times: await run(Number(process.argv[2])) }));

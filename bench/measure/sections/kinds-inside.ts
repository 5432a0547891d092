import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { release } from "node:os";
import { Host } from "../../../src/index.js";
import { settle } from "../kernel-rest.js";
import { RESULT } from "../../../test/vm/harness/machine.mjs";

/** Runs inside a virtual machine: VLANs of one trunk, each in a bridge of its own, and bonds; the milliseconds of each phase. */
const count = Number(process.argv[2]);

/** What it writes: the milliseconds of each phase. */
export interface Inside {
  release: string;
  times: { what: string; title: string; samples: Record<string, number> }[];
}

interface Phase {
  what: string;
  title: string;
  once?: boolean;
  linkwright(host: Host, id: number): Promise<unknown>;
  ip(id: number): string;
}

type DoPhase = (host: Host, phase: Phase, ids: readonly number[]) => Promise<unknown>;

const phases: readonly Phase[] = [
  {
    what: "bridges",
    title: `create ${count} bridges`,
    linkwright: (host, id) => host.addBridge(`brvlan-${id}`, { up: true }),
    ip: (id) => `link add brvlan-${id} up type bridge`,
  },
  {
    what: "vlans",
    title: `create ${count} VLANs`,
    linkwright: (host, id) => host.addVlan(`trunk.${id}`, { link: "trunk", id }),
    ip: (id) => `link add link trunk name trunk.${id} type vlan id ${id}`,
  },
  {
    what: "attach-vlans",
    title: "attach each to its bridge, and up",
    linkwright: (host, id) => host.attach(`trunk.${id}`, `brvlan-${id}`),
    ip: (id) => `link set trunk.${id} master brvlan-${id} up`,
  },
  {
    what: "bonds",
    title: `create ${count} bonds`,
    linkwright: (host, id) => host.addBond(`bond-${id}`, { mode: "active-backup", miimon: 100, up: true }),
    ip: (id) => `link add bond-${id} up type bond mode active-backup miimon 100`,
  },
  {
    what: "list",
    title: `read all ${3 * count} back`,
    once: true,
    linkwright: (host) => host.links(),
    ip: () => "link show",
  },
];

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** All phases in a namespace of its own, from which all is removed again: the milliseconds of each. */
async function pass(doPhase: DoPhase, count: number): Promise<Record<string, number>> {
  const ids = Array.from({ length: count }, (_, i) => i + 1);
  const host = await Host.open({ namespace: "new" });
  await host.addVeth("trunk", { peer: { name: "switch", up: true }, up: true });
  const times: Record<string, number> = {};
  for (const phase of phases)
    times[phase.what] = await timed(() => doPhase(host, phase, phase.once ? ids.slice(0, 1) : ids));
  await check(host, ids);
  times.remove = await timed(() => clear(host));
  await host.close();
  await settle(3 * count);
  return times;
}

async function check(host: Host, ids: readonly number[]): Promise<void> {
  const links = await host.links();
  const byName = new Map(links.map((link) => [link.name, link]));
  for (const id of ids) {
    const [vlan, bridge, bond] = [`trunk.${id}`, `brvlan-${id}`, `bond-${id}`].map((name) => byName.get(name));
    if (vlan?.master === undefined || vlan.master !== bridge?.index)
      throw new Error(`trunk.${id} is not in its bridge`);
    if ((bond?.linkInfo?.data as { mode?: string } | undefined)?.mode !== "active-backup")
      throw new Error(`bond-${id} is not as it should be`);
  }
}

const byLinkwright: DoPhase = (host, { linkwright }, ids) => Promise.all(ids.map((id) => linkwright(host, id)));

async function byIp(host: Host, { ip }: Phase, ids: readonly number[]): Promise<void> {
  const descriptor = await host.namespaceDescriptor();
  const input = ids.map((id) => `${ip(id)}\n`).join("");
  const words = [`--net=/proc/${process.pid}/fd/${descriptor.fd}`, "ip", "-details", "-batch", "-"];
  execFileSync("nsenter", words, { input, stdio: ["pipe", "ignore", "inherit"] });
  await descriptor.close();
}

async function clear(host: Host): Promise<void> {
  const links = (await host.links()).filter(
    ({ name, linkInfo }) => linkInfo?.kind !== undefined && !/^switch$/.test(name),
  );
  const { method } = await host.removeAll(links);
  if (method !== "group") throw new Error("the kernel refused to remove them together");
}

// The first links since the machine started are dearer, and so are the first of a process.
for (const doPhase of [byIp, byLinkwright]) await pass(doPhase, Math.ceil(count / 10));
// What is left of one would take time from the other: a bond looks at its ports ten times a second.
const theirs = await pass(byIp, count);
const ours = await pass(byLinkwright, count);
const titles = [...phases, { what: "remove", title: "remove them all" }];
const times = titles.map(({ what, title }) => ({
  what,
  title,
  samples: { ...(what === "remove" ? {} : { "ip-batch": theirs[what]! }), linkwright: ours[what]! },
}));
writeFileSync(RESULT, JSON.stringify({ release: release(), times } satisfies Inside));
process.exit();

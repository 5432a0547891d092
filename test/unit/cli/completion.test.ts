import { expect, test } from "vitest";
import type { Action } from "../../../src/cli/command.js";
import { type Candidate, candidates, type Machine } from "../../../src/cli/completion/candidates.js";
import { registry } from "../../../src/cli/registry.js";
import { linkSections } from "../../../src/cli/commands/link/link-words.js";
import type { Link } from "../../../src/rtnetlink/link/link.js";

const link = (index: number, name: string, kind?: string, master?: number): Link =>
  ({ index, name, kind, master, up: true, linkInfo: { kind } }) as unknown as Link;

/** Links of the process's own namespace, and of the namespace blue. */
const LINKS: Readonly<Record<string, readonly Link[]>> = {
  own: [
    link(1, "lo"),
    link(2, "br0", "bridge"),
    link(3, "bond0", "bond"),
    link(4, "eno1", undefined, 3),
    link(5, "eno2", undefined, 3),
    link(6, "vm0", "tun", 2),
    link(7, "vm1", "tun"),
  ],
  blue: [link(1, "lo"), link(2, "br-blue", "bridge")],
};

const machine: Machine = {
  links: (netns = "own") => Promise.resolve(LINKS[netns] ?? []),
  sysctls: (_netns, under) =>
    Promise.resolve(
      ["net.core.somaxconn", "net.ipv4.conf.eth0/10.rp_filter", "net.ipv4.ip_forward"].filter((each) =>
        each.startsWith(`${under}.`),
      ),
    ),
  namespaces: () => ["blue", "green"],
  paths: (start) => [`${start}info`],
};

/** What is offered where a line ends. */
function offeredAfter(line: string): Promise<Candidate[]> {
  const words = line.split(" ").slice(1);
  return candidates(registry, words.slice(0, -1), words.at(-1)!, machine);
}

async function after(line: string): Promise<string[]> {
  return (await offeredAfter(line)).map(({ word }) => word);
}

test.each<[line: string, expected: string[]]>([
  ["linkwright bri", ["bridge"]],
  ["linkwright bridge ", ["list", "show", "add", "set", "delete", "fdb", "mdb", "stp", "vlan"]],
  ["linkwright bridge vlan a", ["add"]],
  ["linkwright --netns ", ["blue", "green"]],
  ["linkwright link list --netns g", ["green"]],
  ["linkwright --netns=b", ["--netns=blue"]],
  ["linkwright --netns /proc/self/mount", ["/proc/self/mountinfo"]],
  ["linkwright bridge add br0 stp-state=", ["stp-state=off", "stp-state=kernel", "stp-state=user", "stp-state=on"]],
  ["linkwright link set lo netns=", ["netns=blue", "netns=green"]],
  ["linkwright completion ", ["bash", "zsh", "fish", "answer"]],
  ["linkwright help brid", ["bridge"]],
  ["linkwright help bridge s", ["show", "set", "stp"]],
  ["linkwright help bridge set ", []],
  ["linkwright help attach ", []],
  ["linkwright bridge add ", []],
  ["linkwright bridge list ", []],
  ["linkwright nonsense ", []],
  ["linkwright help bridge vlan a", ["add"]],
  ["linkwright help network forward ", ["add", "remove"]],
  ["linkwright sysctl get ", ["net."]],
  ["linkwright sysctl get net.", ["net.core.", "net.ipv4."]],
  ["linkwright sysctl set net.ipv4.", ["net.ipv4.conf.", "net.ipv4.ip_forward"]],
  ["linkwright sysctl list net.ipv4.conf.eth0/10.", ["net.ipv4.conf.eth0/10.rp_filter"]],
  ["linkwright --j", ["--json"]],
  ["linkwright bridge delete br0 --f", ["--force"]],
  ["linkwright bridge delete --f", ["--force"]],
  ["linkwright bridge set br0 --vlan-filtering --stp-state=k", ["--stp-state=kernel"]],
  ["linkwright bridge set --stp-state k", ["kernel"]],
  ["linkwright bridge set br0 --nonsense ", []],
  ["linkwright qemu run bridge=br0 -- q", []],
])("%j is completed", async (line, expected) => {
  expect(await after(line)).toEqual(expected);
});

test("the links of the namespace that was named before are offered", async () => {
  expect(await after("linkwright link show ")).toContain("br0");
  expect(await after("linkwright --netns blue link show ")).toEqual(["lo", "br-blue"]);
  expect(await after("linkwright link set lo --netns blue master=")).toEqual(["master=br-blue"]);
});

test.each<[line: string, expected: string[]]>([
  ["linkwright bridge show ", ["br0"]],
  ["linkwright bond set ", ["bond0"]],
  ["linkwright tap delete vm0 ", ["vm1"]],
  ["linkwright address add 10.0.0.1/24 dev b", ["br0", "bond0"]],
  ["linkwright address list dev b", ["br0", "bond0"]],
  ["linkwright address add 10.0.0.1/24 v", ["vm0", "vm1"]],
  ["linkwright fdb add 52:54:00:12:34:56 dev vm", ["vm0", "vm1"]],
  ["linkwright link set vm0 master ", ["br0", "bond0"]],
  ["linkwright attach vm1 ", ["br0", "bond0"]],
  ["linkwright attach --isolated vm1 ", ["br0", "bond0"]],
  ["linkwright bridge delete --force ", ["br0"]],
  ["linkwright detach ", ["eno1", "eno2", "vm0"]],
  ["linkwright link list master=", ["master=br0", "master=bond0"]],
  ["linkwright tap add vm2 bridge=", ["bridge=br0"]],
  ["linkwright bond set bond0 active-port=", ["active-port=eno1", "active-port=eno2"]],
  ["linkwright bond add bond1 ports=eno1,eno", ["ports=eno1,eno2"]],
])("only links that can be meant are offered: %j", async (line, expected) => {
  expect(await after(line)).toEqual(expected);
});

test("a port's options are those of the master that was named before", async () => {
  const ofBridge = await after("linkwright attach vm1 br0 ");
  expect(ofBridge).toContain("isolated");
  expect(ofBridge).not.toContain("queue-id=");
  const ofBond = await after("linkwright attach eno1 bond0 ");
  expect(ofBond).toContain("queue-id=");
  expect(ofBond).not.toContain("isolated");
});

test("what was said already is not offered again, and a kind brings its options", async () => {
  expect(await after("linkwright bridge add br0 stp-state=on stp-")).toEqual(["stp-mode="]);
  expect(await after("linkwright link add v0 p")).not.toContain("peer=");
  expect(await after("linkwright link add v0 kind=veth pe")).toEqual(["peer=", "peer-netns="]);
});

test("a command's own options come before those of any link", async () => {
  const general = new Set<string>(linkSections.link.words.map(({ description }) => description));
  const lines = Object.entries(registry).flatMap(([name, { load }]) =>
    Object.entries(load().actions)
      .filter(([, { options = [] }]: [string, Action]) => options.some((each) => each === linkSections.link))
      .map(([sub, { operands }]: [string, Action]) => `linkwright ${name} ${sub} ${operands.map(() => "x ").join("")}`),
  );
  expect(lines.length).toBeGreaterThan(10);
  for (const line of lines) {
    const places = (await offeredAfter(line)).map(({ description }) => general.has(description));
    const isSorted = places.every((isGeneral, i) => isGeneral || !places.slice(0, i).includes(true));
    expect({ line, isSorted, found: places.length > 0 }).toEqual({ line, isSorted: true, found: true });
  }
});

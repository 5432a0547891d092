import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { guardedPorts, type NetworkDefinition } from "../../../src/networks/index.js";
import { emptyGuard, guardAdditions, PROGRAMS_TABLE } from "../../../src/networks/anti-spoofing.js";
import { keepRules } from "../../../src/serve/kept-rules.js";
import { lacks } from "../scene/program.js";
import { answering, ask, isDenied, networkScene, type NetworkScene, OUTSIDE } from "./scene.js";

const noNft = lacks("nft", "--version");
const noIptables = lacks("iptables-nft", "--version") ?? lacks("ip6tables-nft", "--version");
for (const reason of [noNft, noIptables]) if (reason !== undefined) console.log(`skipped: ${reason}`);

const NAT: NetworkDefinition = { name: "vms", mode: "nat", subnet: "192.168.77.0/24", firewall: "adopt" };

/** Chains as dockerd builds them: policy DROP, and a chain that is asked first and left to others. */
const DOCKER = [
  "-N DOCKER",
  "-N DOCKER-ISOLATION-STAGE-1",
  "-N DOCKER-ISOLATION-STAGE-2",
  "-A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
  "-A FORWARD -o docker0 -j DOCKER",
  "-A FORWARD -i docker0 ! -o docker0 -j ACCEPT",
  "-A DOCKER-ISOLATION-STAGE-1 -i docker0 ! -o docker0 -j DOCKER-ISOLATION-STAGE-2",
  "-A DOCKER-ISOLATION-STAGE-1 -j RETURN",
  "-A DOCKER-ISOLATION-STAGE-2 -o docker0 -j DROP",
  "-I FORWARD -j DOCKER-ISOLATION-STAGE-1",
  "-N DOCKER-USER",
  "-A DOCKER-USER -j RETURN",
  "-I FORWARD -j DOCKER-USER",
  "-P FORWARD DROP",
];

async function iptables({ here }: NetworkScene, lines: readonly string[]): Promise<void> {
  for (const line of lines) await here.run(["iptables-nft", ...line.split(" ")]);
}

async function nft({ here }: NetworkScene, text: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "linkwright-nft-"));
  try {
    writeFileSync(join(folder, "rules"), text);
    await here.run(["nft", "-f", join(folder, "rules")]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What others may find where they keep their rules. */
async function rulesOfOthers({ here }: NetworkScene): Promise<string> {
  return here.run(["sh", "-c", "nft -s list ruleset | grep -v 'table inet linkwright'"]);
}

/** Others' firewalls: what they do, in which chain they drop, and in which a rule helps. */
const others: Readonly<
  Record<string, { why: string | undefined; build(scene: NetworkScene): Promise<void>; drops: string; helps: string[] }>
> = {
  Docker: {
    why: noIptables,
    build: (scene) => iptables(scene, DOCKER),
    drops: "chain FORWARD of table ip filter",
    helps: ["ip", "filter", "DOCKER-USER"],
  },
  "iptables with the policy DROP, as ufw has it": {
    why: noIptables,
    build: (scene) => iptables(scene, ["-N ufw-before-forward", "-A FORWARD -j ufw-before-forward", "-P FORWARD DROP"]),
    drops: "chain FORWARD of table ip filter",
    helps: ["ip", "filter", "FORWARD"],
  },
  "a file of nftables.service with the policy drop": {
    why: noNft,
    build: (scene) =>
      nft(
        scene,
        `flush ruleset
table inet filter {
  chain input { type filter hook input priority filter; policy accept; }
  chain forward { type filter hook forward priority filter; policy drop; }
}`,
      ),
    drops: "chain forward of table inet filter",
    helps: ["inet", "filter", "forward"],
  },
  "firewalld, whose chains end with a refusal": {
    why: noNft,
    build: (scene) =>
      nft(
        scene,
        `table inet firewalld {
  chain filter_FORWARD {
    type filter hook forward priority filter + 10; policy accept;
    ct state { established, related } accept
    ct state invalid drop
    reject with icmpx type admin-prohibited
  }
}`,
      ),
    drops: "chain filter_FORWARD of table inet firewalld",
    helps: ["inet", "firewalld", "filter_FORWARD"],
  },
};

describe.each(Object.entries(others))("%s", (_, { why, build, drops, helps }) => {
  test.skipIf(why !== undefined)(
    "drops guests' packets and is named; adopted, it lets them pass, until the stop",
    async () => {
      await using scene = await networkScene();
      const { guests, outside, here } = scene;
      await answering(outside, 80);
      await build(scene);
      const before = await rulesOfOthers(scene);
      await guests.define({ ...NAT, firewall: undefined });
      expect((await guests.start("vms")).foreignDrops).toEqual([{ chain: drops, hook: "forward" }]);
      const guest = await scene.guest("lw-vms", "192.168.77.10/24", "192.168.77.1");
      expect(await isDenied(guest, "tcp", OUTSIDE, 80)).toBe(true);
      // While guests are there.
      expect(await guests.redefine(NAT)).toMatchObject({ applied: ["firewall"], pending: [] });
      expect((await guests.info("vms")).foreignDrops).toEqual([]);
      expect(await ask(guest, "tcp", OUTSIDE, 80)).toContain("203.0.113.1");
      const { rules } = await here.host.netfilter.ruleset();
      const own = rules
        .filter(({ family, table, chain }) => [family, table, chain].join() === helps.join())
        .slice(0, 2);
      expect(own.map(({ expressions = [] }) => expressions.at(-1))).toMatchObject(
        own.map(() => ({ name: "immediate", data: { data: { verdict: { code: "accept" } } } })),
      );
      await guests.stop("vms", { force: true });
      expect(await rulesOfOthers(scene)).toBe(before);
    },
  );
});

test.skipIf(noIptables !== undefined)(
  "iptables reads the rules with their mark, and whatever it restores, reload adopts again",
  async () => {
    await using scene = await networkScene();
    const { guests, here } = scene;
    await iptables(scene, DOCKER);
    const saved = await here.run(["iptables-nft-save"]);
    await guests.define(NAT);
    expect((await guests.start("vms")).foreignDrops).toEqual([]);
    const rules = (): Promise<string> => here.run(["iptables-nft", "-S", "DOCKER-USER"]);
    const adopted = [
      "-N DOCKER-USER",
      '-A DOCKER-USER -o lw-vms -m comment --comment "linkwright: network vms" -j ACCEPT',
      '-A DOCKER-USER -i lw-vms -m comment --comment "linkwright: network vms" -j ACCEPT',
      "-A DOCKER-USER -j RETURN",
      "",
    ].join("\n");
    expect(await rules()).toBe(adopted);
    // A second network's are its own.
    await guests.define({ ...NAT, name: "other", subnet: "192.168.78.0/24" });
    await guests.start("other");
    await guests.stop("other");
    expect(await rules()).toBe(adopted);
    writeFileSync(join(scene.folders.run, "saved"), saved);
    await here.run(["sh", "-c", `iptables-nft-restore < ${join(scene.folders.run, "saved")}`]);
    expect(await rules()).toBe("-N DOCKER-USER\n-A DOCKER-USER -j RETURN\n");
    expect((await guests.info("vms")).foreignDrops).toEqual([
      { chain: "chain FORWARD of table ip filter", hook: "forward" },
    ]);
    await guests.reload();
    expect(await rules()).toBe(adopted);
    rmSync(join(scene.folders.run, "saved"));
    await guests.stop("vms");
  },
);

test.skipIf(noNft !== undefined)(
  "whatever flushes the ruleset, reload brings the network's rules back, and those in chains of others",
  async () => {
    await using scene = await networkScene();
    const { guests, here, outside } = scene;
    await answering(outside, 80);
    await guests.define(NAT);
    await guests.start("vms");
    const guest = await scene.guest("lw-vms", "192.168.77.10/24", "192.168.77.1");
    await here.run(["nft", "flush", "ruleset"]);
    await others["a file of nftables.service with the policy drop"]!.build(scene);
    expect(await isDenied(guest, "tcp", OUTSIDE, 80)).toBe(true);
    await guests.reload();
    expect(await ask(guest, "tcp", OUTSIDE, 80)).toContain("203.0.113.1");
  },
);

test.skipIf(noIptables !== undefined)(
  "while a service looks, what others flush or restore is written again at once: tables, rules in their chains, QEMU's programs' ports",
  async () => {
    await using scene = await networkScene();
    const { guests, here, outside } = scene;
    const { host } = here;
    await answering(outside, 80);
    await iptables(scene, DOCKER);
    writeFileSync(join(scene.folders.run, "..", "saved"), await here.run(["iptables-nft-save"]));
    await guests.define(NAT);
    await guests.start("vms");
    await using tap = await guests.tapForQemu("vms", { antiSpoof: true });
    await host.addTap("tap7");
    await host.addTap("tap8");
    const other = { mac: "52:54:00:00:00:07", addresses: ["192.168.77.7"] };
    const indexes = [(await host.link("tap7")).index, (await host.link("tap8")).index];
    await host.netfilter.commit([
      emptyGuard(PROGRAMS_TABLE),
      indexes.map((index) => guardAdditions(PROGRAMS_TABLE, { ...other, index })),
    ]);
    const guest = await scene.guest("lw-vms", "192.168.77.10/24", "192.168.77.1");
    let restored!: () => void;
    const report = (event: object): void => {
      const { event: what, after } = event as { event: string; after: number };
      if (what !== "restored") return;
      console.log(`what was missing was written ${after} ms after the kernel had told of it`);
      restored();
    };
    const rules = await keepRules(host, () => guests.mend(), report);
    try {
      await host.remove("tap8");
      for (const command of [
        ["nft", "flush", "ruleset"],
        ["sh", "-c", `iptables-nft-restore < ${scene.folders.run}/../saved`],
      ]) {
        const done = new Promise<void>((resolve) => (restored = resolve));
        await here.run(command);
        await done;
        await rules.look();
        expect(await ask(guest, "tcp", OUTSIDE, 80)).toContain("203.0.113.1");
        expect((await guardedPorts(host)).map(({ link }) => link).sort()).toEqual([tap.tap.name, "tap7"].sort());
      }
      expect((await guests.info("vms")).foreignDrops).toEqual([]);
      // What the networks take themselves does not come back.
      await guests.stop("vms", { force: true });
      await rules.look();
      expect((await host.netfilter.ruleset({ family: "inet", table: "linkwright" })).tables).toEqual([]);
    } finally {
      await rules.close();
    }
  },
);

/** Chains at input that let nobody in. */
const inputs: Readonly<
  Record<
    string,
    { why: string | undefined; build(scene: NetworkScene): Promise<void>; shown: readonly string[]; lines: RegExp[] }
  >
> = {
  "a file of nftables.service": {
    why: noNft,
    build: (scene) =>
      nft(scene, "table inet filter { chain input { type filter hook input priority filter; policy drop; }; }"),
    shown: ["nft", "list", "chain", "inet", "filter", "input"],
    lines: [/iifname "lw-vms" udp dport 53/, /iifname "lw-vms" tcp dport 53/, /icmpv6 type nd-neighbor-solicit/],
  },
  iptables: {
    why: noIptables,
    build: (scene) => iptables(scene, ["-P INPUT DROP"]),
    shown: ["iptables-nft", "-S", "INPUT"],
    lines: [/-A INPUT -i lw-vms -p udp -m udp --dport 53 /, /-A INPUT -i lw-vms -p tcp -m tcp --dport 53 /],
  },
};

describe.each(Object.entries(inputs))("input of %s, which drops", (_, { why, build, shown, lines }) => {
  test.skipIf(why !== undefined)(
    "adopted, lets guests ask for names and for this machine's MAC, and for nothing else, until the stop",
    async () => {
      await using scene = await networkScene();
      const { guests, here } = scene;
      await build(scene);
      const before = await rulesOfOthers(scene);
      await answering(here, 53, 80);
      await guests.define({ ...NAT, subnet6: "fd00:77::/64", firewall: undefined });
      expect((await guests.start("vms")).foreignDrops).toMatchObject([{ hook: "input" }]);
      const guest = await scene.guest("lw-vms", "192.168.77.10/24", "192.168.77.1");
      expect(await isDenied(guest, "udp", "192.168.77.1", 53)).toBe(true);
      await guests.redefine({ ...NAT, subnet6: "fd00:77::/64" });
      expect((await guests.info("vms")).foreignDrops).toEqual([]);
      for (const protocol of ["udp", "tcp"] as const)
        expect(await ask(guest, protocol, "192.168.77.1", 53)).toBe("192.168.77.10 at 53");
      expect(await isDenied(guest, "tcp", "192.168.77.1", 80)).toBe(true);
      const text = await here.run(shown);
      for (const line of lines) expect(text).toMatch(line);
      await guests.stop("vms", { force: true });
      expect(await rulesOfOthers(scene)).toBe(before);
    },
  );
});

test.skipIf(noNft !== undefined)("a network for this machine itself is let in at input as a whole", async () => {
  await using scene = await networkScene();
  await inputs["a file of nftables.service"]!.build(scene);
  await answering(scene.here, 80);
  await scene.guests.define({ name: "own", mode: "host-only", subnet: "192.168.78.0/24", firewall: "adopt" });
  expect((await scene.guests.start("own")).foreignDrops).toEqual([]);
  const guest = await scene.guest("lw-own", "192.168.78.10/24");
  expect(await ask(guest, "tcp", "192.168.78.1", 80)).toBe("192.168.78.10 at 80");
});

import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type BondOptions, Host } from "../../src/index.js";

/** What `ip` calls an option, and how it says a value of ours. */
const IP: Record<string, [word: string, printed: string, say?: (value: never) => string | number]> = {
  miimon: ["miimon", "miimon"],
  updelay: ["updelay", "updelay"],
  resendIgmp: ["resend_igmp", "resend_igmp"],
  numPeerNotif: ["num_grat_arp", "num_peer_notif"],
  minLinks: ["min_links", "min_links"],
  lpInterval: ["lp_interval", "lp_interval", (value: number) => value / 1000],
  allPortsActive: ["all_slaves_active", "all_slaves_active", (value: boolean) => Number(value)],
  xmitHashPolicy: ["xmit_hash_policy", "xmit_hash_policy"],
  failOverMac: ["fail_over_mac", "fail_over_mac"],
  primaryReselect: ["primary_reselect", "primary_reselect"],
  adSelect: ["ad_select", "ad_select"],
  arpAllTargets: ["arp_all_targets", "arp_all_targets"],
};

const randomOptions = fc.record({
  miimon: fc.constant(100),
  updelay: fc.integer({ min: 0, max: 9 }).map((times) => times * 100),
  resendIgmp: fc.integer({ min: 0, max: 255 }),
  numPeerNotif: fc.integer({ min: 0, max: 255 }),
  minLinks: fc.integer({ min: 0, max: 1000 }),
  lpInterval: fc.integer({ min: 1, max: 100_000 }).map((seconds) => seconds * 1000),
  allPortsActive: fc.boolean(),
  xmitHashPolicy: fc.constantFrom("layer2", "layer3+4", "layer2+3", "encap2+3", "encap3+4", "vlan+srcmac"),
  failOverMac: fc.constantFrom("none", "active", "follow"),
  primaryReselect: fc.constantFrom("always", "better", "failure"),
  adSelect: fc.constantFrom("stable", "bandwidth", "count"),
  arpAllTargets: fc.constantFrom("any", "all"),
});
const modes = fc.constantFrom(
  "balance-rr",
  "active-backup",
  "balance-xor",
  "broadcast",
  "802.3ad",
  "balance-tlb",
  "balance-alb",
);

test("what linkwright sets is what ip prints, and what ip sets is what linkwright reads", async () => {
  await using host = await Host.open({ namespace: "new" });
  await using descriptor = await host.namespaceDescriptor();
  const inNamespace = (...command: string[]): string => {
    const place = `--net=/proc/${process.pid}/fd/${descriptor.fd}`;
    const { status, stdout, stderr } = spawnSync("nsenter", [place, ...command], { encoding: "utf8" });
    if (status !== 0) throw new Error(`${command.join(" ")}: ${stderr}`);
    return stdout;
  };
  for (const name of ["eno4", "eno5"]) await host.addLink(name, "dummy", {});
  const samples = fc.sample(fc.tuple(modes, randomOptions, fc.nat(15), fc.integer()), { seed: 3, numRuns: 5 });
  for (const [mode, options, queueId, any] of samples) {
    const prio = ["active-backup", "balance-tlb", "balance-alb"].includes(mode) ? any | 0 : undefined;
    const said = Object.entries(options).map(([name, value]) => {
      const [word, printed, say] = IP[name]!;
      return { word, printed, value: say === undefined ? value : say(value as never) };
    });
    await host.addBond("bond0", { mode, ...(options as BondOptions), ports: ["eno4"] });
    await host.setPort("eno4", { queueId, prio });
    const [{ linkinfo }, port] = JSON.parse(inNamespace("ip", "-d", "-j", "link", "show", "type", "bond")) as [
      { linkinfo: { info_data: Record<string, unknown> } },
      unknown,
    ];
    expect(port).toBeUndefined();
    expect(linkinfo.info_data).toMatchObject({
      mode,
      ...Object.fromEntries(said.map(({ printed, value }) => [printed, value])),
    });
    const [{ linkinfo: ofPort }] = JSON.parse(inNamespace("ip", "-d", "-j", "link", "show", "eno4")) as [
      { linkinfo: { info_slave_data: unknown } },
    ];
    expect(ofPort.info_slave_data).toMatchObject({ queue_id: queueId, prio: prio ?? 0 });
    await host.remove("bond0");

    const words = said.flatMap(({ word, value }) => [word, String(value)]);
    inNamespace("ip", "link", "add", "bond1", "type", "bond", "mode", mode, ...words);
    inNamespace("ip", "link", "set", "eno5", "down", "master", "bond1");
    const priority = prio === undefined ? [] : ["prio", String(prio)];
    inNamespace("ip", "link", "set", "eno5", "type", "bond_slave", "queue_id", String(queueId), ...priority);
    expect((await host.link("bond1")).linkInfo?.data).toMatchObject({ mode, ...options });
    expect((await host.bondState("bond1")).ports[0]).toMatchObject({ name: "eno5", queueId, prio: prio ?? 0 });
    await host.remove("bond1");
  }
});

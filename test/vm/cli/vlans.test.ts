import { expect, test } from "vitest";
import { DONE, terminal } from "../../kernel/cli/terminal.js";

test("VLANs on the command line: attached with, printed, added, changed, deleted", async () => {
  await using shell = await terminal();
  const { type, ask, host } = shell;
  expect(await type("bridge add br0 vlan-filtering up")).toEqual(DONE);
  expect(await type("tap add tap0")).toEqual(DONE);
  expect(await type("attach tap0 br0 vlan=10 untagged pvid vlans=20-30")).toEqual(DONE);
  const { index } = await host.link("tap0");
  const first = { index, id: 10, pvid: true, untagged: true };
  expect(await ask("bridge vlan tap0")).toMatchObject([first, { index, id: 20, to: 30 }]);
  expect(await type("bridge vlan add tap0 vlan=40-41,50 untagged tunnel=7")).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(
      /^linkwright: tap0: .*EEXIST\); another VLAN of the port is mapped to that tunnel\n$/,
    ) as string,
  });
  expect(await type("bridge vlan add tap0 vlan=40-41 untagged tunnel=7")).toEqual(DONE);
  expect(await type("bridge vlan change tap0 vlan=41 state=blocking")).toEqual(DONE);
  expect(await type("bridge vlan delete tap0 vlan=21-30")).toEqual(DONE);
  expect((await type("bridge vlan br0")).stdout).toBe(
    `LINK  VLAN  FLAGS          STATE       TUNNEL
br0   1     pvid,untagged  forwarding  -
tap0  10    pvid,untagged  forwarding  -
tap0  20    -              forwarding  -
tap0  40    untagged       forwarding  7
tap0  41    untagged       blocking    8
`,
  );
  expect(await type("bridge vlan set tap0 vlans=20")).toEqual(DONE);
  expect((await type("bridge vlan tap0 stats")).stdout).toMatch(
    /^LINK +VLAN +FLAGS +STATE +TUNNEL +RX-PACKETS +RX-BYTES +TX-PACKETS +TX-BYTES\ntap0 +20 +- +forwarding +- +0 +0 +0 +0\n$/,
  );
  expect(await type("bridge vlan global br0 vlan=20 mcast-query-intvl=9s")).toEqual(DONE);
  expect(await ask("bridge vlan global br0 vlan=20")).toMatchObject([{ id: 20, mcastQueryIntvl: 9000 }]);
  expect((await type("bridge vlan global br0 vlan=20")).stdout).toMatch(/^VLAN 20\n(.*\n)* +mcast-query-intvl +9s\n/);
});

test("VLANs that are said wrongly are refused with the word that is wrong", async () => {
  await using shell = await terminal();
  const { type } = shell;
  await shell.host.addBridge("br0", { vlanFiltering: true });
  await shell.host.addTap("tap0", { bridge: "br0" });
  const wrong = async (line: string): Promise<string> => {
    const { status, stderr } = await type(line);
    expect(status).toBe(2);
    return stderr;
  };
  expect(await wrong("attach tap0 br0 untagged")).toBe("linkwright: untagged: it goes with vlan=\n");
  expect(await wrong("attach tap0 br0 vlan=5000")).toBe("linkwright: vlan: 5000 is not a VLAN from 1 to 4094\n");
  expect(await wrong("bridge vlan add tap0 vlan=1-5 pvid")).toBe("linkwright: pvid: it is one VLAN, not a range\n");
  expect(await wrong("bridge vlan add tap0 vlan=1-5 vlans=4")).toBe("linkwright: vlans: VLAN 4 is given twice\n");
  expect(await wrong("bridge vlan delete tap0 vlans=4")).toBe(
    'linkwright: bridge vlan delete has no option "vlans"; did you mean "vlan"?\n',
  );
  expect(await wrong("bridge vlan global br0 mcast-snooping=off")).toBe(
    "linkwright: vlan: it must be said which VLANs, as in vlan=10,20-30\n",
  );
});

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DONE, plain, type Said } from "../../kernel/cli/terminal.js";
import { addCard, lacksCards, removeCard } from "../functions/pretended-card.js";

/** No other test's. */
const CARD = 4712;

const lack = lacksCards();
if (lack !== undefined) console.log(`skipped: virtual functions on the command line: ${lack}`);

describe.skipIf(lack !== undefined)("virtual functions on the command line", () => {
  let card = "";

  beforeAll(() => {
    card = addCard(CARD);
  });

  afterAll(() => {
    removeCard(CARD);
  });

  function vf(line: string, ...before: string[]): Promise<Said> {
    return plain(...before, "vf", ...line.replace("CARD", card).split(" "));
  }

  async function ask(line: string): Promise<unknown> {
    const { stdout, stderr } = await vf(line, "--json");
    expect({ line, stderr }).toEqual({ line, stderr: "" });
    return JSON.parse(stdout);
  }

  test("are made, counted, set and listed", async () => {
    expect((await vf("count CARD")).stdout).toBe("0\n");
    expect(await vf("count CARD 3")).toEqual(DONE);
    expect((await vf("count CARD")).stdout).toBe("3\n");
    expect(await ask("count CARD")).toMatchObject({ count: 3 });
    const words = "mac=52:54:00:00:00:0a vlan=10 qos=3 max-tx-rate=100mbit trust spoof-check=on link-state=enable";
    expect(await vf(`set CARD 1 ${words}`)).toEqual(DONE);
    expect((await vf("list CARD")).stdout).toBe(
      `VF  MAC                VLAN  QOS  MIN RATE  MAX RATE  SPOOF CHECK  LINK STATE  RSS QUERY  TRUST
 0  00:00:00:00:00:00  -       -         -         -  off          auto        off        off
 1  52:54:00:00:00:0a  10      3         -   100mbit  on           enable      off        on
 2  00:00:00:00:00:00  -       -         -         -  off          auto        off        off
`,
    );
    expect(await vf("set CARD 1 vlan=20 protocol=802.1ad min-tx-rate=20mbit trust=off rss-query")).toEqual(DONE);
    expect((await vf("list CARD")).stdout).toMatch(
      /^ 1 {2}52:54:00:00:00:0a {2}20 802.1ad +3 +20mbit +100mbit +on +enable +on +off$/m,
    );
    expect(await vf("set CARD 1 vlan=0")).toEqual(DONE);
    expect(await ask("list CARD statistics")).toMatchObject([
      { index: 0, vlan: 0 },
      { index: 1, vlan: 0, qos: 0, minTxRate: 20e6, maxTxRate: 100e6, statistics: { rxPackets: 0, txPackets: 0 } },
      { index: 2 },
    ]);
    expect((await vf("list CARD statistics")).stdout).toMatch(/ TRUST {2}RX PACKETS {2}TX PACKETS\n 0 .* 0 +0\n/);
    expect((await vf("devices CARD")).stdout).toMatch(/^VF {2}DEVICE {2}LINKS\n 0 {2}- {7}-\n/);
    expect(await vf("count CARD 0")).toEqual(DONE);
    expect(await ask("list CARD")).toEqual([]);
  });

  test("that are said wrongly are refused with the word that is wrong, and nothing is set", async () => {
    expect(await vf("count CARD 2")).toEqual(DONE);
    const before = await ask("list CARD");
    const cases: readonly (readonly [string, number, RegExp])[] = [
      ["set CARD 1 trust vlan=5000", 2, /^linkwright: vlan: .*5000.* 0 to 4094\n$/],
      ["set CARD 1 trust max-tx-rate=1500kbit", 2, /1500000 is not a rate in whole megabits/],
      ["set CARD 1 trust mca=52:54:00:00:00:0a", 2, /no option "mca"; did you mean "mac"\?\n$/],
      ["set CARD 1 trust mac=01:00:5e:00:00:01", 2, /is the MAC of a group: the first byte is odd\n$/],
      ["set CARD 1", 2, /an option is missing/],
      ["set CARD one trust", 2, /"one" is not an integer/],
      ["set CARD 2 trust", 1, /: it has no virtual function 2: they are 0 to 1 \(EINVAL\)\n$/],
      ["list lo", 0, /^$/],
      ["count lo", 1, /lo: it can have no virtual functions \(EOPNOTSUPP\); it is no network card with SR-IOV\n$/],
    ];
    for (const [line, status, stderr] of cases) {
      const said = await vf(line);
      expect(said.stderr, line).toMatch(stderr);
      expect(said.status, line).toBe(status);
    }
    expect(await ask("list CARD")).toEqual(before);
    expect(await vf("count CARD 0")).toEqual(DONE);
  });
});

import { expect, test } from "vitest";
import { Host, InputError, NetlinkError } from "../../../src/index.js";
import type { AttributeTable, Entry } from "../../../src/netlink/attributes.js";
import { bond } from "../../../src/rtnetlink/link/kinds/bond.js";
import { bondPort } from "../../../src/rtnetlink/link/kinds/bond-port.js";
import { bridge } from "../../../src/rtnetlink/link/kinds/bridge.js";
import { bridgePort } from "../../../src/rtnetlink/link/kinds/bridge-port.js";
import { plainLink } from "../../../src/rtnetlink/link/link-attributes.js";
import { unlessLacking } from "../scene/lacking.js";
import { ROUNDED_BY, WRITE_ONLY } from "./read-back-exceptions.js";

const MACS = ["02:00:00:00:00:01", "02:00:00:00:00:02"];
const BY_TYPE: Readonly<Record<string, readonly string[]>> = {
  ipv4: ["192.0.2.1", "192.0.2.2"],
  ipv6: ["2001:db8::1", "2001:db8::2"],
  string: ["one", "two"],
};

/** Values of an attribute, as its words say; none for what words cannot say. */
function valuesOf([, codec]: Entry): unknown[] {
  const { words, type } = codec;
  const spelled = words.includes("MAC")
    ? MACS
    : (BY_TYPE[type] ??
      (words === "DURATION"
        ? ["1000", "2000"]
        : /^[a-z0-9.+-]+(\|[a-z0-9.+-]+)+$/i.test(words)
          ? words.split("|")
          : words === "N"
            ? ["1", "2", "65535"]
            : []));
  return spelled.flatMap((word) => {
    try {
      return [codec.parse(word) as unknown];
    } catch (error) {
      // Greater than its type holds.
      if (error instanceof InputError) return [];
      throw error;
    }
  });
}

function settableOf(table: AttributeTable): [string, unknown[]][] {
  return Object.entries(table.entries)
    .filter(([name, [, codec]]) => codec.readOnly !== true && codec.silent !== true && !WRITE_ONLY.includes(name))
    .map(([name, entry]): [string, unknown[]] => [name, valuesOf(entry)])
    .filter(([, values]) => values.length > 0);
}

function holds(value: unknown, reported: unknown, [, codec]: Entry): boolean {
  if (codec.words === "DURATION") return Math.abs(Number(reported) - Number(value)) <= ROUNDED_BY;
  return JSON.stringify(reported ?? 0) === JSON.stringify(value) || (value === false && reported === undefined);
}

interface Subject {
  readonly title: string;
  readonly table: AttributeTable;
  make(host: Host): Promise<unknown>;
  set(host: Host, settings: object): Promise<void>;
  get(host: Host): Promise<object | undefined>;
}

async function withPort(host: Host, master: string): Promise<void> {
  await host.addVeth("v0", { peer: "v1" });
  await host.attach("v0", master);
}

const SUBJECTS: readonly Subject[] = [
  {
    title: "a link",
    table: plainLink,
    make: (host) => host.addVeth("v0", { peer: "v1" }),
    set: (host, settings) => host.setLink("v0", settings),
    get: (host) => host.link("v0"),
  },
  {
    title: "a bridge",
    table: bridge,
    make: (host) => host.addBridge("br0"),
    set: (host, settings) => host.setBridge("br0", settings),
    get: async (host) => (await host.link("br0")).linkInfo?.data,
  },
  {
    title: "a bridge's port",
    table: bridgePort,
    make: async (host) => {
      await host.addBridge("br0", { up: true });
      await withPort(host, "br0");
      await host.setLink("v1", { up: true });
    },
    set: (host, settings) => host.setPort("v0", settings),
    get: async (host) => (await host.link("v0")).linkInfo?.slaveData,
  },
  {
    title: "a bond",
    table: bond,
    make: (host) => host.addBond("b0", { miimon: 100 }),
    set: (host, settings) => host.setBond("b0", settings),
    get: async (host) => (await host.link("b0")).linkInfo?.data,
  },
  {
    title: "a bond's port",
    table: bondPort,
    make: async (host) => {
      await host.addBond("b0", { miimon: 100 });
      await withPort(host, "b0");
    },
    set: (host, settings) => host.setPort("v0", settings),
    get: async (host) => (await host.link("v0")).linkInfo?.slaveData,
  },
];

test.for(SUBJECTS)("each attribute of $title that is set holds, or is refused", async (subject, context) => {
  await using host = await Host.open({ namespace: "new" });
  const { table } = subject;
  await unlessLacking(context, subject.make(host));
  const broken: string[] = [];
  let held = 0;
  for (const [name, values] of settableOf(table))
    for (const value of values) {
      try {
        await subject.set(host, { [name]: value });
      } catch (error) {
        if (error instanceof InputError || error instanceof NetlinkError) continue;
        throw error;
      }
      const reported = ((await subject.get(host)) as Record<string, unknown> | undefined)?.[name];
      if (holds(value, reported, table.entries[name]!)) held++;
      else broken.push(`${name}: set ${JSON.stringify(value)}, has ${JSON.stringify(reported)}`);
    }
  expect(broken).toEqual([]);
  expect(held).toBeGreaterThan(0);
});

import type { Duplex } from "node:stream";
import { afterAll, afterEach, beforeAll, expect, test, type TestAPI } from "vitest";
import { Host } from "../../../src/index.js";
import { openvswitch, type OpenVswitch } from "../../../src/openvswitch/open-vswitch.js";
import type { ShownBridge, ShownPort } from "../../../src/openvswitch/show.js";
import type { OvsdbError } from "../../../src/ovsdb/error.js";
import { lacking, type RealSwitch, startSwitch } from "./servers.js";

/** A test that needs a real switch. */
export const it = test.skipIf(lacking !== undefined) as TestAPI;

/** A namespace with a real switch in it, and ours to talk to it. */
export interface Scene {
  host: Host;
  real: RealSwitch;
  ovs: OpenVswitch;
}

/** A bridge in ovs-vswitchd itself, which needs no module of the kernel. */
export const NETDEV = { datapathType: "netdev" };

/** Sets a scene for the tests of a file; each finds it without bridges. */
export function scene(what: string): Scene {
  const set = {} as Scene;
  if (lacking !== undefined) {
    console.log(`skipped: ${what}: ${lacking}`);
    return set;
  }
  beforeAll(async () => {
    set.host = await Host.open({ namespace: "new" });
    set.real = await startSwitch(set.host);
    set.ovs = await openvswitch({ remote: set.real.remote });
  });
  afterEach(async () => {
    const names = (await set.ovs.show()).map(({ name }) => name);
    if (names.length > 0) await set.ovs.removeBridge(names);
  });
  afterAll(async () => {
    set.ovs?.close();
    await set.real?.[Symbol.asyncDispose]();
    await set.host?.close();
  });
  return set;
}

/** A TAP that is up, and its frames. */
export async function tap({ host }: Pick<Scene, "host">, name: string): Promise<Duplex> {
  const made = await host.openTap(name);
  await host.setLink(name, { up: true });
  return made.frames();
}

/** What a promise rejects with. */
export function failure(promise: Promise<unknown>): Promise<OvsdbError> {
  return promise.then(
    () => expect.unreachable("it did not fail"),
    (error: OvsdbError) => error,
  );
}

export async function bridgeNamed({ ovs }: Scene, name: string): Promise<ShownBridge> {
  return (await ovs.show()).find((each) => each.name === name)!;
}

export async function portNamed(set: Scene, bridge: string, name: string): Promise<ShownPort> {
  return (await bridgeNamed(set, bridge)).ports.find((each) => each.name === name)!;
}

/** How many rows a table has. */
export async function count(
  { ovs }: Scene,
  table: "QoS" | "Queue" | "Port" | "Interface" | "Mirror" | "Controller",
): Promise<number> {
  const [{ rows }] = await ovs.database.transact([{ op: "select", table, where: [], columns: ["_uuid"] }]);
  return rows.length;
}

/** Resolves when a row of a table is as it must be. */
export async function until(
  { ovs }: Scene,
  table: "Interface" | "Port" | "Bridge",
  columns: readonly string[],
  holds: (rows: readonly Record<string, unknown>[]) => boolean,
): Promise<void> {
  const replica = await ovs.database.replica({ tables: { [table]: columns } });
  const changes = replica.changes();
  while (!holds([...replica.table(table)])) await changes.next();
  replica.close();
}

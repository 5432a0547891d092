import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { REMOVAL_GROUP, removeLinks } from "../../../src/host/links/removal.js";
import { startThread } from "../../../src/kernel/thread.js";
import { Host } from "../../../src/index.js";
import { native } from "../../../src/kernel/addon.js";
import { connect, type Connection } from "../../../src/netlink/connection.js";
import { errnoNumber } from "../../../src/base/errno.js";
import { NetlinkError } from "../../../src/kernel/error.js";
import { isGroupUsed } from "../../../src/rtnetlink/link/link-group.js";
import { createLink, listLinks } from "../../../src/rtnetlink/link/link-requests.js";
import { messageTypes } from "../../../src/rtnetlink/messages.js";
import { fixture } from "../scene/program.js";

/** A connection to a namespace of its own, for as long as `work` takes. */
async function connected(work: (connection: Connection) => Promise<void>): Promise<void> {
  const thread = await startThread({ kind: "new" });
  try {
    await work(connect(thread.socket, messageTypes));
  } finally {
    await thread.call((host, id) => {
      native.closeThread(host, id);
    });
  }
}

type Intrusion = (name: string, attributes: Record<string, unknown>) => Error | undefined;

/** The same connection, on which some requests fail before they are sent. */
function failing(connection: Connection, intrude: Intrusion): Connection {
  return {
    ...connection,
    request(type, content, about) {
      const error = intrude(type.name, content.attributes ?? {});
      return error === undefined ? connection.request(type, content, about) : Promise.reject(error);
    },
  };
}

/** The same connection, which lists nothing. */
function withoutDumps(connection: Connection): Connection {
  const refuse = (): Promise<never> => Promise.reject(new Error("a whole table was asked for"));
  return { ...connection, dump: refuse, dumpOnce: refuse };
}

async function addBridges(connection: Connection, ...names: string[]): Promise<void> {
  for (const name of names) await createLink(connection, name, { linkInfo: { kind: "bridge" }, group: 7, up: true });
}

async function state(connection: Connection): Promise<string[]> {
  const links = await listLinks(connection);
  return links.map(({ name, group, up }) => `${name} ${group} ${up ? "up" : "down"}`);
}

test("removal looks at the links that are named, and lists nothing", () =>
  connected(async (connection) => {
    await addBridges(connection, "br0", "br1", "br2");
    expect(await removeLinks(withoutDumps(connection), ["br0", "br2"])).toEqual({ method: "group" });
    expect(await removeLinks(withoutDumps(connection), ["br1"])).toEqual({ method: "each" });
    expect(await state(connection)).toEqual(["lo 0 down"]);
  }));

test("whether a group has a link is found without listing, and nothing is changed by that", () =>
  connected(async (connection) => {
    await addBridges(connection, "br0");
    const before = await state(connection);
    expect(await isGroupUsed(connection, 7, 0)).toBe(true);
    expect(await isGroupUsed(connection, 0, 7)).toBe(true);
    expect(await isGroupUsed(connection, 4711, 7)).toBe(false);
    expect(await isGroupUsed(connection, REMOVAL_GROUP, 0)).toBe(false);
    expect(await isGroupUsed(connection, 7, 4711)).toBe(undefined);
    expect(await state(connection)).toEqual(before);
  }));

test.each(["EOPNOTSUPP", ""])(
  "on a kernel that answers the question for a group otherwise (%s), the links are listed instead",
  (code) =>
    connected(async (connection) => {
      await addBridges(connection, "br0", "br1", "br2");
      let listings = 0;
      const other: Connection = {
        ...connection,
        dumpOnce(...given) {
          listings++;
          return connection.dumpOnce(...given);
        },
        request(type, content, about) {
          if ((content.attributes as { mtu?: number } | undefined)?.mtu === undefined)
            return connection.request(type, content, about);
          if (code === "") return Promise.resolve([]);
          return Promise.reject(new NetlinkError({ errno: errnoNumber(code), syscall: type.name }));
        },
      };
      await connection.request(messageTypes.get(16)!, { attributes: { name: "br1", group: REMOVAL_GROUP } });
      expect(await removeLinks(other, ["br0"])).toEqual({ method: "group", finished: true });
      expect(listings).toBe(1);
      expect(await state(connection)).toEqual(["lo 0 down", "br2 7 up"]);
    }),
);

const BROKEN = new Error("broken");
const INTRUSIONS: Record<string, Intrusion> = {
  "as the last link is gathered": (name, { group, mtu, ...rest }) =>
    name === "RTM_NEWLINK" && mtu === undefined && group === REMOVAL_GROUP && rest["name"] === undefined
      ? BROKEN
      : undefined,
  "as the group is deleted": (name) => (name === "RTM_DELLINK" ? BROKEN : undefined),
};

test.each(Object.entries(INTRUSIONS))(
  "an error that is not the kernel's, %s, leaves every link in its own group and every bridge up",
  (_when, intrude) =>
    connected(async (connection) => {
      await addBridges(connection, "br0", "br1", "br2");
      const before = await state(connection);
      let gathered = 0;
      const broken = failing(connection, (name, attributes) => {
        const error = intrude(name, attributes);
        return error !== undefined && (name === "RTM_DELLINK" || ++gathered === 3) ? error : undefined;
      });
      await expect(removeLinks(broken, ["br0", "br1", "br2"])).rejects.toBe(BROKEN);
      expect(await state(connection)).toEqual(before);
    }),
);

/** Removes links in a process that is killed as a request is about to leave. */
function removeAndDie(path: string, message: string, count: number, names: readonly string[]): void {
  const [program, ...words] = fixture("killed/removal", path, message, String(count), ...names);
  const env = { ...process.env, NODE_DEBUG: "linkwright" };
  const { signal, stderr } = spawnSync(program!, words, { env, encoding: "utf8", timeout: 60_000 });
  expect({ signal, stderr }).toEqual({ signal: "SIGKILL", stderr: "" });
}

/** After two questions for the group come the links that are gathered, a hundred in a sequence. */
const KILLS = [
  ["with some of the links gathered", "RTM_NEWLINK", 2 + 100 + 1, 100],
  ["with all of them gathered", "RTM_DELLINK", 1, 111],
] as const;

test.each(KILLS)(
  "what a removal left that was killed %s goes with the next, whatever that one is for",
  async (_when, message, count, marked) => {
    await using host = await Host.open({ namespace: "new" });
    await using namespace = await host.namespaceDescriptor();
    const path = `/proc/${process.pid}/fd/${namespace.fd}`;
    await host.addBridge("br0", { up: true });
    await host.addBridge("br1", { up: true, group: 9 });
    await host.addBridge("br2", { up: true });
    const taps = await Promise.all(Array.from({ length: 110 }, (_, i) => host.addTap(`tap${i}`, { bridge: "br0" })));
    removeAndDie(path, message, count, ["br0", ...taps.map(({ name }) => name)]);
    const left = await host.links();
    expect(left.filter(({ group }) => group === REMOVAL_GROUP)).toHaveLength(marked);
    expect(left.find(({ name }) => name === "br0")).toMatchObject({ group: REMOVAL_GROUP, up: false });
    expect(await host.removeAll(["br2"])).toEqual({ method: "group", finished: true });
    const standing = await host.links();
    expect(standing.filter(({ group }) => group === REMOVAL_GROUP)).toEqual([]);
    expect(standing).toHaveLength(2 + 111 - marked);
    expect(await host.link("br1")).toMatchObject({ group: 9, up: true });
  },
  60_000,
);

test("a removal that was killed can be asked for again, with the same names", async () => {
  await using host = await Host.open({ namespace: "new" });
  await using namespace = await host.namespaceDescriptor();
  for (const name of ["br0", "br1", "br2"]) await host.addBridge(name, { up: true });
  removeAndDie(`/proc/${process.pid}/fd/${namespace.fd}`, "RTM_DELLINK", 1, ["br0", "br1"]);
  expect(await host.removeAll(["br0", "br1"])).toEqual({ method: "group", finished: true });
  expect((await host.links()).map(({ name }) => name)).toEqual(["lo", "br2"]);
});

test("two removals at once are each done", async () => {
  await using host = await Host.open({ namespace: "new" });
  const names = Array.from({ length: 40 }, (_, i) => `tap${i}`);
  await Promise.all(names.map((name) => host.addTap(name)));
  await Promise.all([host.removeAll(names.slice(0, 20)), host.removeAll(names.slice(20))]);
  expect((await host.links()).map(({ name }) => name)).toEqual(["lo"]);
});

import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { Host } from "../../../src/host/host.js";
import { type Link, NetlinkError } from "../../../src/index.js";
import { thorough } from "../../thorough.js";
import { argumentsFor, methodsOf } from "./public-methods.js";

/** Work of several steps; what it leaves when it is done, and when nothing of it was. */
const WORK: Record<string, [work: (host: Host) => Promise<unknown>, done: (links: readonly Link[]) => boolean]> = {
  attach: [
    (host) => host.attach("port", "br0", { isolated: true }),
    (links) => {
      const [port, bridge] = ["port", "br0"].map((wanted) => links.find(({ name }) => name === wanted)!);
      const isolated = (port!.linkInfo?.slaveData as { isolated?: boolean } | undefined)?.isolated;
      return port!.master === bridge!.index && port!.up && isolated === true;
    },
  ],
  "add a TAP": [
    (host) => host.addTap("tap", { bridge: "br0", port: { isolated: true } }),
    (links) => {
      const tap = links.find(({ name }) => name === "tap");
      return (tap?.linkInfo?.slaveData as { isolated?: boolean } | undefined)?.isolated === true && tap!.up;
    },
  ],
  "add a link with names": [
    (host) => host.addLink("ifb", "ifb", { alias: "an alias", altnames: ["first", "second"] }),
    (links) => links.find(({ name, alias }) => name === "ifb" && alias === "an alias")?.altnames?.length === 2,
  ],
  "set names": [
    (host) => host.setLink("port", { altnames: ["first", "second", "third"], alias: "an alias" }),
    (links) => links.find(({ alias }) => alias === "an alias")?.altnames?.length === 3,
  ],
  "remove all": [
    (host) => host.removeAll(["port", "br0"]),
    (links) => links.every(({ name }) => name !== "port" && name !== "br0"),
  ],
};

const MOMENTS = 15;

const seen = (links: readonly Link[]): unknown =>
  links.map(({ name, up, master, group, altnames, alias }) => [name, up, master, group, altnames, alias]);

test.each(Object.keys(WORK))("closing a host at any moment leaves work under way done, or undone: %s", async (name) => {
  const [work, done] = WORK[name]!;
  for (let round = 0; round < (thorough ? 2 : 1) * MOMENTS; round++) {
    await using keeper = await Host.open({ namespace: "new" });
    await using namespace = await keeper.namespaceDescriptor();
    await keeper.addBridge("br0", { up: true });
    await keeper.addTap("port", { up: true });
    const before = seen(await keeper.links());
    const host = await Host.open({ namespace: `/proc/self/fd/${namespace.fd}` });
    const outcome = work(host).then(
      () => undefined,
      (error: unknown) => error,
    );
    for (const end = performance.now() + (round % MOMENTS) * 0.08; performance.now() < end;) await turn();
    await host.close();
    const error = await outcome;
    const links = await keeper.links();
    if (error === undefined) expect(done(links), `round ${round}`).toBe(true);
    else expect(seen(links), `round ${round}: ${String(error)}`).toEqual(before);
  }
});

test("a host that is being closed finishes what is under way, and refuses all that comes after", async () => {
  const host = await Host.open({ namespace: "new" });
  await host.addBridge("br0");
  const methods = methodsOf(host);
  const takes = argumentsFor(host);
  // They ask nothing of the host itself.
  methods.delete("sendDescriptors");
  methods.delete("sendBytes");
  const work = [host.links(), host.addTap("tap0", { bridge: "br0", port: { isolated: true } }), host.fdb.list()];
  const closed = host.close();
  const refused = {
    constructor: NetlinkError,
    code: "ECANCELED",
    message: "the host is closed (ECANCELED)",
  };
  for (const [name, call] of methods)
    await expect(call(...Object.values(takes[name]!)), name).rejects.toMatchObject(refused);
  expect((await Promise.allSettled(work)).map(({ status }) => status)).toEqual(work.map(() => "fulfilled"));
  await closed;
  await expect(host.link("br0")).rejects.toMatchObject(refused);
});

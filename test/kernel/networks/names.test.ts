import { expect, test } from "vitest";
import { keepLease } from "../../../src/dhcp/index.js";
import { type NetworkDefinition, serveNetwork, type ServeOptions } from "../../../src/networks/index.js";
import type { Place } from "../scene/guests.js";
import { lacks } from "../scene/program.js";
import { HOST, networkScene, type NetworkScene, OUTSIDE } from "./scene.js";

const noDnsmasq = lacks("dnsmasq", "--version");
const noBusybox = lacks("busybox", "true");
for (const reason of [noDnsmasq, noBusybox]) if (reason !== undefined) console.log(`skipped: ${reason}`);

const GATEWAY = "192.168.77.1";
const ONE: NetworkDefinition = {
  name: "one",
  mode: "nat",
  subnet: "192.168.77.0/24",
  domain: "lab",
  dns: { resolvers: [HOST, OUTSIDE], hosts: [{ hostname: "printer", address: "192.168.77.200" }] },
  dhcp: { reservations: [{ mac: "52:54:00:00:00:09", address: "192.168.77.9", hostname: "nine" }] },
};

/** Asks as Node's resolver does (c-ares): by UDP, and by TCP what does not fit. Prints what came, or why nothing did. */
const RESOLVER = `
const [timeout, server, ...questions] = process.argv.slice(1);
const resolver = new (require("dns").promises.Resolver)({ timeout: Number(timeout), tries: 1 });
resolver.setServers([server]);
const ask = ([type, name]) => (type === "reverse" ? resolver.reverse(name) : resolver.resolve(name, type));
Promise.all(questions.map((each) => ask(each.split(" ")).catch(({ code }) => code))).then((all) => console.log(JSON.stringify(all)));
`;

async function asked(there: Place, patience: number, ...words: readonly string[]): Promise<unknown[]> {
  return JSON.parse(await there.run([process.execPath, "-e", RESOLVER, String(patience), ...words])) as unknown[];
}

const resolve = (there: Place, server: string, ...questions: readonly string[]): Promise<unknown[]> =>
  asked(there, 20_000, server, ...questions);

/** A resolver outside, which knows two names. */
async function resolverOutside({ outside }: NetworkScene): Promise<void> {
  const long = "x".repeat(250);
  const child = outside.start([
    ...["dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--no-hosts", "--no-resolv", "--user=root", "--group=root"],
    ...["--pid-file=", "--address=/www.example.org/203.0.113.80", "--local=/example.org/"],
    `--txt-record=long.example.org,${Array(8).fill(long).join(",")}`,
  ]);
  let said = "";
  await new Promise<void>((ready, failed) => {
    child.stderr!.on("data", (text) => {
      said += String(text);
      if (said.includes("started, version")) ready();
    });
    child.once("close", () => failed(new Error(said)));
  });
}

async function served(scene: NetworkScene, definition: NetworkDefinition, options: ServeOptions = {}) {
  await scene.guests.define(definition);
  await scene.guests.start(definition.name);
  return serveNetwork(scene.here.host, definition.name, { ...scene.folders, ...options });
}

test.skipIf(noDnsmasq !== undefined)(
  "a network answers for its guests' names at its own address, by UDP and TCP, and with what resolvers say for all others",
  async () => {
    await using scene = await networkScene();
    await resolverOutside(scene);
    await using _ = await served(scene, ONE);
    const guest = await scene.guest("lw-one");
    const kept = await keepLease(guest.host, "eth0", { hostname: "web", signal: AbortSignal.timeout(20_000) });
    const { address, options } = kept.lease!;
    expect(options.domainNameServers).toEqual([GATEWAY]);
    const text = "x".repeat(250);
    expect(
      await resolve(
        guest,
        GATEWAY,
        ...["A web.lab", "A WEB", "AAAA web.lab", "A nine.lab", "A printer", `reverse ${address}`],
        ...["A nobody.lab", "A nobody", "reverse 192.168.77.77", "A www.example.org", "A none.example.org"],
        "TXT long.example.org",
      ),
    ).toEqual([
      ...[[address], [address], "ENODATA", ["192.168.77.9"], ["192.168.77.200"], ["web.lab"]],
      ...["ENOTFOUND", "ENOTFOUND", "ENOTFOUND", ["203.0.113.80"], "ENOTFOUND"],
      [Array(8).fill(text)],
    ]);
    if (noBusybox === undefined)
      expect(await guest.run(["busybox", "nslookup", "web.lab", GATEWAY])).toContain(`Address: ${address}`);
    // This machine may ask as well, and nobody outside.
    expect(await resolve(scene.here, GATEWAY, "A web.lab")).toEqual([[address]]);
    await scene.outside.host.routes.add("192.168.77.0/24", { gateway: HOST });
    expect(await asked(scene.outside, 300, GATEWAY, "A web.lab")).toEqual(["ETIMEOUT"]);
    await kept.release();
    await expect.poll(() => resolve(scene.here, GATEWAY, "A web.lab")).toEqual(["ENOTFOUND"]);
  },
);

test("names that no resolver answers for are an error, and where nobody is to be asked, refused", async () => {
  await using scene = await networkScene();
  // Nobody listens there.
  await using _ = await served(scene, { ...ONE, dns: { resolvers: [HOST] } });
  await using _only = await served(scene, { name: "only", mode: "host-only", subnet: "192.168.78.0/24" });
  const { here } = scene;
  expect(await resolve(here, GATEWAY, "A www.example.org", "A nine.lab")).toEqual(["ESERVFAIL", ["192.168.77.9"]]);
  expect(await resolve(here, "192.168.78.1", "A www.example.org", "A nobody")).toEqual(["EREFUSED", "ENOTFOUND"]);
});

test("closed while questions are on their way, it is gone, and nothing else is", async () => {
  await using scene = await networkScene();
  // Bound, and silent.
  await using _silent = await scene.outside.host.openInternet("udp", OUTSIDE, 53);
  const service = await served(scene, { ...ONE, dns: { resolvers: [OUTSIDE] } });
  const asking = asked(scene.here, 300, GATEWAY, "A www.example.org", "A www.example.net");
  expect(await asking).toEqual(["ETIMEOUT", "ETIMEOUT"]);
  await service.close();
  await using _again = await serveNetwork(scene.here.host, "one", scene.folders);
  expect(await resolve(scene.here, GATEWAY, "A nine.lab")).toEqual([["192.168.77.9"]]);
});

test("where another program has the port, that is said, and guests are told of resolvers", async () => {
  await using scene = await networkScene();
  await using _taken = await scene.here.host.openInternet("udp", "0.0.0.0", 53);
  const events: object[] = [];
  await using service = await served(scene, ONE, { report: (event) => events.push(event) });
  expect(service.names).toBeUndefined();
  expect(events).toContainEqual({
    event: "noNames",
    reason: expect.stringContaining(`UDP port 53 of ${GATEWAY}`) as string,
  });
  const guest = await scene.guest("lw-one");
  await using kept = await keepLease(guest.host, "eth0", { signal: AbortSignal.timeout(20_000) });
  expect(kept.lease?.options.domainNameServers).toEqual([HOST, OUTSIDE]);
});

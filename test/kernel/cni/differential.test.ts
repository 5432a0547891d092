import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import type { Result } from "../../../src/cni/result.js";
import { cniScene, type CniScene, type Container } from "./scene.js";

const REFERENCE = "/usr/lib/cni/bridge";
const missing = existsSync(REFERENCE) ? undefined : "containernetworking-plugins is not installed";
if (missing !== undefined) console.log(`skipped: ${missing}`);

/** What the reference plugin makes of a call. */
async function reference(
  { here }: CniScene,
  command: string,
  configuration: object,
  container: Container,
): Promise<Result> {
  const environment = {
    CNI_COMMAND: command,
    CNI_CONTAINERID: container.id,
    CNI_NETNS: container.netns,
    CNI_IFNAME: "eth0",
    CNI_PATH: "/usr/lib/cni",
  };
  const words = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  const child = here.start(["env", ...words, REFERENCE], true);
  child.stdin!.end(JSON.stringify({ ...configuration, type: "bridge" }));
  let said = "";
  for await (const piece of child.stdout!) said += String(piece);
  if (said.includes('"code"')) throw new Error(said);
  return said === "" ? {} : (JSON.parse(said) as Result);
}

/** An answer without what is another's each time: MACs, names of ports, the container's path. */
function common({ interfaces = [], ...result }: Result): object {
  return {
    ...result,
    interfaces: interfaces.map(({ name, mac, sandbox }) => [
      name.replace(/^veth\w+/, "veth"),
      typeof mac,
      sandbox !== undefined,
    ]),
  };
}

/** What says how duplicate address detection goes, which we leave out where nobody asks for it. */
const PASSING: readonly string[] = ["nodad", "permanent", "tentative"];

/** What either has made: of this machine, and in the container. */
async function made({ here: { host } }: CniScene, { host: inside }: Container): Promise<object> {
  const addressesOf = async (of: typeof host, link: string): Promise<object[]> =>
    (await of.addresses({ link }))
      .filter(({ scope }) => scope === "global")
      .map(({ address, broadcast, flags }) => ({
        address,
        broadcast,
        flags: flags.filter((flag) => !PASSING.includes(flag)),
      }));
  const bridge = await host.link("cni0");
  const [port] = await host.links({ master: bridge });
  const eth0 = await inside.link("eth0");
  const { stpState, forwardDelay, vlanFiltering } = bridge.linkInfo?.data as Record<string, unknown>;
  const { mode, isolated, learning } = port?.linkInfo?.slaveData as Record<string, unknown>;
  const settings = ["ipv4/conf/eth0/arp_notify", "ipv6/conf/eth0/accept_dad"];
  return {
    bridge: {
      mtu: bridge.mtu,
      up: bridge.up,
      promisc: bridge.flags.includes("promisc"),
      stpState,
      forwardDelay,
      vlanFiltering,
    },
    bridgeAddresses: await addressesOf(host, "cni0"),
    port: { mtu: port?.mtu, up: port?.up, mode, isolated, learning },
    eth0: { mtu: eth0.mtu, up: eth0.up },
    addresses: await addressesOf(inside, "eth0"),
    routes: (await inside.routes.list())
      .filter(({ destination }) => destination !== "fe80::/64" && destination !== "ff00::/8")
      .map(({ family, destination, gateway, protocol, metric, scope }) => ({
        family,
        destination,
        gateway,
        protocol,
        metric,
        scope,
      })),
    settings: await Promise.all(settings.map((name) => inside.sysctl(`net/${name}`))),
    forwarding: [
      await host.sysctl("net/ipv4/ip_forward"),
      await host.sysctl("net/ipv6/conf/all/forwarding"),
      await host.sysctl("net/ipv6/conf/cni0/accept_ra"),
    ],
  };
}

const BOTH = { subnet: undefined, ranges: [[{ subnet: "10.22.0.0/24" }], [{ subnet: "fd00:22::/64" }]] };

/** The reference plugin looks for a route without a gateway as if it had none, also in what it has made itself. */
const NOT_CHECKED = "no gateway";
const VERSIONS = ["0.3.1", "0.4.0", "1.0.0"];

const configurations: Record<string, [more: object, ipam: object | undefined]> = {
  "a wire": [{}, undefined],
  "a wire with options": [{ mtu: 1400, hairpinMode: true }, undefined],
  "a gateway": [{ isGateway: true }, {}],
  "a default gateway": [{ isDefaultGateway: true }, {}],
  promiscuous: [{ isDefaultGateway: true, promiscMode: true }, {}],
  "both families": [{ isDefaultGateway: true }, BOTH],
  "routes of one's own": [
    { isGateway: true },
    { routes: [{ dst: "0.0.0.0/0" }, { dst: "10.9.0.0/16", gw: "10.22.0.9" }] },
  ],
  "no gateway": [{}, { gateway: "10.22.0.254", routes: [{ dst: "10.9.0.0/16" }] }],
  "a range": [{ isGateway: true }, { rangeStart: "10.22.0.20", rangeEnd: "10.22.0.30", gateway: "10.22.0.254" }],
  "addresses in the configuration": [
    {},
    {
      type: "static",
      subnet: undefined,
      addresses: [{ address: "10.22.0.9/24", gateway: "10.22.0.1" }],
      routes: [{ dst: "0.0.0.0/0" }],
    },
  ],
  dns: [{ dns: { nameservers: ["192.0.2.1"], search: ["example.org"] } }, {}],
};

test
  .skipIf(missing !== undefined)
  .each(
    Object.entries(configurations).map(
      ([name, [more, ipam]], place) => [name, VERSIONS[place % 3]!, more, ipam] as const,
    ),
  )(
  "%s, in %s: addresses, routes, options and answer are those of the reference plugin",
  async (name, cniVersion, more, ipam) => {
    const outcomes = [];
    for (const way of ["reference", "ours"] as const) {
      await using scene = await cniScene();
      const container = await scene.container("same");
      const { ipam: usual } = scene.layer3({}, ipam);
      const configuration = {
        cniVersion,
        name: "pods",
        type: "linkwright-bridge",
        ...more,
        ...(ipam === undefined ? {} : { ipam: usual }),
      };
      const result =
        way === "ours"
          ? await scene.ask("ADD", configuration, { container })
          : await reference(scene, "ADD", configuration, container);
      outcomes.push({ answer: common(result), made: await made(scene, container) });
      // Each finds what the other has made as it is to be.
      if (cniVersion !== "0.3.1" && ipam !== undefined && name !== NOT_CHECKED)
        await reference(scene, "CHECK", { ...configuration, prevResult: result }, container);
      await scene.ask("DEL", configuration, { container });
    }
    expect(outcomes[1]).toEqual(outcomes[0]);
  },
);

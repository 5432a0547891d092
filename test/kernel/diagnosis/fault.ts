import type { Severity } from "../../../src/diagnosis/check.js";
import type { Host } from "../../../src/index.js";
import * as nft from "../../../src/netfilter/index.js";
import { type Scene, scene } from "../../../src/testing/index.js";

type Files = Readonly<Record<string, string | undefined>>;

/** A fault that is built, and made good. */
export interface Fault {
  /** What is wrong, for the name of its test. */
  readonly name: string;
  /** Why it cannot be built here. */
  readonly missing?: string | undefined;
  /** Where it is built: a healthy host with a bridge unless said. */
  readonly on?: () => Promise<Scene<"here">>;
  /** Builds it; what it gives is disposed of before it is looked again, and makes it good where there is no `mend`. */
  readonly build?: (host: Host) => Promise<unknown>;
  /** Files of the machine on which it is looked for, beside or in place of a healthy one's; undefined: it is not there. */
  readonly files?: Files | ((host: Host) => Promise<Files>);
  /** Goes on while it is looked. */
  readonly during?: (net: Scene<"here">, stop: AbortSignal) => Promise<unknown>;
  readonly look?: { readonly pause?: number; readonly listen?: number; readonly probe?: boolean };
  readonly severity: Severity;
  readonly links: readonly string[];
  readonly summary: string | RegExp;
  /** A line of the evidence. */
  readonly evidence: string | RegExp;
  /** What is to be done, where that depends on the machine. */
  readonly remedy?: RegExp;
  /** Further findings that it has for a consequence, as codes. */
  readonly beside?: readonly string[];
  /** Makes it good: then nothing is found. */
  readonly mend?: (host: Host) => Promise<unknown>;
}

export type Faults = Readonly<Record<string, readonly Fault[]>>;

/** A host with a bridge, an uplink to what is beyond it, and two guests' TAPs, which the scene holds open: nothing is wrong with it. */
export async function healthy(): Promise<Scene<"here">> {
  const net = await scene({
    hosts: {
      here: {
        bridges: { br0: {} },
        taps: { tap0: { bridge: "br0" }, tap1: { bridge: "br0" } },
        ports: { uplink: "br0" },
        addresses: { br0: "10.0.0.1/24" },
      },
    },
    links: [["here:uplink", "here:beyond"]],
  });
  for (const name of ["tap0", "tap1", "uplink"]) await net.hosts.here.waitFor(name, "forwarding");
  return net;
}

/** A host that routes and translates for the guests on its bridge: nothing is wrong with it. */
export async function network(): Promise<Scene<"here">> {
  const net = await scene({
    hosts: {
      here: {
        bridges: { br0: {} },
        taps: { tap0: { bridge: "br0" } },
        addresses: { br0: ["10.0.0.1/24", "2001:db8::1/64"], wan: ["8.8.4.4/24", "2001:db8:1::2/64"] },
        sysctls: { "net.ipv4.ip_forward": 1, "net.ipv6.conf.all.forwarding": 1 },
      },
    },
    links: [["here:wan", "here:internet"]],
  });
  const { here } = net.hosts;
  await here.waitFor("tap0", "forwarding");
  await here.routes.add("default", { gateway: "8.8.4.1", link: "wan" });
  await here.routes.add("default", { gateway: "2001:db8:1::1", link: "wan" });
  await here.netfilter.commit([
    nft.addTable(NAT),
    nft.addChain({ ...NAT, chain: "out", base: { type: "nat", hook: "postrouting", priority: "srcnat" } }),
    nft.addRule({ ...NAT, chain: "out" }, [nft.is("ip4Source", "10.0.0.0/24"), nft.oifname("wan"), nft.masquerade()]),
  ]);
  return net;
}

/** A host with a card of its own. */
export function card(): Promise<Scene<"here">> {
  return scene({
    hosts: { here: { addresses: { card: "10.0.0.1/24" } } },
    links: [["here:card", "here:cable"]],
  });
}

export const NAT = { family: "ip", table: "nat" } as const;

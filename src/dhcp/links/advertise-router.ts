import type { Host } from "../../host/host.js";
import type { Address } from "../../rtnetlink/address/address-requests.js";
import type { LinkReference } from "../../rtnetlink/link/link-requests.js";
import { startDhcpv6Responder } from "../ipv6/dhcpv6-responder.js";
import {
  type RouterAdvertiser,
  type RouterAdvertiserSettings,
  type RouterAdvertiserSurroundings,
  startRouterAdvertiser,
} from "../ipv6/router-advertiser.js";
import type { Dhcpv6Options } from "../wire/dhcpv6-message.js";
import { encodeRouterAdvertisement, type RouterAdvertisement } from "../wire/router-advertisement.js";
import { openSegment } from "./segment.js";
import { thisBootsClock } from "./system-clock.js";

/** What is advertised on a link, and where. */
export interface RouterServiceSettings
  extends Omit<RouterAdvertiserSettings, "linkLocal">, Pick<RouterAdvertiserSurroundings, "report"> {
  /** What hosts are told that ask by DHCPv6 for settings, and not for addresses. Undefined: they get no answer. */
  readonly dhcpv6?: Dhcpv6Options | undefined;
}

/** A router that is advertised on a link. */
export interface RouterService {
  /** Says something else from now on. Throws InputError. */
  update(advertisement: RouterAdvertisement): void;
  /** Says that this is no router any more, and stops. */
  close(): Promise<void>;
  /** As close. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** A link-local address that has been found to be nobody else's. */
function isUsable({ family, scope, flags }: Address): boolean {
  return family === "inet6" && scope === "link" && !flags.includes("tentative") && !flags.includes("dadfailed");
}

/** Tells of the link's link-local address as soon as it has one that may be used, until the returned function is called. */
async function onLinkLocal(
  host: Host,
  link: LinkReference,
  tell: (address: string) => void,
): Promise<() => Promise<void>> {
  const watch = host.watch(["address"], { link });
  async function follow(): Promise<void> {
    for (const each of await host.addresses({ link, family: "inet6" })) if (isUsable(each)) return tell(each.address);
    for await (const event of watch)
      if (event.subject === "address" && event.after !== undefined && isUsable(event.after))
        return tell(event.after.address);
  }
  await watch.ready;
  const followed = follow().catch(() => undefined);
  return async () => {
    await watch.return();
    await followed;
  };
}

/**
 * Advertises a router on a link (RFC 4861), from the link's link-local address: as soon as that is known to be nobody else's, which
 * on a bridge is a second after its first port is up. Rejects with InputError.
 */
export async function advertiseRouter(
  host: Host,
  link: LinkReference,
  { dhcpv6, report, ...settings }: RouterServiceSettings,
): Promise<RouterService> {
  encodeRouterAdvertisement(settings.advertisement);
  const transport = await openSegment(host, link);
  const clock = await thisBootsClock();
  let current = settings.advertisement;
  let advertiser: RouterAdvertiser | undefined;
  let stopResponder: (() => void) | undefined;
  let stopWaiting: () => Promise<void>;
  try {
    stopWaiting = await onLinkLocal(host, transport.link, (address) => {
      const linkLocal = address.split("/")[0]!;
      advertiser = startRouterAdvertiser(
        { ...settings, linkLocal, advertisement: current },
        { transport, clock, report },
      );
      if (dhcpv6 !== undefined) stopResponder = startDhcpv6Responder({ linkLocal, options: dhcpv6 }, transport);
    });
  } catch (error) {
    await transport.close();
    throw error;
  }
  async function close(): Promise<void> {
    await stopWaiting();
    advertiser?.stop();
    stopResponder?.();
    await transport.close();
  }
  return {
    update(advertisement) {
      encodeRouterAdvertisement(advertisement);
      current = advertisement;
      advertiser?.update(advertisement);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

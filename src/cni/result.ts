import { isAtLeast, type Version } from "./versions.js";

/** An interface of an attachment; without a sandbox it is the host's. */
export interface ResultInterface {
  readonly name: string;
  readonly mac?: string | undefined;
  readonly mtu?: number | undefined;
  readonly sandbox?: string | undefined;
}

export interface ResultAddress {
  /** With the length of its prefix, such as "10.22.0.5/16". */
  readonly address: string;
  readonly gateway?: string | undefined;
  /** The place of its interface among them. */
  readonly interface?: number | undefined;
}

export interface ResultRoute {
  /** Such as "0.0.0.0/0". */
  readonly dst: string;
  readonly gw?: string | undefined;
  readonly mtu?: number | undefined;
  readonly advmss?: number | undefined;
  readonly priority?: number | undefined;
  readonly table?: number | undefined;
  readonly scope?: number | undefined;
}

export interface ResultDns {
  readonly nameservers?: readonly string[] | undefined;
  readonly domain?: string | undefined;
  readonly search?: readonly string[] | undefined;
  readonly options?: readonly string[] | undefined;
}

/** What ADD answers, and CHECK and DEL are given again (CNI specification 1.1, section 5). */
export interface Result {
  readonly interfaces?: readonly ResultInterface[] | undefined;
  readonly ips?: readonly ResultAddress[] | undefined;
  readonly routes?: readonly ResultRoute[] | undefined;
  readonly dns?: ResultDns | undefined;
}

/** What versions before 1.1 know of an interface. */
function before11({ name, mac, sandbox }: ResultInterface): ResultInterface {
  return { name, mac, sandbox };
}

/** A result in the words of a version. */
export function resultIn(version: Version, { interfaces, ips, routes, dns = {} }: Result): object {
  const isNew = isAtLeast(version, "1.1.0");
  const hasFamily = !isAtLeast(version, "1.0.0");
  return {
    cniVersion: version,
    interfaces: interfaces?.map((each) => (isNew ? each : before11(each))),
    ips: ips?.map(({ interface: place, address, gateway }) => ({
      ...(hasFamily ? { version: address.includes(":") ? "6" : "4" } : {}),
      interface: place,
      address,
      gateway,
    })),
    routes: routes?.map((route) => (isNew ? route : { dst: route.dst, gw: route.gw })),
    dns,
  };
}

import { InputError, under } from "../../base/errors.js";
import { addressNumber, subnetOf } from "../../networks/subnet.js";
import { type Call, part } from "../call.js";
import { CniError } from "../error.js";
import { valueOf } from "../options.js";
import type { ResultAddress, ResultDns } from "../result.js";
import type { Ipam } from "./ipam.js";
import { addressIn, askedAddresses, listIn, routesIn } from "./words.js";

function withPrefix(value: unknown): string {
  const address = addressIn(value);
  if (!address.includes("/")) throw new InputError(`${address} has no length of its prefix`);
  return address;
}

function contains(prefix: string, address: string): boolean {
  const { family, first, last } = subnetOf(prefix);
  const number = addressNumber(address);
  return subnetOf(address).family === family && number >= first && number <= last;
}

/** The addresses of the configuration, with those of CNI_ARGS; in their place those of `args`, and of the runtime. */
function addressesOf(call: Call): ResultAddress[] {
  const ipam = part(call.configuration, "ipam");
  const { byArguments, byConfiguration, byRuntime } = askedAddresses(call);
  const inPlace = [byRuntime, byConfiguration].find((each) => each.length > 0);
  if (inPlace !== undefined) return inPlace.map((address) => ({ address: withPrefix(address) }));
  const configured = listIn(ipam, "addresses", (each): ResultAddress => {
    const { address, gateway } = (each ?? {}) as Record<string, unknown>;
    return {
      address: under("address", () => withPrefix(address)),
      gateway: gateway === undefined || gateway === null ? undefined : under("gateway", () => addressIn(gateway)),
    };
  });
  const gateways = (call.arguments.gateway ?? "").split(",").filter((each) => each !== "");
  return [...configured, ...byArguments.map((address) => ({ address: withPrefix(address) }))].map((each) => {
    const asked = gateways.find((gateway) => contains(each.address, gateway));
    return asked === undefined ? each : { ...each, gateway: asked };
  });
}

/** Addresses that a configuration names: the reference plugin `static`. */
export const fixed: Ipam = {
  plan(call) {
    const ipam = part(call.configuration, "ipam");
    under("ipam", () => routesIn(ipam));
    if (addressesOf(call).length === 0) throw new InputError("an address at least is needed", "ipam.addresses");
  },
  add(call) {
    const ipam = part(call.configuration, "ipam");
    const dns = valueOf(ipam, "dns") as ResultDns | undefined;
    return Promise.resolve({ ips: addressesOf(call), routes: routesIn(ipam), dns });
  },
  async del() {},
  check(call) {
    const had = call.previous?.ips ?? [];
    for (const { address } of addressesOf(call))
      if (!had.some((each) => addressNumber(each.address) === addressNumber(address)))
        throw new CniError("notAsAdded", `prevResult lacks ${address}, which the configuration has`);
    return Promise.resolve();
  },
  async status() {},
  async gc() {},
};

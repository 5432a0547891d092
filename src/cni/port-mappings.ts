import { InputError, quoted, under } from "../base/errors.js";
import { addressNumber, addressText, subnetOf } from "../networks/subnet.js";
import type { PortMapping } from "./attachment.js";
import { type Call, part } from "./call.js";
import { addressIn, listIn } from "./ipam/words.js";
import { valueOf } from "./options.js";

const PROTOCOLS = ["tcp", "udp", "sctp"] as const;

function portIn(value: unknown): number {
  if (typeof value !== "number" || !Number.isInteger(value) || value < 1 || value > 65535)
    throw new InputError(`${quoted(value)} is no port`);
  return value;
}

function asSpelled(address: string): string {
  return addressText(subnetOf(address).family, addressNumber(address));
}

/** The keys as they are, or as containerd and Nomad spell them, with a capital. */
function wordsIn(value: unknown): Record<"hostPort" | "containerPort" | "protocol" | "hostIP", unknown> {
  const of = (key: string): unknown => valueOf((value ?? {}) as Record<string, unknown>, key);
  const [hostPort, containerPort, protocol, hostIP] = ["hostPort", "containerPort", "protocol", "hostIP"].map(of);
  return { hostPort, containerPort, protocol, hostIP };
}

function mappingIn(value: unknown): PortMapping {
  const { hostPort, containerPort, protocol = "tcp", hostIP } = wordsIn(value);
  const name = typeof protocol === "string" ? protocol.toLowerCase() : protocol;
  const known = PROTOCOLS.find((each) => each === name);
  if (known === undefined) throw new InputError(`${quoted(protocol)} is none of ${PROTOCOLS.join(", ")}`, "protocol");
  const everywhere =
    hostIP === undefined || hostIP === null || hostIP === "" || hostIP === "0.0.0.0" || hostIP === "::";
  return {
    protocol: known,
    hostPort: under("hostPort", () => portIn(hostPort)),
    containerPort: under("containerPort", () => portIn(containerPort)),
    hostIP: everywhere ? undefined : under("hostIP", () => asSpelled(addressIn(hostIP))),
  };
}

/** The ports of this machine that the runtime wants to lead to the container (capability `portMappings`). Throws InputError. */
export function portMappingsOf({ configuration }: Call): PortMapping[] {
  const all = under("runtimeConfig", () =>
    listIn(part(configuration, "runtimeConfig"), "portMappings", (value) => {
      const { hostPort } = wordsIn(value);
      return hostPort === 0 || hostPort === undefined ? undefined : mappingIn(value);
    }),
  );
  return all.filter((each) => each !== undefined);
}

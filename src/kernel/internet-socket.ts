import { builtin } from "../base/builtin.js";
import { InputError, quoted } from "../base/errors.js";
import { type DescriptorHandle, native } from "./addon.js";
import { Descriptor } from "./descriptor.js";
import { NetlinkError } from "./error.js";
import type { Thread } from "./thread.js";

/** Opens a socket of UDP or TCP; with a port it is bound to the address, and of TCP it listens. Throws InputError. */
export async function openInternet(
  thread: Thread,
  protocol: "udp" | "tcp",
  address: string,
  port: number,
): Promise<Descriptor> {
  if (protocol !== "udp" && protocol !== "tcp")
    throw new InputError(`${quoted(protocol)} is none of udp, tcp`, "protocol");
  if (builtin("node:net").isIP(address) === 0 || address.includes("%"))
    throw new InputError(`${quoted(address)} is not an IPv4 or IPv6 address`, "address");
  if (!Number.isInteger(port) || port < 0 || port > 0xffff)
    throw new InputError(`${quoted(port)} is not a port, from 0 to 65535`, "port");
  try {
    const handle = await thread.call<DescriptorHandle>((host, id) => {
      native.openInternet(host, id, protocol === "tcp", address, port);
    });
    return new Descriptor(thread, handle);
  } catch (error) {
    if (!(error instanceof NetlinkError) || error.code !== "EADDRINUSE") throw error;
    throw error.with({
      subject: `${protocol.toUpperCase()} port ${port} of ${address}`,
      hint: "another program on this machine has it, of this address or of all",
    });
  }
}

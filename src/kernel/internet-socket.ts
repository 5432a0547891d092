import { InputError, quoted } from "../base/errors.js";
import { type DescriptorHandle, native } from "./addon.js";
import { Descriptor } from "./descriptor.js";
import { NetlinkError } from "./error.js";
import type { Thread } from "./thread.js";

/** Opens a socket of UDP or TCP; with a port it is bound to the address, and of TCP it listens. */
export async function openInternet(
  thread: Thread,
  protocol: "udp" | "tcp",
  address: string,
  port: number,
): Promise<Descriptor> {
  if (protocol !== "udp" && protocol !== "tcp")
    throw new InputError(`${quoted(protocol)} is none of udp, tcp`, "protocol");
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

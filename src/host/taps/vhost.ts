import { NetlinkError } from "../../kernel/error.js";
import { type DescriptorHandle, native } from "../../kernel/addon.js";
import { Descriptor } from "../../kernel/descriptor.js";
import type { Thread } from "../../kernel/thread.js";

const VHOST_DEVICE = "/dev/vhost-net";

/** Opens /dev/vhost-net so many times. */
export async function openVhost(thread: Thread, count: number): Promise<Descriptor[]> {
  const opened: Descriptor[] = [];
  try {
    for (let i = 0; i < count; i++) {
      const handle = await thread.call<DescriptorHandle>((host, id) => {
        native.openFile(host, id, VHOST_DEVICE);
      });
      opened.push(new Descriptor(thread, handle));
    }
    return opened;
  } catch (error) {
    await Promise.all(opened.map((descriptor) => descriptor.close()));
    if (!(error instanceof NetlinkError)) throw error;
    const hint =
      error.code === "ENOENT"
        ? "this kernel has no vhost-net; it needs CONFIG_VHOST_NET, module vhost_net"
        : error.code === "EACCES"
          ? "this user may not open it; on Debian, the group kvm may"
          : undefined;
    throw new NetlinkError({ errno: error.errno, syscall: `open(${VHOST_DEVICE})`, hint });
  }
}

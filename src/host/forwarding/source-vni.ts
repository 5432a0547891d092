import { InputError } from "../../base/errors.js";
import type { Connection } from "../../netlink/connection.js";
import { getLink } from "../../rtnetlink/link/link-requests.js";

/**
 * Throws InputError for the VNI that frames come with, of a VXLAN that has one alone: there the kernel takes no notice of it
 * (drivers/net/vxlan/vxlan_core.c, vxlan_mdb.c).
 */
export async function checkSourceVni(
  connection: Connection,
  { index, name }: { readonly index: number; readonly name: string },
  srcVni: number | undefined,
): Promise<void> {
  if (srcVni === undefined) return;
  const { linkInfo } = await getLink(connection, { index, name });
  if ((linkInfo?.data as { collectMetadata?: boolean } | undefined)?.collectMetadata === true) return;
  throw new InputError(`${name} has one VNI: see collectMetadata`, "srcVni");
}

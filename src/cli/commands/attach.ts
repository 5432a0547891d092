import type { Host } from "../../host/host.js";
import type { Call } from "../commands.js";
import type { Report } from "../io.js";
import { vlansFrom, type VlanWords } from "../vlan-words.js";

export async function attach(host: Host, { links: [port = "", bridge = ""], options }: Call): Promise<Report> {
  const { vlan, vlans, pvid, untagged, ...rest } = options as VlanWords;
  await host.attach(port, bridge, { ...rest, vlans: vlansFrom({ vlan, vlans, pvid, untagged }) });
  return { value: {} };
}

export async function detach(host: Host, { links: [port = ""] }: Call): Promise<Report> {
  await host.detach(port);
  return { value: {} };
}

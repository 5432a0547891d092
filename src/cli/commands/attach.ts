import type { Host } from "../../host/host.js";
import type { Call } from "../commands.js";
import type { Report } from "../io.js";

export async function attach(host: Host, { operands: [port = "", bridge = ""], options }: Call): Promise<Report> {
  await host.attach(port, bridge, options);
  return { value: {} };
}

export async function detach(host: Host, { operands: [port = ""] }: Call): Promise<Report> {
  await host.detach(port);
  return { value: {} };
}

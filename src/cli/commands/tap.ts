import type { Host } from "../../host/host.js";
import type { TunOptions } from "../../rtnetlink/link/kinds/tun.js";
import type { Link } from "../../rtnetlink/link/link.js";
import type { Call } from "../commands.js";
import type { Report } from "../io.js";
import { ADDRESS, masterColumn, MTU, NAME, namesAround, STATE } from "../link-table.js";
import { type Column, table } from "../print.js";
import { removeOfKind } from "../removal.js";

function deviceOf(link: Link): TunOptions {
  return (link.linkInfo?.data ?? {}) as TunOptions;
}

export async function list(host: Host): Promise<Report> {
  const taps = await host.links({ kind: "tun" });
  const names = await namesAround(host, taps);
  const columns: Column<Link>[] = [
    NAME,
    { title: "MODE", value: (link) => String(deviceOf(link).type ?? "-") },
    STATE,
    MTU,
    ADDRESS,
    { title: "OWNER", value: (link) => String(deviceOf(link).owner ?? "-"), right: true },
    { title: "GROUP", value: (link) => String(deviceOf(link).group ?? "-"), right: true },
    { title: "QUEUES", value: (link) => String(deviceOf(link).numQueues ?? "-"), right: true },
    masterColumn(names),
  ];
  return { value: taps, text: (style) => table(columns, taps, style) };
}

/** Creates a TAP; when the number in its name was left to the kernel, the name is printed. */
export async function add(host: Host, { operands: [name = ""], options }: Call): Promise<Report> {
  const value = await host.link(await host.addTap(name, options));
  return { value, text: () => (value.name === name ? "" : `${value.name}\n`) };
}

export async function remove(host: Host, call: Call): Promise<Report> {
  return removeOfKind(host, call, "tun", "a TAP");
}

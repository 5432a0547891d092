import type { Host } from "../../host/host.js";
import type { Address, AddressSettings } from "../../rtnetlink/address/address-requests.js";
import { parsePrefix } from "../../rtnetlink/protocol/network.js";
import type { Call } from "../commands.js";
import type { Report } from "../io.js";
import { namesOf } from "../link-table.js";
import { formatValue } from "../link-text.js";
import { type Column, table } from "../print.js";

function columnsOf(names: ReadonlyMap<number, string>): Column<Address>[] {
  return [
    {
      title: "LINK",
      value: ({ index }) => names.get(index) ?? String(index),
      paint: (text, _address, style) => style.cyan(text),
    },
    { title: "ADDRESS", value: ({ address }) => address },
    { title: "PEER", value: ({ peer = "-" }) => peer },
    { title: "BROADCAST", value: ({ broadcast = "-" }) => broadcast },
    { title: "SCOPE", value: ({ scope }) => String(scope) },
    { title: "VALID", value: ({ validLifetime }) => formatValue(validLifetime, "DURATION|") },
    { title: "FLAGS", value: ({ flags }) => formatValue(flags, "|") || "-" },
  ];
}

export async function list(host: Host, { links: [link], options }: Call): Promise<Report> {
  const addresses = await host.addresses({ link, ...(options as { family?: "inet" | "inet6" }) });
  const names = await namesOf(
    host,
    addresses.map(({ index }) => index),
  );
  return { value: addresses, text: (style) => table(columnsOf(names), addresses, style) };
}

/** The same however the address is spelled. */
function identity(text: string): string {
  const { bytes, length } = parsePrefix(text);
  return `${bytes.join(".")}/${length}`;
}

export async function add(
  host: Host,
  { links: [link = ""], operands: [, address = ""], options }: Call,
): Promise<Report> {
  const { replace, ...settings } = options as AddressSettings & { replace?: boolean };
  const change = replace === true ? host.replaceAddress : host.addAddress;
  await change.call(host, link, address, settings);
  const wanted = identity(address);
  return { value: (await host.addresses({ link })).find((each) => identity(each.address) === wanted) ?? {} };
}

export async function remove(
  host: Host,
  { links: [link = ""], operands: [, address = ""], options }: Call,
): Promise<Report> {
  await host.removeAddress(link, address, options);
  return { value: {} };
}

import { isIP } from "node:net";
import type { Host } from "../../../host/host.js";
import type { Address, AddressSettings } from "../../../rtnetlink/address/address-requests.js";
import { parsePrefix } from "../../../rtnetlink/protocol/network.js";
import type { Call, Command, Operand } from "../../command.js";
import type { Report } from "../../io.js";
import { namesOf } from "../../printing/link-table.js";
import { formatValue } from "../../printing/value-text.js";
import { formatAge } from "../../../netlink/codecs/duration.js";
import { type Column, table } from "../../printing/layout.js";
import { flag8 } from "../../../netlink/codecs/numbers.js";
import { internetAddress } from "../../../netlink/codecs/internet.js";
import { addressAttributes, addressCacheinfo, ifaddrmsg } from "../../../rtnetlink/address/address.js";
import { type Section, shaped, type Option, wordOf } from "../../parsing/option.js";
import { family } from "./network-words.js";

const LINK: Operand = { name: "LINK", choices: "link" };
const ADDRESS: Operand = { name: "ADDRESS/LENGTH" };

function addressWord(property: keyof typeof addressAttributes.entries): Option {
  const [, codec, description] = addressAttributes.entries[property];
  return wordOf(property, codec, description);
}

const peer = wordOf("peer", internetAddress, "the other end of a point-to-point link");
const { broadcast } = addressAttributes.entries;
const { parse: parseBroadcast } = broadcast[1];
const broadcastOrLast = shaped(broadcast[1], "IPv4|+", (word) => (word === "+" ? word : parseBroadcast(word)));
const { preferred, valid } = addressCacheinfo.fields;

const sections = {
  address: {
    title: "An address",
    words: [
      peer,
      wordOf("broadcast", broadcastOrLast, "the broadcast address; + for the prefix's last"),
      addressWord("label"),
      wordOf("scope", ifaddrmsg.fields.scope, "how far it is valid"),
      addressWord("flags"),
      wordOf("validLifetime", valid, "how long it is valid"),
      wordOf("preferredLifetime", preferred, "how long it is chosen for new connections"),
      addressWord("rtPriority"),
      addressWord("proto"),
      wordOf("replace", flag8, "change it if it is there already"),
    ],
  },
  peer: { title: "Which address", words: [peer] },
  addressFilter: { title: "Which addresses", words: [family] },
} satisfies Record<string, Section>;

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
    { title: "VALID", value: ({ validLifetime: time }) => (typeof time === "number" ? formatAge(time) : time) },
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

/** An address with its length; a link's name has no "/". */
const isSecond = (word: string): boolean => word.includes("/") || isIP(word) !== 0;

export const command: Command = {
  actions: {
    list: {
      summary: "list addresses, of one link or of all",
      operands: [{ ...LINK, optional: true }],
      options: [sections.addressFilter],
      run: list,
    },
    add: {
      summary: "add an address",
      operands: [LINK, ADDRESS],
      isSecond,
      options: [sections.address],
      run: add,
    },
    delete: {
      summary: "remove an address",
      operands: [LINK, ADDRESS],
      isSecond,
      options: [sections.peer],
      run: remove,
    },
  },
};

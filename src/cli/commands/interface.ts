import { textOfFile } from "../parsing/file-argument.js";
import { disable, enable, enabledIn, togetherOf } from "../../boot/enabled.js";
import { type DeclaredInterface, interfacesIn, ownDeclaration, partOf, topOf } from "../../boot/interfaces.js";
import { lastingLink } from "../../boot/lasting.js";
import { importFiles, writeImported, writeLibvirt } from "../../formats/index.js";
import { InputError } from "../../base/errors.js";
import type { Host } from "../../host/host.js";
import { parseDuration } from "../../netlink/codecs/duration.js";
import { flag8 } from "../../netlink/codecs/numbers.js";
import {
  apply,
  capture,
  describePlan,
  type HostDeclaration,
  type LinkDeclaration,
  readDeclaration,
  writeDeclaration,
} from "../../topology/index.js";
import { asDeclared } from "../../topology/capture.js";
import type { Action, Call, Command, Operand } from "../command.js";
import type { Report } from "../io.js";
import { type Section, wordOf } from "../parsing/option.js";
import { table } from "../printing/layout.js";
import { coloured, confirmWords, shown } from "./applying.js";
import { enableText } from "./boot.js";
import { journal, root } from "./where-words.js";

/** Where declarations and plans are, as words say. */
interface Where {
  readonly root?: string;
  readonly journal?: string;
}

const NAME: Operand = { name: "NAME" };
const where: Section = { title: "Where", words: [journal, root] };
const liveSection: Section = {
  title: "Which",
  words: [wordOf("live", flag8, "as it is now, and not as it is declared")],
};
const bridgeSection: Section = {
  title: "The bridge",
  words: [
    wordOf("stp", flag8, "whether it takes part in the spanning tree; on unless given, as virsh has it"),
    wordOf("delay", { words: "DURATION", parse: parseDuration }, "its forward delay, 0s unless given"),
    ...confirmWords,
  ],
};

function action(
  summary: string,
  operands: readonly Operand[],
  work: (host: Host, words: readonly string[], where: Where, call: Call) => Promise<Report>,
  ...sections: readonly Section[]
): Action {
  const run = (host: Host, call: Call): Promise<Report> => work(host, call.operands, call.options, call);
  return { summary, operands, options: [...sections, where], run };
}

async function list(host: Host, words: readonly string[], options: Where): Promise<Report> {
  const value = await interfacesIn(host, options);
  const columns = [
    { title: "NAME", value: ({ name }: DeclaredInterface) => name },
    { title: "STATE", value: ({ active }: DeclaredInterface) => (active ? "active" : "inactive") },
    { title: "MAC", value: ({ mac }: DeclaredInterface) => mac ?? "" },
    { title: "DECLARED IN", value: ({ declarations }: DeclaredInterface) => declarations.join(", ") },
  ];
  return { value, text: (style) => table(columns, value, style) };
}

async function made(host: Host, declaration: HostDeclaration, options: Where): Promise<Report> {
  const plan = await apply(host, declaration, options);
  return { value: shown(plan), text: (style) => coloured(describePlan(plan), style) };
}

async function define(host: Host, [file = ""]: readonly string[], options: Where): Promise<Report> {
  const [content] = textOfFile(file);
  const text = content.trimStart().startsWith("<")
    ? writeImported(importFiles([{ name: `${file.replace(/\.xml$/, "")}.xml`, text: content }]))
    : content;
  const name = topOf(readDeclaration(text, file));
  const { file: written } = enable(name, text, options);
  return Promise.resolve({ value: { name, file: written }, text: () => `${written}\n` });
}

function start(host: Host, [name = ""]: readonly string[], options: Where): Promise<Report> {
  return made(host, asDeclared(partOf(togetherOf(enabledIn(options)), name)), options);
}

async function destroy(host: Host, [name = ""]: readonly string[], options: Where): Promise<Report> {
  const { kind } = await host.link(name);
  const link: LinkDeclaration = kind === undefined ? { up: false } : { absent: true };
  return made(host, { links: { [name]: link } }, options);
}

async function undefine(host: Host, [name = ""]: readonly string[], options: Where): Promise<Report> {
  const { file } = ownDeclaration(name, options);
  disable(name, options);
  return Promise.resolve({ value: { name, file }, text: () => `${file} is no more; what stands, stays\n` });
}

async function dump(host: Host, [name = ""]: readonly string[], options: Where): Promise<Report> {
  const { live = false } = options as { live?: boolean };
  const declaration = live ? await capture(host) : asDeclared(partOf(togetherOf(enabledIn(options)), name));
  const value = writeLibvirt(declaration, name);
  return { value: { xml: value }, text: () => value };
}

async function macOf(host: Host, [name = ""]: readonly string[]): Promise<Report> {
  const { address } = await host.link(name);
  if (address === undefined) throw new InputError("it has no MAC", name);
  return { value: { mac: address }, text: () => `${address}\n` };
}

async function nameOf(host: Host, [mac = ""]: readonly string[]): Promise<Report> {
  const found = (await host.links()).filter(({ address }) => address === mac.toLowerCase());
  // A port and its bridge may have the same: the port is meant.
  const [only] = found.length > 1 ? found.filter(({ kind }) => kind !== "bridge" && kind !== "vlan") : found;
  if (only === undefined) throw new InputError("no link has this MAC", mac);
  return { value: { name: only.name }, text: () => `${only.name}\n` };
}

/** The declaration of a NIC alone, which goes when the NIC is a port; undefined where there is none. */
function ofNic(nic: string, options: Where): string | undefined {
  return Object.hasOwn(togetherOf(enabledIn(options)).links, nic) ? ownDeclaration(nic, options).name : undefined;
}

async function bridge(
  host: Host,
  [nic = "", name = ""]: readonly string[],
  options: Where,
  call: Call,
): Promise<Report> {
  const { stp = true, delay = 0 } = options as { stp?: boolean; delay?: number };
  const former = ofNic(nic, options);
  const link = {
    kind: "bridge",
    stpState: stp ? "kernel" : "off",
    forwardDelay: delay,
    up: true,
    takeOver: nic,
  } as const;
  const text = writeDeclaration({ links: { [name]: link, [nic]: { up: true } } });
  const asked = { ...call, options: { ...options, now: true, name, disable: former } };
  return enableText(host, asked, name, text, name);
}

async function unbridge(host: Host, [name = ""]: readonly string[], options: Where): Promise<Report> {
  const { declaration } = ownDeclaration(name, options);
  const ports = Object.entries(declaration!.links).filter(
    ([port, { master, kind }]) =>
      kind === undefined && (master === name || declaration!.links[name]!.takeOver === port),
  );
  const [nic] = ports.map(([port]) => port);
  if (nic === undefined || ports.length > 1)
    throw new InputError(`one NIC is to get what it has; its declaration has ${ports.length} ports`, name);
  await apply(host, { links: { [name]: { release: nic } } }, options);
  const report = await made(host, { links: { [name]: { absent: true } } }, options);
  enable(nic, writeDeclaration(await lastingLink(host, nic)), options);
  disable(name, options);
  return report;
}

export const command: Command = {
  actions: {
    list: action("the interfaces that are declared, and whether they are up", [], list),
    bridge: action(
      "put a bridge in the place of a NIC, now and at boot",
      [{ name: "NIC", choices: "link" }, { name: "BRIDGE" }],
      bridge,
      bridgeSection,
    ),
    unbridge: action("put the NIC in the place of its bridge again", [{ name: "BRIDGE" }], unbridge),
    define: action("enable an interface that libvirt's XML, or a declaration, describes", [{ name: "FILE" }], define),
    start: action("make an interface, its ports and what it is on as they are declared", [NAME], start),
    destroy: action("remove a link that was made, or take a NIC down; what is declared stays", [NAME], destroy),
    undefine: action("declare an interface no more; what stands, stays", [NAME], undefine),
    dump: action("print an interface as libvirt's XML", [NAME], dump, liveSection),
    mac: action("print the MAC of a link", [{ name: "NAME", choices: "link" }], macOf),
    name: action("print the name of the link that has a MAC", [{ name: "MAC" }], nameOf),
  },
};

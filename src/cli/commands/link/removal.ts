import { InputError } from "../../../base/errors.js";
import type { Host } from "../../../host/host.js";
import { flag8 } from "../../../netlink/codecs/numbers.js";
import type { LinkReference } from "../../../rtnetlink/link/link-requests.js";
import type { Call } from "../../command.js";
import type { Report } from "../../io.js";
import { notOfKind } from "../../parsing/link-argument.js";
import { type Section, wordOf } from "../../parsing/option.js";

/** How bridges are removed. */
export const removalSection: Section = {
  title: "Removing",
  words: [{ ...wordOf("force", flag8, "bridges whose ports are up, too, without asking"), dashed: true }],
};

/** The ports of a bridge that are up; none of what is no bridge. */
async function portsInUse(host: Host, name: LinkReference): Promise<{ bridge: string; ports: string[] }> {
  try {
    const link = await host.link(name);
    const ports = link.kind === "bridge" ? await host.links({ master: link }) : [];
    return { bridge: link.name, ports: ports.filter(({ up }) => up).map((port) => port.name) };
  } catch {
    // What is not there, the removal says itself.
    return { bridge: "", ports: [] };
  }
}

/** A bridge whose ports are up is in use: it is asked whether it may go. */
async function confirmRemoval(host: Host, { links, options, io }: Call): Promise<void> {
  if ((options as { force?: boolean }).force === true) return;
  for (const { bridge, ports } of await Promise.all(links.map((name) => portsInUse(host, name)))) {
    if (ports.length === 0) continue;
    const used = `${ports.length === 1 ? "a port that is up" : `${ports.length} ports that are up`}: ${ports.join(", ")}`;
    if (io.ask === undefined) throw new InputError(`it has ${used}; --force removes it all the same`, bridge);
    if (!(await io.ask(`${bridge} has ${used}. Remove it?`))) throw new InputError("it stays", bridge);
  }
}

/** Removes the links that a command names, and says so when it could not be done all at once. */
export async function removeNamed(host: Host, call: Call): Promise<Report> {
  await confirmRemoval(host, call);
  const { links, globals, io } = call;
  const { refusal, ...done } = await host.removeAll(links);
  if (done.finished === true && !globals.json)
    io.stderr.write(
      "linkwright: links that another removal had gathered, interrupted or under way, are removed, too\n",
    );
  if (refusal !== undefined && !globals.json)
    io.stderr.write(`linkwright: removed one after the other, which takes longer: ${refusal.message}\n`);
  return { value: refusal === undefined ? done : { ...done, refusal: refusal.message } };
}

/** The same for links of one kind: one of another kind is refused before anything is removed. */
export async function removeOfKind(host: Host, call: Call, kind: string, what: string): Promise<Report> {
  const found = await Promise.allSettled(call.links.map((link) => host.link(link)));
  const links = found.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
  const stranger = links.find((link) => link.kind !== kind);
  if (stranger !== undefined) throw notOfKind(stranger, what, "; linkwright link delete removes links of any kind");
  return removeNamed(host, call);
}

import type { Host } from "../../../host/host.js";
import type { Call } from "../../command.js";
import type { Report } from "../../io.js";
import { notOfKind } from "../../parsing/link-argument.js";

/** Removes the links that a command names, and says so when it could not be done all at once. */
export async function removeNamed(host: Host, { links, globals, io }: Call): Promise<Report> {
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

import type { Draft } from "../../draft/draft.js";
import { type SourceFile, find } from "../../draft/entry.js";
import { refuseEach, setOptions, why } from "../../draft/options.js";
import { readNetdev } from "./netdev.js";
import { readNetwork } from "./network.js";
import { type Unit, entriesIn, unitsOf } from "./units.js";
import { REASONS, link } from "./words.js";

const SUFFIX = /\.(netdev|network|link)$/;

export function isNetworkd(path: string): boolean {
  return SUFFIX.test(path) || /\.(netdev|network|link)\.d\/[^/]+\.conf$/.test(path);
}

/** A .link says something of a NIC whose name is known: by its present one, or by the one that it gives. */
function readLinkFile(draft: Draft, { sections }: Unit): void {
  const [match, own] = [entriesIn(sections, "Match"), entriesIn(sections, "Link")];
  const [original, renamed] = [find(match, "OriginalName"), find(own, "Name")];
  const name = renamed?.value ?? original?.value ?? "";
  if (name === "" || /[*?[\]!\s]/.test(name)) {
    for (const section of sections)
      for (const entry of section.entries) draft.refuse(entry, "it does not say which link it is for by a name");
    return;
  }
  if (renamed !== undefined) draft.refuse(renamed, why.rename);
  if (original !== undefined && renamed === undefined) draft.carry(original);
  for (const entry of match) if (entry !== original || renamed !== undefined) draft.refuse(entry, why.identity);
  refuseEach(
    draft,
    setOptions(
      draft,
      own.filter((each) => each !== renamed),
      ["links", name],
      link,
    ),
    REASONS,
  );
}

/** Reads systemd's .netdev, .network and .link, with their drop-ins. */
export function readNetworkd(draft: Draft, files: readonly SourceFile[]): void {
  const units = unitsOf(draft, files);
  const of = (suffix: string): Unit[] => units.filter(({ name }) => name.endsWith(suffix));
  const kinds = new Map(
    of(".netdev").map(({ sections }) => {
      const own = entriesIn(sections, "NetDev");
      return [find(own, "Name")?.value ?? "", find(own, "Kind")?.value ?? ""];
    }),
  );
  for (const unit of of(".netdev")) readNetdev(draft, unit);
  for (const unit of of(".link")) readLinkFile(draft, unit);
  const taken = new Map<string, string>();
  for (const unit of of(".network")) readNetwork(draft, unit, kinds, taken);
}

import type { Connection } from "../../netlink/connection.js";
import { requirementsOf } from "../../rtnetlink/link/kinds/requirements.js";
import type { Link } from "../../rtnetlink/link/link.js";
import { changeLink, getLink, type LinkSettings } from "../../rtnetlink/link/link-requests.js";
import type { AddBack } from "./losses.js";
import { journalOf } from "../work/journal.js";
import { givenNames } from "./verify.js";

/** Each option by itself. */
function apart(options: object = {}): object[] {
  return givenNames(options).map((name) => ({ [name]: (options as Readonly<Record<string, unknown>>)[name] }));
}

/** The parts that can be put back by themselves, by their names. The options of some kinds belong together. */
function partsOf({ linkInfo: info, ...settings }: LinkSettings): [name: string, part: LinkSettings][] {
  const { kind, data, slaveKind, slaveData } = info ?? {};
  const { forgets = false, alsoSay } = requirementsOf(kind ?? "");
  const options = forgets || alsoSay !== undefined ? [data ?? {}] : apart(data);
  const parts: [object, object][] = [
    ...options.map((each): [object, object] => [each, { linkInfo: { kind, data: each } }]),
    ...apart(slaveData).map((each): [object, object] => [each, { linkInfo: { slaveKind, slaveData: each } }]),
    ...apart(settings).map((each): [object, object] => [each, each]),
  ];
  return parts.map(([each, part]) => [givenNames(each).join(", "), part]);
}

/** Puts back what it can of some parts, those again that need others to be back; gives what is left. */
async function putPartsBack(
  parts: readonly [name: string, part: LinkSettings][],
  change: (part: LinkSettings) => Promise<boolean>,
): Promise<readonly [name: string, part: LinkSettings][]> {
  let left = parts;
  for (let refused = Infinity; left.length > 0 && left.length < refused;) {
    refused = left.length;
    const still: [string, LinkSettings][] = [];
    for (const each of left) if (!(await change(each[1]))) still.push(each);
    left = still;
  }
  return left;
}

/**
 * Puts a link back as it was: in one message, or, when that is refused, part by part; and then what it lost meanwhile.
 * `former` says what it takes from how the link is.
 */
export async function restoreLink(
  connection: Connection,
  { index, name }: Link,
  now: Link | undefined,
  former: (now: Link | undefined) => LinkSettings,
  error: unknown,
  addBack?: AddBack,
): Promise<unknown> {
  const change = (part: LinkSettings): Promise<boolean> =>
    changeLink(connection, { index, name }, part).then(
      () => true,
      () => false,
    );
  const journal = journalOf(connection);
  if (addBack !== undefined)
    journal.add({
      done: `${name} lost routes, addresses or neighbours`,
      undo: `put back what ${name} lost`,
      requests: addBack,
    });
  const settings = former(now);
  if (givenNames(settings).length > 0 && !(await change(settings))) {
    const left = await putPartsBack(partsOf(settings), change);
    // What was refused may have come back with another: a carrier does, when the link is up again.
    const differing = left.length === 0 ? [] : partsOf(former(await getLink(connection, index))).map(([part]) => part);
    for (const [part, each] of left.filter(([part]) => differing.includes(part)))
      journal.add({
        done: `${name} has another ${part}`,
        undo: `give ${name} its former ${part} back`,
        requests: (to) => changeLink(to, { index, name }, each),
      });
  }
  return journal.undo(error);
}

import type { Connection } from "../../netlink/connection.js";
import { requirementsOf } from "../../rtnetlink/link/kinds/requirements.js";
import type { Link } from "../../rtnetlink/link/link.js";
import { changeLink, type LinkSettings } from "../../rtnetlink/link/link-requests.js";
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

/** Puts a link back as it was: in one message, or, when that is refused, part by part, as some need others to be back. */
export async function putBack(
  connection: Connection,
  link: Link,
  former: LinkSettings,
  error: unknown,
): Promise<unknown> {
  const { index, name } = link;
  const change = (part: LinkSettings): Promise<boolean> =>
    changeLink(connection, { index, name }, part).then(
      () => true,
      () => false,
    );
  if (await change(former)) return error;
  let left = partsOf(former);
  for (let refused = Infinity; left.length > 0 && left.length < refused;) {
    refused = left.length;
    const still: typeof left = [];
    for (const each of left) if (!(await change(each[1]))) still.push(each);
    left = still;
  }
  const journal = journalOf(connection);
  for (const [part, settings] of left)
    journal.add({
      done: `${name} has another ${part}`,
      undo: `give ${name} its former ${part} back`,
      requests: (to) => changeLink(to, { index, name }, settings),
    });
  return journal.undo(error);
}

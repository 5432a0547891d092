import type { Connection } from "../../netlink/connection.js";
import { InputError, quoted, under } from "../../base/errors.js";
import { NetlinkError } from "../../kernel/error.js";
import { checkList } from "../../base/input.js";
import { changeAlternativeNames, identify } from "../../rtnetlink/link/link-requests.js";
import { whoHasName } from "../hints/name-holder.js";
import { type Journal, type Operation, withJournal } from "../work/journal.js";

/** A link, as far as its names go. */
interface Named {
  readonly index: number;
  readonly name: string;
  readonly altnames?: readonly string[] | undefined;
}

/** Throws InputError unless a link of this name can have all of these alternative names. */
export function checkAlternativeNames(altnames: unknown, name: string): asserts altnames is readonly string[] {
  checkList(altnames, "altnames");
  for (const [place, each] of altnames.entries()) {
    const path = `altnames.${place}`;
    if (typeof each !== "string" || each.includes("\0"))
      throw new InputError(`${quoted(each)} is not an alternative name`, path);
    under(path, () => identify(each));
    if (each === name) throw new InputError(`${quoted(each)} is the link's own name`, path);
    if (altnames.indexOf(each) !== place) throw new InputError(`${quoted(each)} is given twice`, path);
  }
}

/** Adds one. The kernel does not say of a name that is taken who has it. */
async function addOne(connection: Connection, link: Named, altname: string): Promise<void> {
  try {
    await changeAlternativeNames(connection, "add", link, [altname]);
  } catch (error) {
    if (!(error instanceof NetlinkError) || error.code !== "EEXIST") throw error;
    throw error.with({ attribute: "altnames", hint: await whoHasName(connection, altname) });
  }
}

const INVERSE = { add: "remove", remove: "add" } as const;

/** That alternative names were added to a link, or removed from it. */
function renaming(change: "add" | "remove", { index, name }: Named, altnames: readonly string[]): Operation {
  const names = altnames.join(", ");
  return {
    done: change === "add" ? `${name} was given the names ${names}` : `${name} lost the names ${names}`,
    undo: change === "add" ? `remove the names ${names} of ${name}` : `give ${name} the names ${names} again`,
    requests: (to) => changeAlternativeNames(to, INVERSE[change], { index, name }, altnames),
  };
}

/** Adds alternative names, all of them or none. */
export async function addAlternativeNames(
  connection: Connection,
  link: Named,
  altnames: readonly string[],
  outer?: Journal,
): Promise<void> {
  const add = async (journal: Journal): Promise<void> => {
    for (const each of altnames) {
      await addOne(connection, link, each);
      journal.add(renaming("add", link, [each]));
    }
  };
  await withJournal(connection, add, outer);
}

/** Gives a link these alternative names and no others; the journal says how that is taken back. */
export async function setAlternativeNames(
  connection: Connection,
  link: Named,
  altnames: readonly string[],
  outer: Journal,
): Promise<void> {
  const { altnames: present = [] } = link;
  const removed = present.filter((each) => !altnames.includes(each));
  const added = altnames.filter((each) => !present.includes(each));
  const set = async (journal: Journal): Promise<void> => {
    await addAlternativeNames(connection, link, added, journal);
    if (removed.length === 0) return;
    await changeAlternativeNames(connection, "remove", link, removed);
    journal.add(renaming("remove", link, removed));
  };
  await withJournal(connection, set, outer);
}

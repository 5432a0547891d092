import type { Connection } from "../../netlink/connection.js";
import { InputError, quoted, under } from "../../base/errors.js";
import { NetlinkError } from "../../kernel/error.js";
import { checkList } from "../../base/input.js";
import { changeAlternativeNames, identify } from "../../rtnetlink/link/link-requests.js";
import { whoHasName } from "../hints/name-holder.js";
import { undone } from "../hints/undo.js";

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

/** Adds alternative names, all of them or none. */
export async function addAlternativeNames(
  connection: Connection,
  link: Named,
  altnames: readonly string[],
): Promise<void> {
  const added: string[] = [];
  try {
    for (const each of altnames) {
      await addOne(connection, link, each);
      added.push(each);
    }
  } catch (error) {
    throw await undone(error, link.name, () => removeAlternativeNames(connection, link, added));
  }
}

async function removeAlternativeNames(connection: Connection, link: Named, altnames: readonly string[]): Promise<void> {
  if (altnames.length > 0) await changeAlternativeNames(connection, "remove", link, altnames);
}

/** Gives a link these alternative names and no others; what is returned takes that back. */
export async function setAlternativeNames(
  connection: Connection,
  link: Named,
  altnames: readonly string[],
): Promise<() => Promise<void>> {
  const { altnames: present = [] } = link;
  const removed = present.filter((each) => !altnames.includes(each));
  const added = altnames.filter((each) => !present.includes(each));
  await addAlternativeNames(connection, link, added);
  const takeBack = (): Promise<void> => removeAlternativeNames(connection, link, added);
  try {
    await removeAlternativeNames(connection, link, removed);
  } catch (error) {
    throw await undone(error, link.name, takeBack);
  }
  return async () => {
    await takeBack();
    await addAlternativeNames(connection, link, removed);
  };
}

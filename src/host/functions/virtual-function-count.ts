import { InputError, quoted } from "../../base/errors.js";
import { NetlinkError } from "../../kernel/error.js";
import type { Connection } from "../../netlink/connection.js";
import { getLink, type LinkReference } from "../../rtnetlink/link/link-requests.js";
import type { Namespace } from "../work/namespace.js";
import { refuse } from "../hints/own-refusals.js";
import { filesOf, type LinkFiles } from "../../kernel/sysfs.js";
import { withJournal } from "../work/journal.js";

/** How many virtual functions a link has. */
export interface VirtualFunctionCount {
  readonly count: number;
  /** The most that there can be; undefined where the card does not say. */
  readonly total: number | undefined;
}

/** The device of a virtual function. */
export interface VirtualFunctionDevice {
  readonly index: number;
  /** Its address on the bus, such as "0000:01:10.0". */
  readonly device: string | undefined;
  /** Names of the links on it that are in this namespace: none when a guest has it. */
  readonly links: readonly string[];
}

/** A network card, and the files that say what it has. */
export interface Card extends VirtualFunctionCount {
  readonly name: string;
  readonly files: LinkFiles;
}

const MOST = 0xffff;

async function cardOf({ thread, connection }: Namespace, reference: LinkReference): Promise<Card> {
  const link = await getLink(connection, reference);
  const files = await filesOf(thread, link);
  const [count, total] = await Promise.all([files.read("device/sriov_numvfs"), files.read("device/sriov_totalvfs")]);
  if (count === undefined)
    throw refuse("EOPNOTSUPP", link.name, "it can have no virtual functions", "it is no network card with SR-IOV");
  return { name: link.name, files, count: Number(count), total: total === undefined ? undefined : Number(total) };
}

export async function functionCount(namespace: Namespace, link: LinkReference): Promise<VirtualFunctionCount> {
  const { count, total } = await cardOf(namespace, link);
  return { count, total };
}

const HINTS: Readonly<Record<string, string>> = {
  EBUSY: "the card or one of its virtual functions is in use, such as by a guest",
  EACCES: "this user may not write to sysfs",
  EROFS: "sysfs is mounted read-only",
  ENOSPC: "the card has no room for so many",
  ERANGE: "the card cannot have so many",
  EINVAL: "the card does not take this number",
};

async function write({ name, files }: Card, count: number): Promise<void> {
  try {
    await files.write("device/sriov_numvfs", count);
  } catch (error) {
    if (!(error instanceof NetlinkError)) throw error;
    throw error.with({ syscall: `${error.syscall}(sriov_numvfs)`, subject: name, hint: HINTS[error.code] });
  }
  // The kernel warns in its log alone when a driver makes fewer (sriov_numvfs_store, drivers/pci/iov.c).
  const made = Number(await files.read("device/sriov_numvfs"));
  if (made !== count) throw refuse("ENOSPC", name, `it made ${made} virtual functions, and not ${count}`, HINTS.ENOSPC);
}

export async function setFunctionCount(namespace: Namespace, link: LinkReference, count: number): Promise<void> {
  if (!Number.isInteger(count) || count < 0 || count > MOST)
    throw new InputError(`${quoted(count)} is not an integer from 0 to ${MOST}`, "count");
  await setCountOf(await cardOf(namespace, link), count, namespace.connection);
}

/** The kernel goes from one number to another by none only. */
export async function setCountOf(card: Card, count: number, connection: Connection): Promise<void> {
  if (card.total !== undefined && count > card.total)
    throw refuse("ERANGE", card.name, `it can have at most ${card.total} virtual functions, not ${count}`);
  if (count === card.count) return;
  await withJournal(connection, async (journal) => {
    if (card.count > 0) {
      await write(card, 0);
      journal.add({
        done: `${card.name} lost its ${card.count} virtual functions`,
        undo: `make ${card.count} virtual functions of ${card.name}`,
        call: async () => {
          await write(card, 0);
          await write(card, card.count);
        },
        calls: { link: card.name, file: "device/sriov_numvfs", value: card.count },
      });
    }
    if (count === 0) return;
    if (card.count === 0)
      journal.add({
        done: `${card.name} has other virtual functions`,
        undo: `take the virtual functions of ${card.name} away`,
        call: () => write(card, 0),
        calls: { link: card.name, file: "device/sriov_numvfs", value: 0 },
      });
    await write(card, count);
  });
}

/** The address of a device on the PCI bus, as its uevent has it. */
function addressIn(uevent = ""): string | undefined {
  return /^PCI_SLOT_NAME=(.+)$/m.exec(uevent)?.[1];
}

export async function functionDevices(namespace: Namespace, link: LinkReference): Promise<VirtualFunctionDevice[]> {
  const { files, count } = await cardOf(namespace, link);
  return Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const [uevent, links] = await Promise.all([
        files.read(`device/virtfn${index}/uevent`),
        files.list(`device/virtfn${index}/net`),
      ]);
      return { index, device: addressIn(uevent), links };
    }),
  );
}

import type { Cancellation } from "../../base/signal.js";
import type { Connection } from "../../netlink/connection.js";
import { stated } from "../../netlink/dump.js";
import { InputError, under } from "../../base/errors.js";
import { NetlinkError } from "../../kernel/error.js";
import { NLM_F_CREATE, NLM_F_ECHO, NLM_F_EXCL, NLM_F_REPLACE } from "../../netlink/message.js";
import { describeLink, indexOf, type LinkReference } from "../../rtnetlink/link/link-requests.js";
import type { WithOptions } from "../../rtnetlink/traffic/options-by-kind.js";
import { htbClassOptions } from "../../rtnetlink/traffic/qdiscs/htb.js";
import {
  type classKinds,
  type ClassValues,
  RTM_DELTCLASS,
  RTM_GETTCLASS,
  RTM_NEWTCLASS,
} from "../../rtnetlink/traffic/traffic-control.js";
import { parseHandle, type TrafficHandle, trafficHandle } from "../../rtnetlink/traffic/traffic-handle.js";
import {
  classOf,
  echoed,
  type Estimator,
  settable,
  type TrafficClass,
} from "../../rtnetlink/traffic/traffic-requests.js";
import { checked, type Known, like, link, object, text } from "../work/arguments.js";
import { trafficExplained } from "../hints/traffic-hints.js";

/** A class to be made or changed: the kind of its qdisc, the kind's options, and where it stands. */
export type ClassSettings = WithOptions<typeof classKinds> & {
  /** Such as "1:10". */
  handle: TrafficHandle;
  /** The qdisc, such as "1:", or the class above; the qdisc unless given. */
  parent?: TrafficHandle | undefined;
  /** How the rate is estimated. */
  rate?: Estimator | undefined;
};

/** Which classes to list; the kernel filters. */
export interface ClassFilter {
  readonly link: LinkReference;
  /** The qdisc that they belong to, such as "1:". */
  readonly qdisc?: TrafficHandle | undefined;
}

/** The classes of qdiscs that have some. */
export interface TrafficClasses {
  /** The classes of one link, or of all. */
  list(filter: ClassFilter & Cancellation): Promise<TrafficClass[]>;
  /** Adds a class; EEXIST when it is there. */
  add(link: LinkReference, settings: ClassSettings): Promise<TrafficClass>;
  /** Adds a class, or changes one that is there. */
  replace(link: LinkReference, settings: ClassSettings): Promise<TrafficClass>;
  /** Changes what is given of a class. */
  change(link: LinkReference, settings: ClassSettings): Promise<TrafficClass>;
  /** Removes a class that has none below. */
  remove(link: LinkReference, handle: TrafficHandle): Promise<void>;
}

function qdiscPart(handle: TrafficHandle): TrafficHandle {
  under("handle", () => parseHandle(handle));
  return `${handle.slice(0, handle.indexOf(":"))}:`;
}

async function send(
  connection: Connection,
  link: LinkReference,
  flags: number,
  { kind, options, handle, parent = qdiscPart(handle), rate }: ClassSettings,
): Promise<TrafficClass> {
  const index = await indexOf(connection, link);
  if (!parent.endsWith(":") && parent !== "root") await checkThere(connection, index, parent);
  const header = { index, parent, handle };
  const attributes = { kind, options: options ?? {}, rate } as ClassValues;
  const replies = await trafficExplained(
    connection.request(
      RTM_NEWTCLASS,
      { flags: flags | NLM_F_ECHO, header, attributes },
      { subject: subjectOf(link, handle) },
    ),
  );
  return classOf(echoed(replies, "RTM_NEWTCLASS", link));
}

/** The kernel would put a class below one that is not there at the root. */
async function checkThere(connection: Connection, index: number, parent: TrafficHandle): Promise<void> {
  if ((await getClass(connection, index, parent)) === undefined)
    throw new InputError(`there is no class ${parent} that it could be below`, "parent");
}

/** One class; undefined where there is none. */
async function getClass(
  connection: Connection,
  link: LinkReference,
  handle: TrafficHandle,
): Promise<TrafficClass | undefined> {
  // Kernels before 6.8 answer only those who ask for an echo.
  const content = { flags: NLM_F_ECHO, header: { index: await indexOf(connection, link), handle } };
  try {
    const [reply] = await connection.request(RTM_GETTCLASS, content, { subject: subjectOf(link, handle) });
    return reply && classOf(reply);
  } catch (error) {
    if (error instanceof NetlinkError && error.code === "ENOENT") return undefined;
    throw error;
  }
}

function subjectOf(link: LinkReference, handle: TrafficHandle): string {
  return `${describeLink(link)} ${handle}`;
}

async function list(connection: Connection, { link, qdisc }: ClassFilter): Promise<TrafficClass[]> {
  const header = { index: await indexOf(connection, link), parent: qdisc ?? "0:" } as const;
  return (await connection.dump(RTM_GETTCLASS, { header }, { subject: describeLink(link), identity: stated })).map(
    classOf,
  );
}

/** The kernel takes all of a class's options or none: those that are not given are what they are now. */
async function whole(connection: Connection, link: LinkReference, settings: ClassSettings): Promise<ClassSettings> {
  const present = await getClass(connection, link, settings.handle);
  if (present?.kind !== "htb") return settings;
  const options = { ...settable(present.options as object, htbClassOptions), ...(settings.options as object) };
  const parent = settings.parent ?? (present.parent === "root" ? undefined : present.parent);
  return { ...settings, kind: "htb", parent, options };
}

/** What was listed can be given again: what was only reported is not looked at. */
const SETTINGS: Known<ClassSettings & TrafficClass> = {
  kind: true,
  options: true,
  handle: true,
  parent: like(trafficHandle),
  rate: true,
  index: true,
  leaf: true,
  statistics: true,
  counters: true,
};
const FILTER: Known<ClassFilter> = {
  link: true,
  qdisc: true,
};

/** Classes over a connection. */
export function classesOf(connection: Connection): TrafficClasses {
  return checked<TrafficClasses>(
    {
      list: (filter) => trafficExplained(list(connection, filter)),
      add: (link, settings) => send(connection, link, NLM_F_CREATE | NLM_F_EXCL, settings),
      replace: (link, settings) => send(connection, link, NLM_F_CREATE | NLM_F_REPLACE, settings),
      async change(link, settings) {
        const same = { index: await indexOf(connection, link), name: describeLink(link) };
        return send(connection, same, 0, await trafficExplained(whole(connection, same, settings)));
      },
      async remove(link, handle) {
        const header = { index: await indexOf(connection, link), handle };
        await trafficExplained(connection.request(RTM_DELTCLASS, { header }, { subject: subjectOf(link, handle) }));
      },
    },
    {
      list: [object("filter", FILTER)],
      add: [link("link"), object("settings", SETTINGS, ["kind"])],
      replace: [link("link"), object("settings", SETTINGS, ["kind"])],
      change: [link("link"), object("settings", SETTINGS, ["kind"])],
      remove: [link("link"), text("handle")],
    },
  );
}

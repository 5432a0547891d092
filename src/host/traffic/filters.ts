import type { Cancellation } from "../../base/signal.js";
import type { Connection } from "../../netlink/connection.js";
import { stated } from "../../netlink/dump.js";
import { errnoNumber } from "../../base/errno.js";
import { NetlinkError } from "../../kernel/error.js";
import { type Message, NLM_F_CREATE, NLM_F_ECHO, NLM_F_EXCL, NLM_F_REPLACE } from "../../netlink/message.js";
import type { Action } from "../../rtnetlink/traffic/actions/action.js";
import { describeLink, indexOf, type LinkReference } from "../../rtnetlink/link/link-requests.js";
import type { WithOptions } from "../../rtnetlink/traffic/options-by-kind.js";
import {
  type FilterHeader,
  type filterKinds,
  type FilterValues,
  RTM_DELTFILTER,
  RTM_GETTFILTER,
  RTM_NEWTFILTER,
} from "../../rtnetlink/traffic/traffic-control.js";
import { formatU32Handle, parseU32Handle, type TrafficHandle } from "../../rtnetlink/traffic/traffic-handle.js";
import { echoed } from "../../rtnetlink/traffic/traffic-requests.js";
import { checked, type Known, link, object, optional } from "../work/arguments.js";
import { trafficExplained } from "../hints/traffic-hints.js";
import { journalOf } from "../work/journal.js";

/** What tells filters in one place apart. */
export interface FilterPlace {
  /** "root" unless given; "ingress" or "egress" of a clsact, a qdisc ("1:") or a class. */
  parent?: TrafficHandle | undefined;
  /** What the frames carry; anything unless given. */
  protocol?: FilterHeader["protocol"] | undefined;
  /** The lowest is asked first, from 1 on. */
  priority?: number | undefined;
  /** Number of the chain, 0 unless given. */
  chain?: number | undefined;
}

/** A filter to be made: its kind, the kind's options, and where it stands. The kernel chooses a priority unless it is given. */
export type FilterSettings = WithOptions<typeof filterKinds> &
  FilterPlace & {
    /** A number; of a u32 filter as tc has it, "800::800". The kernel chooses one unless given. */
    handle?: number | string | undefined;
  };

/** A filter as the kernel reports it. */
export type Filter = WithOptions<typeof filterKinds> & {
  /** The link's index. */
  index: number;
  parent: TrafficHandle;
  protocol: FilterHeader["protocol"];
  priority: number;
  chain: number;
  /** A number; of a u32 filter as tc has it, "800::800". */
  handle: number | string;
};

/** The filters of a namespace: they look at packets, give them to classes, and do something with them. */
export interface Filters {
  /** The filters in a place of a link; the kernel filters. A u32 filter's hash tables are among them. */
  list(filter: FilterPlace & { link: LinkReference } & Cancellation): Promise<Filter[]>;
  /** Adds a filter. */
  add(link: LinkReference, settings: FilterSettings): Promise<Filter>;
  /** Adds a filter, or puts it in the place of the one with its priority and handle. A matchall cannot be replaced. */
  replace(link: LinkReference, settings: FilterSettings): Promise<Filter>;
  /** Removes a filter, of this kind where it is given, or all of a priority, or all of a place. */
  remove(
    link: LinkReference,
    which?: FilterPlace & { handle?: number | string | undefined; kind?: FilterSettings["kind"] | undefined },
  ): Promise<void>;
}

/** A filter's place as the kernel wants it: none is the root. */
function headerOf(
  index: number,
  { parent = "root", protocol, priority, handle }: Omit<FilterSettings, "kind" | "options">,
): Partial<FilterHeader> {
  const number = typeof handle === "string" ? parseU32Handle(handle) : handle;
  return {
    index,
    parent: parent === "root" ? "0:" : parent,
    protocol: protocol ?? 0,
    priority: priority ?? 0,
    handle: number ?? 0,
  };
}

function filterOf({ header, attributes }: Message<FilterHeader, FilterValues>): Filter {
  const { index, parent, protocol, priority, handle } = header;
  const { kind = "", options, chain = 0 } = attributes;
  const name = kind === "u32" ? formatU32Handle(handle) : handle;
  return { index, kind, parent, protocol, priority, chain, handle: name, options } as Filter;
}

function actionKindsOf(options: object | undefined): string[] {
  const { actions } = (options ?? {}) as { actions?: unknown };
  return Array.isArray(actions) ? (actions as readonly (Partial<Action> | null)[]).map((each) => each?.kind ?? "") : [];
}

/** What a flower compares must be said to be in the frame: that is the protocol. */
function completed({ kind, options, protocol = "all" }: FilterSettings): FilterValues["options"] {
  if (kind !== "flower" || protocol === "all" || options instanceof Uint8Array) return options;
  return { keyEthType: protocol, ...options };
}

/** What of a kind's options is compared with packets. The kernel takes it without a word where it lacks what that needs. */
const COMPARED: Readonly<Record<string, (option: string) => boolean>> = {
  flower: (option) => option.startsWith("key") || option === "l2Miss",
  u32: (option) => option === "mark" || option === "indev",
};
const HINTS: Readonly<Record<string, string>> = {
  flower: "say what carries it, too: the filter's protocol, and keyIpProto for a port",
  u32: "it needs a kernel with CONFIG_CLS_U32_MARK, for a mark",
};

/** The kernel takes no notice of fields that cannot be in the packet as it is described: more than was meant would match. */
async function checkCompared(
  connection: Connection,
  link: LinkReference,
  given: object | undefined,
  filter: Filter,
): Promise<void> {
  const isCompared = COMPARED[filter.kind];
  if (isCompared === undefined || given === undefined || given instanceof Uint8Array) return;
  const taken = (filter.options ?? {}) as Record<string, unknown>;
  const ignored = Object.entries(given).find(
    ([name, value]) => isCompared(name) && value !== undefined && taken[name] === undefined,
  );
  if (ignored === undefined) return;
  const error = new NetlinkError({
    errno: errnoNumber("EOPNOTSUPP"),
    syscall: "RTM_NEWTFILTER",
    subject: describeLink(link),
    attribute: `options.${ignored[0]}`,
    kernelMessage: "the kernel took no notice of it",
    hint: ignored[0] === "l2Miss" ? "it needs Linux 6.5" : HINTS[filter.kind],
  });
  const journal = journalOf(connection);
  const name = describeLink(link);
  const same = { index: filter.index, name };
  journal.add({
    done: `${name} has the filter ${filter.handle}`,
    undo: `remove the filter ${filter.handle} of ${name}`,
    requests: (to) => removeFilter(to, same, filter),
  });
  throw await journal.undo(error);
}

async function removeFilter(
  connection: Connection,
  link: LinkReference,
  {
    chain,
    kind,
    ...place
  }: FilterPlace & { handle?: number | string | undefined; kind?: FilterSettings["kind"] | undefined },
): Promise<void> {
  const header = headerOf(await indexOf(connection, link), place);
  const content = { header, attributes: { chain, kind } };
  await trafficExplained(connection.request(RTM_DELTFILTER, content, { subject: describeLink(link) }));
}

async function send(
  connection: Connection,
  link: LinkReference,
  flags: number,
  settings: FilterSettings,
): Promise<Filter> {
  const { kind, chain, ...place } = settings;
  const options = completed(settings);
  const header = headerOf(await indexOf(connection, link), { ...place, protocol: place.protocol ?? "all" });
  const attributes = { kind, options, chain } as FilterValues;
  const replies = await trafficExplained(
    connection.request(
      RTM_NEWTFILTER,
      { flags: flags | NLM_F_ECHO, header, attributes },
      { subject: describeLink(link) },
    ),
    { filter: kind, actions: actionKindsOf(options) },
  );
  const filter = filterOf(echoed(replies, "RTM_NEWTFILTER", link));
  await checkCompared(connection, link, settings.options, filter);
  return filter;
}

/** The filters in one place. Each kind and priority is reported once more without options: these are left out. */
export async function listFilters(
  connection: Connection,
  { link, chain, ...place }: FilterPlace & { link: LinkReference },
): Promise<Filter[]> {
  const header = headerOf(await indexOf(connection, link), place);
  const replies = await connection.dump(
    RTM_GETTFILTER,
    { header, attributes: { chain } },
    { subject: describeLink(link), identity: stated },
  );
  return replies.filter(({ attributes }) => attributes.options !== undefined).map(filterOf);
}

/** What was listed can be given again: what was only reported is not looked at. */
const SETTINGS: Known<Filter> = {
  kind: true,
  options: true,
  parent: true,
  protocol: true,
  priority: true,
  chain: true,
  handle: true,
  index: true,
};

/** Filters over a connection. */
export function filtersOf(connection: Connection): Filters {
  return checked<Filters>(
    {
      list: (filter) => trafficExplained(listFilters(connection, filter)),
      add: (link, settings) => send(connection, link, NLM_F_CREATE | NLM_F_EXCL, settings),
      replace: (link, settings) => send(connection, link, NLM_F_CREATE | NLM_F_REPLACE, settings),
      remove: (link, which = {}) => removeFilter(connection, link, which),
    },
    {
      list: [object("filter", { parent: true, protocol: true, priority: true, chain: true, link: true })],
      add: [link("link"), object("settings", SETTINGS, ["kind"])],
      replace: [link("link"), object("settings", SETTINGS, ["kind"])],
      remove: [link("link"), optional(object("which", SETTINGS))],
    },
  );
}

import type { Connection } from "../netlink/connection.js";
import { type Message, NLM_F_CREATE, NLM_F_ECHO, NLM_F_EXCL, NLM_F_REPLACE } from "../netlink/message.js";
import type { Action } from "../rtnetlink/actions/action.js";
import { describeLink, indexOf, type LinkReference } from "../rtnetlink/link-requests.js";
import type { WithOptions } from "../rtnetlink/options-by-kind.js";
import {
  type FilterHeader,
  type filterKinds,
  type FilterValues,
  RTM_DELTFILTER,
  RTM_GETTFILTER,
  RTM_NEWTFILTER,
} from "../rtnetlink/traffic-control.js";
import { formatU32Handle, parseU32Handle, type TrafficHandle } from "../rtnetlink/traffic-handle.js";
import { echoed } from "../rtnetlink/traffic-requests.js";
import { trafficExplained } from "./traffic-hints.js";

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

/** A filter to be made: its kind, the kind's options, and where it stands. Without a priority, it comes before the others. */
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
  list(filter: FilterPlace & { link: LinkReference }): Promise<Filter[]>;
  /** Adds a filter. */
  add(link: LinkReference, settings: FilterSettings): Promise<Filter>;
  /** Adds a filter, or puts it in the place of the one with its priority and handle. A matchall cannot be replaced. */
  replace(link: LinkReference, settings: FilterSettings): Promise<Filter>;
  /** Removes a filter, or all of a priority, or all of a place. */
  remove(link: LinkReference, which?: FilterPlace & { handle?: number | string | undefined }): Promise<void>;
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
  return Array.isArray(actions) ? (actions as readonly Action[]).map(({ kind }) => kind) : [];
}

async function send(
  connection: Connection,
  link: LinkReference,
  flags: number,
  settings: FilterSettings,
): Promise<Filter> {
  const { kind, options, chain, ...place } = settings;
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
  return filterOf(echoed(replies, "RTM_NEWTFILTER", link));
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
    { subject: describeLink(link) },
  );
  return replies.filter(({ attributes }) => attributes.options !== undefined).map(filterOf);
}

/** Filters over a connection. */
export function filtersOf(connection: Connection): Filters {
  return {
    list: (filter) => trafficExplained(listFilters(connection, filter)),
    add: (link, settings) => send(connection, link, NLM_F_CREATE | NLM_F_EXCL, settings),
    replace: (link, settings) => send(connection, link, NLM_F_CREATE | NLM_F_REPLACE, settings),
    async remove(link, { chain, ...place } = {}) {
      const header = headerOf(await indexOf(connection, link), place);
      const content = { header, attributes: { chain } };
      await trafficExplained(connection.request(RTM_DELTFILTER, content, { subject: describeLink(link) }));
    },
  };
}

import type { Address } from "../../rtnetlink/address/address-requests.js";
import type { BridgeVlanStatus } from "../../rtnetlink/bridge/bridge-vlan-requests.js";
import type { Link } from "../../rtnetlink/link/link.js";
import type { Route } from "../../rtnetlink/route/route-message.js";
import type { Rule } from "../../rtnetlink/rule/rule-message.js";
import type { Change, WatchEvent } from "../../watch/events.js";
import { whatIs } from "../../wiring/link-text.js";
import type { Style } from "../io.js";
import { changesOf, eventText, nameOf } from "./event-text.js";
import type { LinkNames } from "./link-text.js";

type Changed<T> = { readonly before: T; readonly after: T };

/** What of a link says in other words what another part of it says, or nothing to people. */
const SILENT: ReadonlySet<string> = new Set([
  ...["flags", "up", "master", "carrier", "name", "operstate", "qdisc", "promiscuity", "allmulti"],
  ...["carrierChanges", "carrierUpCount", "carrierDownCount", "tsoMaxSize", "tsoMaxSegs"],
  ...["linkInfo.slaveKind", "linkInfo.slaveData", "linkInfo.data.persist"],
  ...["data", "slaveData"].flatMap((part) => [`linkInfo.${part}.rootId`, `linkInfo.${part}.bridgeId`]),
]);

const isLoud = (path: string): boolean => !SILENT.has(path) && !path.startsWith("afSpec.");

/** What happened to a link, in words: "came up", "left br0". */
function linkPhrases({ before, after }: Changed<Link>, names: LinkNames): string[] {
  const name = (index: number): string => names.get(index) ?? `link ${index}`;
  const [old, now] = [before.master ?? 0, after.master ?? 0];
  const wasUp = before.flags.includes("up");
  const isUp = after.flags.includes("up");
  return [
    ...(before.name === after.name ? [] : [`was called ${before.name} before`]),
    ...(old === now
      ? []
      : [
          old === 0
            ? `joined ${name(now)}`
            : now === 0
              ? `left ${name(old)}`
              : `went from ${name(old)} to ${name(now)}`,
        ]),
    ...(wasUp === isUp ? [] : [isUp ? "was brought up" : "was taken down"]),
    ...(before.carrier === after.carrier || after.carrier === undefined
      ? []
      : [after.carrier ? "has a carrier" : "lost its carrier"]),
  ];
}

function addressText({ address }: Address, change: Change["change"]): string {
  return { created: `got the address ${address}`, removed: `lost the address ${address}`, changed: `has ${address}` }[
    change
  ];
}

function routeText({ destination, gateway, link }: Route, names: LinkNames): string {
  const via = gateway === undefined ? "" : ` via ${gateway}`;
  return `the route to ${destination}${via}${link === undefined ? "" : ` by ${names.get(link) ?? `link ${link}`}`}`;
}

/** Which packets a rule is about, as far as most are told apart, and where it sends them. */
function ruleText({ priority, action, table, goto, l3mdev, ...rule }: Rule): string {
  const asked = (["from", "to", "iif", "oif", "fwmark"] as const).flatMap((name) =>
    rule[name] === undefined ? [] : [`${name} ${rule[name]}`],
  );
  const goal = l3mdev === true ? "to the VRF's table" : table === undefined ? action : `to table ${table}`;
  return ["the rule", priority, ...asked, goto === undefined ? goal : `goto ${goto}`].join(" ");
}

const HAPPENED = { created: "was added", removed: "was removed", changed: "changed" } as const;

/** Routes that come and go with an address, which is told itself. */
function isOwn({ table, destination, protocol }: Route): boolean {
  return table === "local" || (protocol === "kernel" && /^f[ef]/.test(destination));
}

function vlanText({ id, pvid, untagged }: Omit<BridgeVlanStatus, "to">, change: Change["change"]): string {
  const flags = [...(pvid === true ? ["pvid"] : []), ...(untagged === true ? ["untagged"] : [])];
  const how = flags.length === 0 ? "" : ` (${flags.join(", ")})`;
  return {
    created: `is in VLAN ${id} now${how}`,
    removed: `is no longer in VLAN ${id}`,
    changed: `is in VLAN ${id} otherwise${how}`,
  }[change];
}

/** Whom it is about, and what happened; undefined for what other events say already. */
function sentence(event: Change, names: LinkNames): readonly [who: string, what: string] | undefined {
  const name = nameOf(event, names);
  const on = (index: number): string => names.get(index) ?? `link ${index}`;
  const entry = (event.after ?? event.before)!;
  switch (event.subject) {
    case "link": {
      const link = entry as Link;
      if (event.change !== "changed")
        return [link.name, `${event.change === "created" ? "was created" : "was removed"}: ${whatIs(link)}`];
      const phrases = linkPhrases(event as Changed<Link>, names);
      const rest = changesOf(event, names, isLoud);
      const all = [...phrases, ...(rest === "" ? [] : [rest])];
      return all.length === 0 ? undefined : [link.name, all.join(", ")];
    }
    case "address": {
      const address = entry as Address;
      const changes = changesOf(event, names);
      return [on(address.index), `${addressText(address, event.change)}${changes === "" ? "" : `: ${changes}`}`];
    }
    case "route": {
      const route = entry as Route;
      if (isOwn(route)) return undefined;
      const changes = changesOf(event, names);
      return [routeText(route, names), `${HAPPENED[event.change]}${changes === "" ? "" : `: ${changes}`}`];
    }
    case "vlan": {
      const vlan = entry as Omit<BridgeVlanStatus, "to">;
      return [on(vlan.index), vlanText(vlan, event.change)];
    }
    case "rule": {
      const changes = changesOf(event, names);
      return [ruleText(entry as Rule), `${HAPPENED[event.change]}${changes === "" ? "" : `: ${changes}`}`];
    }
    default: {
      const changes = changesOf(event, names);
      return [`${event.subject} ${name}`, `${HAPPENED[event.change]}${changes === "" ? "" : `: ${changes}`}`];
    }
  }
}

/** An event as a sentence, without its time; undefined for one that tells people nothing that others do not. */
export function happeningText(event: WatchEvent, names: LinkNames, style: Style): string | undefined {
  if (event.subject === "overrun") return eventText(event, names, style);
  const said = sentence(event, names);
  if (said === undefined) return undefined;
  const [who, what] = said;
  const paint = { created: style.green, changed: style.cyan, removed: style.red }[event.change];
  const where = event.namespace === undefined ? "" : ` in namespace ${event.namespace}`;
  const how = event.origin === "resynchronised" ? ` ${style.dim("(or before: messages were lost)")}` : "";
  return `${style.bold(who)}${where} ${paint(what)}${how}`;
}

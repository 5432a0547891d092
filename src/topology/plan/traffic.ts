import { Host } from "../../host/host.js";
import { type Holder, tapHolders } from "../../host/taps/tap-holders.js";
import type { Link } from "../../rtnetlink/link/link.js";
import { observe, type Picture } from "../observation/observe.js";
import { captureAddresses } from "../steps/addresses.js";
import { reportedOf } from "../steps/links.js";
import { captureRoutes } from "../steps/routes.js";
import type { Step } from "../steps/step.js";
import { isThere } from "../steps/names.js";
import type { Plan } from "./plan.js";

/** Traffic that stops when a plan is applied. */
export interface Interruption {
  /** The link that it passes. */
  readonly link: string;
  /** The namespace that the link is in, by its name; undefined for the host's own. */
  readonly namespace?: string;
  /** Until when: "a moment" is the time between messages that leave together; a number is milliseconds at most. */
  readonly lasts: "a moment" | "for good" | number;
  readonly why: string;
  /** The processes that hold TAPs, the addresses and the routes that it is of. */
  readonly whose: readonly string[];
}

type Stop = Omit<Interruption, "whose">;

/** What a step stops. `wanted`: what is asked for elsewhere in the plan. */
type Rule = (step: Step, plan: Plan, picture: Picture) => readonly Stop[];

function differenceOf({ differences }: Step, property: string): Step["differences"][number] | undefined {
  return differences.find((each) => each.property === property);
}

/** The link that an entry such as "10.0.0.1/24 on eno3" is of. */
function placeOf({ name }: Step): readonly [what: string, link: string] {
  const at = name.lastIndexOf(" on ");
  return [name.slice(0, at), name.slice(at + 4)];
}

/** How long a new port of a bridge waits: twice its forward delay where the kernel runs its spanning tree. */
function delayOf(bridge: string, { wanted }: Plan, picture: Picture): Stop["lasts"] {
  const found = picture.links.get(bridge);
  const options = {
    ...(found === undefined ? {} : reportedOf(found, picture)),
    ...wanted.links[bridge],
  } as { readonly stpState?: string; readonly forwardDelay?: number };
  return options.stpState === "kernel" ? 2 * (options.forwardDelay ?? 15_000) : "a moment";
}

const rules: Partial<Record<Step["subject"], Rule>> = {
  link(step, _plan, picture) {
    const { name: link, action, phase, reason } = step;
    if (!picture.links.has(link)) return [];
    if (action === "remove")
      return [{ link, lasts: phase === "clear" ? "a moment" : "for good", why: `it is removed: ${reason}` }];
    if (differenceOf(step, "up")?.wanted === false) return [{ link, lasts: "for good", why: "it goes down" }];
    const vlans = differenceOf(step, "vlans");
    return vlans === undefined ? [] : [{ link, lasts: "for good", why: "it is in other VLANs, and in those alone" }];
  },
  port(step, plan, picture) {
    const [link = ""] = step.name.split(" of ");
    if (!picture.links.has(link)) return [];
    const master = differenceOf(step, "master");
    if (master === undefined)
      return differenceOf(step, "vlans") === undefined
        ? []
        : [{ link, lasts: "for good", why: "it is in other VLANs, and in those alone" }];
    if (step.action === "remove") return [{ link, lasts: "for good", why: `it leaves ${String(master.found)}` }];
    const bridge = master.wanted as string;
    const why = `it joins ${bridge}`;
    const isTaken = plan.wanted.links[bridge]?.takeOver === link;
    const index = picture.links.get(link)!.index;
    const stays = !isTaken && captureAddresses(index, picture).length > 0;
    const waits: Stop = { link, lasts: delayOf(bridge, plan, picture), why };
    return stays
      ? [waits, { link, lasts: "for good", why: `${why}, and what its addresses are asked for arrives there` }]
      : [waits];
  },
  address(step, { steps }) {
    if (step.action !== "remove") return [];
    const [address, link] = placeOf(step);
    const isMoved = steps.some(
      (each) => each.subject === "address" && each.action === "add" && placeOf(each)[0] === address,
    );
    return isMoved ? [] : [{ link, lasts: "for good", why: `it loses ${address}` }];
  },
  route: ({ action, name, undo: [former] }) =>
    action !== "remove" || former === undefined
      ? []
      : [{ link: linkOf(former.with[1]), lasts: "for good", why: `nothing leads to ${name} by it` }],
  nexthop: ({ action, name }, _plan, { nexthops, names }) => {
    const found = nexthops.find(({ id }) => String(id) === name);
    if (action !== "remove" || found === undefined) return [];
    return [{ link: names.get(found.link ?? 0) ?? "", lasts: "for good", why: `routes by next hop ${name} go` }];
  },
  virtualFunction(step) {
    const count = differenceOf(step, "count");
    if (count === undefined || count.found === 0) return [];
    const link = step.name.replace(/^of /, "");
    return [{ link, lasts: "for good", why: `its ${String(count.found)} virtual functions are made anew` }];
  },
  namespace: ({ name, action }) =>
    action === "add" ? [] : [{ link: "all links", namespace: name, lasts: "for good", why: "it is not to be there" }],
  sysctl({ name, differences: [difference] }) {
    if (!/forward(ing)?$/.test(name) || difference?.wanted !== "0") return [];
    return [
      { link: /\/conf\/([^/]+)\//.exec(name)?.[1] ?? "", lasts: "for good", why: `${name} is 0: nothing is forwarded` },
    ];
  },
};

function linkOf(settings: unknown): string {
  return ((settings ?? {}) as { readonly link?: string }).link ?? "";
}

function holdersOf(link: Link, held: ReadonlyMap<string, readonly Holder[]>): string[] {
  return (held.get(link.name) ?? []).map(({ command, pid }) => `${command} (process ${pid}) by ${link.name}`);
}

/** Whose traffic passes a link: of processes behind its TAPs and its ports', and of the host by its addresses and routes. */
function whose(name: string, picture: Picture, held: ReadonlyMap<string, readonly Holder[]>): string[] {
  const link = picture.links.get(name);
  if (link === undefined) return [];
  const all = [...picture.links.values()];
  const reached = [link, ...all.filter((each) => each.master === link.index)];
  const above = all.filter((each) => reportedOf(each, picture)["link"] === name).map((each) => each.name);
  const routes = captureRoutes(picture, link.index).map(({ destination, gateway, nexthopId }) => {
    const way = gateway ?? (nexthopId === undefined ? undefined : `next hop ${nexthopId}`);
    return `the route to ${destination}${way === undefined ? "" : ` by ${way}`}`;
  });
  return [
    ...reached.flatMap((each) => holdersOf(each, held)),
    ...captureAddresses(link.index, picture).map(({ address }) => address),
    ...routes,
    ...above.map((each) => `${each} on it`),
  ];
}

/** What stops in one namespace. */
async function stopsIn(host: Host, plan: Plan): Promise<readonly Interruption[]> {
  const picture = await observe(host, plan.wanted);
  await using namespace = await host.namespaceDescriptor();
  const held = tapHolders(namespace);
  return plan.steps
    .filter((step) => step.namespace === undefined)
    .flatMap((step) => rules[step.subject]?.(step, plan, picture) ?? [])
    .map((stop) => ({ ...stop, whose: whose(stop.link, picture, held) }));
}

/** Says which traffic stops when a plan is applied, for how long, whose, and why. Nothing is changed. */
export async function explain(host: Host, plan: Plan): Promise<readonly Interruption[]> {
  const stops = [...(await stopsIn(host, plan))];
  for (const [name, inner] of plan.namespaces) {
    if (!isThere(name)) continue;
    await using there = await Host.open({ namespace: { name } });
    stops.push(...(await stopsIn(there, inner)).map((each) => ({ ...each, namespace: name })));
  }
  return stops;
}

/** What stops as words, a line each. */
export function describeInterruptions(interruptions: readonly Interruption[]): string {
  if (interruptions.length === 0) return "no traffic stops\n";
  return interruptions
    .map(({ link, namespace, lasts, why, whose: concerned }) => {
      const time =
        typeof lasts === "number" ? `for up to ${lasts / 1000} s` : lasts === "a moment" ? "for a moment" : lasts;
      const place = namespace === undefined ? "" : ` in ${namespace}`;
      const subject = `${link === "" ? "what is forwarded" : `what passes ${link}`}${place}`;
      return `. ${subject} stops ${time}: ${why}${concerned.length === 0 ? "" : `; ${concerned.join(", ")}`}\n`;
    })
    .join("");
}

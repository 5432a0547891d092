import { InputError } from "../base/errors.js";
import { checkKnown } from "../base/input.js";
import type { Host } from "../host/host.js";
import { NetlinkError } from "../kernel/error.js";
import type { Link } from "../rtnetlink/link/link.js";
import type { LinkReference } from "../rtnetlink/link/link-requests.js";
import type { Check, Finding } from "./check.js";
import { checks } from "./checks/index.js";
import { type Observation, type ObservationOptions, observe } from "./observation.js";

/** What is looked at, and for how long. */
export interface DiagnosisOptions extends ObservationOptions {
  /** Only what concerns this link, what it stands on, its bridge and the other ports of that, and the whole host. */
  readonly link?: LinkReference | undefined;
}

const ORDER = { error: 0, warning: 1, note: 2 } as const;

/**
 * The names of a link and of all that its frames pass on this host: up through what it is a port of and what stands on it, from there
 * down to ports and cards, and never up again, where others' frames go.
 */
function around({ links }: Observation, index: number): Set<string> {
  const near = new Set([index]);
  function spread(ways: (link: Link) => readonly (readonly [from: number, to: number])[]): void {
    for (let before = 0; before < near.size;) {
      before = near.size;
      for (const [from, to] of links.flatMap(ways)) if (from !== 0 && to !== 0 && near.has(from)) near.add(to);
    }
  }
  const below = ({ link = 0, linkNetnsid }: Link): number => (linkNetnsid === undefined ? link : 0);
  const isPair = ({ kind }: Link): boolean => kind === "veth" || kind === "netkit";
  spread((link) => [[link.index, link.master ?? 0], ...(isPair(link) ? [] : [[below(link), link.index] as const])]);
  spread((link) => [
    [link.index, below(link)],
    [link.master ?? 0, link.index],
  ]);
  return new Set(links.filter((each) => near.has(each.index)).map(({ name }) => name));
}

/** What a check finds; a note, where the kernel refuses what it asks. */
export async function findingsOf(
  { code, severity, remedy, find }: Check,
  observation: Observation,
): Promise<Finding[]> {
  try {
    return (await find(observation)).map((found) => ({
      code,
      severity: found.severity ?? severity,
      links: found.links ?? [],
      summary: found.summary,
      evidence: found.evidence,
      remedy: found.remedy ?? remedy,
    }));
  } catch (error) {
    if (!(error instanceof NetlinkError)) throw error;
    return [
      {
        code: "not-seen",
        severity: "note",
        links: [],
        summary: `whether ${code} is so could not be seen`,
        evidence: [error.message],
        remedy: "Look again.",
      },
    ];
  }
}

/**
 * Looks for what keeps packets from arriving, by requests that change nothing, and gives what it finds: errors first. With `listen`,
 * bridges are asked for DHCP servers and routers, too; with `probe`, a frame is sent to each link that loses packets. What a check could not see is a note of the code "not-seen". Rejects with NetlinkError where even links cannot be listed.
 */
export async function diagnose(host: Host, options: DiagnosisOptions = {}): Promise<Finding[]> {
  checkKnown(options, ["link", "root", "pause", "listen", "probe", "openVswitch"], "a diagnosis' options");
  const { link, pause = 0, listen = 0 } = options;
  for (const [name, time] of Object.entries({ pause, listen }))
    if (!Number.isFinite(time) || time < 0)
      throw new InputError(`${String(time)} is not a duration in milliseconds`, name);
  const chosen = link === undefined ? undefined : await host.link(link);
  const observation = await observe(host, options);
  const each = await Promise.all(checks.map((check) => findingsOf(check, observation)));
  const near = chosen === undefined ? undefined : around(observation, chosen.index);
  return each
    .flat()
    .filter(({ links }) => near === undefined || links.length === 0 || links.some((name) => near.has(name)))
    .sort((one, other) => ORDER[one.severity] - ORDER[other.severity]);
}

import type { PacketDrop } from "../../genetlink/drop-monitor.js";
import type { Link } from "../../rtnetlink/link/link.js";
import { NetlinkError } from "../../kernel/error.js";
import type { Check, Found } from "../check.js";
import type { Observation } from "../observation.js";
import { probePath } from "../path/probe.js";

export const tapUnheld: Check = {
  code: "tap-unheld",
  severity: "note",
  symptom: "A TAP is there, and nothing comes out of it.",
  cause: "No process has it open: its guest is off, or was started with another TAP.",
  remedy: "Start the guest with this TAP, or remove it: linkwright tap delete TAP",
  find: ({ links, holders }) =>
    links
      .filter(({ kind, up, carrier, name }) => kind === "tun" && up && carrier === false && !holders.has(name))
      .map(({ name }) => ({
        links: [name],
        summary: `no process has ${name} open`,
        evidence: [`${name} is up, and has no carrier`],
        remedy: `Start its guest, or linkwright tap delete ${name}`,
      })),
};

export const macvtapHostSilent: Check = {
  code: "macvtap-host-silent",
  severity: "warning",
  symptom: "A guest on a macvtap reaches the whole network, but not its own host, nor the host it.",
  cause:
    "The kernel hands frames between a macvtap and the card that it stands on to nobody: what the card sends goes out, never to the links on it.",
  remedy:
    "Give the host a macvlan in mode=bridge on the same card, and the address to that; or put the card into a bridge, and use a TAP.",
  find(observation) {
    const { links, addressesOf } = observation;
    return links.flatMap((card): Found[] => {
      const upon = links.filter(({ link, linkNetnsid }) => link === card.index && linkNetnsid === undefined);
      const guests = upon.filter(({ kind, up }) => kind === "macvtap" && up);
      const addresses = addressesOf(card).filter(({ scope }) => scope === "global");
      const hasOwn = upon.some(
        (link) => link.kind === "macvlan" && addressesOf(link).some(({ scope }) => scope === "global"),
      );
      if (guests.length === 0 || addresses.length === 0 || hasOwn) return [];
      return [
        {
          links: [card.name, ...guests.map(({ name }) => name)],
          summary: `${guests.map(({ name }) => name).join(", ")} and this host, which is on ${card.name}, cannot reach each other`,
          evidence: [
            `${card.name} has ${addresses.map(({ address }) => address).join(", ")}`,
            ...guests.map(({ name }) => `${name} is a macvtap on ${card.name}`),
          ],
          remedy: `linkwright macvlan add host0 link=${card.name} mode=bridge up, and ${card.name}'s addresses to host0`,
        },
      ];
    });
  },
};

/** Where the kernel dropped packets, and why, with how many there. Links of other namespaces may have the same index. */
function placesOf(drops: readonly PacketDrop[]): string[] {
  const counts = new Map<string, number>();
  for (const { symbol, reason = "NOT_SPECIFIED" } of drops) {
    const place = `${symbol.split("+")[0]} dropped what came in by a link of this index (${reason})`;
    counts.set(place, (counts.get(place) ?? 0) + 1);
  }
  return [...counts].map(([place, count]) => `${place}: ${count}`);
}

/** What becomes of a frame that is sent to where packets are lost: out by a link that loses what goes out, else in by it. */
async function probed({ host, links }: Observation, { master, name }: Link, isOut: boolean): Promise<string[]> {
  const bridge = links.find(({ index, kind }) => index === master && kind === "bridge");
  if (bridge === undefined) return [];
  const [from, to] = isOut ? [bridge.name, name] : [name, bridge.name];
  try {
    const { end, losses } = await probePath(host, from, to);
    return [
      `a frame was sent from ${from} to ${to}: ${end === undefined ? `it was seen at ${to}` : end.why}`,
      ...(end === undefined ? losses.map((words) => `${words} around that frame`) : []),
    ];
  } catch (error) {
    if (!(error instanceof NetlinkError)) throw error;
    return [`no frame could be sent from ${from} to ${to}: ${error.message}`];
  }
}

export const dropsGrow: Check = {
  code: "drops-grow",
  severity: "warning",
  symptom: "Some packets are lost, more under load.",
  cause:
    "A link drops: out of a TAP, because its guest does not read (its queue is full); into a card, because the host does not keep up, or nobody wants such frames.",
  remedy: "For a TAP: give the guest more queues, or vhost; for a card: larger rings, more queues.",
  async find(observation) {
    const { links, growth, elapsed, drops, holders, probes } = observation;
    const found = links.map(async (link): Promise<Found[]> => {
      // Without a carrier nothing can go out, and that is no loss.
      const grown = Object.entries(growth.get(link.index) ?? {}).filter(
        ([name, count]) => count > 0 && !(name === "txDropped" && link.carrier === false),
      );
      if (grown.length === 0) return [];
      const names = grown.map(([name]) => name);
      // A card counts what nobody here wants, such as a switch's own frames, in the same place as losses.
      const isUnwanted = link.kind !== "tun" && names.every((name) => name === "rxDropped");
      const isOut = names.some((name) => name.startsWith("tx"));
      return [
        {
          links: [link.name],
          severity: isUnwanted ? "note" : undefined,
          summary: `${link.name} loses packets now`,
          evidence: [
            ...grown.map(([name, count]) => `${name} grew by ${count} in ${elapsed} ms`),
            ...(holders.get(link.name) ?? []).map(({ command, pid }) => `${command} ${pid} has it open`),
            ...placesOf((drops ?? []).filter((drop) => drop.index === link.index)),
            ...(probes ? await probed(observation, link, isOut) : []),
          ],
          remedy: link.kind === "tun" ? "Its guest does not keep up: more queues, or vhost." : undefined,
        },
      ];
    });
    return (await Promise.all(found)).flat();
  },
};

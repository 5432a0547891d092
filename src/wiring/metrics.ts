import type { Host } from "../host/host.js";
import type { Link, LinkOf } from "../rtnetlink/link/link.js";
import type { StructValues } from "../netlink/codecs/struct.js";
import type { statistics64 } from "../rtnetlink/link/link-attributes.js";

type Counter = keyof StructValues<(typeof statistics64)["fields"]>;

/** node_exporter's counters of devices (collector/netdev_linux.go), by what the kernel calls them. */
const COUNTERS: readonly (readonly [metric: string, counters: readonly Counter[]])[] = [
  ["receive_bytes", ["rxBytes"]],
  ["receive_packets", ["rxPackets"]],
  ["receive_errs", ["rxErrors"]],
  ["receive_drop", ["rxDropped", "rxMissedErrors"]],
  ["receive_fifo", ["rxFifoErrors"]],
  ["receive_frame", ["rxLengthErrors", "rxOverErrors", "rxCrcErrors", "rxFrameErrors"]],
  ["receive_compressed", ["rxCompressed"]],
  ["receive_multicast", ["multicast"]],
  ["receive_nohandler", ["rxNohandler"]],
  ["transmit_bytes", ["txBytes"]],
  ["transmit_packets", ["txPackets"]],
  ["transmit_errs", ["txErrors"]],
  ["transmit_drop", ["txDropped"]],
  ["transmit_fifo", ["txFifoErrors"]],
  ["transmit_colls", ["collisions"]],
  ["transmit_carrier", ["txCarrierErrors", "txAbortedErrors", "txHeartbeatErrors", "txWindowErrors"]],
  ["transmit_compressed", ["txCompressed"]],
];

/** What it has of devices' properties (collector/netclass_linux.go). */
const PROPERTIES: readonly (readonly [metric: string, help: string, value: (link: Link) => number | undefined])[] = [
  ["up", "Value is 1 if operstate is 'up', 0 otherwise.", ({ operstate }) => Number(operstate === "up")],
  [
    "carrier",
    "Whether there is a link at the physical layer.",
    ({ up, carrier }) => (up ? Number(carrier) : undefined),
  ],
  ["mtu_bytes", "The largest packet that is sent.", ({ mtu }) => mtu],
  ["iface_id", "The link's index.", ({ index }) => index],
  ["protocol_type", "ARPHRD_* of linux/if_arp.h.", ({ type }) => type],
  ["transmit_queue_length", "Packets that the transmit queue holds.", ({ txqlen }) => txqlen],
  [
    "dormant",
    "Whether the link waits for something before it is up.",
    ({ operstate }) => Number(operstate === "dormant"),
  ],
  ["net_dev_group", "The group that the link belongs to.", ({ group }) => group],
  [
    "iface_link",
    "Index of the link that it stands on; its own where it stands on none.",
    ({ link, index }) => link ?? index,
  ],
  ["carrier_changes_total", "How often the carrier came or went.", ({ carrierChanges }) => carrierChanges],
  ["carrier_up_changes_total", "How often the carrier came.", ({ carrierUpCount }) => carrierUpCount],
  ["carrier_down_changes_total", "How often the carrier went.", ({ carrierDownCount }) => carrierDownCount],
];

/** A label's value, as the text format has it. */
function quoted(text: string): string {
  return `"${text.replace(/\\/g, "\\\\").replace(/"/g, '\\"').replace(/\n/g, "\\n")}"`;
}

type Labels = Readonly<Record<string, string | undefined>>;

function sample(metric: string, labels: Labels, value: number | bigint): string {
  const given = Object.entries(labels).map(([name, text]) => `${name}=${quoted(text ?? "")}`);
  return `${metric}{${given.join(",")}} ${value}\n`;
}

function family(metric: string, type: "counter" | "gauge", help: string, samples: readonly string[]): string {
  return samples.length === 0 ? "" : `# HELP ${metric} ${help}\n# TYPE ${metric} ${type}\n${samples.join("")}`;
}

function sum(link: Link, counters: readonly Counter[]): bigint {
  const all = link.stats64 as Partial<Record<Counter, number | bigint | Uint8Array>> | undefined;
  const countOf = (value: number | bigint | Uint8Array | undefined): bigint =>
    value instanceof Uint8Array ? Buffer.from(value).readBigUInt64LE() : BigInt(value ?? 0);
  return counters.reduce((total, counter) => total + countOf(all?.[counter]), 0n);
}

function bonding(bonds: readonly LinkOf<"bond">[], links: readonly Link[]): string {
  const portsOf = (bond: Link): Link[] => links.filter(({ master }) => master === bond.index);
  return (
    family(
      "node_bonding_slaves",
      "gauge",
      "Number of configured ports per bond.",
      bonds.map((bond) => sample("node_bonding_slaves", { master: bond.name }, portsOf(bond).length)),
    ) +
    family(
      "node_bonding_active",
      "gauge",
      "Number of ports per bond that are up.",
      bonds.map((bond) =>
        sample(
          "node_bonding_active",
          { master: bond.name },
          portsOf(bond).filter(
            ({ linkInfo }) => (linkInfo?.slaveData as { miiStatus?: string } | undefined)?.miiStatus === "up",
          ).length,
        ),
      ),
    )
  );
}

/**
 * What Prometheus reads of a namespace's links, in its text format 0.0.4, under the names that node_exporter has for the same. One
 * dump of links. Throws NetlinkError.
 */
export async function metricsOf(host: Host): Promise<string> {
  const links = await host.links();
  const counters = COUNTERS.map(([name, of]) => {
    const metric = `node_network_${name}_total`;
    const help = `Network device statistic ${name}.`;
    return family(
      metric,
      "counter",
      help,
      links.map((link) => sample(metric, { device: link.name }, sum(link, of))),
    );
  });
  const gauges = PROPERTIES.map(([name, help, valueOf]) => {
    const metric = `node_network_${name}`;
    const type = name.endsWith("_total") ? "counter" : "gauge";
    const samples = links.flatMap((link) => {
      const value = valueOf(link);
      return value === undefined ? [] : [sample(metric, { device: link.name }, value)];
    });
    return family(metric, type, help, samples);
  });
  const info = family(
    "node_network_info",
    "gauge",
    "What a link is, value is always 1.",
    links.map(({ name, address, broadcast, alias, operstate, up }) =>
      sample(
        "node_network_info",
        {
          device: name,
          address,
          broadcast,
          // Only ethtool tells it.
          duplex: "",
          operstate: String(operstate ?? "unknown"),
          adminstate: up ? "up" : "down",
          ifalias: alias,
        },
        1,
      ),
    ),
  );
  const bonds = links.filter((link): link is LinkOf<"bond"> => link.kind === "bond");
  return [...counters, ...gauges, info, bonding(bonds, links)].join("");
}

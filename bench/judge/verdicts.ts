import type { Row, Verdict } from "../result.js";
import { floorOf, isPeer, oursOf } from "./comparison.js";
import { median, ratios } from "./statistics.js";

type Rows = ReadonlyMap<string, Row>;

interface Limit {
  id: string;
  title: string;
  limit: number;
  value(rows: Rows): number | undefined;
}

/** What the benchmark must show: a value of rows, and what it is at most. */
const limits: readonly Limit[] = [
  {
    id: "batch",
    title: "1000 attaches in one batch, times the floor",
    limit: 1.1,
    value: (rows) => toFloor(rows.get("throughput.attach-batch.1000")),
  },
  {
    id: "each",
    title: "1000 attaches, each awaited, times the floor",
    limit: 1.25,
    value: (rows) => toFloor(rows.get("throughput.attach-each.1000")),
  },
  {
    id: "total-peers",
    title: "1000 TAPs from nothing to removed, times the quickest peer",
    limit: 0.06,
    value: (rows) => toQuickestPeer(rows.get("throughput.total.1000")),
  },
  {
    id: "total-floor",
    title: "1000 TAPs from nothing to removed, times the floor",
    limit: 1.15,
    value: (rows) => toFloor(rows.get("throughput.total.1000")),
  },
  {
    id: "delay",
    title: "longest delay of the event loop while 1000 ports come and go, in a process that has done so before, ms",
    limit: 10,
    value: (rows) => worst(rows.get("guest.delay.1000")),
  },
  {
    id: "watch",
    title: "10,000 events a second through a watch, of one processor",
    limit: 0.5,
    value: (rows) => own(rows.get("watching.cpu"), (samples) => median(samples) / 100),
  },
  {
    id: "mirror",
    title: "a mirror of 5000 links takes an event in, 99th percentile, ms",
    limit: 1,
    value: (rows) => own(rows.get("watching.mirror-p99.5000"), (samples) => median(samples) / 1000),
  },
  {
    id: "whole",
    title: "a mirror of 1000 links, overrun: whole again after a storm's end, ms",
    limit: 100,
    value: (rows) => own(rows.get("watching.whole.1000"), median),
  },
  {
    id: "memory",
    title: "memory of a watch's process after 1,000,000 events, times that after 100,000",
    limit: 1.25,
    value(rows) {
      const [grown, later] = ["100000", "1000000"].map((count) => own(rows.get(`watching.memory.${count}`), median));
      return grown === undefined || later === undefined ? undefined : later / grown;
    },
  },
  program("helper-qemu", "programs.helper", "qemu-bridge-helper", 0.65, "the bridge helper, times QEMU's"),
  program("ifup-dash", "programs.ifup", "dash-ip", 0.45, "qemu-ifup, times dash with one ip line"),
  program("ifup-debian", "programs.ifup", "debian-ifup", 0.2, "qemu-ifup, times Debian's script"),
  program(
    "ifup-nothing",
    "programs.ifup",
    "static-nothing",
    1.6,
    "qemu-ifup, times a static program that does nothing (glibc)",
  ),
  container("gateway", 5, "a container attached with gateway and masquerade, ms"),
  container("wire", 2, "a container attached to a bridge, ms"),
  container("removal", 5, "a container with gateway and masquerade taken away, to the caller, ms"),
  ...[0, 200, 1000].map((ports) => ({
    id: `ovs-add-${ports}`,
    title: `a port of Open vSwitch beside ${ports}, until it is switched, times the same in bytes by C`,
    limit: 1.15,
    value: (rows: ReadonlyMap<string, Row>) => toFloor(rows.get(`openvswitch.add.${ports}`)),
  })),
  network("start", "start.1", 5, "a NAT network started, ms"),
  network("stop", "stop.1", 30, "a NAT network stopped, ms"),
  networkToC("start", "a NAT network started, times the same messages in C"),
  networkToC("stop", "a NAT network stopped, times the same messages in C"),
  network("processes", "start.1.processes", 0, "processes begun for a NAT network"),
  network("ack", "ack.1", 5, "from a guest's link being up to its lease, ms"),
  network("leases", "leases.1000", 500, "processor time for 1000 leases within a second, ms"),
  {
    id: "network-packets",
    title: "datagrams through 201 networks, times through one",
    limit: 1.05,
    value: (rows) =>
      between(own(rows.get("networks.packets.201"), median), own(rows.get("networks.packets.1"), median)),
  },
  network("dhcp", "start-dhcp.1", 10, "a NAT network started with DHCP and names, ms"),
  program(
    "cni-version",
    "containers.version",
    "static-nothing",
    1.3,
    "VERSION, times a static program that does nothing (glibc)",
  ),
];

function container(what: string, limit: number, title: string): Limit {
  return { id: `cni-${what}`, title, limit, value: (rows) => own(rows.get(`containers.${what}`), median) };
}

function network(what: string, row: string, limit: number, title: string): Limit {
  return { id: `network-${what}`, title, limit, value: (rows) => own(rows.get(`networks.${row}`), median) };
}

function networkToC(what: string, title: string): Limit {
  const value = (rows: Rows): number | undefined => quotient(rows.get(`networks.${what}.1`), "linkwright", "c");
  return { id: `network-${what}-to-c`, title, limit: 1.3, value };
}

function between(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? undefined : one / other;
}

function program(id: string, row: string, other: string, limit: number, title: string): Limit {
  return { id, title, limit, value: (rows) => quotient(rows.get(row), oursOf(rows.get(row) ?? {}), other) };
}

const toFloor = (row: Row | undefined): number | undefined =>
  row === undefined ? undefined : quotient(row, oursOf(row), floorOf(row));

/** Round by round; undefined where one of them was not measured. */
function quotient(row: Row | undefined, ours: string, other: string): number | undefined {
  const rounds = ratios(row?.samples[ours] ?? [], row?.samples[other] ?? []);
  return rounds.length === 0 ? undefined : median(rounds);
}

/** By medians: the peers take part in few of the rounds. */
function toQuickestPeer(row: Row | undefined): number | undefined {
  if (row === undefined) return undefined;
  const medians = Object.entries(row.samples)
    .filter(([name, samples]) => isPeer(row, name) && samples.length > 0)
    .map(([, samples]) => median(samples));
  const ours = row.samples[oursOf(row)] ?? [];
  return medians.length === 0 || ours.length === 0 ? undefined : median(ours) / Math.min(...medians);
}

function own(row: Row | undefined, of: (samples: readonly number[]) => number): number | undefined {
  const samples = row?.samples[oursOf(row)] ?? [];
  return samples.length === 0 ? undefined : of(samples);
}

function worst(row: Row | undefined): number | undefined {
  const samples = row?.samples[oursOf(row)] ?? [];
  return samples.length === 0 ? undefined : Math.max(...samples);
}

/** Checks rows against what the benchmark must show; a limit for which nothing was measured is left out. */
export function verdictsOf(rows: readonly Row[]): Verdict[] {
  const byId = new Map(rows.map((row) => [row.id, row]));
  return limits.flatMap(({ id, title, limit, value }) => {
    const found = value(byId);
    return found === undefined ? [] : [{ id, title, limit, value: Number(found.toFixed(3)), holds: found <= limit }];
  });
}

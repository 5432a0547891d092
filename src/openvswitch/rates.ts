import { InputError } from "../base/errors.js";
import type { WaitOptions } from "../ovsdb/options.js";
import { named } from "../ovsdb/values.js";
import { change, mustExist, type ChangeTarget, switchError, type SwitchOperation } from "./commit.js";

/** A queue of a port's egress. Rates are bits per second, bursts bits. */
export interface QueueSettings {
  readonly minRate?: number | undefined;
  readonly maxRate?: number | undefined;
  readonly burst?: number | undefined;
  readonly priority?: number | undefined;
}

/** What a port may send and receive. null takes a limit away. */
export interface RateSettings {
  /** What comes in from the port: bits per second and bits; a burst of a tenth of the rate, and at least 100 kbit, unless given. */
  readonly ingress?: { readonly rate: number; readonly burst?: number | undefined } | null | undefined;
  /** What goes out to the port. `type`: "linux-htb" unless given; "linux-noop" leaves the device's own queueing alone. */
  readonly egress?:
    | {
        readonly type?: string | undefined;
        readonly maxRate?: number | undefined;
        readonly queues?: Readonly<Record<number, QueueSettings>> | undefined;
      }
    | null
    | undefined;
}

const KILOBIT = 1000;
const LEAST_BURST = 100 * KILOBIT;

function checkRate(rate: number, path: string): void {
  if (!Number.isSafeInteger(rate) || rate < KILOBIT)
    throw new InputError(`${rate} is no rate: bits per second, at least ${KILOBIT}`, path);
}

function policing({ ingress }: RateSettings): { ingress_policing_rate?: number; ingress_policing_burst?: number } {
  if (ingress === undefined) return {};
  if (ingress === null) return { ingress_policing_rate: 0, ingress_policing_burst: 0 };
  const { rate, burst = Math.max(LEAST_BURST, rate / 10) } = ingress;
  checkRate(rate, "ingress.rate");
  checkRate(burst, "ingress.burst");
  return { ingress_policing_rate: Math.round(rate / KILOBIT), ingress_policing_burst: Math.round(burst / KILOBIT) };
}

function config(values: Readonly<Record<string, number | undefined>>): Record<string, string> {
  const given = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given.map(([name, value]) => [name, String(value)]));
}

function newQos({ type = "linux-htb", maxRate, queues = {} }: NonNullable<RateSettings["egress"]>): SwitchOperation[] {
  if (maxRate !== undefined) checkRate(maxRate, "egress.maxRate");
  const numbers = Object.keys(queues).map(Number);
  return [
    ...numbers.map((number): SwitchOperation => {
      const { minRate, maxRate: most, burst, priority } = queues[number]!;
      const values = { "min-rate": minRate, "max-rate": most, burst, priority };
      return { op: "insert", table: "Queue", row: { other_config: config(values) }, uuidName: `queue${number}` };
    }),
    {
      op: "insert",
      table: "QoS",
      row: {
        type,
        other_config: config({ "max-rate": maxRate }),
        queues: new Map(numbers.map((number) => [number, named(`queue${number}`)])),
      },
      uuidName: "qos",
    },
  ];
}

/** The operations that remove the QoS of ports that go, with its queues, where nothing else refers to them: nobody else would. */
export async function leakingQos(
  { database, timeout }: ChangeTarget,
  ports: readonly { readonly _uuid: string; readonly qos: string | undefined }[],
  wait: WaitOptions,
): Promise<SwitchOperation[]> {
  const ids = new Set(ports.flatMap(({ qos }) => qos ?? []));
  if (ids.size === 0) return [];
  const [users, all] = await database.transact(
    [
      { op: "select", table: "Port", where: [], columns: ["_uuid", "qos"] },
      { op: "select", table: "QoS", where: [], columns: ["_uuid", "queues"] },
    ],
    { timeout, ...wait },
  );
  const leaving = new Set(ports.map(({ _uuid }) => _uuid));
  for (const { _uuid, qos } of users.rows) if (qos !== undefined && !leaving.has(_uuid)) ids.delete(qos);
  const queuesOf = (rows: typeof all.rows): string[] => rows.flatMap(({ queues }) => [...queues.values()]);
  const kept = new Set(queuesOf(all.rows.filter(({ _uuid }) => !ids.has(_uuid))));
  const queues = new Set(queuesOf(all.rows.filter(({ _uuid }) => ids.has(_uuid))).filter((uuid) => !kept.has(uuid)));
  return [
    // References count until the rows that have them are collected, which is after they are counted.
    ...[...leaving].map((uuid): SwitchOperation => ({
      op: "update",
      table: "Port",
      where: [["_uuid", "==", uuid]],
      row: { qos: null },
    })),
    ...[...ids].map((uuid): SwitchOperation => ({ op: "delete", table: "QoS", where: [["_uuid", "==", uuid]] })),
    ...[...queues].map((uuid): SwitchOperation => ({ op: "delete", table: "Queue", where: [["_uuid", "==", uuid]] })),
  ];
}

/** Limits what a port sends and receives; what was there before goes, with its rows. */
export async function limitRate(
  place: ChangeTarget,
  name: string,
  settings: RateSettings,
  wait: WaitOptions = {},
): Promise<void> {
  const { database, timeout } = place;
  const where = [["name", "==", name]] as const;
  const row = policing(settings);
  const { egress } = settings;
  const created = egress === undefined || egress === null ? [] : newQos(egress);
  const [{ rows: ports }] = await database.transact(
    [{ op: "select", table: "Port", where, columns: ["_uuid", "qos", "interfaces"] }],
    {
      timeout,
      ...wait,
    },
  );
  const [port] = ports;
  if (port === undefined) throw switchError("ENODEV", name, "there is no port of this name");
  const leaks = egress === undefined ? [] : await leakingQos(place, [port], wait);
  const interfaces = [...port.interfaces];
  const operations: SwitchOperation[] = [
    mustExist("Port", name),
    ...leaks,
    ...created,
    ...(Object.keys(row).length === 0
      ? []
      : interfaces.map((uuid): SwitchOperation => ({
          op: "update",
          table: "Interface",
          where: [["_uuid", "==", uuid]],
          row,
        }))),
    ...(egress === undefined
      ? []
      : [
          { op: "update" as const, table: "Port" as const, where, row: { qos: egress === null ? null : named("qos") } },
        ]),
  ];
  if (operations.length === 1) throw new InputError("there is nothing to change", name);
  await change(place, operations, wait, () => interfaces);
}

function numberOf(config: ReadonlyMap<string, string>, name: string): number | undefined {
  return config.has(name) ? Number(config.get(name)) : undefined;
}

/** What a port may send and receive, as limitRate takes it: without `ingress` or `egress` where there is no limit. */
export async function rateLimit(place: ChangeTarget, name: string, wait: WaitOptions = {}): Promise<RateSettings> {
  const { database, timeout } = place;
  const [ports, interfaces, qos, queues] = await database.transact(
    [
      { op: "select", table: "Port", where: [["name", "==", name]], columns: ["qos", "interfaces"] },
      {
        op: "select",
        table: "Interface",
        where: [],
        columns: ["_uuid", "ingress_policing_rate", "ingress_policing_burst"],
      },
      { op: "select", table: "QoS", where: [], columns: ["_uuid", "type", "other_config", "queues"] },
      { op: "select", table: "Queue", where: [], columns: ["_uuid", "other_config"] },
    ],
    { timeout, ...wait },
  );
  const [port] = ports.rows;
  if (port === undefined) throw switchError("ENODEV", name, "there is no port of this name");
  const policed = interfaces.rows.find(
    ({ _uuid, ingress_policing_rate: rate }) => port.interfaces.has(_uuid) && Number(rate) > 0,
  );
  const used = qos.rows.find(({ _uuid }) => _uuid === port.qos);
  const queueOf = (uuid: string): QueueSettings => {
    const values = queues.rows.find(({ _uuid }) => _uuid === uuid)?.other_config ?? new Map<string, string>();
    return {
      minRate: numberOf(values, "min-rate"),
      maxRate: numberOf(values, "max-rate"),
      burst: numberOf(values, "burst"),
      priority: numberOf(values, "priority"),
    };
  };
  return {
    ...(policed === undefined
      ? {}
      : {
          ingress: {
            rate: Number(policed.ingress_policing_rate) * KILOBIT,
            burst: Number(policed.ingress_policing_burst) * KILOBIT,
          },
        }),
    ...(used === undefined
      ? {}
      : {
          egress: {
            type: used.type,
            maxRate: numberOf(used.other_config, "max-rate"),
            queues: Object.fromEntries([...used.queues].map(([number, uuid]) => [Number(number), queueOf(uuid)])),
          },
        }),
  };
}

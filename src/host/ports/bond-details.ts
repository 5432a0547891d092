/** One side of a port's LACP conversation. */
export interface LacpSide {
  readonly systemPriority: number;
  readonly system: string;
  readonly key: number;
  readonly portPriority: number;
  readonly portNumber: number;
}

/** What netlink does not say of a port. */
export interface BondPortDetails {
  /** Bits per second, as the driver says; undefined when it does not know. */
  readonly speed?: number | undefined;
  readonly duplex?: string | undefined;
  /** How often a side fell out of step. */
  readonly actorChurnedCount?: number | undefined;
  readonly partnerChurnedCount?: number | undefined;
  readonly actor?: LacpSide | undefined;
  readonly partner?: LacpSide | undefined;
}

type Fields = ReadonlyMap<string, string>;

function numberIn(fields: Fields, name: string): number | undefined {
  const value = fields.get(name);
  return value !== undefined && /^\d+$/.test(value) ? Number(value) : undefined;
}

function side(fields: Fields, who: "actor" | "partner"): LacpSide | undefined {
  const at = (name: string): string => `details ${who} lacp pdu/${name}`;
  const system = fields.get(at("system mac address"));
  if (system === undefined) return undefined;
  return {
    systemPriority: numberIn(fields, at("system priority")) ?? 0,
    system,
    key: numberIn(fields, at(who === "actor" ? "port key" : "oper key")) ?? 0,
    portPriority: numberIn(fields, at("port priority")) ?? 0,
    portNumber: numberIn(fields, at("port number")) ?? 0,
  };
}

/** "Name: value" lines; those that are indented belong to the title above them. */
function fieldsOf(text: string): Fields {
  const fields = new Map<string, string>();
  let title = "";
  for (const line of text.split("\n")) {
    const found = /^(\s*)([^:]+):\s*(.*)$/.exec(line);
    if (found === null) continue;
    const [, indent, name = "", value = ""] = found;
    if (indent === "") title = name;
    fields.set(indent === "" ? name : `${title}/${name}`, value);
  }
  return fields;
}

const MEGABIT = 1_000_000;

/** What /proc/net/bonding/NAME says of each port, by its name (drivers/net/bonding/bond_procfs.c). */
export function bondPortDetails(text: string): Map<string, BondPortDetails> {
  const [, ...parts] = text.split(/^(?=Slave Interface: )/m);
  const ports = parts.map((part): [string, BondPortDetails] => {
    const fields = fieldsOf(part);
    const speed = /^(\d+) Mbps$/.exec(fields.get("Speed") ?? "");
    const duplex = fields.get("Duplex");
    const details = {
      speed: speed === null ? undefined : Number(speed[1]) * MEGABIT,
      duplex: duplex === "Unknown" ? undefined : duplex,
      actorChurnedCount: numberIn(fields, "Actor Churned Count"),
      partnerChurnedCount: numberIn(fields, "Partner Churned Count"),
      actor: side(fields, "actor"),
      partner: side(fields, "partner"),
    };
    return [fields.get("Slave Interface") ?? "", details];
  });
  return new Map(ports);
}

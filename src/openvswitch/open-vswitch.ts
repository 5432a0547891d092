import { builtin } from "../base/builtin.js";
import type { Switch } from "../host/ports/switch.js";
import type { Journaled } from "../host/work/journal.js";
import { OvsdbClient } from "../ovsdb/client.js";
import type { Database } from "../ovsdb/database.js";
import { OvsdbError } from "../ovsdb/error.js";
import type { ClientOptions, WaitOptions } from "../ovsdb/options.js";
import { isObject } from "../ovsdb/schema.js";
import { addBridge, type BridgeSettings, removeBridges, setBridge } from "./bridges.js";
import type { ChangeTarget } from "./commit.js";
import { addMirror, type MirrorSettings, removeMirror } from "./mirrors.js";
import type { BondSettings, PortSettings } from "./port-columns.js";
import {
  addBond,
  addPorts,
  type BondInterface,
  type NewPort,
  removePorts,
  setPort,
  type SwitchedPort,
} from "./ports.js";
import { limitRate, rateLimit, type RateSettings } from "./rates.js";
import { show, type ShownBridge, type ShownPort } from "./show.js";
import { switchError } from "./commit.js";
import { formerColumns, PORT_OPTIONS, switchColumns, type SwitchPortSettings } from "./switch-port.js";
import type { OpenVswitchTables } from "./tables.js";

/** Where the database is, and how long is waited for the switch. */
export interface OpenVswitchOptions extends ClientOptions {
  /** The database's socket: db.sock in $OVS_RUNDIR, or in /var/run/openvswitch, unless given. */
  readonly socket?: string | undefined;
  /** Or a remote of another kind, as in "tcp:10.0.0.1:6640". */
  readonly remote?: string | undefined;
}

type Removing = WaitOptions & { readonly ifExists?: boolean };

const TIMEOUT = 10_000;
const NAME = "Open_vSwitch";
/** The lock that ovs-vswitchd holds for as long as it runs (vswitchd/bridge.c, bridge_init). */
const SWITCHING = "ovs_vswitchd";

/** Where Open vSwitch's database is, unless somebody says otherwise. */
export function defaultSocket(): string {
  return builtin("node:path").join(process.env["OVS_RUNDIR"] ?? "/var/run/openvswitch", "db.sock");
}

/** How long a change may take, and who is told how it is taken back. */
type Change = WaitOptions & Journaled;

/** A bridge of Open vSwitch, by its name: a switch that a host attaches ports to. */
export class OpenVswitchBridge implements Switch<SwitchPortSettings> {
  readonly name: string;
  /** What attach() takes for its ports. */
  readonly portOptions = PORT_OPTIONS;
  readonly #open: OpenVswitch;

  constructor(open: OpenVswitch, name: string) {
    this.name = name;
    this.#open = open;
  }

  /** Adds a port, or changes what is given of one that it has; resolves when it is switched. */
  async join(
    port: string,
    settings: SwitchPortSettings = {},
    { journal, ...wait }: Change = {},
  ): Promise<SwitchedPort> {
    const columns = switchColumns(settings);
    try {
      const joined = await this.#open.addPort(this.name, port, columns, wait);
      journal?.add({
        done: `${port} was made a port of ${this.name}`,
        undo: `take ${port} out of ${this.name}`,
        call: () => this.leave(port),
        calls: { openvswitch: this.name, leave: port },
      });
      return joined;
    } catch (error) {
      const present = error instanceof OvsdbError && error.code === "EEXIST" ? await this.#port(port, wait) : undefined;
      if (present === undefined) throw error;
      return this.#change(present, columns, { journal, ...wait });
    }
  }

  async #port(name: string, wait: WaitOptions): Promise<ShownPort | undefined> {
    return (await this.ports(wait)).find((port) => port.name === name);
  }

  /** Changes what is given of a port that is there. */
  async #change(present: ShownPort, columns: PortSettings, { journal, ...wait }: Change): Promise<SwitchedPort> {
    const { name, interfaces } = present;
    const joined = { name, ofport: interfaces[0]?.ofport ?? -1 };
    if (Object.values(columns).every((value) => value === undefined)) return joined;
    const former = formerColumns(present);
    await this.#open.setPort(name, columns, wait);
    journal?.add({
      done: `port ${name} of ${this.name} was changed`,
      undo: `give port ${name} of ${this.name} its former VLANs back`,
      call: () => this.#open.setPort(name, former),
      calls: { openvswitch: this.name, change: name, settings: JSON.stringify(former) },
    });
    return joined;
  }

  /** Takes a port out; resolves when it is not switched any more. */
  async leave(port: string, { journal, ...options }: Removing & Journaled = {}): Promise<void> {
    const present = journal === undefined ? undefined : await this.#port(port, options);
    await removePorts(this.#open.place, [port], { ...options, bridge: this.name });
    if (present === undefined) return;
    const { tag, trunks, vlanMode, isolated } = formerColumns(present);
    const [{ ofport, externalIds } = {}] = present.interfaces;
    const former = { tag: tag ?? undefined, trunks, vlanMode: vlanMode ?? undefined, isolated, ofport, externalIds };
    journal?.add({
      done: `${port} was taken out of ${this.name}`,
      undo: `make ${port} a port of ${this.name} again`,
      call: () => this.join(port, former),
      calls: { openvswitch: this.name, join: port, settings: JSON.stringify(former) },
    });
  }

  /** The bridge as it is. */
  async show(wait: WaitOptions = {}): Promise<ShownBridge> {
    const found = (await this.#open.show(wait)).find(({ name }) => name === this.name);
    if (found === undefined) throw switchError("ENODEV", this.name, "there is no bridge of this name");
    return found;
  }

  /** The bridge's ports as they are. */
  async ports(wait: WaitOptions = {}): Promise<readonly ShownPort[]> {
    return (await this.show(wait)).ports;
  }
}

/**
 * Open vSwitch, by its database. Each change resolves when ovs-vswitchd has done it. What fails rejects with OvsdbError: "ENODEV", "EEXIST",
 * "EIO" with the switch's own words, "ETIMEDOUT" when ovs-vswitchd does not answer. What was to be added is then taken out again.
 */
export class OpenVswitch {
  readonly #client: OvsdbClient;
  /** Where changes go. */
  readonly place: ChangeTarget;

  constructor(client: OvsdbClient, place: ChangeTarget) {
    this.#client = client;
    this.place = place;
  }

  /** The database itself. */
  get database(): Database<OpenVswitchTables> {
    return this.place.database;
  }

  /** A bridge by its name; nothing is asked. */
  bridge(name: string): OpenVswitchBridge {
    return new OpenVswitchBridge(this, name);
  }

  /** Everything, of one moment. */
  show(wait: WaitOptions = {}): Promise<ShownBridge[]> {
    return show(this.place, wait);
  }

  /** Whether an ovs-vswitchd runs that does what the database says: it holds a lock there. Nothing is changed. */
  async isSwitching(wait: WaitOptions = {}): Promise<boolean> {
    const answer = await this.#client.request("lock", [SWITCHING], wait);
    await this.#client.request("unlock", [SWITCHING], wait);
    return !isObject(answer) || answer["locked"] !== true;
  }

  /** Creates a bridge; done when the switch has it. */
  addBridge(name: string, settings: BridgeSettings = {}, wait: WaitOptions = {}): Promise<void> {
    return addBridge(this.place, name, settings, wait);
  }

  /** Changes options of a bridge. */
  setBridge(name: string, settings: BridgeSettings, wait: WaitOptions = {}): Promise<void> {
    return setBridge(this.place, name, settings, wait);
  }

  /** Removes bridges with all of their ports. */
  removeBridge(names: string | readonly string[], options: Removing = {}): Promise<void> {
    return removeBridges(this.place, [names].flat(), options);
  }

  /** Adds a port to a bridge; rejects, and takes it out again, where the switch says that it failed. */
  async addPort(
    bridge: string,
    name: string,
    settings: PortSettings = {},
    wait: WaitOptions = {},
  ): Promise<SwitchedPort> {
    const [port] = await this.addPorts(bridge, [{ ...settings, name }], wait);
    return port!;
  }

  /** Adds ports in one transaction: all or none. */
  addPorts(bridge: string, ports: readonly NewPort[], wait: WaitOptions = {}): Promise<SwitchedPort[]> {
    return addPorts(this.place, bridge, ports, wait);
  }

  /** Adds several interfaces to a bridge as one port. */
  addBond(
    bridge: string,
    name: string,
    interfaces: readonly BondInterface[],
    settings: BondSettings = {},
    wait: WaitOptions = {},
  ): Promise<void> {
    return addBond(this.place, bridge, name, interfaces, settings, wait);
  }

  /** Changes a port or a bond. */
  setPort(name: string, settings: PortSettings & BondSettings, wait: WaitOptions = {}): Promise<void> {
    return setPort(this.place, name, settings, wait);
  }

  /** Takes ports out of their bridges, with the QoS and queues that only they used. */
  removePort(names: string | readonly string[], options: Removing = {}): Promise<void> {
    return removePorts(this.place, [names].flat(), options);
  }

  /** Limits how fast a port sends and receives; what limited it before goes. */
  limitRate(port: string, settings: RateSettings, wait: WaitOptions = {}): Promise<void> {
    return limitRate(this.place, port, settings, wait);
  }

  /** A port's limits as they are, in the words of limitRate. */
  rateLimit(port: string, wait: WaitOptions = {}): Promise<RateSettings> {
    return rateLimit(this.place, port, wait);
  }

  /** Copies frames of a bridge to a port or a VLAN. */
  addMirror(bridge: string, name: string, settings: MirrorSettings, wait: WaitOptions = {}): Promise<void> {
    return addMirror(this.place, bridge, name, settings, wait);
  }

  /** Removes a mirror. */
  removeMirror(bridge: string, name: string, wait: WaitOptions = {}): Promise<void> {
    return removeMirror(this.place, bridge, name, wait);
  }

  /** Ends the connection to the database. */
  close(): void {
    this.#client.close();
  }

  /** As close. */
  // eslint-disable-next-line @typescript-eslint/require-await -- what is disposed of asynchronously returns a promise
  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }
}

/** Connects to Open vSwitch's database. Rejects with OvsdbError that names package, unit and path when it cannot be reached. */
export async function openvswitch({ socket, remote, ...options }: OpenVswitchOptions = {}): Promise<OpenVswitch> {
  const client = await OvsdbClient.connect(remote ?? `unix:${socket ?? defaultSocket()}`, options);
  try {
    const database = await client.database<OpenVswitchTables>(NAME);
    return new OpenVswitch(client, { database, timeout: options.timeout ?? TIMEOUT });
  } catch (error) {
    client.close();
    throw error;
  }
}

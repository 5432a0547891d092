import { builtin } from "../base/builtin.js";
import { InputError, under } from "../base/errors.js";
import { checkKnown, checkObject, checkSwitch } from "../base/input.js";
import { suggestion } from "../base/nearest.js";
import type { Host } from "../host/host.js";
import { randomMac } from "../rtnetlink/link/random-mac.js";
import { adopt, type ForeignDrop, foreignDrops, release } from "./foreign-chains.js";
import { checkLinks, makeBridge, portNames, removeBridge } from "./bridge.js";
import {
  checkForward,
  checkNetworkName,
  collide,
  forwardText,
  makesBridge,
  type NetworkDefinition,
  modes,
  type ResolvedNetwork,
  planOf,
  type PortForward,
  usesDnsmasq,
} from "./definition.js";
import { dnsmasqFiles, forgetDnsmasq } from "./dnsmasq/serve-dnsmasq.js";
import type { Reservation } from "../dhcp/server/settings.js";
import { foldersOf, lastingRecords, locked, type NetworkFolders, records } from "./state-files.js";
import { changeForwards, forgetForwarded, hasRules, putUp, replaceRules, takeDown } from "./firewall.js";
import { type GuestFunction, type GuestFunctionOptions, guestFunctions } from "./guest-functions.js";
import {
  type GuestTap,
  type GuestTapOptions,
  type NetworkAttachment,
  type NetworkAttachOptions,
  guestTaps,
} from "./guest-taps.js";
import { beginForwarding, type ChangedSettings, endForwarding } from "./ip-forwarding.js";
import { leaseFileOf, networkLeases } from "./leases.js";
import type { Committer } from "../netfilter/messages/batch.js";
import { askService } from "../serve/messages/ask.js";
import { ownedRuleset } from "./owned-ruleset.js";
import { checkFree, freeSubnet, subnetsOf, uniqueLocalSubnet, usedSubnets } from "./used-subnets.js";
import { writtenRules } from "./written-rules.js";

/** A network as it is now. */
export interface NetworkInfo {
  /** As it is up, or would come up. */
  readonly definition: NetworkDefinition;
  /** What it is from its next start on, where it is up and that is something else. */
  readonly pending?: NetworkDefinition | undefined;
  readonly active: boolean;
  /** The bridge's ports, by name. */
  readonly ports: readonly string[];
  /**
   * Chains of others that may drop or refuse what the network lets pass, such as Docker's: nothing helps against that but a rule in
   * that chain, which `firewall: "adopt"` puts there.
   */
  readonly foreignDrops: readonly ForeignDrop[];
}

/** What is up, or between that and being down. */
interface ActiveNetwork {
  readonly definition: NetworkDefinition;
  /** Another boot's is up no more. */
  readonly boot: string;
}

/** What became of a definition that was changed. */
export interface Redefined {
  readonly definition: NetworkDefinition;
  /** Properties that hold now. */
  readonly applied: readonly (keyof NetworkDefinition)[];
  /** Properties that hold from the next start on. */
  readonly pending: readonly (keyof NetworkDefinition)[];
}

/** What can be changed of a network that is up: its rules at once, and what its guests are told when they ask the next time. */
const LIVE: readonly (keyof NetworkDefinition)[] = [
  ...(["forwards", "natSource", "natPorts", "firewall", "dhcp", "dns", "domain"] as const),
  ...(["antiSpoof", "autostart", "libvirt"] as const),
];

/** The networks for guests of a host's namespace. */
export interface Networks {
  /** Keeps the definition of a new network, as `define` does. Rejects with InputError, too, where there is a network of this name. */
  create(definition: NetworkDefinition): Promise<NetworkDefinition>;
  /**
   * Keeps a definition, with what is chosen for it: a MAC, and the subnets that are "auto". Defines anew a network that is not up.
   * Rejects with InputError, which names what is wrong, or who has the subnet.
   */
  define(definition: NetworkDefinition): Promise<NetworkDefinition>;
  /**
   * Puts another definition in the place of one. What of a network that is up can be changed while guests are on it is changed at once;
   * the rest, which is named, when it is started the next time. Rejects with InputError, having changed nothing, for what is wrong.
   */
  redefine(definition: NetworkDefinition): Promise<Redefined>;
  /** Forgets the definition and the leases of a network that is not up. */
  undefine(name: string): Promise<void>;
  /**
   * Brings a network up: bridge, addresses, firewall, and what the kernel must be told to forward. Failing half-way takes all of it back.
   * A start that was killed is taken back first. Rejects with InputError where it is up, or where somebody has its subnet or
   * bridge.
   */
  start(name: string): Promise<NetworkInfo>;
  /** Takes a network down; afterwards all is as it was before. With ports on its bridge it is refused unless forced. */
  stop(name: string, options?: { readonly force?: boolean | undefined }): Promise<void>;
  /** Says whether `linkwright serve` brings a network up when it starts, whether it is up now or not. */
  setAutostart(name: string, autostart: boolean): Promise<void>;
  /** The networks that are defined, by name. */
  list(): Promise<NetworkInfo[]>;
  /** What is known of one: its definition, whether it is up, its guests. */
  info(name: string): Promise<NetworkInfo>;
  /** Adds a forward, at once where the network is up; connections that it is about are forgotten. */
  addForward(name: string, forward: PortForward): Promise<void>;
  /** Removes the forward of a port; connections that it translates are forgotten. */
  removeForward(name: string, forward: Pick<PortForward, "protocol" | "port"> & Partial<PortForward>): Promise<void>;
  /**
   * Keeps an address for a guest, at once where the network is up. Rejects with InputError, which names who has the address, or which the
   * guest has.
   */
  addHost(name: string, host: Reservation): Promise<Redefined>;
  /** Keeps the address that is a guest's by its MAC, name or address no more. */
  removeHost(name: string, guest: string): Promise<Redefined>;
  /**
   * A TAP on the bridge of a network that is up, for a QEMU that is started from here. Its guest's address is known before that
   * starts: nobody else gets it as long as the TAP is there. Rejects with InputError, which names what is wrong, or who has the address.
   */
  tapForQemu(name: string, options?: GuestTapOptions): Promise<GuestTap>;
  /**
   * Makes a link that is there, such as the host's end of a container's pair, a port of a network that is up, and keeps addresses for
   * who is behind it as long as it is there. Rejects with InputError, which names what is wrong, or who has the address.
   */
  attach(name: string, link: string, options: NetworkAttachOptions): Promise<NetworkAttachment>;
  /**
   * Keeps nothing for who is behind such a port any more, before its link is removed: a bridge of Linux lets go of that by itself, and
   * out of one of Open vSwitch it is taken. Nothing happens where it is no port of the network.
   */
  release(name: string, link: string): Promise<void>;
  /**
   * A virtual function of a network of mode "hostdev" for a QEMU that is started from here: the guest has it as its own device, with its
   * MAC and in the network's VLAN. Rejects with InputError where none is free, or where devices cannot be a guest's.
   */
  functionForQemu(name: string, options?: GuestFunctionOptions): Promise<GuestFunction>;
  /** Has the service give the guests of a network that is up their addresses. False where no service answers; rejects with what it says. */
  handOver(name: string): Promise<boolean>;
  /**
   * Writes the firewall of all networks that are up anew, and that of guests' ports, at once: after another program has flushed it. By an
   * `owner`, the tables are that socket's from then on (Linux 6.9), and stay when it is closed.
   */
  reload(options?: { readonly owner?: Committer | undefined }): Promise<void>;
  /**
   * Writes again what others have taken of the networks' rules, if they have: tables that were flushed, by the `owner` of the others
   * where there is one, and rules in chains of others. True where something was missing.
   */
  mend(options?: { readonly owner?: Committer | undefined }): Promise<boolean>;
}

function pick<T extends object>(value: T, names: readonly (keyof T)[]): Partial<T> {
  const picked = Object.entries(value).filter(([name]) => names.includes(name as keyof T));
  return Object.fromEntries(picked) as Partial<T>;
}

/** The definition with what was chosen for it before, and goes on as long as nothing else is said. */
function goingOn({ mac, subnet, subnet6 }: NetworkDefinition, next: NetworkDefinition): NetworkDefinition {
  const hasBridge = modes.includes(next.mode) && makesBridge(next);
  return {
    ...next,
    ...(hasBridge && mac !== undefined && next.mac === undefined ? { mac } : {}),
    ...(next.subnet === "auto" && subnet !== undefined ? { subnet } : {}),
    ...(next.subnet6 === "auto" && subnet6 !== undefined ? { subnet6 } : {}),
  };
}

/** The networks for guests of a host's namespace. Each step is safe against being killed: the next call takes back what was begun. */
export function networks(host: Host, folders: NetworkFolders = {}): Networks {
  checkKnown(folders, ["state", "run", "service"], "the folders of networks");
  const { state, run, service } = foldersOf(folders);
  const rules = ownedRuleset(host, service);
  const { join } = builtin("node:path");
  const defined = lastingRecords<NetworkDefinition>(state);
  const up = records<ActiveNetwork>(join(run, "up"));
  /** What is being started or stopped: written before the first step, and removed after the last. */
  const begun = records<ActiveNetwork>(join(run, "begun"));
  const settings = records<ChangedSettings>(run);
  const guests = guestTaps(host, folders, rules);
  const allRules = writtenRules(host, rules, guests, plansUp);
  const functions = guestFunctions(host, folders);

  let boot: string | undefined;
  function thisBoot(): string {
    return (boot ??= builtin("node:fs").readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim());
  }

  async function definitionOf(name: string): Promise<NetworkDefinition> {
    checkNetworkName(name);
    const definition = await defined.read(name);
    if (definition !== undefined) return definition;
    throw new InputError(`no network ${JSON.stringify(name)}${suggestion(name, await defined.names())}`, "name");
  }

  async function active(name: string): Promise<ActiveNetwork | undefined> {
    const record = await up.read(name);
    return record?.boot === thisBoot() ? record : undefined;
  }

  async function planUp(name: string): Promise<ResolvedNetwork> {
    const record = await active(name);
    if (record !== undefined) return planOf(record.definition);
    await definitionOf(name);
    throw new InputError(`the network ${name} is not up: start it first`, "name");
  }

  async function plansUp(except?: string): Promise<ResolvedNetwork[]> {
    const plans: ResolvedNetwork[] = [];
    for await (const plan of eachUp(except)) plans.push(plan);
    return plans;
  }

  /** The networks that are up, one by one: most often the first says enough. */
  async function* eachUp(except?: string): AsyncGenerator<ResolvedNetwork> {
    for (const name of await up.names()) {
      const record = name === except ? undefined : await active(name);
      if (record !== undefined) yield planOf(record.definition);
    }
  }

  /** Whether no other network has rules. */
  async function isLast(name: string): Promise<boolean> {
    for await (const plan of eachUp(name)) if (hasRules(plan)) return false;
    return true;
  }

  async function plansDefined(except: string): Promise<ResolvedNetwork[]> {
    const names = (await defined.names()).filter((name) => name !== except);
    return (await Promise.all(names.map(definitionOf))).map(planOf);
  }

  /** Takes back all that a network has, or may have, in the order against that in which it came. */
  async function tearDown(plan: ResolvedNetwork): Promise<void> {
    await release(host, plan);
    await takeDown(rules, plan, await isLast(plan.name));
    await guests.end(plan.name);
    await functions.end(plan.name);
    if (usesDnsmasq(plan)) await forgetDnsmasq(folders, plan.name);
    await removeBridge(host, plan);
    await endForwarding(host, eachUp(plan.name), settings, run);
    await forgetForwarded(host, plan.forwards ?? []);
    await begun.remove(plan.name);
  }

  /** What a start or a stop left behind that was killed. The lock says that nobody is at it now. */
  async function recover(): Promise<void> {
    for (const name of await begun.names()) {
      const record = await begun.read(name);
      await up.remove(name);
      if (record?.boot === thisBoot()) await tearDown(planOf(record.definition));
      else await begun.remove(name);
    }
  }

  function alone<T>(work: () => Promise<T>): Promise<T> {
    return locked(run, async () => {
      await recover();
      return work();
    });
  }

  /** Tells the service of a network; false where there is none. */
  async function asked(method: "serve" | "release", name: string): Promise<boolean> {
    const answer = service && (await askService(host, service, { method, name, state, run }));
    await (answer || undefined)?.close();
    return Boolean(answer);
  }

  /** What guests are on the network by: ports of its bridge, macvtaps, or devices. */
  async function portsOf(plan: ResolvedNetwork): Promise<readonly string[]> {
    if (plan.mode === "hostdev") return functions.list(plan.name);
    if (plan.bridge !== "" && plan.switch === undefined) return portNames(host, plan);
    return (await guests.list()).filter(({ network }) => network === plan.name).map(({ link }) => link);
  }

  async function infoOf(definition: NetworkDefinition): Promise<NetworkInfo> {
    const record = await active(definition.name);
    const plan = planOf(record?.definition ?? definition);
    const isUp = record !== undefined;
    const isPending = isUp && !builtin("node:util").isDeepStrictEqual(record.definition, definition);
    return {
      definition: record?.definition ?? definition,
      ...(isPending ? { pending: definition } : {}),
      active: isUp,
      ports: isUp ? await portsOf(plan) : [],
      foreignDrops: isUp ? await foreignDrops(host, plan) : [],
    };
  }

  /** The definition with its subnets and its MAC chosen. */
  async function chosen(definition: NetworkDefinition): Promise<NetworkDefinition> {
    const { name, mode, subnet, subnet6, mac } = definition;
    const others = subnetsOf(await plansDefined(name));
    const taken = subnet === "auto" ? [...(await usedSubnets(host)), ...others] : others;
    const whole = {
      ...definition,
      ...(subnet === "auto" ? { subnet: freeSubnet(taken) } : {}),
      ...(subnet6 === "auto" ? { subnet6: uniqueLocalSubnet() } : {}),
      ...(mac === undefined && modes.includes(mode) && makesBridge({ mode }) ? { mac: randomMac() } : {}),
    };
    checkFree(planOf(whole), others);
    return whole;
  }

  /** Changes of a network that is up what can be. */
  async function change(record: ActiveNetwork, live: Partial<NetworkDefinition>): Promise<void> {
    const cleared: Partial<NetworkDefinition> = Object.fromEntries(LIVE.map((name) => [name, undefined]));
    const next: NetworkDefinition = { ...record.definition, ...cleared, ...live };
    const [before, after] = [planOf(record.definition), planOf(next)];
    await checkForwardsFree(after, after.forwards ?? []);
    await up.write(next.name, { ...record, definition: next });
    try {
      await replaceRules(rules, before, after);
    } catch (error) {
      await up.write(next.name, record);
      throw error;
    }
    await release(host, before);
    await adopt(host, after);
    await forgetForwarded(host, [...(before.forwards ?? []), ...(after.forwards ?? [])]);
  }

  async function checkForwardsFree(plan: ResolvedNetwork, forwards: readonly PortForward[]): Promise<void> {
    if (forwards.length === 0) return;
    for await (const other of eachUp(plan.name))
      for (const forward of forwards) {
        const theirs = other.forwards?.find((each) => collide(each, forward));
        if (theirs !== undefined)
          throw new InputError(`${forwardText(forward)} is forwarded by the network ${other.name}`, "forwards");
      }
  }

  async function setForwards(
    name: string,
    change: (forwards: readonly PortForward[]) => PortForward[],
  ): Promise<ResolvedNetwork> {
    const definition = await definitionOf(name);
    const record = await active(name);
    const before = planOf(record?.definition ?? definition);
    const forwards = change(before.forwards ?? []);
    const after = planOf({ ...definition, forwards });
    if (record !== undefined) {
      await checkForwardsFree(after, forwards);
      await up.write(name, { ...record, definition: { ...record.definition, forwards } });
      try {
        await changeForwards(rules, before, { ...before, forwards });
      } catch (error) {
        await up.write(name, record);
        throw error;
      }
    }
    await defined.write(name, { ...definition, forwards });
    return after;
  }

  /** Puts another definition in the place of one, as it is when it is its turn. */
  async function redefined(name: string, make: (former: NetworkDefinition) => NetworkDefinition): Promise<Redefined> {
    const [outcome, isUp] = await alone<readonly [Redefined, boolean]>(async () => {
      const former = await definitionOf(name);
      const record = await active(name);
      const whole = await chosen(goingOn(former, make(former)));
      const names = [...new Set([...Object.keys(former), ...Object.keys(whole)])] as (keyof NetworkDefinition)[];
      const { isDeepStrictEqual } = builtin("node:util");
      const changed = names.filter((each) => !isDeepStrictEqual(former[each], whole[each]));
      if (record !== undefined) await change(record, pick(whole, LIVE));
      await defined.write(name, whole);
      const isApplied = (each: keyof NetworkDefinition): boolean => record === undefined || LIVE.includes(each);
      const applied = changed.filter(isApplied);
      const pending = changed.filter((each) => !isApplied(each));
      return [{ definition: whole, applied, pending }, record !== undefined];
    });
    // By nobody's leave any more: the service asks for the lock, too.
    if (isUp) await asked("serve", name);
    return outcome;
  }

  /** Changes for whom a network keeps addresses. */
  function withHosts(
    name: string,
    change: (hosts: readonly Reservation[]) => readonly Reservation[],
  ): Promise<Redefined> {
    return redefined(name, (former) => {
      if (former.dhcp === false) throw new InputError(`the network ${name} gives no addresses`, "name");
      return { ...former, dhcp: { ...former.dhcp, reservations: change(former.dhcp?.reservations ?? []) } };
    });
  }

  function checkDefinition(definition: NetworkDefinition): void {
    checkObject(definition, "a network");
    checkNetworkName(definition.name);
  }

  async function keep(definition: NetworkDefinition): Promise<NetworkDefinition> {
    const whole = await chosen(definition);
    await defined.write(whole.name, whole);
    return whole;
  }

  return {
    create: (definition) =>
      alone(async () => {
        checkDefinition(definition);
        const { name } = definition;
        if ((await defined.read(name)) !== undefined)
          throw new InputError(`there is a network ${name}: edit or undefine it, or choose another name`, "name");
        return keep(definition);
      }),

    define: (definition) =>
      alone(async () => {
        checkDefinition(definition);
        if ((await active(definition.name)) !== undefined)
          throw new InputError(`the network ${definition.name} is up: stop it first`, "name");
        return keep(definition);
      }),

    async redefine(definition) {
      checkObject(definition, "a network");
      return redefined(definition.name, () => definition);
    },

    addHost: (name, added) =>
      withHosts(name, (hosts) => {
        const isOf = (mac: string | undefined): boolean => mac !== undefined && mac === added.mac?.toLowerCase();
        const taken = hosts.find(({ address, mac }) => address === added.address || isOf(mac?.toLowerCase()));
        if (taken === undefined) return [...hosts, added];
        throw new InputError(`${taken.address} is kept for ${taken.mac ?? taken.clientId}`, "address");
      }),

    removeHost: (name, guest) =>
      withHosts(name, (hosts) => {
        const left = hosts.filter(({ mac, hostname, address }) => ![mac, hostname, address].includes(guest));
        if (left.length < hosts.length) return left;
        throw new InputError(`the network ${name} keeps no address for ${guest}`, "guest");
      }),

    undefine: (name) =>
      alone(async () => {
        await definitionOf(name);
        if ((await active(name)) !== undefined)
          throw new InputError(`the network ${name} is up: stop it first`, "name");
        await defined.remove(name);
        for (const file of [leaseFileOf(folders, name), dnsmasqFiles(folders, name).leases])
          await builtin("node:fs/promises").rm(file, { force: true });
      }),
    start: (name) =>
      alone(async () => {
        const definition = await definitionOf(name);
        if ((await active(name)) !== undefined) throw new InputError(`the network ${name} is up already`, "name");
        const plan = planOf(definition);
        await checkLinks(host, plan);
        checkFree(plan, await usedSubnets(host));
        await checkForwardsFree(plan, plan.forwards ?? []);
        const record = { definition, boot: thisBoot() };
        await begun.write(name, record);
        try {
          await makeBridge(host, plan);
          await putUp(rules, plan);
          await beginForwarding(host, plan, settings);
          await forgetForwarded(host, plan.forwards ?? []);
          await adopt(host, plan);
        } catch (error) {
          await tearDown(plan);
          throw error;
        }
        await up.write(name, record);
        await begun.remove(name);
        return infoOf(definition);
      }),

    stop: (name, { force = false } = {}) =>
      alone(async () => {
        checkNetworkName(name);
        const record = await active(name);
        if (record === undefined) {
          await definitionOf(name);
          throw new InputError(`the network ${name} is not up`, "name");
        }
        const plan = planOf(record.definition);
        const ports = plan.mode === "bridge" ? [] : await portsOf(plan);
        if (ports.length > 0 && (!force || plan.mode === "hostdev"))
          throw new InputError(
            `guests are on the network ${name}, by ${ports.join(", ")}: stop ${plan.mode === "hostdev" ? "them" : "it by force, or them"} first`,
            "name",
          );
        await asked("release", name);
        await begun.write(name, record);
        await up.remove(name);
        await tearDown(plan);
      }),

    setAutostart: (name, autostart) =>
      alone(async () => {
        const definition = await definitionOf(name);
        checkSwitch(autostart, "autostart");
        await defined.write(name, { ...definition, autostart });
        const record = await active(name);
        if (record !== undefined) await up.write(name, { ...record, definition: { ...record.definition, autostart } });
      }),

    async list() {
      const all = await Promise.all((await defined.names()).map(definitionOf));
      return Promise.all(all.map(infoOf));
    },

    info: async (name) => infoOf(await definitionOf(name)),

    addForward: (name, forward) =>
      alone(async () => {
        const plan = planOf(await definitionOf(name));
        under("forward", () => checkForward(plan, forward));
        await setForwards(name, (forwards) => [...forwards, forward]);
        await forgetForwarded(host, [forward]);
      }),

    removeForward: (name, wanted) =>
      alone(async () => {
        const isMeant = (each: PortForward): boolean =>
          Object.entries(wanted).every(([key, value]) => String(each[key as keyof PortForward]) === String(value));
        const { forwards = [] } = await definitionOf(name);
        const gone = forwards.filter(isMeant);
        if (gone.length === 0)
          throw new InputError(`the network ${name} has no forward of ${wanted.protocol} ${wanted.port}`, "forward");
        await setForwards(name, (each) => each.filter((forward) => !isMeant(forward)));
        await forgetForwarded(host, gone);
      }),

    handOver: (name) => asked("serve", name),

    functionForQemu: (name, options = {}) =>
      alone(async () => {
        const plan = await planUp(name);
        if (plan.mode !== "hostdev")
          throw new InputError(`guests of the network ${name} have TAPs and no virtual functions: tapForQemu`, "mode");
        const taken = await functions.take(plan, options);
        return { ...taken, leave: () => alone(() => taken.leave()) };
      }),

    tapForQemu: (name, options = {}) =>
      alone(async () => {
        const tap = await guests.open(await planUp(name), options, await networkLeases(name, folders));
        return { ...tap, leave: () => alone(() => tap.leave()) };
      }),

    attach: (name, link, options) =>
      alone(async () => guests.attach(await planUp(name), link, options, await networkLeases(name, folders))),

    release: (name, link) =>
      alone(async () => {
        const record = await active(name);
        if (record !== undefined) await guests.release(planOf(record.definition), link);
      }),

    reload: ({ owner } = {}) => alone(() => allRules.write(owner)),

    async mend({ owner } = {}) {
      // Nobody has to wait for each other to see that there is nothing to do, as most often.
      return !(await allRules.areWhole()) && alone(() => allRules.mend(owner));
    },
  };
}

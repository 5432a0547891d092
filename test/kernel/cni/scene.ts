import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Ground, groundOf, type Outcome, perform } from "../../../src/cni/index.js";
import type { Result } from "../../../src/cni/result.js";
import { Host } from "../../../src/index.js";
import { place, type Place } from "../scene/guests.js";

/** A container of the test: its id, and its namespace. */
export interface Container {
  readonly id: string;
  readonly host: Host;
  readonly netns: string;
}

/** How an operation is called. */
export interface Wish {
  readonly container?: Container | undefined;
  readonly id?: string;
  readonly ifname?: string;
  readonly program?: string;
  /** Of CNI_NETNS; the container's unless given. */
  readonly netns?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** A machine on which containers are attached, whose files are in a folder of its own. */
export interface CniScene extends AsyncDisposable {
  readonly here: Place;
  readonly ground: Ground;
  readonly folder: string;
  container(id?: string): Promise<Container>;
  /** What a plugin prints, and how it ends. */
  call(command: string, configuration: object | string, wish?: Wish): Promise<Outcome>;
  /** The answer of one that must succeed. */
  ask(command: string, configuration: object, wish?: Wish): Promise<Result>;
  /** The code and the words of one that must fail. */
  fails(command: string, configuration: object | string, wish?: Wish): Promise<{ code: number; msg: string }>;
  /** A configuration of a bridge with addresses of a folder of the scene. */
  layer3(more?: object, ipam?: object): Record<string, unknown>;
  /** All of this machine that an attachment may change. */
  dump(): Promise<string>;
}

export async function cniScene(): Promise<CniScene> {
  const folder = mkdtempSync(join(tmpdir(), "linkwright-cni-"));
  const here = await place();
  const ground = await groundOf(here.host, join(folder, "run"), {
    state: join(folder, "networks-state"),
    run: join(folder, "networks-run"),
  });
  const hosts: Host[] = [];
  let count = 0;
  const call: CniScene["call"] = async (command, configuration, wish = {}) => {
    const { container, ifname = "eth0", program = "linkwright-bridge" } = wish;
    const netns = wish.netns ?? container?.netns ?? "";
    const answers: Outcome[] = [];
    const environment = {
      CNI_COMMAND: command,
      CNI_CONTAINERID: wish.id ?? container?.id,
      CNI_NETNS: netns,
      CNI_IFNAME: ifname,
      CNI_PATH: "/usr/lib/cni",
      ...wish.environment,
    };
    const input = typeof configuration === "string" ? configuration : JSON.stringify(configuration);
    const namespace = netns === "" ? undefined : netns;
    await perform(ground, { program, environment, input, namespace }, (answer) => {
      answers.push(answer);
      return Promise.resolve();
    });
    if (answers.length !== 1) throw new Error(`${answers.length} answers`);
    return answers[0]!;
  };
  return {
    here,
    ground,
    folder,
    async container(id = `container-${count++}`) {
      const host = await Host.open({ namespace: "new" });
      hosts.push(host);
      await host.setLink("lo", { up: true });
      const { fd } = await host.namespaceDescriptor();
      return { id, host, netns: `/proc/${process.pid}/fd/${fd}` };
    },
    call,
    async ask(command, configuration, wish) {
      const { code, text } = await call(command, configuration, wish);
      if (code !== 0) throw new Error(text);
      return (text === "" ? {} : JSON.parse(text)) as Result;
    },
    async fails(command, configuration, wish) {
      const { code, text } = await call(command, configuration, wish);
      if (code === 0) throw new Error(`it did not fail: ${text}`);
      return JSON.parse(text) as { code: number; msg: string };
    },
    layer3: (more = {}, ipam = {}) => ({
      cniVersion: "1.1.0",
      name: "pods",
      type: "linkwright-bridge",
      isDefaultGateway: true,
      ipMasq: true,
      ipam: { type: "host-local", subnet: "10.22.0.0/24", dataDir: join(folder, "networks"), ...ipam },
      ...more,
    }),
    async dump() {
      const { host } = here;
      const links = (await host.links()).map(({ name, up, mtu, kind, master, alias }) => ({
        name,
        up,
        mtu,
        kind,
        master,
        alias,
      }));
      const addresses = (await host.addresses()).map(({ index, address }) => ({ index, address }));
      const { tables, chains, rules, sets } = await host.netfilter.ruleset();
      const elements = sets.map(({ name, elements = [] }) => [name, elements.length]);
      return JSON.stringify(
        { links, addresses, tables, chains: chains.length, rules: rules.length, elements },
        undefined,
        1,
      );
    },
    async [Symbol.asyncDispose]() {
      for (const host of hosts) await host.close();
      await here[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The addresses that are reserved in a scene's network, with their holders. */
export function reserved({ folder }: CniScene, network = "pods"): Record<string, string> {
  const path = join(folder, "networks", network);
  if (!existsSync(path)) return {};
  const names = readdirSync(path).filter((name) => /^[\d.]+$|:/.test(name));
  return Object.fromEntries(names.sort().map((name) => [name, readFileSync(join(path, name), "utf8")]));
}

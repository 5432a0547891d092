import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { type Networks, networks } from "../../../src/networks/index.js";
import { fixture } from "../scene/program.js";
import { place, type Place, plug } from "../scene/guests.js";

/** The host's and the outside's addresses on the link between them. */
export const HOST = "203.0.113.1";
export const OUTSIDE = "203.0.113.2";
export const HOST6 = "2001:db8::1";
export const OUTSIDE6 = "2001:db8::2";

/** A host with a link `up0` to an outside, which knows no way back to guests, and networks that are kept in folders of its own. */
export interface NetworkScene extends AsyncDisposable {
  readonly here: Place;
  readonly outside: Place;
  readonly folders: { readonly state: string; readonly run: string };
  readonly guests: Networks;
  /** A new guest on a bridge, with an address and a way out. */
  guest(bridge: string, address?: string, gateway?: string): Promise<Place>;
  /** All that a network may change: links, addresses, routes, rules, settings, the ruleset. */
  dump(): Promise<string>;
}

export async function networkScene(): Promise<NetworkScene> {
  const folder = mkdtempSync(join(tmpdir(), "linkwright-networks-"));
  const folders = { state: join(folder, "state"), run: join(folder, "run") };
  const here = await place();
  const outside = await place();
  const places: Place[] = [];
  await here.host.addVeth("up0", { peer: { name: "eth0", namespace: outside.host } });
  // No address of the kernel's own making, which is tentative for a while.
  await here.host.setSysctl("net/ipv6/conf/up0/addr_gen_mode", 1);
  await here.host.addAddress("up0", `${HOST}/24`);
  await here.host.addAddress("up0", `${HOST6}/64`, { flags: ["nodad"] });
  await here.host.setLink("up0", { up: true });
  await outside.host.addAddress("eth0", `${OUTSIDE}/24`);
  await outside.host.addAddress("eth0", `${OUTSIDE6}/64`, { flags: ["nodad"] });
  await outside.host.setLink("eth0", { up: true });
  await here.host.waitFor("up0", "carrier");
  // The kernel's own route, which it adds a moment later.
  await expect
    .poll(async () => (await here.host.routes.list({ table: "local" })).map(({ destination }) => destination))
    .toContain("ff00::/8");
  return {
    here,
    outside,
    folders,
    guests: networks(here.host, folders),
    async guest(bridge, address, gateway) {
      const guest = await place();
      places.push(guest);
      await plug(here.host, `port${places.length}`, bridge, guest);
      if (address === undefined) return guest;
      await guest.host.addAddress("eth0", address, address.includes(":") ? { flags: ["nodad"] } : {});
      if (gateway !== undefined) await guest.host.routes.add("default", { gateway });
      return guest;
    },
    async dump() {
      const { host } = here;
      const links = (await host.links()).map(({ name, up, master, mtu, address, kind }) => [
        name,
        up,
        master,
        mtu,
        address,
        kind,
      ]);
      const addresses = (await host.addresses()).map(({ index, address, flags }) => [index, address, flags]);
      const routes = (await host.routes.list({ table: "all" })).map((route) => ({ ...route, cacheinfo: undefined }));
      const { tables, chains, rules, sets } = await host.netfilter.ruleset();
      const settings = await here.run([
        "sh",
        "-c",
        "find /proc/sys/net/ipv4 /proc/sys/net/ipv6 -type f | sort | xargs grep -H . 2>/dev/null; true",
      ]);
      return JSON.stringify(
        {
          links,
          addresses,
          routes,
          rules: await host.rules.list(),
          ruleset: { tables, chains, rules, sets },
          settings: settings.split("\n"),
        },
        (_, value: unknown) => (typeof value === "bigint" ? String(value) : value),
        1,
      );
    },
    async [Symbol.asyncDispose]() {
      for (const guest of places) await guest[Symbol.asyncDispose]();
      await here[Symbol.asyncDispose]();
      await outside[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Starts answering there, on ports of TCP and UDP, with the address that is seen. */
export async function answering(there: Place, ...ports: readonly number[]): Promise<void> {
  const child = there.start(fixture("peer", ...ports.map(String)));
  let said = "";
  child.stderr!.on("data", (text) => (said += String(text)));
  await new Promise<void>((resolve, reject) => {
    child.stdout!.once("data", () => resolve());
    child.once("close", () => reject(new Error(`it ended: ${said}`)));
  });
}

function question(there: Place, protocol: "tcp" | "udp", address: string, port: number, seconds: number) {
  const script = `exec 3<>/dev/${protocol}/${address}/${port} && echo hello >&3 && head -n 1 <&3`;
  return there.outcome(["timeout", String(seconds), "bash", "-c", script]);
}

/** Asks there by TCP or UDP, and gives the answer. */
export async function ask(there: Place, protocol: "tcp" | "udp", address: string, port: number): Promise<string> {
  const { stdout, stderr } = await question(there, protocol, address, port, 15);
  return stdout.trim() || `no answer: ${stderr.trim()}`;
}

/** Whether nobody answers there: who is asked says no, or nothing within a second. */
export async function isDenied(there: Place, protocol: "tcp" | "udp", address: string, port: number): Promise<boolean> {
  return (await question(there, protocol, address, port, 1)).stdout === "";
}

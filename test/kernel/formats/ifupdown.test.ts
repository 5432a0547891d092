import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { importFiles, type SourceFile } from "../../../src/formats/index.js";
import { Host } from "../../../src/index.js";
import { apply } from "../../../src/topology/index.js";
import { cases } from "../../unit/formats/cases.js";
import { ipJson } from "../scene/iproute.js";
import { lacks } from "../scene/program.js";
import { lacksKind, needed, nicsOf } from "./kinds.js";

const reason = lacks("ifup", "--version") ?? lacks("nsenter", "--version");
if (reason !== undefined) console.log(`skipped: what ifup makes of interfaces(5): ${reason}`);

const folder = mkdtempSync(join(tmpdir(), "linkwright-ifup-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

type Values = Readonly<Record<string, unknown>>;

/** Has ifup bring up all that files say, at boot and as it is plugged in, in the namespace of a host. */
async function ifup(host: Host, files: readonly SourceFile[]): Promise<void> {
  const place = mkdtempSync(join(folder, "network-"));
  for (const { name: path, text } of files) {
    mkdirSync(dirname(join(place, path)), { recursive: true });
    writeFileSync(join(place, path), text);
  }
  const state = join(place, "state");
  mkdirSync(state);
  const namespace = await host.namespaceDescriptor();
  try {
    const words = `ifup --all --force --interfaces=${place}/interfaces --state-dir=${state}`;
    // Its hooks look for links in /sys, which shows those of the namespace that it was mounted in.
    const mounted = [
      "unshare",
      "--mount",
      "sh",
      "-c",
      `mount -t sysfs sysfs /sys && ${words}; ${words} --allow=hotplug`,
    ];
    const { error } = spawnSync("nsenter", [`--net=/proc/${process.pid}/fd/${namespace.fd}`, ...mounted], {
      cwd: place,
    });
    if (error !== undefined) throw error;
  } finally {
    await namespace.close();
  }
}

function picked(values: Values, ...names: readonly string[]): Values {
  return Object.fromEntries(names.filter((name) => values[name] !== undefined).map((name) => [name, values[name]]));
}

/** Links, addresses, routes and rules as `ip` prints them, without what each namespace has or a MAC decides. */
async function wiring(host: Host): Promise<unknown> {
  const links = await ipJson(host, "address", "show");
  const routes = [
    ...(await ipJson(host, "-4", "route", "show", "table", "all")),
    ...(await ipJson(host, "-6", "route", "show", "table", "all")),
  ];
  const rules = [...(await ipJson(host, "-4", "rule")), ...(await ipJson(host, "-6", "rule"))];
  // ifup brings up lo whatever is said.
  const own = (link: unknown): boolean => link !== "lo" && !/^far\d/.test(String(link));
  return {
    links: links
      .filter(({ ifname }) => own(ifname))
      .map((link) => {
        const { info_kind: kind, info_data: data = {} } = (link["linkinfo"] ?? {}) as {
          info_kind?: string;
          info_data?: Values;
        };
        const up = (link["flags"] as string[]).includes("UP");
        const addresses = (link["addr_info"] as Values[])
          .filter(({ scope, family }) => !(scope === "link" && family === "inet6"))
          .map((each) =>
            picked(each, "family", "local", "prefixlen", "broadcast", "address", "scope", "label", "metric"),
          );
        const options = picked(
          data,
          "id",
          "mode",
          "miimon",
          "forward_delay",
          "hello_time",
          "max_age",
          "ageing_time",
          "stp_state",
          "priority",
          "remote",
          "local",
        );
        return { ...picked(link, "ifname", "link", "mtu", "master", "txqlen"), kind, up, addresses, options };
      })
      .sort((one, other) => (String(one) < String(other) ? -1 : 1)),
    routes: routes
      .filter(
        ({ type, dst, dev }) =>
          own(dev) &&
          !["local", "broadcast", "multicast", "anycast"].includes(String(type)) &&
          !/^f[fe][08]/.test(String(dst)),
      )
      .map((route) =>
        JSON.stringify(picked(route, "type", "dst", "gateway", "dev", "metric", "table", "prefsrc", "scope")),
      )
      .sort(),
    rules: rules
      .map((rule) => JSON.stringify(picked(rule, "priority", "src", "srclen", "table", "iif", "fwmark")))
      .sort(),
  };
}

/** Cases that are ifupdown's: no ifupdown2, no lease, nothing that only other programs would do. */
const others = /vlan-aware|dhcp|odd/;
const own = cases.filter(({ format, name }) => format === "interfaces" && !others.test(name));

test.skipIf(reason !== undefined).for(own)(
  "$name: what ifup makes of it, the imported declaration makes, too",
  async ({ files }, context) => {
    const { declaration } = importFiles(files);
    for (const kind of needed(declaration.links ?? {}))
      if (await lacksKind(kind)) context.skip(`this kernel has no ${kind}`);
    await using one = await Host.open({ namespace: "new" });
    await using other = await Host.open({ namespace: "new" });
    for (const host of [one, other])
      for (const [place, nic] of nicsOf(declaration).entries())
        await host.addVeth(nic, { peer: { name: `far${place}`, up: true } });
    const renamed = files.map((file) => ({ ...file, name: file.name.replace("/etc/network/", "") }));
    await ifup(one, renamed);
    await apply(other, declaration, { journal: join(folder, "journal") });
    expect(await wiring(other)).toEqual(await wiring(one));
  },
);

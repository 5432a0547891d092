import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { importFiles } from "../../../src/formats/index.js";
import { Host } from "../../../src/index.js";
import { apply, describePlan, plan } from "../../../src/topology/index.js";
import { cases } from "../../unit/formats/cases.js";
import { thorough } from "../../thorough.js";
import { ip, ipJson } from "../scene/iproute.js";
import { lacksKind, type Links, type LinkValues, needed, nicsOf } from "./kinds.js";

const journal = mkdtempSync(join(tmpdir(), "linkwright-topology-"));
afterAll(() => {
  rmSync(journal, { recursive: true });
});

function linksOf(files: (typeof cases)[number]["files"]): Links {
  return importFiles(files).declaration.links ?? {};
}

/** What `ip` says of links, by the words of a declaration. */
async function seen(host: Host): Promise<Map<string, LinkValues>> {
  const links = await ipJson(host, "address", "show");
  return new Map(
    links.map((link) => {
      const { ifname, flags, linkinfo, mtu, master, address, ifalias } = link as {
        ifname: string;
        flags: string[];
        linkinfo?: { info_kind?: string; info_data?: { link?: string } };
        mtu: number;
        master?: string;
        address?: string;
        ifalias?: string;
      };
      const info = link["addr_info"] as { local: string; prefixlen: number; address?: string }[];
      const addresses = info.map(({ local, prefixlen }) => `${local}/${prefixlen}`);
      return [
        ifname,
        {
          kind: linkinfo?.info_kind,
          link: linkinfo?.info_data?.link ?? link["link"],
          up: flags.includes("UP"),
          mtu,
          master,
          address,
          alias: ifalias,
          addresses,
        },
      ] as const;
    }),
  );
}

/** What was declared of links, as far as `ip` says it. */
function declared(links: Links): Map<string, LinkValues> {
  const said = Object.entries(links as Record<string, LinkValues>).filter(
    ([name, { absent }]) => absent !== true && !/[*?]/.test(name),
  );
  return new Map(
    said.map(([name, { kind, link, up, mtu, master, address, alias, addresses }]) => {
      const list = ((addresses ?? []) as (string | { address: string })[]).map((each) =>
        typeof each === "string" ? each : each.address,
      );
      const values = { kind, link, up, mtu, master, address, alias };
      const given = Object.entries(values).filter(([, value]) => value !== undefined);
      return [name, { ...Object.fromEntries(given), addresses: list }];
    }),
  );
}

/**
 * In the virtual machine, where all is slow, what this machine's kernel may lack: all cases of it where all is asked for, and else one for
 * each kind, for how files are read needs no kernel.
 */
function inMachine(): typeof cases {
  const seen = new Set<string>();
  return cases.filter(({ files }) => {
    const fresh = needed(linksOf(files)).filter((kind) => thorough || !seen.has(kind));
    for (const kind of fresh) seen.add(kind);
    return fresh.length > 0;
  });
}

const here = process.env["LINKWRIGHT_VM"] === "1" ? inMachine() : cases;

for (const { name, files } of here)
  test(`${name}: what was imported is applied, and ip says the same`, async (context) => {
    const { declaration } = importFiles(files);
    const links = linksOf(files);
    for (const kind of needed(links))
      if (await lacksKind(kind))
        context.skip(`this kernel has no ${kind === "bridge" ? "bridge that filters VLANs" : kind}`);
    await using host = await Host.open({ namespace: "new" });
    for (const [place, nic] of nicsOf(declaration).entries())
      await host.addVeth(nic, { peer: { name: `far${place}`, up: true } });
    await apply(host, declaration, { journal });
    expect(describePlan(await plan(host, declaration))).toBe("nothing to do\n");
    const found = await seen(host);
    for (const [link, { addresses, ...values }] of declared(links)) {
      const has = found.get(link);
      expect(has, link).toMatchObject(values);
      expect(has!["addresses"], link).toEqual(expect.arrayContaining(addresses as string[]));
    }
    const routes = Array.isArray(declaration.routes) ? declaration.routes : [];
    const all = `${await ip(host, ["-4", "route", "show", "table", "all"])}${await ip(host, ["-6", "route", "show", "table", "all"])}`;
    for (const route of routes) {
      const { destination, gateway, metric, absent } = route as { [name: string]: unknown };
      const line = all.split("\n").find((each) => {
        const words = each.split(" ");
        return (
          words.includes(String(destination)) &&
          (gateway === undefined || words.includes(String(gateway))) &&
          (metric === undefined || each.includes(`metric ${String(metric)}`))
        );
      });
      if (absent === true) expect(line).toBeUndefined();
      else expect(line, `${JSON.stringify(route)} is not in\n${all}`).toBeDefined();
    }
  });

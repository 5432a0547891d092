import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { RouteSettings } from "../../src/index.js";
import { routed } from "../kernel/routed.js";
import type { Printed } from "./agreement.js";
import { inside } from "./inside.js";
import { address4, address6, upTo } from "./spoken.js";

type Encapsulation = NonNullable<RouteSettings["encapsulation"]>;

/** An encapsulation of a route, the words that `ip` has for it, and what it prints of it. */
interface Case {
  readonly family: "inet" | "inet6";
  readonly encapsulation: Encapsulation;
  readonly words: string;
  readonly printed: Printed;
}

const flags = fc.subarray(["csum", "key", "seq"] as const);
const segments = fc.array(address6, { minLength: 1, maxLength: 3 });
const byte = upTo(255, 1);
const flagsPrinted = (list: readonly string[]): Printed => Object.fromEntries(list.map((flag) => [flag, true]));

const mpls = fc
  .record({ dst: fc.array(upTo(0xfffff, 16), { minLength: 1, maxLength: 2 }), ttl: byte })
  .map(({ dst, ttl }): Case => ({
    family: "inet",
    encapsulation: { type: "mpls", dst, ttl },
    words: `mpls ${dst.join("/")} ttl ${ttl}`,
    printed: { encap: "mpls", dst: dst.join("/"), ttl },
  }));
const ip = fc
  .record({ id: upTo(0xffffff), src: address4, dst: address4, ttl: byte, tos: byte, flags })
  .map(({ id, ...rest }): Case => ({
    family: "inet",
    encapsulation: { type: "ip", id: BigInt(id), ...rest },
    words: `ip id ${id} src ${rest.src} dst ${rest.dst} ttl ${rest.ttl} tos 0x${rest.tos.toString(16)} ${rest.flags.join(" ")}`,
    printed: {
      encap: "ip",
      id,
      src: rest.src,
      dst: rest.dst,
      ttl: rest.ttl,
      tos: rest.tos,
      ...flagsPrinted(rest.flags),
    },
  }));
const ip6 = fc
  .record({ id: upTo(0xffffff), src: address6, dst: address6, hoplimit: byte, tc: byte, flags })
  .map(({ id, ...rest }): Case => ({
    family: "inet6",
    encapsulation: { type: "ip6", id: BigInt(id), ...rest },
    words: `ip6 id ${id} src ${rest.src} dst ${rest.dst} hoplimit ${rest.hoplimit} tc 0x${rest.tc.toString(16)} ${rest.flags.join(" ")}`,
    printed: {
      ...{ encap: "ip6", id, src: rest.src, dst: rest.dst, hoplimit: rest.hoplimit, tc: rest.tc },
      ...flagsPrinted(rest.flags),
    },
  }));
const MODES = {
  inline: "inline",
  encap: "encap",
  l2encap: "l2encap",
  encapRed: "encap.red",
  l2encapRed: "l2encap.red",
};
const seg6 = fc
  .record({ mode: fc.constantFrom("inline" as const, "encap" as const, "encapRed" as const), segments })
  .map((srh): Case => ({
    family: "inet6",
    encapsulation: { type: "seg6", srh },
    words: `seg6 mode ${MODES[srh.mode]} segs ${srh.segments.join(",")}`,
    printed: {
      encap: "seg6",
      mode: MODES[srh.mode],
      segs: srh.mode === "inline" ? [...srh.segments, "::"] : srh.segments,
    },
  }));
const local = (
  encapsulation: Omit<Encapsulation & { type: "seg6Local" }, "type">,
  words: string,
  printed: Printed,
): Case => ({
  family: "inet6",
  encapsulation: { type: "seg6Local", ...encapsulation },
  words: `seg6local ${words}`,
  printed: { encap: "seg6local", ...printed },
});
const seg6Local = fc.oneof(
  address6.map((nh6) => local({ action: "endX", nh6 }, `action End.X nh6 ${nh6}`, { action: "End.X", nh6 })),
  upTo(1000, 300).map((table) =>
    local({ action: "endDt6", table }, `action End.DT6 table ${table}`, { action: "End.DT6", table: String(table) }),
  ),
  address4.map((nh4) => local({ action: "endDx4", nh4 }, `action End.DX4 nh4 ${nh4}`, { action: "End.DX4", nh4 })),
  segments.map((srh) =>
    local({ action: "endB6Encap", srh }, `action End.B6.Encaps srh segs ${srh.join(",")}`, {
      action: "End.B6.Encaps",
      srh: { segs: srh },
    }),
  ),
  fc.constant(
    local(
      { action: "end", flavors: { operation: ["nextCsid"], lcblockBits: 24, lcnodeFnBits: 16 } },
      "action End flavors next-csid lblen 24 nflen 16",
      { action: "End", flavors: ["next-csid"], lblen: 24, nflen: 16 },
    ),
  ),
);

const cases = [mpls, ip, ip6, seg6, seg6Local].flatMap((each) => fc.sample(each, { seed: 20, numRuns: 6 }));

/** The settings of a case; the metric tells routes apart, for `ip` prints two things as "dst". */
function settingsOf({ family, encapsulation }: Case, place: number): [destination: string, settings: RouteSettings] {
  const gateway = { gateway: family === "inet" ? "10.0.0.2" : "fd00::2", link: "v0" };
  const way = encapsulation.type === "seg6Local" ? { link: "v0" } : gateway;
  return [destinationOf(family, place), { ...way, metric: 1000 + place, encapsulation }];
}

function destinationOf(family: string, place: number): string {
  return family === "inet" ? `10.${100 + place}.0.0/16` : `fd01:${place + 1}::/32`;
}

test("routes that wrap packets: what linkwright sets is what ip prints, and what ip sets is what linkwright reads", async () => {
  // Some kernels load what wraps packets only when asked to.
  spawnSync("modprobe", ["-a", "mpls_iptunnel"]);
  await using host = await routed();
  const programs = await inside(host);
  const compare = async (): Promise<void> => {
    const printed = ["-4", "-6"].flatMap(
      (family) => programs.ask("ip", family, "-d", "-j", "route", "show") as Printed[],
    );
    const listed = [...(await host.routes.list({ family: "inet" })), ...(await host.routes.list({ family: "inet6" }))];
    for (const [place, { encapsulation, printed: wanted, words }] of cases.entries()) {
      const byMetric = ({ metric }: { metric?: unknown }): boolean => metric === 1000 + place;
      expect(printed.find(byMetric), words).toMatchObject(wanted);
      expect(listed.find(byMetric)?.encapsulation, words).toMatchObject(encapsulation);
    }
  };
  for (const [place, each] of cases.entries()) await host.routes.add(...settingsOf(each, place));
  await compare();
  for (const [place, each] of cases.entries())
    await host.routes.remove(destinationOf(each.family, place), { metric: 1000 + place });
  const lines = cases.map(({ family, encapsulation, words }, place) => {
    const gateway = encapsulation.type === "seg6Local" ? "" : `via ${family === "inet" ? "10.0.0.2" : "fd00::2"}`;
    return `route add ${destinationOf(family, place)} encap ${words} ${gateway} dev v0 metric ${1000 + place}`;
  });
  programs.batch("ip", lines);
  await compare();
});

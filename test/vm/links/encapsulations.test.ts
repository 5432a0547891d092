import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { RouteSettings } from "../../../src/index.js";
import { routed } from "../../kernel/ports/routed.js";
import type { Printed } from "../differential/agreement.js";
import { inside } from "../differential/inside.js";
import { address4, address6, upTo } from "../differential/spoken.js";

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

const geneve = fc.record({
  class: upTo(0xffff),
  type: byte,
  data: fc.uint8Array({ minLength: 1, maxLength: 2 }).map((bytes) => Buffer.of(...bytes, ...bytes, ...bytes, ...bytes)),
});
const hexadecimal = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
/** What a tunnel's header has of the tunnel's own kind. */
const tunnelOptions = fc
  .tuple(
    fc.constantFrom("inet" as const, "inet6" as const),
    fc.oneof(
      fc.array(geneve, { minLength: 1, maxLength: 3 }).map((list) => ({
        opts: { geneve: list },
        words: `geneve_opts ${list.map((each) => `${each.class}:${each.type}:${hexadecimal(each.data)}`).join(",")}`,
        printed: { geneve_opts: list.map((each) => ({ ...each, data: hexadecimal(each.data) })) },
      })),
      upTo(0xffff, 1).map((gbp) => ({
        opts: { vxlan: { gbp } },
        words: `vxlan_opts ${gbp}`,
        printed: { vxlan_opts: [{ gbp }] },
      })),
      upTo(0xfffff).map((index) => ({
        opts: { erspan: { ver: 1, index } },
        words: `erspan_opts 1:${index}`,
        printed: { erspan_opts: [{ ver: 1, index, dir: 0, hwid: 0 }] },
      })),
      fc.record({ dir: upTo(1), hwid: upTo(63) }).map(({ dir, hwid }) => ({
        opts: { erspan: { ver: 2, dir, hwid } },
        words: `erspan_opts 2::${dir}:${hwid}`,
        printed: { erspan_opts: [{ ver: 2, index: 0, dir, hwid }] },
      })),
    ),
  )
  .map(([family, { opts, words, printed }]): Case => {
    const type = family === "inet" ? ("ip" as const) : ("ip6" as const);
    const dst = family === "inet" ? "192.0.2.7" : "2001:db8::7";
    return {
      family,
      encapsulation: { type, id: 7n, dst, opts },
      words: `${type} id 7 dst ${dst} ${words}`,
      printed: { encap: type, id: 7, dst, ...printed },
    };
  });

const CHECKSUMS = {
  noAction: "no-action",
  neutralMap: "neutral-map",
  neutralMapAuto: "neutral-map-auto",
  adjustTransport: "adj-transport",
};
const HOOKS = { routeOutput: "output", routeInput: "input" };
const ila = fc
  .record({
    locator: fc
      .array(upTo(0xffff), { minLength: 4, maxLength: 4 })
      .map((groups) => groups.map((group) => group.toString(16)).join(":")),
    csumMode: fc.constantFrom(
      "noAction" as const,
      "neutralMap" as const,
      "neutralMapAuto" as const,
      "adjustTransport" as const,
    ),
    hookType: fc.constantFrom("routeOutput" as const, "routeInput" as const),
  })
  .map((values): Case => {
    const { locator, csumMode, hookType } = values;
    const [mode, hook] = [CHECKSUMS[csumMode], HOOKS[hookType]];
    return {
      family: "inet6",
      encapsulation: { type: "ila", ...values, identType: "luid" },
      words: `ila ${locator} csum-mode ${mode} ident-type luid hook-type ${hook}`,
      printed: { encap: "ila", locator, csum_mode: mode, ident_type: "luid", hook_type: hook },
    };
  });
const xfrm = fc
  .record({
    family: fc.constantFrom("inet" as const, "inet6" as const),
    ifId: upTo(0xffffffff, 1),
    below: fc.boolean(),
  })
  .map(({ family, ifId, below }): Case => ({
    family,
    // The loopback has the index 1.
    encapsulation: { type: "xfrm", ifId, ...(below ? { link: 1 } : {}) },
    words: `xfrm if_id ${ifId}${below ? " link_dev lo" : ""}`,
    printed: { encap: "xfrm", if_id: ifId, ...(below ? { link_dev: "lo" } : {}) },
  }));

const cases = [mpls, ip, ip6, tunnelOptions, ila, seg6, seg6Local, xfrm].flatMap((each) =>
  fc.sample(each, { seed: 20, numRuns: 6 }),
);

/** The settings of a case; the metric tells routes apart, for `ip` prints two things as "dst". */
function settingsOf({ family, encapsulation }: Case, place: number): [destination: string, settings: RouteSettings] {
  const gateway = { gateway: family === "inet" ? "10.0.0.2" : "fd00::2", link: "v0" };
  const link = linkOf(encapsulation);
  return [
    destinationOf(family, place),
    { ...(link === undefined ? gateway : { link }), metric: 1000 + place, encapsulation },
  ];
}

/** Some wrap what goes out by a link, the others what goes to a gateway. */
function linkOf({ type }: Encapsulation): string | undefined {
  return { seg6Local: "v0", xfrm: "xfrm0" }[type as string];
}

function destinationOf(family: string, place: number): string {
  return family === "inet" ? `10.${100 + place}.0.0/16` : `fd01:${place + 1}::/64`;
}

test("routes that wrap packets: what linkwright sets is what ip prints, and what ip sets is what linkwright reads", async () => {
  // Some kernels load what wraps packets only when asked to.
  spawnSync("modprobe", ["-a", "mpls_iptunnel", "ila", "xfrm_interface"]);
  await using host = await routed();
  const programs = await inside(host);
  programs.batch("ip", ["link add xfrm0 type xfrm external", "link set xfrm0 up"]);
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
    const link = linkOf(encapsulation);
    const way = link === undefined ? `via ${family === "inet" ? "10.0.0.2" : "fd00::2"} dev v0` : `dev ${link}`;
    const route = `route add ${destinationOf(family, place)} metric ${1000 + place}`;
    // Behind xfrm, ip overlooks words; behind some others it needs one.
    return encapsulation.type === "xfrm" ? `${route} ${way} encap ${words}` : `${route} encap ${words} ${way}`;
  });
  programs.batch("ip", lines);
  await compare();
});

test("a link inside what wraps packets is given by name, as any other", async () => {
  spawnSync("modprobe", ["-a", "xfrm_interface"]);
  await using host = await routed();
  (await inside(host)).batch("ip", ["link add xfrm0 type xfrm external", "link set xfrm0 up"]);
  const [v0, v1] = await Promise.all([host.link("v0"), host.link("v1")]);
  const policy = { type: "xfrm", ifId: 7 } as const;
  const added = await host.routes.add("10.9.0.0/16", { link: "xfrm0", encapsulation: { ...policy, link: "v0" } });
  expect(added.encapsulation).toEqual({ ...policy, link: v0.index });
  const segment = { type: "seg6Local", action: "endDx2" } as const;
  const out = await host.routes.add("fd09::/64", { link: "v0", encapsulation: { ...segment, oif: v1 } });
  expect(out.encapsulation).toMatchObject({ ...segment, oif: v1.index });
  await expect(
    host.routes.add("10.10.0.0/16", { link: "xfrm0", encapsulation: { ...policy, link: "nowhere" } }),
  ).rejects.toMatchObject({ code: "ENODEV", subject: "nowhere" });
});

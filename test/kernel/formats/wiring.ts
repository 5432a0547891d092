import type { Host } from "../../../src/index.js";
import { ipJson } from "../scene/iproute.js";

type Values = Readonly<Record<string, unknown>>;

function picked(values: Values, ...names: readonly string[]): Values {
  return Object.fromEntries(names.filter((name) => values[name] !== undefined).map((name) => [name, values[name]]));
}

/**
 * Links, addresses, routes and rules as `ip` prints them, without what each namespace has or a MAC decides. An address's metric is
 * its route's.
 */
export async function wiring(host: Host): Promise<unknown> {
  const links = await ipJson(host, "address", "show");
  const routes = [
    ...(await ipJson(host, "-4", "route", "show", "table", "all")),
    ...(await ipJson(host, "-6", "route", "show", "table", "all")),
  ];
  const rules = [...(await ipJson(host, "-4", "rule")), ...(await ipJson(host, "-6", "rule"))];
  // Programs bring up lo whatever is said.
  const own = (link: unknown): boolean => link !== "lo" && !/^far\d/.test(String(link));
  return {
    links: links
      .filter(({ ifname }) => own(ifname))
      .sort((one, other) => (String(one["ifname"]) < String(other["ifname"]) ? -1 : 1))
      .map((link) => {
        const { info_kind: kind, info_data: data = {} } = (link["linkinfo"] ?? {}) as {
          info_kind?: string;
          info_data?: Values;
        };
        const up = (link["flags"] as string[]).includes("UP");
        const addresses = (link["addr_info"] as Values[])
          .filter(({ scope, family }) => !(scope === "link" && family === "inet6"))
          .map((each) => picked(each, "family", "local", "prefixlen", "broadcast", "address", "scope", "label"));
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
      }),
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

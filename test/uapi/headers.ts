import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const INCLUDES = [
  "stdio.h",
  "stddef.h",
  "sys/socket.h",
  "linux/can/vxcan.h",
  "linux/cfm_bridge.h",
  "linux/fib_rules.h",
  "linux/icmpv6.h",
  "linux/if.h",
  "linux/if_addr.h",
  "linux/if_bonding.h",
  "linux/if_bridge.h",
  "linux/if_ether.h",
  "linux/if_link.h",
  "linux/genetlink.h",
  "linux/if_macsec.h",
  "linux/if_tun.h",
  "linux/if_tunnel.h",
  "linux/if_vlan.h",
  "linux/ila.h",
  "linux/in.h",
  "linux/in_route.h",
  "linux/ioam6.h",
  "linux/ioam6_iptunnel.h",
  "linux/ip6_tunnel.h",
  "linux/lwtunnel.h",
  "linux/mpls.h",
  "linux/mpls_iptunnel.h",
  "linux/mrp_bridge.h",
  "linux/netfilter.h",
  "linux/netfilter/nf_conntrack_common.h",
  "linux/netfilter/nf_conntrack_tcp.h",
  "linux/netfilter/nf_log.h",
  "linux/netfilter/nf_nat.h",
  "linux/netfilter/nf_tables.h",
  "linux/netfilter/nf_tables_compat.h",
  "linux/netfilter/nfnetlink.h",
  "linux/netfilter/nfnetlink_conntrack.h",
  "linux/neighbour.h",
  "linux/gen_stats.h",
  "linux/net_dropmon.h",
  "linux/net_namespace.h",
  "linux/netconf.h",
  "linux/netlink.h",
  "linux/nexthop.h",
  "linux/pkt_cls.h",
  "linux/pkt_sched.h",
  "linux/rpl.h",
  "linux/rpl_iptunnel.h",
  "linux/rtnetlink.h",
  "linux/seg6_iptunnel.h",
  "linux/seg6_local.h",
  "linux/tc_act/tc_gact.h",
  "linux/tc_act/tc_mirred.h",
  "linux/veth.h",
];

/** Why C programs cannot be compiled here, or undefined. */
export function whyNoCompiler(): string | undefined {
  const { error, status, stderr } = spawnSync("cc", ["-E", "-xc", "-"], {
    input: "#include <linux/rtnetlink.h>\n#include <sys/socket.h>\n",
    encoding: "utf8",
  });
  if (error !== undefined) return `no C compiler: ${error.message}`;
  return status === 0 ? undefined : `the C compiler does not find the kernel's headers: ${stderr.split("\n")[0]}`;
}

interface Compiled {
  /** Identifiers that the headers do not have. */
  readonly undeclared: readonly string[];
  readonly output: string;
}

function program(expressions: readonly string[]): string {
  const prints = expressions.map((expression) => `  printf("%lld\\n", (long long)(${expression}));`);
  return [...INCLUDES.map((header) => `#include <${header}>`), "int main(void) {", ...prints, "}", ""].join("\n");
}

function compile(source: string): Compiled {
  const folder = mkdtempSync(join(tmpdir(), "linkwright-uapi-"));
  try {
    writeFileSync(join(folder, "constants.c"), source);
    const { status, stderr } = spawnSync("cc", ["-fmax-errors=0", "-w", "-o", "constants", "constants.c"], {
      cwd: folder,
      env: { ...process.env, LC_ALL: "C" },
      encoding: "utf8",
    });
    const undeclared = [...stderr.matchAll(/error: (?:use of undeclared identifier )?'(\w+)'(?: undeclared)?/g)];
    if (status !== 0 && undeclared.length === 0) throw new Error(`cc failed:\n${stderr}`);
    const output = status === 0 ? execFileSync(join(folder, "constants"), { encoding: "utf8" }) : "";
    return { undeclared: undeclared.map((found) => found[1]!), output };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What the machine's headers make of C expressions; one that uses an identifier which they lack is not in the map. */
export function evaluate(expressions: readonly string[]): Map<string, number> {
  const identifiers = /\b[A-Za-z_]\w*/g;
  let left = [...new Set(expressions)];
  for (;;) {
    const { undeclared, output } = compile(program(left));
    if (undeclared.length === 0) {
      const numbers = output.trimEnd().split("\n").map(Number);
      return new Map(left.map((expression, place) => [expression, numbers[place]!]));
    }
    const known = left.filter(
      (expression) => !expression.match(identifiers)?.some((name) => undeclared.includes(name)),
    );
    if (known.length === left.length) throw new Error(`the headers themselves lack ${undeclared.join(", ")}`);
    left = known;
  }
}

import { readFileSync } from "node:fs";

/** The access rules of QEMU's own bridge helper, which hold for ours, too: native/qemu/acl.c. */
export const BRIDGE_CONF = "/etc/qemu/bridge.conf";

/** What rules say: the bridges that are allowed and denied, of which "all" is any. */
interface Rules {
  readonly allowed: Set<string>;
  readonly denied: Set<string>;
}

function read(path: string, depth: number, { allowed, denied }: Rules): void {
  if (depth > 8) return;
  for (const line of readFileSync(path, "utf8").split("\n")) {
    const [, word, value = ""] = /^\s*(\w+)\s+(\S+)\s*$/.exec(line) ?? [];
    if (word === "allow") allowed.add(value);
    else if (word === "deny") denied.add(value);
    else if (word === "include") read(value, depth + 1, { allowed, denied });
  }
}

/** Why the helper would give none of these bridges to anybody; undefined when it would give one. */
export function bridgeConfProblem(bridges: readonly string[], path = BRIDGE_CONF): string | undefined {
  const rules: Rules = { allowed: new Set(), denied: new Set() };
  try {
    read(path, 0, rules);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === "ENOENT"
      ? `there is no such file, so that the bridge helper refuses everybody: ${remedy(bridges)}`
      : message;
  }
  const holds = (set: ReadonlySet<string>, bridge: string): boolean => set.has("all") || set.has(bridge);
  const given = bridges.some((bridge) => holds(rules.allowed, bridge) && !holds(rules.denied, bridge));
  return given || bridges.length === 0 ? undefined : `the bridge helper refuses everybody: ${remedy(bridges)}`;
}

function remedy([bridge = "br0"]: readonly string[]): string {
  return `a line "allow ${bridge}" allows one`;
}

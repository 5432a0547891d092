import { accessSync, constants, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

const CAP_NET_ADMIN = 12n;
const CAP_SYS_ADMIN = 21n;

/** Why namespaces and TAPs cannot be made here, if so. */
function obstacle(): string | undefined {
  const capabilities = BigInt(`0x${/^CapEff:\s*(\w+)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "0"}`);
  for (const [bit, name] of [
    [CAP_NET_ADMIN, "CAP_NET_ADMIN"],
    [CAP_SYS_ADMIN, "CAP_SYS_ADMIN"],
  ] as const)
    if (((capabilities >> bit) & 1n) === 0n)
      return `${name} is needed; start vitest under: unshare --user --map-root-user --net`;
  try {
    accessSync("/dev/net/tun", constants.R_OK | constants.W_OK);
  } catch (error) {
    return `/dev/net/tun cannot be opened (${(error as NodeJS.ErrnoException).code})`;
  }
  return undefined;
}

interface Suite {
  readonly name: string;
  readonly files?: readonly string[];
  /** Files of it that are tested at once. */
  readonly workers?: number;
  readonly privileged?: boolean;
  readonly thread?: "always" | "never";
}

const inMachine = process.env.LINKWRIGHT_VM === "1";
/** Far above what anything takes; in an emulated machine on a busy one, the first load of a module takes tens of seconds. */
const timeout = inMachine ? 240_000 : 60_000;
const reason = obstacle();
/** What the host is made of: tested each way in which its requests can be executed (Host.open's `thread`). */
const core = [
  "host/{aborting,closing,done-is-done,journal,reports,sequences,until}",
  "links/{links,link-names,removal}",
  "ports/*",
  "bridge/{bridge,fdb,mdb,vlans}",
  "address/addresses",
  "neighbour/neighbours",
  "routing/{routes,rules,nexthops}",
  "tap/{tap-descriptors,tap-options}",
];
const suites: readonly Suite[] = [
  { name: "unit", workers: availableParallelism() },
  { name: "uapi", workers: availableParallelism() },
  // Each test has namespaces of its own; more than two at once would only wait for the one lock that they all take (RTNL).
  { name: "kernel", privileged: true, workers: 2 },
  ...(["always", "never"] as const).map((thread) => ({
    name: `kernel-${thread}`,
    files: core.map((file) => `test/kernel/${file}.test.ts`),
    privileged: true,
    workers: 2,
    thread,
  })),
  { name: "e2e", privileged: true },
  { name: "package" },
  { name: "managers", workers: 2 },
  // Boots virtual machines.
  { name: "boot" },
  // Inside the virtual machine that test/vm boots.
  ...(inMachine ? [{ name: "vm", privileged: true }] : []),
];

function projectOf({ name, files = [`test/${name}/**/*.test.ts`], workers = 1, privileged = false, thread }: Suite) {
  const possible = !privileged || reason === undefined;
  if (!possible) console.log(`skipped: test/${name}: ${reason}`);
  const plugins = thread === undefined ? [late] : [late, by(thread)];
  return { name, workers, include: possible ? [...files] : [], plugins };
}

/** What src requires late, the tests load with the rest: only the build makes files of it. */
const late = {
  name: "late",
  enforce: "pre" as const,
  transform(code: string, id: string) {
    if (!id.includes("/src/") || !code.includes('require("./')) return undefined;
    const names = new Map<string, string>();
    const body = code.replace(/\brequire\(("\.[^"]+")\)/g, (_, path: string) => {
      if (!names.has(path)) names.set(path, `late${names.size}`);
      return names.get(path)!;
    });
    return {
      code: `${body}\n${[...names].map(([path, name]) => `import * as ${name} from ${path};`).join("\n")}`,
      map: null,
    };
  },
};

/** Hosts that do not say which thread executes their requests have it so. */
const by = (thread: string) => ({
  name: "thread",
  enforce: "pre" as const,
  transform(code: string, id: string) {
    if (!id.endsWith("/src/kernel/execution.ts")) return undefined;
    const changed = code.replace(/(DEFAULT: ThreadUse =) "\w+"/, `$1 "${thread}"`);
    if (changed === code && !code.includes(`DEFAULT: ThreadUse = "${thread}"`))
      throw new Error(`${id} has no default to replace`);
    return { code: changed, map: null };
  },
});

export default defineConfig({
  plugins: [late],
  test: {
    passWithNoTests: true,
    reporters: ["default", "./scripts/lib/totals-reporter.mjs"],
    projects: suites.map(projectOf).map(({ name, workers, include, plugins }, index) => ({
      plugins,
      test: {
        name,
        include,
        pool: "forks",
        testTimeout: timeout,
        hookTimeout: timeout,
        sequence: { groupOrder: index },
        fileParallelism: workers > 1,
        maxWorkers: workers,
      },
    })),
  },
});

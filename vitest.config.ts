import { accessSync, constants, readdirSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { bundleTests } from "./scripts/lib/bundle-tests.mjs";

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
  /** Of test/NAME, or of another folder, all files; or those that this names. */
  readonly folder?: string;
  readonly files?: RegExp;
  /** Files of it that are tested at once. */
  readonly workers?: number;
  readonly privileged?: boolean;
  readonly thread?: "always" | "never";
  /** Its tests can be bundled, a file each. */
  readonly bundled?: boolean;
  /** Its modules are loaded once for several files, for no test leaves anything in them. */
  readonly shared?: boolean;
}

const inMachine = process.env.LINKWRIGHT_VM === "1";
/** Far above what anything takes; in an emulated machine on a busy one, the first load of a module takes tens of seconds. */
const timeout = inMachine ? 240_000 : 60_000;
const alone = process.env.LINKWRIGHT_ALONE === "1";
/** Files that are tested at once. */
const processors = alone ? 1 : availableParallelism();
/** The same of those that wait for the kernel nearly half of their time; more of them would wait for the one lock that all take (RTNL). */
const waiting = alone ? 1 : Math.min(processors, 2) + 1;
/** The suites that are asked for, where their tests are to be bundled before they run. */
const toBundle = process.env.LINKWRIGHT_BUNDLED?.split(",") ?? [];
const reason = obstacle();
/** What the host is made of: tested each way in which its requests can be executed (Host.open's `thread`). */
const core = [
  "host/(aborting|closing|done-is-done|journal|reports|sequences|until)",
  "links/(links|link-names|removal)",
  "ports/.*",
  "bridge/(bridge|fdb|mdb|vlans)",
  "address/addresses",
  "neighbour/neighbours",
  "routing/(routes|rules|nexthops)",
  "tap/(tap-descriptors|tap-options)",
];
const suites: readonly (readonly Suite[])[] = [
  [
    { name: "unit", workers: processors, shared: true },
    { name: "uapi", workers: processors },
  ],
  // Each test has namespaces of its own.
  [
    { name: "kernel", privileged: true, bundled: true, workers: waiting },
    ...(["always", "never"] as const).map((thread) => ({
      name: `kernel-${thread}`,
      folder: "kernel",
      files: new RegExp(`^(${core.join("|")})\\.test\\.ts$`),
      privileged: true,
      bundled: true,
      workers: waiting,
      thread,
    })),
    { name: "e2e", privileged: true, bundled: true, workers: waiting },
    { name: "package", workers: waiting },
  ],
  [{ name: "managers", workers: Math.min(processors, 2) }],
  // Boots virtual machines.
  [{ name: "boot" }],
  // Inside the virtual machine that test/vm boots.
  ...(inMachine ? [[{ name: "vm", privileged: true }]] : []),
];

/** A suite as vitest has it. Those of one group are tested at the same time. */
async function projectOf(suite: Suite, group: number) {
  const { name, folder = name, files = /\.test\.ts$/, workers = 1, privileged = false, shared = false, thread } = suite;
  const possible = !privileged || reason === undefined;
  if (!possible) console.log(`skipped: test/${name}: ${reason}`);
  const all = readdirSync(join(import.meta.dirname, "test", folder), { recursive: true, encoding: "utf8" });
  const tests = possible ? all.filter((file) => files.test(file)).map((file) => `test/${folder}/${file}`) : [];
  const plugins = thread === undefined ? [] : [by(thread)];
  const test = {
    name,
    pool: "forks" as const,
    isolate: !shared,
    testTimeout: timeout,
    hookTimeout: timeout,
    expect: { poll: { timeout } },
    sequence: { groupOrder: group },
    fileParallelism: workers > 1,
    maxWorkers: workers,
  };
  if (!toBundle.includes(name) || suite.bundled !== true || tests.length === 0)
    return { plugins: [late, ...plugins], test: { ...test, include: tests } };
  const bundles = `build/tests/${name}`;
  await bundleTests(tests, bundles, { external: [/^(?!@oxc-project)[\w@]/], plugins });
  const root = join(import.meta.dirname, bundles);
  return {
    root,
    test: { ...test, include: ["test/**/*.test.mjs"], server: { deps: { external: [/\/build\/tests\//] } } },
  };
}

/** What src requires late, the tests load with the rest: only the build makes files of it. */
const late = {
  name: "late",
  enforce: "pre" as const,
  transform(code: string, id: string) {
    if (!id.includes("/src/") || !code.includes('require(".')) return undefined;
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
    if (!id.endsWith("/src/kernel/thread-use.ts")) return undefined;
    const changed = code.replace(/(DEFAULT: ThreadUse =) "\w+"/, `$1 "${thread}"`);
    if (changed === code && !code.includes(`DEFAULT: ThreadUse = "${thread}"`))
      throw new Error(`${id} has no default to replace`);
    return { code: changed, map: null };
  },
});

export default defineConfig(async () => ({
  plugins: [late],
  test: {
    passWithNoTests: true,
    reporters: ["default", "./scripts/lib/totals-reporter.mjs"],
    projects: await Promise.all(suites.flatMap((group, i) => group.map((suite) => projectOf(suite, i)))),
  },
}));

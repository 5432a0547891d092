import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Host, type Link } from "../../../src/index.js";
import { fixture, lacks, report, run } from "../scene/program.js";

const SOURCE = fileURLToPath(new URL("../fixtures/faults.c", import.meta.url));
const ADDON = fileURLToPath(new URL("../../../build/Release/linkwright.node", import.meta.url));

/** What cannot fail, or is of no more weight than time; and what the linker adds. */
const HARMLESS = [
  ...[
    "memcpy",
    "memset",
    "strcmp",
    "strncmp",
    "strlen",
    "strchr",
    "strerror",
    "snprintf",
    "inet_pton",
    "sigfillset",
    "free",
  ],
  ...["sched_yield", "sched_getcpu", "__sched_cpucount", "__errno_location", "pthread_once", "__tls_get_addr"],
  ...["pthread_mutex_lock", "pthread_mutex_unlock", "pthread_mutex_destroy", "pthread_mutexattr_destroy"],
  ...["pthread_cond_wait", "pthread_cond_signal", "pthread_cond_destroy", "pthread_attr_destroy"],
  ...["__cxa_finalize", "__gmon_start__", "_ITM_deregisterTMCloneTable", "_ITM_registerTMCloneTable"],
];
/** Called when the process looks at its machine for the first time, or an environment ends; and nothing hangs on what they return. */
const ELSEWHERE = ["pthread_detach", "sched_getaffinity", "__stack_chk_fail"];

/** Calls of places that no scenario reaches, by what is called: all of them come after another refusal, or need another's help. */
const AFTERWARDS: Readonly<Record<string, string>> = {
  close: "lets go of what was opened before something else was refused",
  munmap: "the same of a socket's room",
  fclose: "the same of a folder's list",
  setsockopt: "without privilege: the system's limit for a buffer instead of a larger one",
  getsockopt: "the same, of which the size is asked",
  flock: "while somebody else holds the lock",
  mmap64: "room for what is left of a conversation that failed",
  mremap: "the same",
  mount: "has a folder of names be shared: once in its life",
  unlink: "of the file of a name that could not be mounted there",
  malloc: "a piece of answers for a thread, while the event loop has not taken the last one",
};

/** Milliseconds for hundreds of runs, on a machine that does more beside them. They wait for the kernel most of the time: several at once. */
const LONG = 300_000;

const missing = lacks("cc", "--version") ?? (process.getuid?.() === 0 ? undefined : "strace and namespaces need root");
let folder: string;
let library: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "linkwright-faults-"));
  library = join(folder, "faults.so");
  if (missing === undefined)
    execFileSync("cc", ["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-O1", "-fPIC", "-shared", "-o", library, SOURCE]);
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** With a /run of its own, in which namespaces get names. */
function faulty(program: readonly string[]): string[] {
  const ownRun = ["unshare", "--mount", "sh", "-ec", 'mount -t tmpfs run /run; exec "$@"', "sh"];
  return [...ownRun, "env", `LD_PRELOAD=${library}`, process.execPath, "--expose-gc", ...program.slice(1)];
}

interface Run {
  readonly fault: string;
  readonly fired: number;
  readonly outcomes: readonly { code?: string; errno?: number; hung?: string; untrue?: string }[];
}

interface Runs {
  readonly names: readonly string[];
  /** What was called from where, as "FUNCTION@PLACE". */
  readonly sites: readonly string[];
  readonly first: Run["outcomes"];
  readonly before: number;
  readonly after: number;
  readonly runs: readonly Run[];
}

const refused = ({ outcomes }: Run): boolean =>
  outcomes.some(({ code, errno }) => code !== undefined || (errno !== undefined && errno !== 0));

function check({ first, before, after, runs }: Runs): void {
  expect(first.filter(({ code, errno = 0 }) => code !== undefined || errno !== 0)).toEqual([]);
  const wrong = runs.flatMap(({ outcomes, fault }) =>
    outcomes
      .filter(({ hung, untrue, code = "" }) => hung !== undefined || untrue !== undefined || code.startsWith("none"))
      .map((outcome) => ({ fault, ...outcome })),
  );
  expect(wrong).toEqual([]);
  expect(after).toBe(before);
  // A call that depends on how quick a thread is may not come again in six runs: one in fifty at most.
  const untried = runs.filter(({ fired }) => fired === 0).map(({ fault }) => fault);
  if (untried.length > 0) console.info(`not called again: ${untried.join(", ")}`);
  expect(untried.length).toBeLessThanOrEqual(runs.length / 50);
  expect(runs.filter(refused).length).toBeGreaterThan(0.4 * runs.length);
}

test.concurrent(
  "whatever call of the C library fails in the addon, it neither crashes nor hangs, and says so by a code",
  { timeout: LONG },
  async ({ skip }) => {
    skip(missing !== undefined, missing);
    const runs = await report<Runs>(faulty(fixture("faults", "addon", "always")), LONG);
    check(runs);
    const imported = execFileSync("nm", ["-D", "--undefined-only", ADDON], { encoding: "utf8" })
      .split("\n")
      .map((line) => line.trim().split(/[ @]+/)[1] ?? "")
      .filter((name) => name !== "" && !/^(napi|uv)_/.test(name));
    expect(imported.filter((name) => ![...HARMLESS, ...ELSEWHERE, ...runs.names].includes(name))).toEqual([]);
  },
);

/** Every call of the C library in the addon's code, as "FUNCTION@PLACE", where PLACE is what follows. */
function callsIn(addon: string): string[] {
  const lines = execFileSync("objdump", ["-d", "--no-show-raw-insn", addon], { encoding: "utf8" }).split("\n");
  return lines.flatMap((line, place) => {
    const [, name] = /\scall\s+[\da-f]+ <(\w+)@plt>/.exec(line) ?? [];
    const [, next] = /^\s*([\da-f]+):/.exec(lines[place + 1] ?? "") ?? [];
    return name === undefined || next === undefined ? [] : [`${name}@${next}`];
  });
}

test("each place from which the addon calls the C library is among those that fail, but for what comes after another refusal", async ({
  skip,
}) => {
  const unable = missing ?? lacks("objdump", "--version");
  skip(unable !== undefined, unable);
  skip(process.arch !== "x64", "the calls of another machine look otherwise");
  const runs = ["addon", "host"].map((scenario) =>
    report<Runs>(faulty(fixture("faults", scenario, "always", "nothing 1 before 0")), LONG),
  );
  const reached = new Set((await Promise.all(runs)).flatMap(({ sites }) => sites));
  const nameOf = (site: string): string => site.split("@")[0]!;
  const canFail = (site: string): boolean =>
    ![...HARMLESS, ...ELSEWHERE].includes(nameOf(site)) && !/^(napi|uv)_/.test(site);
  const all = callsIn(ADDON).filter(canFail);
  const others = all.filter((site) => !reached.has(site));
  expect(all.length).toBeGreaterThan(100);
  expect(others.filter((site) => !Object.hasOwn(AFTERWARDS, nameOf(site)))).toEqual([]);
  expect(others.length).toBeLessThan(all.length / 4);
});

test.concurrent.for(["always", "never"])(
  "whatever call fails, what a host says to be done is so, and what it could not make is not there: its thread %s executes",
  { timeout: LONG },
  async (way, { skip }) => {
    skip(missing !== undefined, missing);
    check(await report<Runs>(faulty(fixture("faults", "host", way)), LONG));
  },
);

test.concurrent(
  "whenever a process is killed, a persistent TAP is whole or not there, and an open one goes",
  { timeout: LONG },
  async ({ skip }) => {
    skip(missing !== undefined, missing);
    await using host = await Host.open({ namespace: "new" });
    await using namespace = await host.namespaceDescriptor();
    const path = `/proc/${process.pid}/fd/${namespace.fd}`;
    const make = (fault: string): ReturnType<typeof run> => run(faulty(fixture("killed/tap", path, fault)));
    const named = async (): Promise<Record<string, Link | undefined>> =>
      Object.fromEntries((await host.links()).map((link) => [link.name, link]));
    await host.addBridge("br0", { up: true });
    const { stdout } = await make("nothing 1 before 0");
    await host.remove("kept");
    const points = ["ioctl", "sendto", "recvmsg", "open64", "close"].flatMap((name) => {
      const count = Number(new RegExp(`${name}=(\\d+)`).exec(stdout)?.[1] ?? 0);
      return Array.from({ length: count }, (_, i) => `${name} ${i + 1} kill 0`);
    });
    expect(points.length).toBeGreaterThan(15);
    for (const point of points) {
      expect((await make(point)).signal, point).toBe("SIGKILL");
      const { kept, open, br0 } = await named();
      expect(open, point).toBeUndefined();
      expect(br0?.up, point).toBe(true);
      if (kept === undefined) continue;
      expect(kept, point).toMatchObject({ address: "02:00:00:00:00:01", linkInfo: { data: { owner: 7, group: 8 } } });
      await host.remove("kept");
    }
  },
);

test("a TAP that is there is told of, however long the next one takes", async ({ skip }) => {
  skip(missing !== undefined, missing);
  const { third, last } = await report<{ third: number; last: number }>(faulty(fixture("delayed", "brief")));
  expect(last - third).toBeGreaterThan(200);
});

test("a TAP that is renamed while it is opened keeps its index, and comes with its new name", async ({ skip }) => {
  skip(missing !== undefined, missing);
  const { name, index, mine } = await report<Record<string, unknown>>(faulty(fixture("delayed", "renamed")));
  expect({ name, index }).toEqual({ name: "mine", index: mine });
});

test("a table that was listed makes no batch after it smaller", async ({ skip }) => {
  skip(missing !== undefined, missing);
  const { before, after } = await report<{ before: number; after: number }>(faulty(fixture("delayed", "room")));
  expect(after).toBe(before);
});

test("the event loop goes on while a thread that is closed takes long to end", async ({ skip }) => {
  skip(missing !== undefined, missing);
  const { longest, took, delay } = await report<Record<string, number>>(faulty(fixture("delayed", "closing")));
  expect(took).toBeGreaterThan(0.9 * delay!);
  expect(longest).toBeLessThan(0.5 * took!);
});

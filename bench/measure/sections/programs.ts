import { existsSync } from "node:fs";
import { installed } from "../../../scripts/lib/run.mjs";
import { provideProgramTools } from "../../contenders/peers.js";
import type { Bench } from "../section.js";
import { APART, DEBIANS, HELD, inScene, JOINED, NOTHINGS, type SceneStep } from "./programs-scene.js";

const full = { rounds: 100 };
const quick = { rounds: 30 };
const WARM_UP = 5;
const SYSTEMS_SHELL = "/bin/sh";
const QEMUS = "/usr/lib/qemu/qemu-bridge-helper";
const OURS = "/usr/local/lib/linkwright/linkwright-bridge-helper";

/** What is measured, and beside what. */
const ROWS = {
  helper: { title: "bridge helper", ours: "linkwright-bridge-helper" },
  ifup: { title: "attach a TAP and set it up", ours: "qemu-ifup" },
  ifdown: { title: "take a TAP out of its bridge and down", ours: "qemu-ifdown" },
};
const OURS_NAMES = Object.values(ROWS).map(({ ours }) => ours);
/** Linked as most would do it, and as linkwright's programs are: the floor, where that can be had. */
const NOTHING = "static-nothing";
const NOTHING_LIKE_OURS = "static-nothing-musl";

const helper = (program: string): string[] => [program, "--use-vnet", "--fd=3", "--br=br0"];
const shell = (program: string, script: string): string[] => [program, "-c", script, "tap0"];
const untimed = (words: readonly string[]): string[] => ["-", ...words];
const check = (script: string): string[] => untimed(shell(SYSTEMS_SHELL, script));

const IP = { up: "ip link set $0 master br0 up", down: "ip link set $0 nomaster down" };
const BRCTL = { up: "ip link set $0 up && brctl addif br0 $0", down: "brctl delif br0 $0 && ip link set $0 down" };

/** A step of a round: a command, and where its time goes if it is timed. */
interface Step extends SceneStep {
  readonly row?: keyof typeof ROWS;
  readonly name?: string;
  readonly title?: string;
}

/** Steps that go together, and the programs and files without which they do not go. */
interface Group {
  readonly needs?: readonly string[];
  readonly steps: readonly Step[];
}

type Tools = ReturnType<typeof provideProgramTools>;

const steps = (row: keyof typeof ROWS, name: string, title: string, command: readonly string[]): Step => ({
  row,
  name,
  title,
  command,
});

function byShell(
  shellName: string,
  tools: string,
  toolsTitle: string,
  { up, down }: { up: string; down: string },
): Group {
  const program = `/usr/bin/${shellName}`;
  const name = `${shellName}-${tools}`;
  return {
    needs: [program, ...(tools.includes("brctl") ? ["brctl"] : [])],
    steps: [
      steps("ifup", name, `${shellName} with ${toolsTitle}`, shell(program, up)),
      { command: check(JOINED) },
      steps("ifdown", name, `${shellName} with ${toolsTitle}`, shell(program, down)),
      { command: check(APART) },
    ],
  };
}

const nothing = (name: string, title: string, command: string): Group => ({
  steps: [{ name, title, command: [command] }],
});

const programs = ({ musl }: Tools): readonly Group[] => [
  {
    steps: [steps("helper", ROWS.helper.ours, "linkwright's bridge helper", helper(OURS)), { command: check(HELD) }],
  },
  {
    needs: [QEMUS],
    steps: [steps("helper", "qemu-bridge-helper", "QEMU's bridge helper", helper(QEMUS)), { command: check(HELD) }],
  },
  {
    steps: [
      steps("ifup", "qemu-ifup", "linkwright's qemu-ifup", ["/etc/qemu-ifup", "tap0"]),
      { command: check(JOINED) },
      steps("ifdown", "qemu-ifdown", "linkwright's qemu-ifdown", ["/etc/qemu-ifdown", "tap0"]),
      { command: check(APART) },
    ],
  },
  {
    needs: ["/etc/qemu-ifup"],
    steps: [
      steps("ifup", "debian-ifup", "Debian's /etc/qemu-ifup", [DEBIANS, "tap0"]),
      { command: check(JOINED) },
      { command: untimed(shell(SYSTEMS_SHELL, IP.down)) },
    ],
  },
  byShell("dash", "ip", "one ip line", IP),
  byShell("dash", "ip-brctl", "ip and brctl", BRCTL),
  byShell("bash", "ip", "one ip line", IP),
  byShell("bash", "ip-brctl", "ip and brctl", BRCTL),
  nothing(NOTHING, "a static program that does nothing (glibc)", NOTHINGS.libc),
  ...(musl ? [nothing(NOTHING_LIKE_OURS, "a static program that does nothing (musl)", NOTHINGS.musl)] : []),
];

/** Whole processes, from start to end, in the order in which a round has them. */
export function run(bench: Bench): string | undefined {
  const lacking = ["cc", "unshare"].filter((program) => !installed(program));
  if (lacking.length > 0) return `${lacking.join(", ")} not installed`;
  if (process.getuid?.() !== 0) return "only root can put programs into an /etc of its own";
  const tools = provideProgramTools();
  if (tools.missing !== undefined) return tools.missing;
  declare(bench, tools.musl ? NOTHING_LIKE_OURS : NOTHING);
  measure(bench, tools, sound(bench, tools), bench.rounds((bench.quick ? quick : full).rounds));
  return undefined;
}

function declare({ record }: Bench, floor: string): void {
  const more = { section: "programs", count: 1, unit: "ms" as const, floor, aside: [NOTHING] };
  for (const [row, { title, ours }] of Object.entries(ROWS))
    record.row({ ...more, id: `programs.${row}`, title, ours });
}

/** The programs that are there and leave what they must, tried once. */
function sound(bench: Bench, tools: Tools): readonly Group[] {
  const all = programs(tools);
  return all.filter(({ needs = [], steps }, i) => {
    bench.progress((0.5 * i) / all.length, "trying each once");
    const absent = needs.filter((need) => !(need.startsWith("/") ? existsSync(need) : installed(need)));
    const why = absent.length > 0 ? `no ${absent.join(", ")}` : inSceneOf(tools, 1, steps).failure;
    if (why === undefined) return true;
    for (const { row, name } of steps)
      if (row !== undefined && name !== undefined) bench.record.fail(`programs.${row}`, name, why);
    return false;
  });
}

/** Linkwright's programs are installed only where they are needed: others are measured without them. */
const inSceneOf = ({ folder = "" }: Tools, rounds: number, steps: readonly Step[]): ReturnType<typeof inScene> =>
  inScene(folder, rounds, steps, {
    installed: steps.some(({ name }) => name !== undefined && OURS_NAMES.includes(name)),
  });

function measure(bench: Bench, tools: Tools, programs: readonly Group[], rounds: number): void {
  bench.progress(0.5, `${rounds} rounds`);
  const all = programs.flatMap(({ steps }) => steps);
  const { lists = [], failure } = inSceneOf(tools, rounds + WARM_UP, all);
  if (failure !== undefined) throw new Error(failure);
  for (const [i, { row, name, title }] of all.entries()) {
    if (name === undefined) continue;
    bench.describe(name, { title: title ?? name, processes: true });
    for (const place of row === undefined ? Object.keys(ROWS) : [row])
      for (const time of lists[i]!.slice(WARM_UP)) bench.record.add(`programs.${place}`, name, time);
  }
}

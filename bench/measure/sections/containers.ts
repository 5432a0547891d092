import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { installed, run as runProgram, searchPath } from "../../../scripts/lib/run.mjs";
import { provideProgramTools } from "../../contenders/peers.js";
import type { Bench } from "../section.js";

const ROUNDS = { full: 60, quick: 15 };
const WARM_UP = 5;
/** How many are attached in the row that tells of it: a bridge has 1023 ports at most. */
const CROWD = 1000;
const LINKWRIGHT = fileURLToPath(new URL("../../../dist/code/cli.cjs", import.meta.url));
const PROGRAM = join(dirname(LINKWRIGHT), "../../build/Release/linkwright-cni");
const REFERENCE = "/usr/lib/cni";
const NOTHING = "static-nothing";

const ROWS = {
  wire: "attach a container to a bridge",
  gateway: "attach a container with address, gateway and masquerade",
  crowd: "the same where 1000 containers are attached",
  removal: "take that container away, to the caller",
  version: "say which versions are spoken",
};

/** Each by its own bridge and subnet, that neither meets what the other has made. */
const CONTENDERS = [
  { name: "linkwright-bridge", title: "linkwright's plugin", program: "/mnt/linkwright-bridge", net: "10.71.0.0/16" },
  { name: "reference-bridge", title: "the reference plugins", program: `${REFERENCE}/bridge`, net: "10.72.0.0/16" },
];

function configurations({ name, net }: (typeof CONTENDERS)[number]): { wire: object; gateway: object } {
  const bridge = (suffix: string): object => ({
    cniVersion: "1.0.0",
    type: name,
    name: `${name}-${suffix}`,
    bridge: `${name.slice(0, 4)}-${suffix}`,
  });
  return {
    wire: bridge("wire"),
    gateway: { ...bridge("gateway"), isDefaultGateway: true, ipMasq: true, ipam: { type: "host-local", subnet: net } },
  };
}

/** A machine with the service running, and a container's namespace; the steps are timed there. */
const SCENE = `
mount --make-rprivate /
mount -t sysfs sys /sys
mount -t tmpfs -o mode=755 bench /mnt
cp "$1"/nothing "$1"/spawn "$4" /mnt
ln -s linkwright-cni /mnt/linkwright-bridge
mkdir /mnt/upper /mnt/work
mount -t overlay -o lowerdir=/var/lib,upperdir=/mnt/upper,workdir=/mnt/work lib /var/lib
mount -t tmpfs -o mode=755 run /run
ip link set lo up
ip netns add pod
printf '%s' "$5" | while IFS= read -r line; do printf '%s' "\${line#* }" > "/mnt/\${line%% *}"; done
"$2" "$3" serve > /mnt/said 2>&1 &
service=$!
until grep -q '"ready"' /mnt/said; do kill -0 $service; sleep 0.1; done
ip netns add crowd
export CNI_COMMAND=ADD CNI_NETNS=/run/netns/crowd CNI_PATH=/
for i in $(seq "$6"); do
  CNI_CONTAINERID=crowd$i CNI_IFNAME=e$i /mnt/linkwright-bridge < /mnt/linkwright-bridge-gateway > /mnt/answer
done
shift 6
status=0
"$@" || status=$?
kill $service
wait $service || true
exit $status
`;

interface Step {
  readonly row: keyof typeof ROWS | undefined;
  readonly name: string;
  readonly words: readonly string[];
}

function stepOf({ name, program }: (typeof CONTENDERS)[number]) {
  return (row: Step["row"], command: string, file: string): Step => {
    const environment = {
      CNI_COMMAND: command,
      CNI_CONTAINERID: "bench",
      CNI_NETNS: "/run/netns/pod",
      CNI_IFNAME: "eth0",
      CNI_PATH: REFERENCE,
    };
    const words = Object.entries(environment).map(([key, value]) => `${key}=${value}`);
    return { row, name, words: [...words, `</mnt/${name}-${file}`, program] };
  };
}

/** What the kernel still does with a link that was taken away holds up whoever comes next, and is none of his cost. */
const REST: Step = { row: undefined, name: NOTHING, words: ["/bin/sleep", "0.1"] };

function stepsOf(contender: (typeof CONTENDERS)[number]): Step[] {
  const step = stepOf(contender);
  return [
    step("wire", "ADD", "wire"),
    step(undefined, "DEL", "wire"),
    REST,
    step("gateway", "ADD", "gateway"),
    step("removal", "DEL", "gateway"),
    REST,
    step("version", "VERSION", "wire"),
  ];
}

/** Of linkwright's plugin alone: the others would take minutes to attach so many. */
function crowdedSteps(): Step[] {
  const step = stepOf(CONTENDERS[0]!);
  return [step("crowd", "ADD", "gateway"), step(undefined, "DEL", "gateway"), REST];
}

/** Attachments as a runtime has them made: whole processes, from start to end, beside the reference plugins. */
export function run(bench: Bench): string | undefined {
  const lacking = ["cc", "unshare", "ip"].filter((program) => !installed(program));
  if (lacking.length > 0) return `${lacking.join(", ")} not installed`;
  if (process.getuid?.() !== 0) return "only root can have a /run and a /var/lib of its own";
  const { folder, missing } = provideProgramTools();
  if (folder === undefined) return missing ?? "the tools cannot be built";
  const { record } = bench;
  const more = {
    section: "containers",
    count: 1,
    unit: "ms" as const,
    ours: CONTENDERS[0]!.name,
    floor: NOTHING,
    aside: [NOTHING],
  };
  for (const [row, title] of Object.entries(ROWS)) record.row({ ...more, id: `containers.${row}`, title });
  const present = CONTENDERS.filter(({ program }) => !program.startsWith(REFERENCE) || existsSync(program));
  const steps: Step[] = [...present.flatMap(stepsOf), { row: "version", name: NOTHING, words: ["/mnt/nothing"] }];
  const files = present.flatMap((each) =>
    Object.entries(configurations(each)).map(([what, value]) => `${each.name}-${what} ${JSON.stringify(value)}\n`),
  );
  const rounds = bench.rounds(bench.quick ? ROUNDS.quick : ROUNDS.full) + WARM_UP;
  bench.progress(0.1, `${rounds} rounds`);
  const measure = (measured: readonly Step[], crowd: number): void => {
    const commands = measured.flatMap(({ words }) => ["--", ...words]);
    const given = [folder, process.execPath, LINKWRIGHT, PROGRAM, files.join(""), String(crowd)];
    const scene = ["--net", "--mount", "sh", "-ec", SCENE, "sh", ...given, "/mnt/spawn", String(rounds), ...commands];
    const { status, stdout, stderr } = runProgram("unshare", scene, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { PATH: searchPath },
    });
    if (status !== 0) throw new Error(stderr.trim().split("\n").slice(-2).join("; "));
    // What the plugins print comes before the list of times.
    const lists = JSON.parse(stdout.slice(stdout.lastIndexOf("[["))) as number[][];
    for (const [place, { row, name }] of measured.entries())
      if (row !== undefined)
        for (const time of lists[place]!.slice(WARM_UP)) record.add(`containers.${row}`, name, time);
  };
  for (const name of [...present.map((each) => each.name), NOTHING]) {
    const title = CONTENDERS.find((each) => each.name === name)?.title ?? "a static program that does nothing (glibc)";
    bench.describe(name, { title, processes: true });
  }
  measure(steps, 0);
  bench.progress(0.6, `${rounds} rounds beside ${CROWD} containers`);
  measure(crowdedSteps(), CROWD);
  return undefined;
}

import { portColumns } from "../openvswitch/port-columns.js";
import { switchColumns } from "../openvswitch/switch-port.js";
import { type AnswerField, ANSWER_FIELDS, FLAGS_OFFSET } from "./answer-fields.js";
import { DOWN, LATER, LATER_MAC, linkStep, UP } from "./link-step.js";
import type { Insertion, PlanStep } from "./plan.js";
import type { PolicyRule } from "./policy.js";
import { name16, tapSteps, text } from "./questions.js";
import { check, ofDatabase, skipping, type StepDetails } from "./steps.js";

// Requests to Open vSwitch's database are written here, as bytes: the program fills in a name and UUIDs, and parses no JSON.

/** Where native/qemu/database.c asks. */
export const OPEN_VSWITCH_SOCKET = "/run/openvswitch/db.sock";

/** A name of the greatest length, and a UUID that no row has: they are filled in. */
const TAP = "x".repeat(15);
const NO_ROW = "0".repeat(8) + "-0000".repeat(3) + `-${"0".repeat(12)}`;
const ROW = ["uuid", NO_ROW] as const;
/** The number of a configuration, which is filled in, and what stands in its place. */
const CONFIGURATION = "#configuration";
const NO_NUMBER = "0".padEnd(20);

/** Milliseconds for ovs-vswitchd to set a port up. */
const DEADLINE = 10_000;

const OF_TAP = ["name", "==", TAP] as const;
const NOTHING = ["set", []] as const;
/** ovs-vswitchd looks at some columns only when the number of the configuration changes. */
const NEXT = { op: "mutate", table: "Open_vSwitch", where: [], mutations: [["next_cfg", "+=", 1]] } as const;

interface TransactionDetails extends StepDetails {
  /** Whose UUID belongs where one is left out. */
  readonly row?: AnswerField | undefined;
}

/** A transaction with the TAP's name, and a UUID where one is left out, filled in. */
function step(
  kind: "inquire" | "transact",
  what: string,
  operations: readonly object[],
  { row, ...details }: TransactionDetails = {},
): PlanStep {
  const said = JSON.stringify({ method: "transact", id: 0, params: ["Open_vSwitch", ...operations] });
  const request = said.replace(`"${CONFIGURATION}"`, NO_NUMBER);
  const places = (word: string, field: AnswerField): Insertion[] =>
    [...request.matchAll(new RegExp(word, "g"))].map(({ index }) => ({ to: index, field }));
  return ofDatabase(kind, what, Buffer.from(request), {
    ...details,
    places: [
      ...places(`"${TAP}"`, ANSWER_FIELDS.quotedName),
      ...(row === undefined ? [] : places(NO_ROW, row)),
      ...(said === request ? [] : places(NO_NUMBER, ANSWER_FIELDS.configuration)),
    ],
  });
}

function findPort(bridge: string, answer: "other" | "port"): PlanStep {
  const select = { op: "select", table: "Port", where: [OF_TAP], columns: ["_uuid"] };
  return step("inquire", `looking for it in ${bridge}`, [select], { answer });
}

/** Everything that is asked, and must be so. */
export function questionsToSwitch({ bridge = "" }: PolicyRule): PlanStep[] {
  const find = { op: "select", table: "Bridge", where: [["name", "==", bridge]], columns: ["_uuid"] };
  const another = `another bridge is asked for, and the policy gives ${bridge}`;
  const ofLinux = `it is a port of another bridge than ${bridge}`;
  const steps = [
    ...tapSteps(),
    check("its name cannot be said to Open vSwitch", ANSWER_FIELDS.quotedName, Buffer.from('"')),
    ...skipping(["noPort"], [check(ofLinux, ANSWER_FIELDS.formerPort, text("openvswitch"))]),
    ...skipping(["ifup", "ifdown"], [check(another, ANSWER_FIELDS.asked, name16(bridge))]),
    step("inquire", bridge, [find], { answer: "bridge" }),
    ...skipping(
      ["ifdown"],
      [check(`Open vSwitch has no bridge ${bridge}`, ANSWER_FIELDS.switchBridge, new Uint8Array())],
    ),
  ];
  return skipping(["undoing"], steps);
}

/** A column as JSON has it: null empties it. */
function column(value: unknown): unknown {
  if (value === null) return NOTHING;
  return Array.isArray(value) ? ["set", value] : value;
}

/**
 * Puts the TAP into its bridge, in place of a port of its name that was left behind there: in another bridge, too, where the kernel has
 * just chosen the name, so that nobody else can have it.
 */
function join({ bridge = "", vlans, port }: PolicyRule, from: readonly object[]): PlanStep {
  const { isolated } = (port ?? {}) as { isolated?: boolean };
  const columns = portColumns(switchColumns({ vlans, isolated }));
  const given = Object.entries(columns).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, column(value)]],
  );
  const said = Object.fromEntries(given) as Readonly<Record<string, unknown>>;
  const row = { ...said, name: TAP, interfaces: ["named-uuid", "interface"] };
  const operations = [
    {
      op: "mutate",
      table: "Bridge",
      where: [["ports", "includes", ROW], ...from],
      mutations: [["ports", "delete", ROW]],
    },
    // The first UUID of the answer is the port's.
    { op: "insert", table: "Port", row, "uuid-name": "port" },
    { op: "insert", table: "Interface", row: { name: TAP }, "uuid-name": "interface" },
    {
      op: "mutate",
      table: "Bridge",
      where: [["name", "==", bridge]],
      mutations: [["ports", "insert", ["named-uuid", "port"]]],
    },
    NEXT,
  ];
  return step("transact", `joining ${bridge}`, operations, { row: ANSWER_FIELDS.namedPort, answer: "port" });
}

/** Resolved by the server when ovs-vswitchd has dealt with it; what it then says of a failure is an error of the answer. */
function becomeSwitched(bridge: string): PlanStep[] {
  const isDealtWith = {
    op: "wait",
    table: "Interface",
    where: [OF_TAP, ["ofport", "!=", NOTHING]],
    columns: ["name"],
    until: "==",
    rows: [{ name: TAP }],
    timeout: DEADLINE,
  };
  const failed = { op: "select", table: "Interface", where: [OF_TAP, ["ofport", "==", -1]], columns: ["error"] };
  return [
    step("inquire", `waiting for ovs-vswitchd to switch it in ${bridge} (does ovs-vswitchd.service run?)`, [
      isDealtWith,
    ]),
    step("inquire", `being switched in ${bridge}`, [failed]),
  ];
}

function leave(bridge: string): PlanStep {
  const where = [
    ["name", "==", bridge],
    ["ports", "includes", ROW],
  ];
  const out = { op: "mutate", table: "Bridge", where, mutations: [["ports", "delete", ROW]] };
  const number = { op: "select", table: "Open_vSwitch", where: [], columns: ["next_cfg"] };
  const details = { row: ANSWER_FIELDS.switchPort, answer: "configuration" } as const;
  return step("transact", `leaving ${bridge}`, [out, NEXT, number], details);
}

/** Answered by the server when ovs-vswitchd has done what was said last. */
function beLetGo(bridge: string): PlanStep {
  const isDone = {
    op: "wait",
    table: "Open_vSwitch",
    where: [["cur_cfg", ">=", CONFIGURATION]],
    columns: ["cur_cfg"],
    until: "!=",
    rows: [],
    timeout: DEADLINE,
  };
  return step("inquire", `waiting for ovs-vswitchd to let it go from ${bridge} (does ovs-vswitchd.service run?)`, [
    isDone,
  ]);
}

/** Configures the TAP while it is down, and brings it up once it is switched. */
export function upInSwitch(rule: PolicyRule): PlanStep[] {
  const { bridge = "", mtu = "keep", mac = "guest", up = true } = rule;
  const attributes = {
    ...(typeof mtu === "number" ? { mtu } : {}),
    ...(mac === "guest" ? { address: LATER_MAC } : {}),
  };
  const filled = mac === "guest" ? { address: ANSWER_FIELDS.guestMac } : {};
  return [
    linkStep(`waiting, down, for ${bridge}`, { header: DOWN, attributes }, filled),
    findPort(bridge, "other"),
    ...skipping(["helper"], [join(rule, [["name", "==", bridge]])]),
    ...skipping(["ifup"], [join(rule, [])]),
    ...becomeSwitched(bridge),
    ...(up ? [linkStep(`coming up on ${bridge}`, { header: UP })] : []),
  ];
}

/** Takes the TAP down and out of the bridge; ovs-vswitchd, which puts its flags back as it lets it go, may have brought it up again. */
export function downFromSwitch({ bridge = "" }: PolicyRule): PlanStep[] {
  const down = linkStep(`leaving ${bridge}`, { header: DOWN });
  return [down, findPort(bridge, "port"), leave(bridge), beLetGo(bridge), down];
}

/** Takes out what joined, and puts the TAP back as it came. */
export function undoneFromSwitch({ bridge = "" }: PolicyRule): PlanStep[] {
  const back = linkStep(
    `going back from ${bridge}`,
    { header: DOWN, attributes: { address: LATER_MAC, mtu: LATER } },
    { address: ANSWER_FIELDS.formerMac, mtu: ANSWER_FIELDS.formerMtu },
  );
  const flags = { to: FLAGS_OFFSET, field: ANSWER_FIELDS.formerFlags };
  return [leave(bridge), { ...back, places: [...back.places, flags] }];
}

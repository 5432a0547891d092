import { isDeepStrictEqual } from "node:util";
import type { Host } from "../../host/host.js";
import type { QemuTapOptions } from "../../host/taps/qemu-tap.js";
import { InputError } from "../../base/errors.js";
import { checkInstallation } from "../../qemu/check-installation.js";
import { type DescribedRule, type DescribedStep, describeRule } from "../../qemu/describe.js";
import { editPolicy } from "../../qemu/edit.js";
import { PLAN, POLICY, readPlan, readPolicy, writePlan } from "../../qemu/policy-files.js";
import { install as installPrograms, uninstall as uninstallPrograms } from "../../qemu/installation.js";
import { policySchema } from "../../qemu/policy.js";
import { rehearse } from "../../qemu/rehearsal.js";
import { runQemu } from "../../qemu/run.js";
import type { Call, Command } from "../command.js";
import { editorOf, isEditedAgain } from "../editing.js";
import type { Report, Style } from "../io.js";
import { portText, ruleRows } from "../printing/rule-text.js";
import type { LinkReference } from "../../rtnetlink/link/link-requests.js";
import { withSwitch } from "../parsing/switch-argument.js";
import { definitions, heading, json } from "../printing/layout.js";
import { text } from "../../netlink/codecs/codec.js";
import { mac } from "../../netlink/codecs/internet.js";
import { flag8, u16 } from "../../netlink/codecs/numbers.js";
import { words } from "../../netlink/codecs/words.js";
import { type Section, shaped, wordOf } from "../parsing/option.js";
import { networks } from "../../networks/networks.js";
import { foldersFor } from "./network/network-words.js";
import type { VlanWords } from "./bridge/vlan-words.js";
import { portOptionsFor, portSection } from "./link/attach.js";

const name = text();

const sections = {
  qemuInstall: {
    title: "Installing",
    words: [
      wordOf(
        "bridge",
        shaped(name, "LINK|default-route"),
        "the bridge of the first policy, default-route unless given",
      ),
      wordOf("setuid", flag8, "users who are not root may start the helper"),
    ],
  },
  qemuTry: {
    title: "Trying",
    words: [
      wordOf(
        "program",
        words(u16, { ifup: 1, ifdown: 2, helper: 4 }),
        "the program that would be called, ifup unless given",
      ),
      wordOf("bridge", shaped(name, "LINK"), "the bridge that would be asked for"),
    ],
  },
  qemuRun: {
    title: "QEMU's TAP",
    words: [
      wordOf("bridge", shaped(name, "LINK"), "attach it to this bridge"),
      wordOf("network", shaped(name, "NAME"), "attach it to the bridge of this network, which is up"),
      wordOf(
        "address",
        shaped(name, "ADDRESS"),
        "of a network: the address that the guest gets, a free one unless given",
      ),
      wordOf(
        "antiSpoof",
        flag8,
        "of a network: the guest can be nobody but itself; as the network has it unless given",
      ),
      wordOf(
        "networksState",
        shaped(name, "FOLDER"),
        "where definitions of networks are (/var/lib/linkwright/networks)",
      ),
      wordOf("networksRun", shaped(name, "FOLDER"), "where it is kept which are up (/run/linkwright/networks)"),
      wordOf("macvtap", shaped(name, "LINK"), "a macvtap or ipvtap that is there, in place of a TAP"),
      wordOf("queues", u16, "queues, 1 to 256"),
      wordOf("vhost", flag8, "let the kernel move the frames"),
      wordOf("mac", mac, "the guest's MAC; a random one of QEMU's unless given"),
      wordOf("name", shaped(name, "NAME"), "the TAP's name; the first free tapN unless given"),
    ],
  },
} satisfies Record<string, Section>;

function lines(done: readonly string[]): Report {
  return { value: done, text: () => done.map((line) => `${line}\n`).join("") };
}

export function compile(): Report {
  const { bytes, rules } = writePlan();
  const value = { plan: PLAN, bytes, rules };
  return { value, text: () => `${PLAN}: ${rules} rule${rules === 1 ? "" : "s"}, ${bytes} bytes\n` };
}

export function install({ options }: Call): Report {
  return lines(installPrograms(options));
}

export function uninstall(): Report {
  return lines(uninstallPrograms());
}

export async function check(host: Host): Promise<Report> {
  const findings = await checkInstallation(host);
  const wrong = findings.some(({ problem }) => problem !== undefined);
  return {
    value: findings,
    text: (style) =>
      findings
        .map(({ what, problem }) =>
          problem === undefined ? `${style.green("ok")}  ${what}\n` : `${style.red("!!")}  ${what}: ${problem}\n`,
        )
        .join(""),
    status: wrong ? 1 : 0,
  };
}

/** A step of a rule, with its message. */
function stepText({ kind, text, skip, message, attributes, places, object }: DescribedStep): string {
  const filled = places.map((place) => place.replace(/ at .*/, "")).join(", ");
  const parts = [
    ...(message === undefined ? [] : [`${message} ${JSON.stringify(attributes)}`]),
    ...(object === undefined ? [] : [`with ${object}`]),
    ...(filled === "" ? [] : [`filled in: ${filled}`]),
    ...(skip.length === 0 ? [] : [`not for ${skip.join(", ")}`]),
  ];
  return `  ${[kind, text].join(" ").trim()}: ${parts.join("; ")}\n`;
}

/** What is said before a plan that is not the policy's. */
function noteOf(isCurrent: boolean): string {
  return isCurrent ? "" : `This plan was made from another ${POLICY}.\n`;
}

/** The rules in words; with `all`, each step and its message, too. Rules are counted from 1, as `try` does. */
export function show({ options }: Call): Report {
  const { all = false } = options as { all?: boolean };
  const plan = readPlan();
  const rules = plan.rules.map(describeRule);
  const isCurrent = plan.isFor(readPolicy().bytes);
  const note = noteOf(isCurrent);
  const ruleText = (rule: DescribedRule, place: number, style: Style): string =>
    heading(`rule ${place + 1}`, style) +
    definitions(ruleRows(rule), style) +
    (all ? rule.steps.map(stepText).join("") : "");
  return {
    value: { isCurrent, rules },
    text: (style) => note + rules.map((rule, place) => ruleText(rule, place, style)).join(""),
  };
}

export function schema(): Report {
  const value = policySchema();
  return { value, text: () => json(value) };
}

interface TryWords {
  readonly program?: "ifup" | "ifdown" | "helper";
  readonly bridge?: string;
}

export async function tryOut({ operands: [tap = ""], options }: Call): Promise<Report> {
  const { program = "ifup", bridge = "" } = options as TryWords;
  const plan = readPlan();
  const { tap: link, rule } = await rehearse(plan, { tap, program, bridge });
  const described = describeRule(rule);
  const { bridge: joined = "" } = described;
  const rows = [
    ["rule", `${plan.rules.findIndex((each) => isDeepStrictEqual(each, rule)) + 1} of the plan, for ${program}`],
    ["bridge", link.master === undefined ? `none; the rule gives ${joined}` : joined],
    ["state", `${link.up ? "up" : "down"}, mtu ${link.mtu ?? "-"}, mac ${link.address ?? "-"}`],
    ["port", portText(described)],
  ] as const;
  const note = noteOf(plan.isFor(readPolicy().bytes));
  return { value: link, text: (style) => note + heading(tap, style) + definitions(rows, style) };
}

/** Edits the policy, as visudo does: what is wrong is said, and on a terminal edited again if that is wanted. */
export async function edit({ io }: Call): Promise<Report> {
  const { changed, rules } = await editPolicy(editorOf(io), (problem) => isEditedAgain(io, problem));
  const value = { policy: POLICY, changed, rules };
  const text = `${POLICY}: ${changed ? "saved" : "unchanged"}; a plan of ${rules} rule${rules === 1 ? "" : "s"}\n`;
  return { value, text: () => text };
}

/** What is said of a network. */
interface RunWords {
  readonly network?: string;
  readonly address?: string;
  readonly antiSpoof?: boolean;
  readonly networksState?: string;
  readonly networksRun?: string;
}

/** A macvtap is there, with a name and a MAC, and is no port. Throws InputError, which names the word that says otherwise. */
function checkMacvtapWords(words: object): void {
  const stray = Object.entries(words).find(([, value]) => value !== undefined)?.[0];
  if (stray !== undefined) throw new InputError("a macvtap has its own, and is no port of a bridge", stray);
}

export async function run(host: Host, { options, after, globals }: Call): Promise<Report> {
  if (after.length === 0) throw new InputError("a program is missing, as in -- qemu-system-x86_64 -m 1G");
  const { network, address, antiSpoof, networksState, networksRun, ...others } = options as RunWords;
  const { bridge, macvtap, queues, vhost, mac, name, ...portWords } = others as QemuTapOptions & VlanWords;
  if (macvtap !== undefined) checkMacvtapWords({ bridge, network, mac, name, ...portWords });
  const port = portOptionsFor(bridge !== undefined || network !== undefined, portWords);
  const tap = { queues, vhost, mac, name, port };
  if (network === undefined) {
    const stray = Object.entries({ address, antiSpoof, networksState, networksRun }).find(
      ([, value]) => value !== undefined,
    );
    if (stray !== undefined) throw new InputError("it is said of a network", stray[0]);
    const status = await withSwitch(host, bridge, async (to) =>
      runQemu(await host.tapForQemu({ ...tap, bridge: to as LinkReference, macvtap }), after),
    );
    return { status };
  }
  if (bridge !== undefined) throw new InputError("a network has a bridge of its own", "bridge");
  const guests = networks(host, foldersFor(globals, { state: networksState, run: networksRun }));
  const { definition } = await guests.info(network);
  if (definition.mode !== "hostdev")
    return { status: await runQemu(await guests.tapForQemu(network, { ...tap, address, antiSpoof }), after) };
  const stray = Object.entries({ queues, vhost, name, port, address, antiSpoof }).find(
    ([, value]) => value !== undefined,
  );
  if (stray !== undefined) throw new InputError("guests of a network of mode hostdev have no TAP", stray[0]);
  return { status: await runQemu(await guests.functionForQemu(network, { mac }), after) };
}

export const command: Command = {
  actions: {
    edit: {
      summary: "edit the policy, check it, save it and make its plan",
      operands: [],
      runOffline: edit,
    },
    compile: {
      summary: "check the policy and make its plan",
      operands: [],
      runOffline: compile,
    },
    check: {
      summary: "say whether policy, plan, permissions, programs and bridges are right",
      operands: [],
      run: check,
    },
    show: {
      summary: "print the plan as words, or every step of it",
      operands: [],
      options: [{ title: "How much", words: [wordOf("all", flag8, "each step, and the message that it sends")] }],
      runOffline: show,
    },
    schema: {
      summary: "print the JSON Schema of the policy",
      operands: [],
      runOffline: schema,
    },
    try: {
      summary: "replay a rule on a TAP made for the purpose, in a namespace of its own",
      operands: [{ name: "TAP" }],
      options: [sections.qemuTry],
      runOffline: tryOut,
    },
    install: {
      summary: "put the programs in place, keeping what was there",
      operands: [],
      options: [sections.qemuInstall],
      runOffline: install,
    },
    uninstall: {
      summary: "put back what was there",
      operands: [],
      runOffline: uninstall,
    },
    run: {
      summary: "start QEMU with a TAP of its own, or on a macvtap",
      operands: [],
      options: [sections.qemuRun, portSection],
      takesProgram: true,
      run: run,
    },
  },
};

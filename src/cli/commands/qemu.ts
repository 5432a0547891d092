import type { Host } from "../../host/host.js";
import type { AttachOptions } from "../../host/ports/port-vlans.js";
import type { QemuTapOptions } from "../../host/taps/qemu-tap.js";
import { InputError } from "../../base/errors.js";
import { checkInstallation } from "../../qemu/check.js";
import { describeRule, type DescribedRule, type DescribedStep } from "../../qemu/describe.js";
import { PLAN, POLICY, readPlan, readPolicy, writePlan } from "../../qemu/files.js";
import { install as installPrograms, uninstall as uninstallPrograms } from "../../qemu/installation.js";
import { policySchema } from "../../qemu/policy.js";
import { rehearse } from "../../qemu/rehearsal.js";
import { runQemu } from "../../qemu/run.js";
import type { Call } from "../commands.js";
import type { Report } from "../io.js";
import { describeLink } from "../link-text.js";
import { json } from "../print.js";

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

function ruleText({ match, bridge, steps }: DescribedRule, place: number): string {
  const conditions = Object.entries(match).filter(([, value]) => value !== undefined);
  const when = conditions.map(([name, value]) => `${name} ${JSON.stringify(value)}`).join(", ");
  const gives = bridge === undefined ? "" : `  bridge ${bridge}\n`;
  return `rule ${place}: ${when}\n${gives}${steps.map(stepText).join("")}`;
}

export function show(): Report {
  const plan = readPlan();
  const rules = plan.rules.map(describeRule);
  const isCurrent = plan.isFor(readPolicy().bytes);
  const note = isCurrent ? "" : `This plan was made from another ${POLICY}.\n`;
  return { value: { isCurrent, rules }, text: () => note + rules.map(ruleText).join("") };
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
  const { tap: link } = await rehearse(readPlan(), { tap, program, bridge });
  return { value: link, text: (style) => describeLink(link, new Map(), style) };
}

export async function run(host: Host, { options, after }: Call): Promise<Report> {
  if (after.length === 0) throw new InputError("a program is missing, as in -- qemu-system-x86_64 -m 1G");
  const { bridge, queues, vhost, mac, name, ...port } = options as QemuTapOptions & AttachOptions;
  return { status: await runQemu(host, { bridge, queues, vhost, mac, name, port }, after) };
}

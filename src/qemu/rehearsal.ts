import { Host } from "../host/host.js";
import { InputError } from "../base/errors.js";
import { bytesOf, LITTLE_ENDIAN } from "../netlink/codecs/bytes.js";
import { readHeader } from "../netlink/message.js";
import type { Link } from "../rtnetlink/link/link.js";
import { messageTypes } from "../rtnetlink/messages.js";
import { bridgeOf, refusalOf } from "./describe.js";
import { nameOf } from "./answer-fields.js";
import type { Plan, PlanRule, PlanStep } from "./plan.js";

/** Whether a pattern, in which "*" is any text and "?" any character, matches the whole text. */
function matches(pattern: string, text: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^(?:${source})$`, "s").test(text);
}

/** Who would ask for what. */
export interface Question {
  readonly tap: string;
  readonly program: "ifup" | "ifdown" | "helper";
  /** The bridge asked for. */
  readonly bridge: string;
}

/** The first rule for a question from root; throws InputError when there is none. */
export function ruleFor({ rules }: Plan, { tap, program, bridge }: Question): PlanRule {
  const names = { ifup: "qemu-ifup", ifdown: "qemu-ifdown", helper: "linkwright-bridge-helper" };
  const fits = (rule: PlanRule): boolean =>
    rule.programs.includes(program) &&
    matches(rule.tap ?? "*", tap) &&
    matches(rule.asked ?? "*", bridge) &&
    matches(rule.startedAs ?? "*", names[program]) &&
    (rule.user ?? 0) === 0 &&
    (rule.group ?? 0) === 0;
  const found = rules.find(fits);
  if (found === undefined) throw new InputError(`${tap}: the policy has no rule for it`);
  const refuse = refusalOf(found);
  if (refuse !== undefined) throw new InputError(`${tap}: ${refuse}`);
  return found;
}

/** A step's message with its places filled in. */
function filled({ message, places }: PlanStep, tap: Link, bridge: Link): Buffer {
  const { buffer, view } = bytesOf(Uint8Array.from(message));
  const mac = (tap.address ?? "00:00:00:00:00:00").split(":").map((byte) => parseInt(byte, 16));
  const numbers = new Map([
    ["tapIndex", tap.index],
    ["bridgeIndex", bridge.index],
    ["bridgeMtu", bridge.mtu ?? 1500],
  ]);
  for (const { to, field } of places) {
    const number = numbers.get(nameOf(field));
    if (number !== undefined) view.setUint32(to, number, LITTLE_ENDIAN);
    else if (nameOf(field) === "guestMac") buffer.set(mac.slice(1), to);
  }
  return buffer;
}

async function take(host: Host, step: PlanStep, tap: Link, bridge: Link): Promise<void> {
  const bytes = filled(step, tap, bridge);
  const header = readHeader(bytesOf(bytes), 0);
  const type = header && messageTypes.get(header.type);
  if (type === undefined) throw new InputError(`${tap.name}${step.text}: its message cannot be read`);
  // The bytes as the programs send them: what is decoded cannot always be said again.
  const recorded = { message: type.name, subject: tap.name, bytes: bytes.toString("hex"), unless: [] };
  const [sent] = await host.sendRecorded([recorded]);
  if (sent?.status === "rejected") throw sent.reason;
}

/** What a rehearsal came to. */
export interface Rehearsal {
  readonly rule: PlanRule;
  readonly tap: Link;
}

/**
 * Replays a rule in a namespace of its own, on a TAP and a bridge that are made for the purpose, and gives the TAP as it
 * is then. Rejects as the kernel does.
 */
export async function rehearse(plan: Plan, question: Question): Promise<Rehearsal> {
  const rule = ruleFor(plan, question);
  if (rule.steps.some(({ kind }) => kind === "transact"))
    throw new InputError(
      `${bridgeOf(rule)} is a bridge of Open vSwitch, whose switch would have to run: it is not tried`,
    );
  await using host = await Host.open({ namespace: "new", thread: "never" });
  const steps = rule.steps.filter(
    ({ kind, skip }) => kind === "do" && !skip.some((each) => each === "doing" || each === question.program),
  );
  const filters = steps.some(({ text }) => text.includes("VLAN"));
  const name = bridgeOf(rule).replace("default-route", "br0");
  const bridge = await host.addBridge(name, { up: true, ...(filters ? { vlanFiltering: true } : {}) });
  const tap = await host.link(await host.addTap(question.tap));
  for (const step of steps) await take(host, step, tap, bridge);
  return { rule, tap: await host.link(tap) };
}

import { type Stats, lstatSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { InputError } from "../base/errors.js";
import { parseJsonc } from "../base/jsonc.js";
import { writeWhole } from "../base/whole-file.js";
import { accountsOf } from "./accounts.js";
import { compilePolicy } from "./compile.js";
import { decodePlan, encodePlan, LARGEST_FILE, type Plan } from "./plan.js";
import { withNetworks } from "./network-rules.js";
import { checkPolicy, type Policy } from "./policy.js";

/** Where the programs for QEMU look: native/qemu/main.c has the same. */
export const DIRECTORY = "/etc/linkwright";
export const POLICY = join(DIRECTORY, "qemu.json");
export const PLAN = join(DIRECTORY, "qemu.plan");

function within<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof InputError ? new InputError(error.message, path) : error;
  }
}

function readBytes(path: string, hint: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new InputError(`there is no such file: ${hint}`, path);
  }
}

/** Reads a policy out of JSON with comments. Throws InputError, with the line or the path of what is wrong. */
export function parsePolicy(bytes: Buffer): Policy {
  if (bytes.length > LARGEST_FILE) throw new InputError(`${bytes.length} bytes; at most ${LARGEST_FILE} are read`);
  return checkPolicy(parseJsonc(bytes.toString("utf8")));
}

/** The policy, with the bridges of its networks, and the bytes that it was read from. */
export function readPolicy(): { policy: Policy; bytes: Buffer } {
  const bytes = readBytes(POLICY, "linkwright qemu install writes a first one");
  return { policy: within(POLICY, () => withNetworks(parsePolicy(bytes))), bytes };
}

/** The plan that the programs would replay. */
export function readPlan(): Plan {
  const bytes = readBytes(PLAN, "linkwright qemu compile makes it");
  return within(PLAN, () => decodePlan(bytes));
}

/** Makes the plan of the policy; gives its size in bytes and its number of rules. */
export function writePlan(): { bytes: number; rules: number } {
  const { bytes } = readPolicy();
  const { plan, rules } = planOf(bytes);
  writeWhole(PLAN, plan);
  return { bytes: plan.length, rules };
}

/** The plan of a policy's bytes, and its number of rules. Throws InputError. */
export function planOf(bytes: Buffer): { plan: Uint8Array; rules: number } {
  const accounts = accountsOf(readFileSync("/etc/passwd", "utf8"), readFileSync("/etc/group", "utf8"));
  const rules = within(POLICY, () => compilePolicy(withNetworks(parsePolicy(bytes)), accounts));
  return { plan: encodePlan(rules, bytes), rules: rules.length };
}

/** Why the programs would not trust a file or a directory; undefined when they would. */
export function distrust(path: string): string | undefined {
  let status: Stats;
  try {
    status = lstatSync(path);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT" ? "there is no such file" : (error as Error).message;
  }
  if (status.isSymbolicLink()) return "it is a symbolic link, which the programs do not follow";
  if (status.uid !== 0) return `its owner is user ${status.uid}, not root`;
  return (status.mode & 0o022) === 0 ? undefined : "others than root can write to it: chmod go-w";
}

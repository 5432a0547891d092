import { InputError, quoted } from "../base/errors.js";
import { checkLinkName } from "../rtnetlink/link/link-requests.js";
import { CniError } from "./error.js";
import { valueOf } from "./options.js";
import type { Result } from "./result.js";
import { isAtLeast, type Version, versionOf } from "./versions.js";

/** What a runtime gives a plugin: its environment and its standard input (CNI specification 1.1, section 2). */
export interface Invocation {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly input: string;
}

/** Who is attached: one interface of one container. */
export interface Attached {
  readonly container: string;
  readonly ifname: string;
}

/** What each operation is given. */
const REQUIRED = {
  ADD: ["CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME", "CNI_PATH"],
  CHECK: ["CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME", "CNI_PATH"],
  DEL: ["CNI_CONTAINERID", "CNI_IFNAME", "CNI_PATH"],
  GC: ["CNI_PATH"],
  STATUS: ["CNI_PATH"],
} as const;
export type Command = keyof typeof REQUIRED;

/** Since when an operation is there. */
const SINCE: Partial<Record<Command, Version>> = { CHECK: "0.4.0", GC: "1.1.0", STATUS: "1.1.0" };

/** What is asked for. */
export interface Call extends Attached, Invocation {
  readonly command: Command;
  readonly version: Version;
  /** The network's name. */
  readonly network: string;
  /** Where the runtime says that the container's namespace is; "" where it says nothing. */
  readonly netns: string;
  /** CNI_ARGS, by their keys in lower case. */
  readonly arguments: Readonly<Record<string, string>>;
  readonly configuration: Readonly<Record<string, unknown>>;
  readonly previous: Result | undefined;
  /** Who is attached, as GC is told; undefined in other operations. */
  readonly valid: readonly Attached[] | undefined;
}

/** Where GC is told who is attached: as the specification says it, and as it did before. */
const VALID = ["cni.dev/valid-attachments", "cni.dev/attachments"] as const;

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;

function invalid(name: string, problem: string): CniError {
  return new CniError("invalidEnvironment", `${name}: ${problem}`);
}

function checkEnvironment(command: Command, environment: Invocation["environment"]): void {
  const missing = REQUIRED[command].filter((name) => (environment[name] ?? "") === "");
  if (missing.length > 0) throw invalid(missing.join(", "), `${command} needs it`);
  const { CNI_CONTAINERID: container, CNI_IFNAME: ifname } = environment;
  if (container !== undefined && container !== "" && !NAME.test(container))
    throw invalid("CNI_CONTAINERID", `${quoted(container)} is no container's id`);
  if (ifname === undefined || ifname === "") return;
  try {
    checkLinkName(ifname);
  } catch (error) {
    throw invalid("CNI_IFNAME", (error as InputError).message);
  }
}

function argumentsIn(text: string): Record<string, string> {
  const pairs = text.split(";").filter((pair) => pair !== "");
  return Object.fromEntries(
    pairs.map((pair) => {
      const [key = "", ...value] = pair.split("=");
      if (value.length === 0) throw invalid("CNI_ARGS", `${quoted(pair)} is not KEY=VALUE`);
      return [key.toLowerCase(), value.join("=")];
    }),
  );
}

function objectIn(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new CniError("decoding", `the configuration is no JSON: ${(error as Error).message}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new CniError("decoding", "the configuration is no object");
  return value as Record<string, unknown>;
}

/** Who is attached: GC must be told, for it takes all others away; null is nobody. */
function validIn(configuration: Readonly<Record<string, unknown>>): Attached[] {
  const [key] = VALID.filter((each) => Object.hasOwn(configuration, each));
  if (key === undefined) throw new CniError("invalidConfiguration", `${VALID[0]}: GC needs it`);
  const all = configuration[key] ?? [];
  if (!Array.isArray(all)) throw new CniError("invalidConfiguration", `${key}: ${quoted(all)} is no list`);
  return (all as unknown[]).map((each) => {
    const { containerID, ifname } = (each ?? {}) as Record<string, unknown>;
    if (typeof containerID !== "string" || typeof ifname !== "string")
      throw new CniError("invalidConfiguration", `${key}: ${quoted(each)} is no attachment`);
    return { container: containerID, ifname };
  });
}

/** An object of the configuration; without what it is in, an empty one. Throws InputError. */
export function part(
  configuration: Readonly<Record<string, unknown>>,
  ...keys: readonly string[]
): Record<string, unknown> {
  let value: unknown = configuration;
  for (const key of keys) value = valueOf(value as Record<string, unknown>, key) ?? {};
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new InputError(`${quoted(value)} is no object`, keys.join("."));
  return value as Record<string, unknown>;
}

/** What an invocation asks for. Throws CniError for what is none. */
export function callOf({ environment, input }: Invocation): Call {
  const { CNI_COMMAND: command = "", CNI_ARGS: given = "", CNI_NETNS: netns = "" } = environment;
  if (!Object.hasOwn(REQUIRED, command))
    throw invalid("CNI_COMMAND", `${quoted(command)} is none of ${Object.keys(REQUIRED).join(", ")}, VERSION`);
  const known = command as Command;
  checkEnvironment(known, environment);
  const configuration = objectIn(input);
  const version = versionOf(configuration.cniVersion ?? undefined);
  const since = SINCE[known];
  if (since !== undefined && !isAtLeast(version, since))
    throw new CniError("incompatibleVersion", `cniVersion ${version} does not know ${known}, which came with ${since}`);
  const { name } = configuration;
  if (typeof name !== "string" || !NAME.test(name))
    throw new CniError("invalidConfiguration", `name: ${quoted(name)} is no network's name`);
  return {
    command: known,
    version,
    network: name,
    container: environment.CNI_CONTAINERID ?? "",
    ifname: environment.CNI_IFNAME ?? "",
    netns,
    arguments: argumentsIn(given),
    configuration,
    previous: configuration.prevResult ?? undefined,
    valid: known === "GC" ? validIn(configuration) : undefined,
    environment,
    input,
  };
}

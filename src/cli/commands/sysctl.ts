import type { Host } from "../../host/host.js";
import { InputError } from "../../base/errors.js";
import { NetlinkError } from "../../kernel/error.js";
import type { Call, Command, Operand } from "../command.js";
import type { Report } from "../io.js";

const NAME: Operand = { name: "NAME", choices: "sysctl" };

type Setting = readonly [name: string, value: string];

/** As sysctl(8) prints them. */
function report(settings: readonly Setting[]): Report {
  return {
    value: Object.fromEntries(settings),
    text: () => settings.map(([name, value]) => `${name} = ${value.replaceAll("\t", " ")}\n`).join(""),
  };
}

async function read(host: Host, names: readonly string[]): Promise<Setting[]> {
  const settings: Setting[] = [];
  for (const name of names) settings.push([name, await host.sysctl(name)]);
  return settings;
}

export async function get(host: Host, { operands }: Call): Promise<Report> {
  return report(await read(host, operands));
}

/** Of what may only be written, or not read by this user, nothing is said. */
export async function list(host: Host, { operands: [under] }: Call): Promise<Report> {
  const settings: Setting[] = [];
  for (const name of await host.sysctls(under))
    try {
      settings.push([name, await host.sysctl(name)]);
    } catch (error) {
      if (!(error instanceof NetlinkError)) throw error;
    }
  return report(settings);
}

/** "NAME VALUE", or "NAME=VALUE …" as sysctl(8) has it. Prints, as JSON, what they are then. */
export async function set(host: Host, { operands }: Call): Promise<Report> {
  const [first = "", ...rest] = operands;
  const pairs = first.includes("=")
    ? operands.map((word) => [word.split("=")[0]!, word.slice(word.indexOf("=") + 1)] as const)
    : [[first, rest.join(" ")] as const];
  const bare = first.includes("=") ? operands.find((word) => !word.includes("=")) : undefined;
  if (bare !== undefined) throw new InputError("behind NAME=VALUE only others like it stand", bare);
  const empty = pairs.find(([, value]) => value === "");
  if (empty !== undefined) throw new InputError("a value is missing, as in net.ipv4.ip_forward=1", empty[0]);
  for (const [name, value] of pairs) await host.setSysctl(name, value);
  return {
    value: Object.fromEntries(
      await read(
        host,
        pairs.map(([name]) => name),
      ),
    ),
  };
}

export const command: Command = {
  actions: {
    get: { summary: "print settings of the namespace", operands: [{ ...NAME, many: true }], run: get },
    set: {
      summary: "write settings: NAME VALUE, or NAME=VALUE …",
      operands: [{ ...NAME, name: "NAME=VALUE", many: true }],
      run: set,
    },
    list: {
      summary: "print every setting, or those below a part such as net.ipv4",
      operands: [{ ...NAME, optional: true }],
      run: list,
    },
  },
};

import { builtin } from "../../base/builtin.js";
import { InputError } from "../../base/errors.js";
import type { Call } from "../call.js";
import { CniError } from "../error.js";
import type { Result } from "../result.js";
import type { Ipam } from "./ipam.js";

/** Milliseconds after which a plugin that has not ended is given up. */
const MOST_TIME = 60_000;
const MOST_BYTES = 1 << 20;

/** Where a plugin is, by the folders of CNI_PATH. Throws CniError. */
function find(type: string, folders: string): string {
  const fs = builtin("node:fs");
  for (const folder of folders.split(":").filter((each) => each.startsWith("/"))) {
    const path = builtin("node:path").join(folder, type);
    if (fs.statSync(path, { throwIfNoEntry: false })?.isFile() === true) return path;
  }
  throw new CniError("refused", `no plugin ${type} is in CNI_PATH, ${folders}`);
}

/** What a plugin said, as the error that it means. */
function errorIn(type: string, output: string, otherwise: string): CniError {
  try {
    const { code, msg, details } = JSON.parse(output) as { code?: number; msg?: string; details?: string };
    if (typeof code === "number") return new CniError(code, `${type}: ${msg ?? ""}`, details);
  } catch {
    // It has said something else.
  }
  return new CniError("refused", `${type}: ${output.trim() === "" ? otherwise : output.trim()}`);
}

/** Runs another plugin, as the specification demands it (section 4): with the same environment and input. */
async function run(type: string, { command, environment, input }: Call, as: string = command): Promise<string> {
  const path = find(type, environment.CNI_PATH ?? "");
  return new Promise((resolve, reject) => {
    const child = builtin("node:child_process").execFile(
      path,
      {
        env: { PATH: process.env.PATH, ...environment, CNI_COMMAND: as },
        timeout: MOST_TIME,
        maxBuffer: MOST_BYTES,
      },
      (error, output, said) => {
        if (said !== "") process.stderr.write(said);
        if (error === null) resolve(output);
        else reject(errorIn(type, output, error.message));
      },
    );
    // One that ends without reading has said why.
    child.stdin!.on("error", () => undefined).end(input);
  });
}

function resultIn(type: string, output: string): Result {
  try {
    return JSON.parse(output) as Result;
  } catch {
    throw new InputError(`${type} answered no JSON`, "ipam.type");
  }
}

/** The IPAM that is another plugin, found by CNI_PATH. */
export function delegated(type: string): Ipam {
  const only = async (call: Call): Promise<void> => void (await run(type, call));
  return {
    plan: (call) => void find(type, call.environment.CNI_PATH ?? ""),
    async add(call) {
      try {
        return resultIn(type, await run(type, call));
      } catch (error) {
        await run(type, call, "DEL").catch(() => undefined);
        throw error;
      }
    },
    del: async (call) => void (await run(type, call, "DEL")),
    check: only,
    status: only,
    gc: only,
  };
}

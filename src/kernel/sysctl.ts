import { InputError, quoted } from "../base/errors.js";
import { NetlinkError } from "./error.js";
import { native } from "./addon.js";
import type { Thread } from "./thread.js";

const EXAMPLE = "net.ipv4.ip_forward";

/**
 * The file of a setting under net, such as "net.ipv4.ip_forward". With "/" between the parts, dots belong to them:
 * "net/ipv4/conf/eno5.10/forwarding". Throws InputError.
 */
function pathOf(name: string): string {
  if (typeof name !== "string")
    throw new InputError(`${quoted(name)} is not a setting of the network, such as ${EXAMPLE}`);
  const parts = name.includes("/") ? name.split("/") : name.split(".");
  if (
    parts.length < 2 ||
    parts[0] !== "net" ||
    parts.some((part) => part === "" || part === "." || part === ".." || part.includes("\0"))
  )
    throw new InputError(`${JSON.stringify(name)} is not a setting of the network, such as ${EXAMPLE}`);
  return `/proc/sys/${parts.join("/")}`;
}

async function explained<T>(name: string, request: Promise<T>, value?: string): Promise<T> {
  try {
    return await request;
  } catch (error) {
    if (!(error instanceof NetlinkError)) throw error;
    const { code } = error;
    const hint =
      code === "ENOENT"
        ? "there is no such setting in this namespace, or its module is not loaded"
        : code === "EINVAL" && value !== undefined
          ? `it does not take ${JSON.stringify(value)}`
          : code === "EACCES"
            ? "this user may not, or /proc/sys is mounted read-only"
            : undefined;
    throw error.with({ subject: name, hint });
  }
}

/** Reads a setting, without the newline at its end. */
export async function readSysctl(thread: Thread, name: string): Promise<string> {
  const path = pathOf(name);
  const text = await explained(
    name,
    thread.call<string>((host, id) => {
      native.readFile(host, id, path);
    }),
  );
  return text.trimEnd();
}

/** Writes a setting. */
export async function writeSysctl(thread: Thread, name: string, value: string | number): Promise<void> {
  const path = pathOf(name);
  if (typeof value !== "string" && typeof value !== "number")
    throw new InputError(`${quoted(value)} is neither a string nor a number`, name);
  await explained(
    name,
    thread.call((host, id) => {
      native.writeFile(host, id, path, `${value}\n`);
    }),
    String(value),
  );
}

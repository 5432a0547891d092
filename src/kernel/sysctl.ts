import { errnoNumber } from "../base/errno.js";
import { InputError, quoted } from "../base/errors.js";
import { NetlinkError } from "./error.js";
import { filesBelow, type KernelFiles } from "./files.js";
import type { Thread } from "./thread.js";

const EXAMPLE = "net.ipv4.ip_forward";

/** The first separator is that of all parts; the other one stands for it inside a part, as in sysctl(8). */
function partsOf(name: string): string[] {
  const separator = /[./]/.exec(name)?.[0] ?? ".";
  const other = separator === "." ? "/" : ".";
  return name.split(separator).map((part) => (separator === "." ? part.replaceAll(other, ".") : part));
}

/**
 * The file, below /proc/sys, of a setting under net, such as "net.ipv4.ip_forward". With "/" between the parts, dots belong to them:
 * "net/ipv4/conf/eno5.10/forwarding"; with dots, a "/" stands for one: "net.ipv4.conf.eno5/10.forwarding". Throws InputError.
 */
function pathOf(name: string): string {
  if (typeof name !== "string")
    throw new InputError(`${quoted(name)} is not a setting of the network, such as ${EXAMPLE}`);
  const parts = partsOf(name);
  if (
    parts.length < 2 ||
    parts[0] !== "net" ||
    parts.some((part) => part === "" || part === "." || part === ".." || part.includes("\0"))
  )
    throw new InputError(`${JSON.stringify(name)} is not a setting of the network, such as ${EXAMPLE}`);
  return parts.join("/");
}

function settings(thread: Thread): KernelFiles {
  return filesBelow(thread, "/proc/sys/");
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
  const text = await explained(name, settings(thread).read(path));
  return text.toString().trimEnd();
}

/** The names of the settings below a part, such as "net.ipv4", sorted; of a setting, its own. A "/" stands for a dot in a name. */
export async function listSysctls(thread: Thread, under: string): Promise<string[]> {
  const parts = partsOf(under);
  if (parts[0] !== "net" || parts.some((part) => part === "" || part === "." || part === ".."))
    throw new InputError(`${quoted(under)} is not a part of the network's settings, such as net.ipv4`);
  return (await explained(under, namesBelow(settings(thread), parts))).sort();
}

async function namesBelow(files: KernelFiles, parts: readonly string[]): Promise<string[]> {
  let inside: string[];
  try {
    inside = await files.list(parts.join("/"));
  } catch (error) {
    if (!(error instanceof NetlinkError) || error.code !== "ENOTDIR") throw error;
    return [parts.map((part) => part.replaceAll(".", "/")).join(".")];
  }
  const names: string[] = [];
  for (const name of inside) names.push(...(await namesBelow(files, [...parts, name])));
  return names;
}

/** Times that the kernel keeps in ticks of its clock, and by how much what is read may differ from what was written. */
const NEAR: readonly (readonly [RegExp, number])[] = [
  // In milliseconds.
  [/(?:_ms|ratelimit|_unsolicited_report_interval)$/, 20],
  // In hundredths of a second (net/core/neighbour.c).
  [/\bneigh\b.*\b(?:retrans_time|anycast_delay|proxy_delay|locktime)$/, 2],
];
const ROUNDED_UP = /nf_conntrack_buckets$/;
const INTEGERS = /^-?\d+(?:\s+-?\d+)*$/;

/**
 * Whether the numbers that were written are what is read, or the first of it: of other texts nobody knows how they are spelled, and
 * some settings are orders.
 */
function isHeeded(name: string, wanted: string, found: string): boolean {
  if (!INTEGERS.test(wanted) || !INTEGERS.test(found)) return true;
  const numbers = found.split(/\s+/).map(Number);
  const step = NEAR.find(([names]) => names.test(name))?.[1] ?? 0;
  return wanted
    .split(/\s+/)
    .map(Number)
    .every((given, place) => {
      const has = numbers[place]!;
      // A time that became none is none that was rounded.
      const isNear = Math.abs(has - given) <= step && (has === 0) === (given === 0);
      return has === given || isNear || (ROUNDED_UP.test(name) && has > given);
    });
}

/** Writes a setting. Throws EOPNOTSUPP where the kernel takes a number and has another one then. What was refused has the former value. */
export async function writeSysctl(thread: Thread, name: string, value: string | number): Promise<void> {
  const path = pathOf(name);
  if (typeof value !== "string" && typeof value !== "number")
    throw new InputError(`${quoted(value)} is neither a string nor a number`, name);
  const text = String(value).trim();
  const files = settings(thread);
  // Some can be written only.
  const look = (): Promise<string | undefined> =>
    files.read(path).then(
      (bytes) => bytes.toString().trim(),
      () => undefined,
    );
  const before = await look();
  try {
    await explained(name, files.write(path, `${value}\n`), String(value));
  } catch (error) {
    // The kernel takes the first of several numbers before it refuses the next.
    if (before !== undefined && (await look()) !== before) await explained(name, files.write(path, `${before}\n`));
    throw error;
  }
  const found = await look();
  if (found === undefined || isHeeded(name, text, found)) return;
  await explained(name, files.write(path, `${before}\n`));
  const refusal = { errno: errnoNumber("EOPNOTSUPP"), syscall: "write(/proc/sys)", subject: name };
  throw new NetlinkError({ ...refusal, kernelMessage: `the kernel made ${found} of ${text}` });
}

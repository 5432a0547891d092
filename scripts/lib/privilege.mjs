import { accessSync, constants } from "node:fs";
import { installed, run } from "./run.mjs";

/** Why nobody can make TAPs in a network namespace of his own here, if so. `own`: the command that gives him privilege. */
export function obstacleToTaps(own = []) {
  if (!installed("unshare")) return "unshare not installed";
  if (process.getuid() !== 0 && own.length === 0) return "namespaces are forbidden";
  const [command, ...args] = [...own, "unshare", "--net", "true"];
  if (run(command, args, { stdio: "ignore" }).status !== 0) return "namespaces are forbidden";
  try {
    accessSync("/dev/net/tun", constants.R_OK | constants.W_OK);
  } catch (error) {
    return `/dev/net/tun cannot be opened (${error.code})`;
  }
  return undefined;
}

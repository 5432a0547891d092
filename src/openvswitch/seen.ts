import { builtin } from "../base/builtin.js";
import { OvsdbError } from "../ovsdb/error.js";
import { defaultSocket, openvswitch } from "./open-vswitch.js";
import type { ShownBridge } from "./show.js";

/** Open vSwitch of this machine as it is at one moment. */
export interface SeenOpenVswitch {
  /** Its database's socket. */
  readonly socket: string;
  readonly bridges: readonly ShownBridge[];
  /** Whether there is an ovs-vswitchd that does what the database says. */
  readonly isSwitching: boolean;
  /** Why the database did not answer, where it did not. */
  readonly problem?: string | undefined;
}

/**
 * Looks at Open vSwitch, and changes nothing; undefined where there is none, or this user may not look. Rejects with OvsdbError for what
 * answers and is no Open vSwitch.
 */
export async function seeOpenVswitch(socket = defaultSocket()): Promise<SeenOpenVswitch | undefined> {
  if (!builtin("node:fs").existsSync(socket)) return undefined;
  try {
    await using open = await openvswitch({ socket });
    return { socket, bridges: await open.show(), isSwitching: await open.isSwitching() };
  } catch (error) {
    if (!(error instanceof OvsdbError) || error.code === "EPROTO") throw error;
    if (error.code === "EACCES" || error.code === "ENOENT") return undefined;
    return { socket, bridges: [], isSwitching: false, problem: error.message };
  }
}

import { lacks } from "../scene/program.js";
import { BIN } from "./scene.js";

/** Why no system call can be made to fail here, if so. */
export const noStrace = lacks("strace", "-qq", "-o", "/dev/null", "true");

/** Runs qemu-ifup under strace, which interferes with the n-th message that it sends. */
export function interfered(how: string, n: number, tap = "tap0"): string[] {
  const words = ["-qq", "-o", "/dev/null", "-e", "trace=sendto", "-e", `inject=sendto:${how}:when=${n}`];
  return ["strace", ...words, `${BIN}/qemu-ifup`, tap];
}

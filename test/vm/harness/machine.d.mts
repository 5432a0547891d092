import type { Kernel } from "./kernel.mjs";

/** The file that a command in the guest may write for whoever started it. */
export const RESULT: string;

export interface MachineOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly seconds?: number;
  readonly output?: NodeJS.WritableStream;
  readonly disk?: string;
  readonly card?: string | undefined;
  readonly units?: Readonly<Record<string, string>>;
}

export function runInside(
  kernel: Kernel,
  command: readonly string[],
  options?: MachineOptions,
): Promise<{ status: number; result?: string | undefined }>;
export function makeDisk(path: string): string | undefined;
export function accelerated(): boolean;

import { spawnSync } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";

const BUS = "/sys/bus/netdevsim";

/** Why there can be no pretended network card here, or undefined when there can. */
export function lacksCards(): string | undefined {
  const { status } = spawnSync("modprobe", ["netdevsim"], { stdio: "ignore" });
  return status === 0 ? undefined : "this kernel has no module netdevsim";
}

/** Adds a pretended network card with virtual functions to the process's namespace, and gives the name of its link. */
export function addCard(number: number): string {
  writeFileSync(`${BUS}/new_device`, `${number} 1`);
  return readdirSync(`${BUS}/devices/netdevsim${number}/net`)[0]!;
}

export function removeCard(number: number): void {
  writeFileSync(`${BUS}/del_device`, String(number));
}

import { expect, test } from "vitest";
import { place } from "./guests.js";

test("a place ends with what runs in it, also where that has started what has its pipes open and lives on", async () => {
  const there = await place();
  const child = there.start(["sh", "-c", "sleep 1000 & echo $!; wait"]);
  const pid = await new Promise<number>((resolve) => child.stdout!.once("data", (text) => resolve(Number(text))));
  try {
    await there[Symbol.asyncDispose]();
    expect(child.signalCode).toBe("SIGKILL");
  } finally {
    process.kill(pid, "SIGKILL");
  }
}, 20_000);

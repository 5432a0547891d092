import { expect, test, vi } from "vitest";
import { setFunctionCount } from "../../../src/host/functions/virtual-function-count.js";
import type { Namespace } from "../../../src/host/work/namespace.js";

/** What a card makes at most, which its driver does not say; and what was written, and how many there are. */
const card = vi.hoisted(() => ({ most: 3, written: [] as string[], count: "2" }));

vi.mock("../../../src/kernel/sysfs.js", () => ({
  filesOf: () =>
    Promise.resolve({
      read: (path: string) => Promise.resolve(path.endsWith("numvfs") ? card.count : undefined),
      write(_path: string, text: number) {
        card.written.push(String(text));
        card.count = String(Math.min(text, card.most));
        return Promise.resolve();
      },
      list: () => Promise.resolve([]),
    }),
}));
vi.mock("../../../src/rtnetlink/link/link-requests.js", async (original) => ({
  ...(await original<object>()),
  getLink: () => Promise.resolve({ index: 7, name: "eth0" }),
}));

test("a card that makes fewer virtual functions than it is told is said to, and has as many as before", async () => {
  const namespace = { connection: {}, thread: {} } as unknown as Namespace;
  await setFunctionCount(namespace, "eth0", 3);
  expect(card.count).toBe("3");
  await expect(setFunctionCount(namespace, "eth0", 8)).rejects.toMatchObject({ code: "ENOSPC", subject: "eth0" });
  expect(card.count).toBe("3");
  expect(card.written).toEqual(["0", "3", "0", "8", "0", "3"]);
});

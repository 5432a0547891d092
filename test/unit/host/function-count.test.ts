import { expect, test } from "vitest";
import { type Card, setCountOf } from "../../../src/host/functions/virtual-function-count.js";
import type { Connection } from "../../../src/netlink/connection.js";

/** What a card makes at most, which its driver does not say. */
const MOST = 3;

test("a card that makes fewer virtual functions than it is told is said to, and has as many as before", async () => {
  const written: number[] = [];
  let count = 2;
  const files = {
    read: () => Promise.resolve(String(count)),
    write(_path: string, wanted: number) {
      written.push(wanted);
      count = Math.min(wanted, MOST);
      return Promise.resolve();
    },
    list: () => Promise.resolve([]),
  };
  const card = (): Card => ({ name: "eth0", files: files, count, total: undefined });
  const connection = {} as Connection;
  await setCountOf(card(), 3, connection);
  expect(count).toBe(3);
  await expect(setCountOf(card(), 8, connection)).rejects.toMatchObject({ code: "ENOSPC", subject: "eth0" });
  expect(count).toBe(3);
  expect(written).toEqual([0, 3, 0, 8, 0, 3]);
});

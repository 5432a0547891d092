import { expect, test } from "vitest";
import { isOwnMac } from "../../../src/host/hints/join-causes.js";

test.each([
  ["52:54:00:12:34:56", true],
  ["0A:00:00:00:00:01", true],
  ["01:00:5e:00:00:01", false],
  ["0B:00:00:00:00:01", false],
  ["00:00:00:00:00:00", false],
  ["02:00:00:00:01", false],
])("whether %s can be a link's MAC", (address, can) => {
  expect(isOwnMac(address)).toBe(can);
});

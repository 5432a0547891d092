import { afterEach, beforeEach, expect, test } from "vitest";
import { Host } from "../../src/index.js";

/** How many links stand, and how many come and go in a second, at least as far as the machine is fast enough. */
const STANDING = 1000;
const A_SECOND = 200;
const SECONDS = 2;

let host: Host;
let churning: Host;

beforeEach(async () => {
  host = await Host.open({ namespace: "new" });
  churning = await Host.open({ namespace: await namespaceOf(host) });
});

afterEach(async () => {
  await churning.close();
  await host.close();
});

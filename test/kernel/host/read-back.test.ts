import { expect, test } from "vitest";
import { Host, InputError, NetlinkError } from "../../../src/index.js";
import { WITH_MORE, WRITE_ONLY } from "./read-back/exceptions.js";
import { forwarding, vlanFiltering } from "./read-back/fdb.js";
import { links } from "./read-back/links.js";
import { addedAndListed, codecOf, nftables } from "./read-back/nftables.js";
import { routing } from "./read-back/routing.js";
import { type Group, readBackAll, shown } from "./read-back/subject.js";
import { traffic } from "./read-back/traffic.js";
import { holds, holdsAmong } from "./read-back/values.js";

const GROUPS: readonly Group[] = [...links, ...routing, ...forwarding, ...vlanFiltering, ...traffic];

test.for(GROUPS)("each attribute of $title that is set holds, or is refused", readBackAll);

test.for(nftables)("each attribute of nftables' $title that is set holds, or is refused", async (added) => {
  await using host = await Host.open({ namespace: "new" });
  const wrong: string[] = [];
  let held = 0;
  for (const way of added.ways) {
    let reported: Record<string, unknown> | undefined;
    let sent: Record<string, unknown>;
    try {
      const change = way();
      sent = change.attributes;
      reported = (await addedAndListed(host, added, change)) as Record<string, unknown> | undefined;
    } catch (error) {
      if (error instanceof InputError || error instanceof NetlinkError) continue;
      throw error;
    }
    for (const [name, value] of Object.entries(sent)) {
      const called = added.table.kernelName(name);
      if (value === undefined || Object.hasOwn(WRITE_ONLY, called)) continue;
      const has = reported?.[name];
      const agrees = Object.hasOwn(WITH_MORE, called)
        ? holdsAmong(value as readonly unknown[], has)
        : holds(codecOf(added, name), value, has);
      if (agrees) held++;
      else wrong.push(`${called}: ${shown(value)} was done, and it is ${shown(has)}`);
    }
  }
  expect(wrong).toEqual([]);
  expect(held).toBeGreaterThan(0);
});

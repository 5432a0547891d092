import { expect, test } from "vitest";
import { checkDeclaration } from "../../../src/topology/declaration/schema.js";
import type { Picture } from "../../../src/topology/observation/observe.js";
import { compareLeases } from "../../../src/topology/steps/leases.js";

test("a lease that is to be kept no more is a loss, and is taken back by keeping it as it was kept", () => {
  const { links } = checkDeclaration({ links: { br0: { dhcp: false } } }, "code");
  const kept = { clientId: "01:02", hostname: "guest" };
  const picture = { leases: new Map([["br0", { kept, service: "/socket" }]]) } as unknown as Picture;
  expect(compareLeases(links, picture)).toMatchObject([
    {
      action: "remove",
      loss: "br0: its lease, which linkwright serve keeps no more",
      do: [{ call: "leases.leave", with: ["br0", "/socket"] }],
      undo: [{ call: "leases.keep", with: ["br0", "/socket", kept] }],
    },
  ]);
});

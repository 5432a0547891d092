import { expect, test } from "vitest";
import { compilePolicy } from "../../../src/qemu/compile.js";
import { accountsOf } from "../../../src/qemu/accounts.js";
import { describeRule } from "../../../src/qemu/describe.js";
import { parsePolicy } from "../../../src/qemu/policy-files.js";

function upOf(rate: object): (readonly [string, string, unknown])[] {
  const text = JSON.stringify({ rules: [{ bridge: "br0", rate }] });
  const [rule] = compilePolicy(parsePolicy(Buffer.from(text)), accountsOf("", ""));
  const done = describeRule(rule!).steps.filter(({ kind, skip }) => kind === "do" && skip.includes("ifdown"));
  const doing = done.filter(({ skip }) => !skip.includes("doing"));
  return doing.map(({ text, message = "", attributes }) => [text, message, attributes] as const);
}

test("limits are set after joining and before the TAP is up", () => {
  const steps = upOf({ ingress: 1e6, egress: 2e6, burst: 100_000 });
  expect(steps.map(([does, message]) => [does, message])).toEqual([
    ["waiting, down, for br0", "RTM_NEWLINK"],
    ["joining br0", "RTM_NEWLINK"],
    ["limiting what goes out to br0", "RTM_NEWQDISC"],
    ["preparing to limit br0", "RTM_NEWQDISC"],
    ["clearing the filters before br0", "RTM_DELTFILTER"],
    ["limiting what comes in to br0", "RTM_NEWTFILTER"],
    ["coming up on br0", "RTM_NEWLINK"],
  ]);
  expect(steps[2]![2]).toMatchObject({ kind: "tbf", options: { rate: 2e6 } });
  expect(steps[5]![2]).toMatchObject({ kind: "matchall", options: { actions: [{ kind: "police" }] } });
});

test("limits of neither direction are refused", () => {
  expect(() => upOf({ burst: 1000 })).toThrow("rules.0.rate: it needs ingress, egress or both");
});

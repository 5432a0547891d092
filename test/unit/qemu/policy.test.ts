import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { InputError } from "../../../src/base/errors.js";
import { accountsOf } from "../../../src/qemu/accounts.js";
import { compilePolicy } from "../../../src/qemu/compile.js";
import { bridgeOf, describeRule, type DescribedStep } from "../../../src/qemu/describe.js";
import { parsePolicy } from "../../../src/qemu/policy-files.js";
import { checksum } from "../../../src/runner/plan.js";
import { decodePlan, encodePlan, type PlanRule } from "../../../src/qemu/plan.js";
import { policySchema } from "../../../src/qemu/policy.js";
import { ruleFor } from "../../../src/qemu/rehearsal.js";

const accounts = accountsOf("root:x:0:0::/:/bin/sh\nalice:x:1000:100::/:/bin/sh\n", "root:x:0:\nkvm:x:105:alice\n");

function compile(text: string): PlanRule[] {
  return compilePolicy(parsePolicy(Buffer.from(text)), accounts);
}

/** What is done to a TAP that arrives. */
function arrival(rule: PlanRule): DescribedStep[] {
  const done = describeRule(rule).steps.filter(({ kind, skip }) => kind === "do" && skip.includes("ifdown"));
  return done.filter(({ skip }) => !skip.includes("doing"));
}

test("a policy may have comments and trailing commas", () => {
  expect(compile('{ // all\n "rules": [ { "bridge": "br0", }, /* and no other */ ], }')).toHaveLength(1);
});

test.each([
  ['{ "rules": [ { "bridge": "br0" "up": true } ] }', "line 1: comma expected"],
  ['{\n\n"rules": [ x ] }', "line 3: invalid symbol"],
  ["[]", "[] is not an object"],
  ["{}", "rules: it is missing"],
  ['{ "rules": {} }', "rules: {} is not a list"],
  ['{ "rules": [ {} ] }', 'rules.0: it needs a "bridge", a "network", or a "refuse"'],
  ['{ "rules": [ { "bridge": "br0", "refuse": "no" } ] }', "rules.0: a rule that refuses names no bridge"],
  ['{ "rules": [ { "refuse": "no", "up": true } ] }', "rules.0: a rule that refuses says nothing else"],
  ['{ "rules": [ { "switch": "openvswitch", "bridge": "default-route" } ] }', "rules.0.switch: say which bridge"],
  ['{ "rules": [ { "switch": "ovs", "bridge": "br0" } ] }', "rules.0.switch: "],
  [
    '{ "rules": [ { "switch": "openvswitch", "bridge": "br0", "rate": { "egress": 8000 } } ] }',
    "rules.0.rate: a port of Open vSwitch has no such limit here",
  ],
  [
    '{ "rules": [ { "switch": "openvswitch", "bridge": "br0", "port": { "learning": true } } ] }',
    "rules.0.port.learning: a port of Open vSwitch can be isolated alone",
  ],
  [
    '{ "rules": [ { "switch": "openvswitch", "bridge": "br0", "vlans": [ { "id": 5, "untagged": true } ] } ] }',
    "rules.0.vlans.0.untagged: Open vSwitch sends only the VLAN that is pvid untagged",
  ],
  ['{ "rules": [ { "bridge": "a bridge" } ] }', 'rules.0.bridge: "a bridge" is not a link\'s name'],
  ['{ "rules": [ { "bridge": "0123456789abcdef" } ] }', "rules.0.bridge:"],
  ['{ "rules": [ { "brigde": "br0" } ] }', 'rules.0.brigde: there is no such property; did you mean "bridge"?'],
  ['{ "rules": [ { "bridge": "br0", "mtu": 20 } ] }', "rules.0.mtu: 20 is not a whole number from 68 to 65535"],
  ['{ "rules": [ { "bridge": "br0", "mac": "52:54:00:00:00:01" } ] }', "rules.0.mac:"],
  [
    '{ "rules": [ { "bridge": "br0", "port": { "isolated": 1 } } ] }',
    "rules.0.port.isolated: 1 is neither true nor false",
  ],
  [
    '{ "rules": [ { "bridge": "br0", "port": { "isolate": true } } ] }',
    'rules.0.port.isolate: no such option; did you mean "isolated"?',
  ],
  ['{ "rules": [ { "bridge": "br0", "port": { "no": 1 } } ] }', "rules.0.port.no: only the kernel sets it"],
  ['{ "rules": [ { "bridge": "br0", "vlans": [ { "pvid": true } ] } ] }', "rules.0.vlans.0.id: it is missing"],
  ['{ "rules": [ { "bridge": "br0", "vlans": [ { "id": 5, "to": 3 } ] } ] }', "rules.0.vlans.0: the range ends at 3"],
  [
    '{ "rules": [ { "bridge": "br0", "vlans": [ { "id": 5, "to": 9, "pvid": true } ] } ] }',
    "rules.0.vlans.0: one VLAN alone",
  ],
  [
    '{ "rules": [ { "bridge": "br0", "vlans": [ { "id": 5, "pvid": true }, { "id": 6, "pvid": true } ] } ] }',
    "rules.0.vlans: only one VLAN can be the pvid",
  ],
  ['{ "rules": [ { "match": { "users": ["bob"] }, "refuse": "x" } ] }', 'rules.0: "bob" is no user of this machine'],
  ['{ "rules": [ { "match": { "tap": "" }, "refuse": "x" } ] }', 'rules.0.match.tap: "" is not a pattern'],
  ['{ "rules": [ { "match": { "programs": ["ifdwn"] }, "refuse": "x" } ] }', "rules.0.match.programs.0:"],
])("%s is refused with what is wrong, and where", (text, message) => {
  expect(() => compile(text)).toThrow(InputError);
  expect(() => compile(text)).toThrow(message);
});

test("the TAP is down, joins, is configured, and comes up, in this order", () => {
  const [rule] = compile(
    '{ "rules": [ { "bridge": "br0", "vlans": [{ "id": 10, "to": 12 }], "port": { "isolated": true } } ] }',
  );
  const steps = arrival(rule!);
  expect(steps.map(({ text }) => text)).toEqual([
    "waiting, down, for br0",
    "joining br0",
    "leaving the default VLAN of br0",
    "joining the VLANs of br0",
    "configuring a port of br0",
    "coming up on br0",
  ]);
  expect(steps[0]?.header).toMatchObject({ flags: [], change: ["up"] });
  expect(steps.map(({ header }) => (header as { flags: string[] }).flags.includes("up"))).toEqual([
    false,
    false,
    false,
    false,
    false,
    true,
  ]);
  expect(steps[3]?.attributes).toMatchObject({
    afSpec: {
      vlanInfo: [
        { vid: 10, flags: ["rangeBegin"] },
        { vid: 12, flags: ["rangeEnd"] },
      ],
    },
  });
});

test("nothing is done before everything is asked and looked at, and what undoes is left out of it", () => {
  const text = '{ "rules": [ { "bridge": "br0", "vlans": [{ "id": 10 }], "port": { "isolated": true } } ] }';
  const [rule] = compile(text);
  const doing = describeRule(rule!).steps.filter(({ skip }) => !skip.includes("doing"));
  const kinds = doing.map(({ kind }) => kind);
  expect(kinds.lastIndexOf("ask")).toBeLessThan(kinds.indexOf("do"));
  expect(kinds.lastIndexOf("check")).toBeLessThan(kinds.indexOf("do"));
  for (const { kind, skip } of doing) expect(skip, kind).toContain("undoing");
  const undoing = describeRule(rule!).steps.filter(({ skip }) => !skip.includes("undoing"));
  expect(undoing.map(({ kind, text }) => [kind, text])).toEqual([
    ["do", "giving its VLANs back to a port of br0"],
    ["do", "giving its VLANs back to a port of br0"],
    ["do", "giving its options back to a port of br0"],
    ["do", "going back from br0"],
  ]);
  expect(undoing.map(({ object, places }) => [object, ...places.map((each) => each.replace(/ at .*/, ""))])).toEqual([
    [undefined, "tapIndex"],
    ["formerVlans", "tapIndex"],
    [undefined, "tapIndex", "former isolated"],
    [undefined, "tapIndex", "formerMac", "formerMtu", "formerMaster", "formerFlags"],
  ]);
});

test("without options one message does it all", () => {
  const [rule] = compile('{ "rules": [ { "bridge": "br0" } ] }');
  expect(arrival(rule!)).toMatchObject([
    { message: "RTM_NEWLINK", header: { flags: ["up"], change: ["up"] }, attributes: { master: 0, mtu: 0 } },
  ]);
});

test("what is kept has no place in the message", () => {
  const [rule] = compile('{ "rules": [ { "bridge": "br0", "mtu": "keep", "mac": "keep" } ] }');
  expect(arrival(rule!)[0]?.attributes).toEqual({ master: 0 });
});

test("a plan is the same bytes for the same policy, and reads back", () => {
  const text =
    '{ "rules": [ { "match": { "users": ["alice", 7], "groups": ["kvm"], "tap": "vm*" }, "bridge": "br0" } ] }';
  const plan = encodePlan(compile(text), Buffer.from(text));
  expect(plan.equals(encodePlan(compile(text), Buffer.from(text)))).toBe(true);
  const decoded = decodePlan(plan);
  expect(decoded.rules).toEqual(compile(text));
  expect(decoded.rules[0]).toMatchObject({ user: 1000, group: 105, tap: "vm*" });
  expect(decoded.rules[1]).toMatchObject({ user: 7, group: 105, tap: "vm*" });
  expect(decoded.isFor(Buffer.from(text))).toBe(true);
  expect(decoded.isFor(Buffer.from(`${text} `))).toBe(false);
});

test("a plan that is damaged, truncated or of another version is refused", () => {
  const plan = encodePlan(compile('{ "rules": [ { "bridge": "br0" } ] }'), Buffer.from("x"));
  for (let at = 0; at < plan.length; at++) {
    const damaged = Buffer.from(plan);
    damaged[at]! ^= 0x10;
    // The policy's checksum is anybody's: it is compared with the policy.
    if (at < 24 || at >= 32) expect(() => decodePlan(damaged), `byte ${at}`).toThrow(InputError);
    expect(() => decodePlan(plan.subarray(0, at)), `${at} bytes`).toThrow(InputError);
  }
  const newer = Buffer.from(plan);
  newer.writeUInt32LE(4, 8);
  expect(() => decodePlan(newer)).toThrow("it is of version 4, not 3");
});

test("the checksum is FNV-1a of 64 bits", () => {
  expect(checksum(Buffer.from(""))).toBe(0xcbf29ce484222325n);
  expect(checksum(Buffer.from("foobar"))).toBe(0x85944171f73967e8n);
});

test("the first rule that matches is the one", () => {
  const rules = compile(`{ "rules": [
    { "match": { "tap": "t?p*" }, "refuse": "because" },
    { "match": { "programs": ["helper"], "bridge": "br*" }, "bridge": "br1" },
    { "match": { "users": [1000] }, "bridge": "br2" },
    { "match": { "tap": "vm0" }, "bridge": "br3" }
  ] }`);
  const plan = { rules, isFor: () => true };
  expect(() => ruleFor(plan, { tap: "tap0", program: "ifup", bridge: "" })).toThrow(
    "tap0: the policy refuses it: because",
  );
  expect(bridgeOf(ruleFor(plan, { tap: "vm0", program: "helper", bridge: "br7" }))).toBe("br1");
  expect(bridgeOf(ruleFor(plan, { tap: "vm0", program: "ifup", bridge: "" }))).toBe("br3");
  expect(() => ruleFor(plan, { tap: "vm1", program: "ifup", bridge: "" })).toThrow(
    "vm1: the policy has no rule for it",
  );
});

test("the published schema is the one that policies are checked by", () => {
  const published = readFileSync(new URL("../../../docs/qemu-policy.schema.json", import.meta.url), "utf8");
  expect(JSON.parse(published), "linkwright qemu schema prints it").toEqual(JSON.parse(JSON.stringify(policySchema())));
});

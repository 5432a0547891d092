import { InputError, under } from "../base/errors.js";
import { switchColumns } from "../openvswitch/switch-port.js";
import { bridgePort } from "../rtnetlink/link/kinds/bridge-port.js";
import {
  choice,
  either,
  integer,
  listOf,
  objectOf,
  type Shape,
  textLike,
  truth,
  valuesOf,
} from "../netlink/codecs/shape.js";

const TEXT = /^\P{Cc}+$/u;
/** A link's name, in which "*" and "?" stand for any text and any byte. */
const pattern = (description: string): Shape<string> =>
  textLike("a pattern for a link's name: 1 to 31 bytes without spaces", /^[!-.0-~]{1,31}$/, description);
const linkName = (description: string): Shape<string> =>
  textLike("a link's name: 1 to 15 bytes without spaces and slashes", /^(?!\.{1,2}$)[!-.0-~]{1,15}$/, description);
const account = (what: string): Shape<string | number> =>
  either(integer(0, 2 ** 32 - 2, "by number"), textLike(`a ${what}'s name or number`, TEXT, "by name"), `a ${what}`);

/** What a rule is for: everything that is given must hold. */
const match = objectOf(
  {
    tap: pattern('the TAP\'s name, such as "vnet*"'),
    bridge: pattern("the bridge that is asked for with --br"),
    startedAs: pattern('the name that the program was started under, such as "qemu-ifup-br0"'),
    programs: listOf(
      choice(["ifup", "ifdown", "helper"], "a program"),
      "the programs that it is for; all of them unless given",
    ),
    users: listOf(account("user"), "the caller is one of these users"),
    groups: listOf(account("group"), "the caller is in one of these groups"),
  },
  "what the rule is for: everything that is given must hold",
);

const vlan = objectOf(
  {
    id: integer(1, 4094, "the VLAN, or the first of a range"),
    to: integer(1, 4094, "the last VLAN of the range"),
    pvid: truth("untagged frames belong to it"),
    untagged: truth("its frames leave without a tag"),
  },
  "a VLAN",
  ["id"],
);

const speed = (description: string): Shape<number> => integer(8, Number.MAX_SAFE_INTEGER, description);

const rule = objectOf(
  {
    match,
    refuse: textLike("a reason", TEXT, "refuse, for this reason"),
    bridge: linkName('the bridge; "default-route" is the one through which the default route leads'),
    switch: choice(["openvswitch"], "what the bridge is one of: Open vSwitch, by its database; of Linux unless given"),
    network: textLike("a network's name", /^[A-Za-z0-9][\w.-]{0,31}$/, "the guest network, in place of its bridge"),
    vlans: listOf(vlan, "the VLANs of the port, and no others"),
    port: valuesOf(bridgePort, "options of the port, by the library's names"),
    mtu: either(
      choice(["bridge", "keep"], "the bridge's, or as it is"),
      integer(68, 65535, "in bytes"),
      "the TAP's MTU",
    ),
    mac: choice(
      ["guest", "keep"],
      "the TAP's MAC: with 0xfe for its first byte, so that the bridge does not take it on, or as it is",
    ),
    rate: objectOf(
      {
        ingress: speed("from the guest, bits per second"),
        egress: speed("to the guest, bits per second"),
        burst: integer(1, 2 ** 32 - 1, "bytes that may come at once"),
      },
      "limits of the port, as the host's kernel sees it",
    ),
    antiSpoof: objectOf(
      {
        mac: textLike("a MAC", /^[\dA-Fa-f]{2}(:[\dA-Fa-f]{2}){5}$/, "the guest's MAC"),
        addresses: listOf(
          textLike("an address", /^[\dA-Fa-f.:]+$/, "of IPv4 or IPv6"),
          "its addresses, beside those that its network keeps for its MAC",
        ),
      },
      "the guest can be nobody but this one: what says otherwise is dropped",
      ["mac"],
    ),
    up: truth("bring the TAP up"),
  },
  "a rule: the first one that matches is carried out",
);

/** A policy: what becomes of the TAPs that QEMU hands over. */
export const policyShape = objectOf(
  {
    $schema: textLike("an address", TEXT, "where this schema is"),
    rules: listOf(rule, "the rules, the first one that matches wins; without one, the TAP is refused"),
  },
  "the policy of linkwright's programs for QEMU",
  ["rules"],
);

export type Policy = ReturnType<typeof policyShape.read>;
export type PolicyRule = NonNullable<Policy["rules"]>[number];

/** What is said of ports of Linux alone. */
const OF_LINUX = ["rate", "antiSpoof"] as const;

/** Throws InputError for what cannot be said of a port of Open vSwitch. */
export function checkOpenVswitch(rule: PolicyRule): void {
  if (rule.bridge === undefined || rule.bridge === "default-route")
    throw new InputError("say which bridge of Open vSwitch", "switch");
  const stray = OF_LINUX.find((name) => rule[name] !== undefined);
  if (stray !== undefined) throw new InputError("a port of Open vSwitch has no such limit here", stray);
  if (rule.mtu === "bridge") throw new InputError('a port of Open vSwitch has its own: "keep", or bytes', "mtu");
  const { isolated, ...others } = (rule.port ?? {}) as { readonly isolated?: boolean };
  const [option] = Object.keys(others);
  if (option !== undefined) throw new InputError("a port of Open vSwitch can be isolated alone", `port.${option}`);
  switchColumns({ vlans: rule.vlans, isolated });
}

function checkRule(rule: PolicyRule): void {
  const { refuse, bridge, network, vlans = [], ...rest } = rule;
  if (rule.switch !== undefined) checkOpenVswitch(rule);
  if (bridge !== undefined && network !== undefined)
    throw new InputError("a network has a bridge of its own", "network");
  if ((refuse === undefined) === ((bridge ?? network) === undefined))
    throw new InputError(
      refuse === undefined ? 'it needs a "bridge", a "network", or a "refuse"' : "a rule that refuses names no bridge",
    );
  if (refuse !== undefined && Object.keys(rest).some((name) => name !== "match"))
    throw new InputError("a rule that refuses says nothing else");
  for (const [i, { id = 0, to = id, pvid }] of vlans.entries()) {
    if (to < id) throw new InputError(`the range ends at ${to}, before it begins`, `vlans.${i}`);
    if (pvid === true && to !== id) throw new InputError("one VLAN alone can be the pvid", `vlans.${i}`);
  }
  if (vlans.filter(({ pvid }) => pvid === true).length > 1)
    throw new InputError("only one VLAN can be the pvid", "vlans");
}

/** Checks a policy; throws InputError with the path of what is wrong. */
export function checkPolicy(value: unknown): Policy {
  const policy = policyShape.read(value);
  for (const [i, each] of (policy.rules ?? []).entries())
    under(`rules.${i}`, () => {
      checkRule(each);
    });
  return policy;
}

/** The policy's JSON Schema. */
export function policySchema(): object {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "linkwright's policy for QEMU",
    ...policyShape.schema,
  };
}

import type { Expression } from "../expressions/expression.js";
import type { Listed, ListedSet, Ruleset } from "../listing.js";
import type { ChainReference } from "../messages/change.js";
import type { ElementValues, RuleValues } from "../messages/nf-tables.js";
import { type Verdict, verdictOf } from "../values/data.js";
import { matchOf } from "./iptables-matches.js";

/** Bytes, of which some are not known. */
export type KnownBytes = readonly (number | undefined)[];

type Data<N extends Expression["name"]> = Extract<Expression, { name: N; data: unknown }>["data"];

/** What is known of a packet; what is not said may be anything. */
export interface KnownPacket {
  /** As `meta` reads it. */
  readonly meta: Readonly<Partial<Record<NonNullable<Data<"meta">["key"]>, KnownBytes>>>;
  /** As `ct` reads it. */
  readonly ct: Readonly<Partial<Record<NonNullable<Data<"ct">["key"]>, KnownBytes>>>;
  readonly networkHeader: KnownBytes;
  /** The ports of a bridge by which it comes in and goes out, where br_netfilter hands it over. */
  readonly ports?: { readonly in: string; readonly out: string } | undefined;
}

/** What becomes of a packet: "translate" is an accepted one with another source. */
export type Outcome = "accept" | "drop" | "translate";

/** What a base chain does with a packet. */
export interface Course {
  readonly outcome: Outcome;
  /** The rule that decides; undefined for the chain's policy. */
  readonly rule?: Listed<RuleValues> | undefined;
  /** What rules before that would do with such a packet that is as they ask, in what is not known of it. */
  readonly perhaps: ReadonlySet<Outcome>;
}

/** Bytes of all registers; where each begins is what `register` of data.ts says. */
const SIZE = 64;
const placeOf = (register: number): number => (register < 8 ? (register - 1) * 16 : (register - 8) * 4);

/** Targets of iptables that decide; others, such as LOG, let a packet go on. */
const TARGETS: Readonly<Record<string, Outcome>> = {
  ...{ ACCEPT: "accept", DROP: "drop", REJECT: "drop", NFQUEUE: "accept" },
  ...{ MASQUERADE: "translate", SNAT: "translate" },
};

/** Whether a packet is as an expression asks; undefined: that depends on what is not known. */
type Fit = boolean | undefined;

/** How bytes compare with others, as memcmp does; undefined where it is not known. */
function compared(known: KnownBytes, value: Uint8Array): number | undefined {
  for (const [place, byte] of value.entries()) {
    const own = known[place];
    if (own === undefined) return undefined;
    if (own !== byte) return own - byte;
  }
  return 0;
}

const COMPARISONS: Readonly<Record<string, (order: number) => boolean>> = {
  lt: (order) => order < 0,
  lte: (order) => order <= 0,
  gt: (order) => order > 0,
  gte: (order) => order >= 0,
};

function fitsComparison(known: KnownBytes, op: NonNullable<Data<"cmp">["op"]>, value: Uint8Array): Fit {
  if (op === "eq" || op === "neq") {
    const differs = [...value].some((byte, place) => known[place] !== undefined && known[place] !== byte);
    if (!differs && compared(known, value) === undefined) return undefined;
    return differs === (op === "neq");
  }
  const order = compared(known, value);
  return order === undefined ? undefined : COMPARISONS[op]?.(order);
}

const keyOf = ({ key }: ElementValues): Uint8Array => key?.value ?? new Uint8Array();

/** The element of a set that a key is; undefined for none, and "unknown" where that depends on what is not known. */
function elementFor({ elements, flags = [] }: ListedSet, key: KnownBytes): ElementValues | "unknown" | undefined {
  const catchall = elements.find((each) => each.flags?.includes("catchall") === true);
  const exact = elements.filter((each) => each !== catchall);
  const same = exact.find((each) => fitsComparison(key, "eq", keyOf(each)) === true && !isEnd(each));
  if (same !== undefined) return same;
  const isKnown = exact.every((each) => fitsComparison(key, "eq", keyOf(each)) !== undefined);
  if (!isKnown || (flags.includes("interval") && flags.includes("concat"))) return "unknown";
  if (!flags.includes("interval")) return catchall;
  const orders = exact.map((each) => ({ each, order: compared(key, keyOf(each)) }));
  if (orders.some(({ order }) => order === undefined)) return "unknown";
  // Of the boundaries, the last that is not above the key.
  const [before] = orders
    .filter(({ order }) => order! >= 0)
    .sort((one, other) => Buffer.compare(keyOf(other.each), keyOf(one.each)));
  return before === undefined || isEnd(before.each) ? catchall : before.each;
}

function isEnd({ flags = [] }: ElementValues): boolean {
  return flags.includes("intervalEnd");
}

/** What a rule says of a packet: whether that is as it asks, and what it decides then, of which any may be meant. */
interface Said {
  readonly fits: Fit;
  readonly verdicts: readonly (Verdict | Outcome)[];
}

/** Goes through the expressions of a rule. */
function saidBy(
  { family, table, expressions = [] }: Listed<RuleValues>,
  sets: readonly ListedSet[],
  packet: KnownPacket,
): Said {
  const registers: (number | undefined)[] = new Array<undefined>(SIZE).fill(undefined);
  let fits: Fit = true;
  let verdicts: readonly (Verdict | Outcome)[] = [];

  /** What is shorter than words of four bytes has zeros behind it (nft_reg_store8, nft_reg_store16). */
  function put(register: number | undefined, bytes: KnownBytes, length = 16): void {
    if (register === undefined || register === 0) return;
    const end = Math.ceil(bytes.length / 4) * 4;
    for (let place = 0; place < length; place++)
      registers[placeOf(register) + place] = place >= bytes.length && place < end ? 0 : bytes[place];
  }
  const from = (register: number | undefined): KnownBytes => registers.slice(placeOf(register ?? 1));

  function lookUp({ set: name, sreg, dreg, flags = [] }: Data<"lookup">): Fit {
    const set = sets.find((each) => each.family === family && each.table === table && each.name === name);
    if (set === undefined) return undefined;
    const found = elementFor(set, from(sreg));
    if (dreg === 0) {
      const meant = found === "unknown" ? set.elements : found === undefined ? [] : [found];
      verdicts = meant.flatMap(({ data }) => (data?.verdict && verdictOf(data.verdict)) ?? []);
    } else if (dreg !== undefined) put(dreg, found === "unknown" ? [] : [...(found?.data?.value ?? [])]);
    return found === "unknown" ? undefined : (found !== undefined) !== flags.includes("inv");
  }

  /** Whether the packet is as an expression asks; those that ask nothing are content. */
  function step(expression: Expression): Fit {
    switch (expression.name) {
      case "meta":
        put(expression.data.dreg, packet.meta[expression.data.key!] ?? []);
        return true;
      case "ct":
        put(expression.data.dreg, packet.ct[expression.data.key!] ?? []);
        return true;
      case "payload": {
        const { dreg, base, offset = 0, len = 0 } = expression.data;
        put(dreg, base === "networkHeader" ? packet.networkHeader.slice(offset, offset + len) : [], len);
        return true;
      }
      case "bitwise": {
        const { sreg, dreg, len = 0, mask, xor, op = "maskXor" } = expression.data;
        const masked = from(sreg)
          .slice(0, len)
          .map((byte, place) => {
            const [keep, turn] = [mask?.value?.[place] ?? 0, xor?.value?.[place] ?? 0];
            return keep === 0 ? turn : byte === undefined ? undefined : (byte & keep) ^ turn;
          });
        put(dreg, op === "maskXor" ? masked : [], len);
        return true;
      }
      case "cmp":
        return fitsComparison(
          from(expression.data.sreg),
          expression.data.op ?? "eq",
          expression.data.data?.value ?? new Uint8Array(),
        );
      case "range": {
        const { sreg, op, fromData, toData } = expression.data;
        const [low, high] = [fromData, toData].map((end) => compared(from(sreg), end?.value ?? new Uint8Array()));
        if (low === undefined || high === undefined) return undefined;
        return (low >= 0 && high <= 0) === (op !== "neq");
      }
      case "lookup":
        return lookUp(expression.data);
      case "immediate": {
        const { dreg, data } = expression.data;
        const verdict = data?.verdict && verdictOf(data.verdict);
        if (verdict !== undefined) verdicts = [verdict];
        else put(dreg, [...(data?.value ?? [])]);
        return true;
      }
      case "reject":
        verdicts = ["drop"];
        return true;
      case "queue":
        verdicts = ["accept"];
        return true;
      case "masq":
      case "nat":
        verdicts = ["translate"];
        return true;
      case "match":
        return matchOf(expression.data, packet.ports);
      case "target": {
        const outcome = TARGETS[expression.data.name ?? ""];
        if (outcome !== undefined) verdicts = [outcome];
        return true;
      }
      case "counter":
      case "log":
      case "notrack":
      case "objref":
        return true;
      default:
        if (expression.name !== undefined && expression.data !== undefined && "dreg" in expression.data)
          put(expression.data.dreg, []);
        // Limits and the like let some packets pass.
        return expression.name === "fib" || expression.name === "rt" || expression.name === "exthdr" ? true : undefined;
    }
  }

  for (const expression of expressions) {
    const one = step(expression);
    if (one === false) return { fits: false, verdicts: [] };
    if (one === undefined) fits = undefined;
    if (verdicts.length > 0) break;
  }
  return { fits, verdicts };
}

const ruleIndexes = new WeakMap<Ruleset, Map<string, Listed<RuleValues>[]>>();

/** The rules of each chain, by its family, table and name. */
function rulesByChain(ruleset: Ruleset): Map<string, Listed<RuleValues>[]> {
  const known = ruleIndexes.get(ruleset);
  if (known !== undefined) return known;
  const rules = new Map<string, Listed<RuleValues>[]>();
  for (const rule of ruleset.rules) {
    const key = `${rule.family} ${rule.table} ${rule.chain}`;
    const chain = rules.get(key);
    if (chain === undefined) rules.set(key, [rule]);
    else chain.push(rule);
  }
  ruleIndexes.set(ruleset, rules);
  return rules;
}

/** Whether any rule asks by which ports of a bridge a packet comes in and goes out. */
export function asksForPorts({ rules }: Ruleset): boolean {
  return rules.some(({ expressions = [] }) =>
    expressions.some((each) => each.name === "match" && each.data.name === "physdev"),
  );
}

/**
 * What a base chain does with a packet of which something is known, by its rules and those of the chains that they jump to. A rule
 * that asks what is not known of the packet is taken not to be meant; what it would do is told beside.
 */
export function courseOf(
  ruleset: Ruleset,
  base: ChainReference & { readonly policy: "accept" | "drop" },
  packet: KnownPacket,
): Course {
  const rules = rulesByChain(ruleset);
  const perhaps = new Set<Outcome>();
  type Decision = Pick<Course, "outcome" | "rule">;

  function within(chain: string, above: readonly string[]): Decision | undefined {
    if (above.includes(chain)) return undefined;
    for (const rule of rules.get(`${base.family} ${base.table} ${chain}`) ?? []) {
      const { fits, verdicts } = saidBy(rule, ruleset.sets, packet);
      for (const verdict of verdicts) {
        const isCertain = fits === true;
        const inner =
          typeof verdict === "object"
            ? within("jump" in verdict ? verdict.jump : verdict.goto, [...above, chain])
            : undefined;
        const outcome =
          verdict === "accept" || verdict === "drop" || verdict === "translate" ? verdict : inner?.outcome;
        if (!isCertain) {
          if (outcome !== undefined) perhaps.add(outcome);
          continue;
        }
        if (outcome !== undefined) return inner ?? { outcome, rule };
        if (verdict === "return" || (typeof verdict === "object" && "goto" in verdict)) return undefined;
      }
    }
    return undefined;
  }

  return { ...(within(base.chain, []) ?? { outcome: base.policy }), perhaps };
}

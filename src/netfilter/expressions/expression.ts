import { type Codec } from "../../netlink/codecs/codec.js";
import { repeated } from "../../netlink/codecs/nests.js";
import { expressionCodec, type Known, type OtherExpression } from "./codec.js";
import { bitwise, byteorder, cmp, range } from "./compare.js";
import { match, target } from "./compatible.js";
import { log } from "./count.js";
import { ct, exthdr, fib, meta, payload, rt } from "./load.js";
import { dynset, lookup, objref } from "./lookup.js";
import { statefulKinds } from "./stateful.js";
import { masq, nat, redir } from "./translation.js";
import { immediate, queue, reject } from "./verdict.js";

/** The kinds of expression whose attributes are known. */
export const expressionKinds = {
  ...{ meta, payload, exthdr, ct, fib, rt },
  ...{ cmp, range, bitwise, byteorder },
  ...{ lookup, dynset, objref },
  ...{ immediate, reject, queue },
  ...{ nat, masq, redir },
  ...statefulKinds,
  ...{ log, match, target },
  notrack: undefined,
};

/**
 * One step of a rule. A packet goes through a rule's expressions from the first to the last, with registers between them; one
 * that does not fit ends the rule.
 */
export type Expression = Known<typeof expressionKinds> | OtherExpression;

export const expression = expressionCodec(expressionKinds);

/** The expressions of a rule, in their order (NFTA_LIST_ELEM). */
export const expressions: Codec<readonly Expression[]> = repeated(1, expression);

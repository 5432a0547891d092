import { expressionCodec, type Known, type OtherExpression } from "./codec.js";
import { connlimit, counter, last, limit, quota } from "./count.js";

/** Expressions that remember something: each element of a set may have its own. */
export const statefulKinds = { counter, limit, quota, connlimit, last };

/** An expression that keeps something from packet to packet: a counter, a limit, a quota. */
export type StatefulExpression = Known<typeof statefulKinds> | OtherExpression;

export const statefulExpression = expressionCodec(statefulKinds);

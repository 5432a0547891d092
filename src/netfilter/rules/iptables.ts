import { InputError, quoted } from "../../base/errors.js";
import type { Clause } from "./clause.js";

/** Bytes of struct xt_comment_info (linux/netfilter/xt_comment.h), with the NUL at its end. */
const COMMENT_SIZE = 256;

/**
 * A comment in a chain of iptables: its own kind of match, for `iptables` shows no other (`-m comment --comment TEXT`). Throws
 * InputError.
 */
export function iptablesComment(comment: string): Clause {
  const bytes = typeof comment === "string" ? Buffer.from(comment) : undefined;
  if (bytes === undefined || bytes.length >= COMMENT_SIZE || bytes.includes(0))
    throw new InputError(`${quoted(comment)} is not text of at most ${COMMENT_SIZE - 1} bytes`);
  const info = new Uint8Array(COMMENT_SIZE);
  info.set(bytes);
  return { expressions: [{ name: "match", data: { name: "comment", rev: 0, info } }] };
}

/** The comment of a rule of iptables, if it has one. */
export function iptablesCommentIn(expressions: Clause["expressions"]): string | undefined {
  for (const each of expressions) {
    if (each.name !== "match" || each.data.name !== "comment" || each.data.info === undefined) continue;
    const { info } = each.data;
    const end = info.indexOf(0);
    return Buffer.from(info.subarray(0, end < 0 ? undefined : end)).toString("utf8");
  }
  return undefined;
}

import { readFileSync } from "node:fs";
import { InputError, quoted } from "../../base/errors.js";
import type { Codec } from "../../netlink/codecs/codec.js";
import { u32 } from "../../netlink/codecs/numbers.js";

/** A number of users or of groups, which may be typed by a name of a file such as /etc/passwd. */
function numberIn(file: string, what: string): Codec<number> {
  function parse(word: string): number {
    if (/^\d/.test(word)) return u32.parse(word);
    const account = readFileSync(file, "utf8")
      .split("\n")
      .map((line) => line.split(":"))
      .find(([name]) => name === word);
    if (account === undefined) throw new InputError(`${quoted(word)} is no ${what} in ${file}, and no number`);
    return u32.parse(account[2]!);
  }
  return { ...u32, words: "N|NAME", parse };
}

export const userNumber = numberIn("/etc/passwd", "user");
export const groupNumber = numberIn("/etc/group", "group");

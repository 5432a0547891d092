import { InputError } from "../../base/errors.js";
import type { Action } from "../command.js";
import { arePairs, isOption, startsPair } from "./parse-options.js";

/**
 * The words of an action in its own order, for those that stand as `ip` and `bridge` have them. Undefined where a link has to
 * be named, and is not. Throws InputError for what has another meaning there than it would have here.
 */
export function inOrder(action: Action, words: readonly string[]): readonly string[] | undefined {
  const [first] = action.operands;
  if (first?.isNew === true) return newLinkInOrder(action, words);
  return first?.choices === "link" ? linkInOrder(action, words) : words;
}

/** The link behind "dev", and what the action has second before it. */
function linkInOrder({ options = [], isSecond }: Action, words: readonly string[]): readonly string[] | undefined {
  const place = words.findIndex((word) => /^dev(=|$)/.test(word));
  if (place >= 0) {
    const isApart = words[place] === "dev";
    const link = isApart ? words[place + 1] : words[place]!.slice("dev=".length);
    const behind = words.slice(place + (isApart ? 2 : 1));
    // At the end it is a name, or a value, unless what stands first is no link.
    if (link === undefined) return isSecond?.(words[0]!) === true ? undefined : words;
    return [link, ...words.slice(0, place), ...behind];
  }
  const [second = "", ...rest] = words.slice(1);
  if (words[0] === undefined || isSecond?.(words[0]) !== true) return words;
  if (second === "" || second.includes("=") || isOption(second, options) || startsPair(words.slice(1), options))
    return undefined;
  return [second, words[0], ...rest];
}

/** A link that is made: `link eth0 name eth0.5 type vlan id 5`, `dev v0 type veth peer name v1 netns blue`. */
function newLinkInOrder(action: Action, typed: readonly string[]): readonly string[] | undefined {
  const words = withPeer(typed);
  const { options = [] } = action;
  if (arePairs(words, options)) return undefined;
  const isOn = words[0] === "link" && words.length > 2 && startsPair(words, options);
  const on = isOn ? words.slice(0, 2) : [];
  const [first = "", next = "=", ...rest] = words.slice(on.length);
  if ((first === "name" || first === "dev") && !next.includes("=")) return [next, ...on, ...rest];
  return isOn ? [first, ...on, ...words.slice(on.length + 1)] : words;
}

/** The other end of a pair without the "name" before it. What `ip` has behind it is about the other end. */
function withPeer(words: readonly string[]): readonly string[] {
  const place = words.findIndex((word, i) => word === "peer" && words[i + 1] === "name");
  if (place < 0) return words;
  const [, , name, ...behind] = words.slice(place);
  if (name === undefined) return words;
  const [netns, namespace, ...more] = behind;
  const isElsewhere = netns === "netns" && namespace !== undefined;
  const stray = isElsewhere ? more[0] : netns;
  if (stray !== undefined)
    throw new InputError(
      `behind "peer name ${name}" it is about ${name}: say it before, or of ${name} itself by link set`,
      stray,
    );
  return [...words.slice(0, place), `peer=${name}`, ...(isElsewhere ? [`peer-netns=${namespace}`] : [])];
}

import { InputError } from "../../base/errors.js";
import { NetlinkError } from "../../kernel/error.js";
import { kebab } from "../../netlink/codecs/words.js";
import { linkKinds, portKinds } from "../../rtnetlink/link/kinds/index.js";
import { linkAttributes } from "../../rtnetlink/link/link.js";
import { routeMetrics } from "../../rtnetlink/route/route-metrics.js";
import type { Option } from "../parsing/option.js";

/** Properties of the library that the command line has another word for than their own in kebab case. */
const OTHERWISE: Readonly<Record<string, string>> = {
  gateway: "via",
  namespace: "netns",
  peerNamespace: "peer-netns",
  nexthopId: "nexthop-id",
  encapType: "encap",
  setCount: "vf count",
};

const PROPERTIES: ReadonlySet<string> = new Set(
  [...Object.values(linkKinds), ...Object.values(portKinds), linkAttributes, routeMetrics]
    .flatMap(({ entries }) => Object.keys(entries))
    .filter((property) => /[A-Z]/.test(property))
    .concat("withoutFiltering", "minTxRate", "maxTxRate", "encapType", "setCount"),
);

function wordFor(property: string): string {
  return Object.hasOwn(OTHERWISE, property) ? OTHERWISE[property]! : kebab(property);
}

/** A text of the library, with the words that are typed for what it calls by its own names. */
export function spelled(text: string): string {
  return text
    .replace(/\b(gateway|namespace|peerNamespace|nexthopId)=/g, (_, property: string) => `${wordFor(property)}=`)
    .replace(/\b[a-z]+(?:[A-Z][a-z0-9]*)+\b/g, (name) => (PROPERTIES.has(name) ? wordFor(name) : name));
}

/** A description of options, with the words that are typed for those that it mentions. */
export function mentioned(text: string, words: Iterable<Pick<Option, "property" | "word">>): string {
  const typed = new Map([...words].map(({ property, word }) => [property, word]));
  return text.replace(/\b[a-z]+(?:[A-Z][a-z0-9]*)+\b/g, (name) => typed.get(name) ?? name);
}

/** An error of the library as a person at a command line reads it. */
export function spelledMessage(error: Error): string {
  if (error instanceof NetlinkError) {
    const { attribute, hint, subject, kernelMessage } = error;
    const said = error.with({
      attribute: attribute === undefined ? undefined : wordFor(attribute.split(".").at(-1)!),
      hint: hint === undefined ? undefined : spelled(hint),
      subject: subject === undefined ? undefined : spelled(subject),
      kernelMessage,
    });
    // A refusal of our own has words of its own.
    return said.message === error.message ? spelled(error.message) : said.message;
  }
  // What is wrong in a file is named as it stands there.
  if (!(error instanceof InputError) || error.name === "DeclarationError" || error.path.startsWith("/"))
    return error.message;
  const place = error.path.replace(/^(linkInfo\.)?(data|slaveData)\./, "");
  return new InputError(spelled(error.problem), spelled(place)).message;
}

import { builtin } from "../base/builtin.js";
import { once } from "../base/once.js";
import type { MessageTypes } from "./message.js";

/** NODE_DEBUG=linkwright prints every message, both ways, on stderr. */
export const debug = builtin("node:util").debuglog("linkwright");

const description = once(() => require("./describe-messages.js") as typeof import("./describe-messages.js"));

/** Prints the messages in a buffer; what describes them is loaded then. */
export function printMessages(direction: ">" | "<", types: MessageTypes, messages: Buffer): void {
  for (const line of description().describeMessages(types, messages)) debug("%s %s", direction, line);
}

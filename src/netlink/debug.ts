import { builtin } from "../base/builtin.js";
import type { MessageTypes } from "./message.js";

/** NODE_DEBUG=linkwright prints every message, both ways, on stderr. */
export const debug = builtin("node:util").debuglog("linkwright");

/** Prints the messages in a buffer; what describes them is loaded then. */
export function printMessages(direction: ">" | "<", types: MessageTypes, messages: Buffer): void {
  const { describeMessages } = require("./describe-messages.js") as typeof import("./describe-messages.js");
  for (const line of describeMessages(types, messages)) debug("%s %s", direction, line);
}

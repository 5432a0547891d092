import { serve } from "./program.mjs";

/** The same work by a process that has not even loaded linkwright when its time starts. */
let opening;

async function opened() {
  opening ??= import("./linkwright-commands.mjs").then(({ openCommands }) => openCommands());
  return opening;
}

const names = ["bridge", "create", "attach", "remove"];
const late = (name) => [name, async (...words) => (await opened()).commands[name](...words)];
await serve(Object.fromEntries(names.map(late)));
await (await opening)?.close();

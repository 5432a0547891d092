import { serve } from "./program.mjs";
import { openCommands } from "./linkwright-commands.mjs";

/** The benchmark's work by linkwright. */
const { commands, close } = await openCommands();
await serve(commands);
await close();

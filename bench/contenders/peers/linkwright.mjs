import { serve } from "./program.mjs";
import { openCommands } from "./linkwright-commands.mjs";

/** The benchmark's work by linkwright; the argument says which thread executes requests (see Host.open). */
const { commands, close } = await openCommands(process.argv[2]);
await serve(commands);
await close();

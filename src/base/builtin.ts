import { createRequire } from "node:module";

let load: NodeJS.Require | undefined;

/** A module of Node's own, loaded when it is first wanted. What process.getBuiltinModule is from Node 20.16 on. */
export const builtin = ((id: string): unknown => {
  load ??= createRequire("/");
  return load(id);
}) as typeof process.getBuiltinModule;

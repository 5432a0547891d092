/** A module of Node's own, loaded when it is first wanted. */
export const builtin: typeof process.getBuiltinModule =
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- before Node 20.16 there is nothing else
  process.getBuiltinModule ?? ((id: string): unknown => require(id));

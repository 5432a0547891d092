/** Properties that hold the index of another link, which people call by its name. */
export const REFERENCES: ReadonlySet<string> = new Set([
  ...["link", "master", "backupPort", "primary", "activePort"],
  ...["port1", "port2", "interlink"],
]);

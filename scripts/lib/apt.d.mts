/** Downloads packages of another architecture, by dpkg's word for it, and unpacks them into a folder; true when all are there. */
export function unpackForeignPackages(architecture: string, names: readonly string[], folder: string): boolean;

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { run } from "../package/packed.js";

/** A registry of packages, on this machine alone. */
export interface Registry {
  readonly url: string;
  close(): Promise<void>;
}

interface Manifest {
  readonly name: string;
  readonly version: string;
}

/** Serves packages, each a tarball in a folder, as package managers ask for them. */
export async function serveRegistry(folder: string, files: readonly string[]): Promise<Registry> {
  const packages = files.map((file) => {
    const bytes = readFileSync(join(folder, file));
    const manifest = JSON.parse(run("tar", ["-xzOf", file, "package/package.json"], folder)) as Manifest;
    return { file, bytes, manifest };
  });
  const server = createServer(({ url = "" }, response) => {
    const path = decodeURIComponent(url.slice(1)).replace(/\?.*$/, "");
    const tarball = packages.find(({ file }) => file === path);
    const found = packages.find(({ manifest }) => manifest.name === path);
    if (tarball !== undefined) response.end(tarball.bytes);
    else if (found === undefined) response.writeHead(404).end();
    else {
      const { bytes, file, manifest } = found;
      const dist = {
        tarball: `http://${origin()}/${file}`,
        shasum: createHash("sha1").update(bytes).digest("hex"),
        integrity: `sha512-${createHash("sha512").update(bytes).digest("base64")}`,
      };
      const { name, version } = manifest;
      response.setHeader("content-type", "application/json");
      response.end(
        JSON.stringify({ name, "dist-tags": { latest: version }, versions: { [version]: { ...manifest, dist } } }),
      );
    }
  });
  const origin = (): string => `127.0.0.1:${(server.address() as AddressInfo).port}`;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://${origin()}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

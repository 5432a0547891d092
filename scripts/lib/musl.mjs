import { copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { unpackForeignPackages } from "./apt.mjs";
import { provideFolder } from "./cache.mjs";

/**
 * What makes gcc compile for musl: `{ specs }`, the path of a file for gcc's -specs=, or `{ missing }` with the reason. `machine` is uname(1)'s
 * word, `debian` dpkg's for the same. For another machine than this one it is Debian's package, unpacked and not installed.
 */
export function provideMusl(machine, debian) {
  const ours = `/usr/lib/${machine}-linux-musl/musl-gcc.specs`;
  if (existsSync(ours)) return { specs: ours };
  const { folder, missing } = provideFolder(
    `packages/musl-${debian}`,
    (folder) => ["gcc.specs", `usr/lib/${machine}-linux-musl/libc.so`].every((name) => existsSync(join(folder, name))),
    (draft) => {
      const packages = ["musl", "musl-dev"];
      if (!unpackForeignPackages(debian, packages, draft))
        return `Debian's ${packages.join(", ")} for ${debian} could not be fetched`;
      // Debian's /lib is /usr/lib.
      copyFileSync(
        join(draft, `lib/${machine}-linux-musl/libc.so`),
        join(draft, `usr/lib/${machine}-linux-musl/libc.so`),
      );
      // The draft is renamed once it is whole.
      const place = draft.replace(/\.draft-\d+$/, "");
      const specs = readFileSync(join(draft, ours), "utf8")
        .replaceAll(`/usr/include/${machine}-linux-musl`, `${place}$&`)
        .replaceAll(`/usr/lib/${machine}-linux-musl`, `${place}$&`)
        // The kernel's headers are of the cross compiler.
        .replaceAll("-isystem include%s", `$& -idirafter /usr/${machine}-linux-gnu/include`);
      writeFileSync(join(draft, "gcc.specs"), specs);
      return undefined;
    },
  );
  return folder === undefined ? { missing } : { specs: join(folder, "gcc.specs") };
}

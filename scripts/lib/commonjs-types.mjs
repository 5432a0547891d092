import { createRequire } from "node:module";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";

const load = createRequire(import.meta.url);
const FROM_MODULE = 'with { "resolution-mode": "import" }';

/** The parameters of generic classes below a folder of declarations, as they are declared and by name: "<T extends Tables = Tables>", "<T>". */
function genericClasses(folder) {
  const found = new Map();
  for (const name of readdirSync(folder, { recursive: true }))
    if (name.endsWith(".d.ts"))
      for (const [, type, declared] of readFileSync(join(folder, name), "utf8").matchAll(
        /^export declare class (\w+)(<[^{]+?>) (?:extends|implements|\{)/gm,
      )) {
        const names = [...declared.matchAll(/[<,]\s*(\w+)/g)].map(([, parameter]) => parameter);
        found.set(type, { declared, given: `<${names.join(", ")}>` });
      }
  return found;
}

const isClass = (value) => typeof value === "function" && /^class\b/.test(Function.prototype.toString.call(value));

/**
 * Writes the declarations of each face for those who require it, beside its code: the types are the module's own, so that
 * what is required and what is imported are one. A name that is a value is declared by itself: what a star exports of a module is a type here.
 */
export function writeCommonjsTypes(output, faces) {
  const generic = genericClasses(output);
  for (const [name, module] of Object.entries(faces)) {
    const path = relative(join(output, "code"), join(output, `${module}.js`));
    const lines = [`export type * from "${path}" ${FROM_MODULE};`];
    const source = `import("${path}", { ${FROM_MODULE.replace("with", "with:")} })`;
    for (const [exported, value] of Object.entries(load(join(output, "code", `${name}.cjs`)))) {
      lines.push(`export declare const ${exported}: typeof ${source}.${exported};`);
      if (!isClass(value)) continue;
      const { declared = "", given = "" } = generic.get(exported) ?? {};
      const bounded = declared.replace(/\b[A-Z]\w+/g, (type) => `${source}.${type}`);
      lines.push(`export type ${exported}${bounded} = ${source}.${exported}${given};`);
    }
    writeFileSync(join(output, "code", `${name}.d.cts`), `${lines.join("\n")}\n`);
  }
}

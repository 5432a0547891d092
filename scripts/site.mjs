import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Application, Converter, LogLevel } from "typedoc";
import { root, run } from "./lib/run.mjs";

const { values } = parseArgs({ options: { output: { type: "string", default: join(root, "docs/site") } } });

/** What has a reference: the package's faces, by their declarations, which have what the tables know of each attribute. */
const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const faces = Object.values(exports).flatMap(({ types }) => (types === undefined ? [] : [types]));

/**
 * The declarations as the reference shows them: a type that is made from a table, or from other types, as the interface that it is, with all
 * that is said of each property.
 */
function spelledOut(folder) {
  cpSync(join(root, "dist"), folder, { recursive: true, filter: (path) => !/\.(c?js|d\.cts)$/.test(path) });
  const made = /( \*\/\nexport type \w+(?:<[^=]*>)? = (?:Values|StructValues|OptionValues|Omit|Settings)<)/g;
  for (const name of readdirSync(folder, { recursive: true })) {
    if (!name.endsWith(".d.ts")) continue;
    const path = join(folder, name);
    writeFileSync(path, readFileSync(path, "utf8").replace(made, "\n * @interface$1"));
  }
}

/** Languages of the guides' examples. */
const highlightLanguages = [
  "bash",
  "c",
  "console",
  "dockerfile",
  "ini",
  "javascript",
  "json",
  "jsonc",
  "mermaid",
  "sh",
  "typescript",
  "xml",
  "yaml",
];

/** Builds the site of guides and reference; whatever is wrong with a link, or is not documented, is a failure. */
async function build() {
  if (run(process.execPath, ["scripts/build.mjs"]).status !== 0) return 1;
  // Beside node_modules, where the declarations find those of Node.
  const folder = mkdtempSync(join(root, "build/site-"));
  try {
    spelledOut(folder);
    return await write(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function write(folder) {
  const tsconfig = join(folder, "tsconfig.json");
  const compilerOptions = { noEmit: true, rootDir: "." };
  writeFileSync(
    tsconfig,
    JSON.stringify({ extends: "../../tsconfig.json", compilerOptions, include: ["**/*.d.ts"], exclude: [] }),
  );
  const application = await Application.bootstrap({
    name: "linkwright",
    includeVersion: true,
    readme: join(root, "README.md"),
    entryPoints: faces
      .filter((path) => path !== "./dist/all.d.ts")
      .map((path) => join(folder, path.replace("./dist/", ""))),
    tsconfig,
    projectDocuments: [join(root, "docs/*.md")],
    highlightLanguages,
    excludeInternal: true,
    excludePrivate: true,
    githubPages: false,
    disableGit: true,
    disableSources: true,
    searchInComments: true,
    searchInDocuments: true,
    navigation: { includeGroups: false, includeCategories: false },
    // What the declarations of Node are linked from leads nowhere here.
    externalSymbolLinkMappings: { "@types/node": { "*": "#" } },
    requiredToBeDocumented: ["Class", "Function", "Interface", "Method", "TypeAlias", "Variable"],
    validation: { notExported: false, invalidLink: true, rewrittenLink: true, notDocumented: true },
    skipErrorChecking: true,
    logLevel: LogLevel.Warn,
  });
  application.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_, document) => {
    // A guide is called as its heading says.
    const [heading] = document.content;
    const title = /^# (.+)$/m.exec(heading?.text ?? "");
    if (title !== null) document.name = title[1];
  });
  application.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    // A face is called as it is imported.
    for (const face of project.children ?? [])
      face.name = face.name === "index" ? "linkwright" : `linkwright/${face.name}`;
  });
  const project = await application.convert();
  if (project === undefined) return 1;
  application.validate(project);
  await application.generateDocs(project, values.output);
  return application.logger.hasErrors() || application.logger.hasWarnings() ? 1 : 0;
}

process.exitCode = await build();

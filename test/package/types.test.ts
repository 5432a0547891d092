import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spawnSync } from "node:child_process";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { provideFolder } from "../../scripts/lib/cache.mjs";
import { thorough } from "../thorough.js";
import type { describeNetfilterTables } from "../../src/netfilter/described-tables.js";
import type { describeOptions, describeTables } from "../../src/rtnetlink/tables.js";

const project = join(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "linkwright-types-"));
/** Every declaration is checked: ten seconds of a processor, which on a busy machine are many more. */
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

beforeAll(() => {
  const built = spawnSync(process.execPath, [join(project, "scripts/build.mjs")], { encoding: "utf8" });
  if (built.status !== 0) throw new Error(built.stdout + built.stderr);
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** A folder with the package and with the types of Node in it, and a program that uses the package. */
function userWith(name: string, modules: string, program: string): string {
  const user = join(folder, name);
  mkdirSync(join(user, "node_modules/linkwright"), { recursive: true });
  for (const each of ["@types", "undici-types"])
    if (existsSync(join(modules, each))) symlinkSync(join(modules, each), join(user, "node_modules", each));
  cpSync(join(project, "package.json"), join(user, "node_modules/linkwright/package.json"));
  cpSync(join(project, "dist"), join(user, "node_modules/linkwright/dist"), {
    recursive: true,
    filter: (source) => !/\.c?js$/.test(source),
  });
  writeFileSync(join(user, "package.json"), JSON.stringify({ private: true, type: "module" }));
  writeFileSync(join(user, "program.ts"), program);
  const options = {
    ...{ target: "ES2022", module: "NodeNext", moduleResolution: "NodeNext", lib: ["ES2022"], types: [] },
    ...{ strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false, noEmit: true, preserveSymlinks: true },
  };
  writeFileSync(join(user, "tsconfig.json"), JSON.stringify({ compilerOptions: options, files: ["program.ts"] }));
  return user;
}

/** TypeScript of a version, with the types of Node, from the cache or from npm; undefined when neither has it. */
function compilerOf(version: string): string | undefined {
  const program = (at: string): string => join(at, "node_modules/typescript/bin/tsc");
  const runs = (at: string): boolean =>
    existsSync(program(at)) && spawnSync(process.execPath, [program(at), "--version"]).status === 0;
  const found = provideFolder(`typescript/${version}`, runs, (draft) => {
    const quiet = ["--no-save", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
    const wanted = [`typescript@${version}`, "@types/node@20"];
    const { status } = spawnSync("npm", ["install", "--prefix", draft, ...quiet, ...wanted], { timeout: 50_000 });
    return status === 0 ? undefined : "npm failed";
  });
  return found.folder === undefined ? undefined : join(found.folder, "node_modules");
}

describe("a program that uses the package is checked, with what it depends on,", () => {
  const program = readFileSync(join(import.meta.dirname, "fixtures/types.ts"), "utf8");

  function check(name: string, modules: string): string {
    const user = userWith(name, modules, program);
    const { stdout } = spawnSync(process.execPath, [join(modules, "typescript/bin/tsc"), "-p", user], {
      encoding: "utf8",
      cwd: user,
    });
    return stdout;
  }

  test("by the TypeScript of this project", () => {
    expect(check("own", join(project, "node_modules"))).toBe("");
  });

  test.for(["node16", "node10"])("that requires it as CommonJS, as %s finds types", (resolution, { skip }) => {
    skip(!thorough && resolution === "node10", "node10 is tried with --all");
    const user = userWith(`require-${resolution}`, join(project, "node_modules"), "");
    writeFileSync(join(user, "program.cts"), readFileSync(join(import.meta.dirname, "fixtures/require.cts")));
    const module = resolution === "node16" ? "node16" : "commonjs";
    const options = ["--module", module, "--moduleResolution", resolution, "--target", "es2022", "--types", "node"];
    const strict = ["--strict", "--noEmit", "--skipLibCheck", "false", "--preserveSymlinks"];
    const compiler = join(project, "node_modules/typescript/bin/tsc");
    const { stdout } = spawnSync(process.execPath, [compiler, ...options, ...strict, "program.cts"], {
      encoding: "utf8",
      cwd: user,
    });
    expect(stdout).toBe("");
  });

  test.for(["5.4", "6.0", "7.0"])("by TypeScript %s", (version, { skip }) => {
    skip(
      !thorough && version === "6.0",
      "the oldest, the project's own and the newest are enough, but for npm test -- --all",
    );
    const modules = compilerOf(version);
    if (modules === undefined) {
      skip(`TypeScript ${version} cannot be fetched from npm`);
      return;
    }
    expect(check(version, modules)).toBe("");
  });
});

/** An editor with a user's program: what it shows where the program has a word, which is followed by a sign. */
function editorOf(user: string): (word: string, sign?: string) => string {
  const path = join(user, "program.ts");
  const text = readFileSync(path, "utf8");
  const { config } = ts.readConfigFile(join(user, "tsconfig.json"), ts.sys.readFile) as { config: object };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, user);
  const service = ts.createLanguageService({
    fileExists: (name) => ts.sys.fileExists(name),
    readFile: (name) => ts.sys.readFile(name),
    directoryExists: (name) => ts.sys.directoryExists(name),
    getDirectories: (name) => ts.sys.getDirectories(name),
    useCaseSensitiveFileNames: () => true,
    getCompilationSettings: () => options,
    getCurrentDirectory: () => user,
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    getScriptFileNames: () => [path],
    getScriptSnapshot: (name) => {
      const found = ts.sys.readFile(name);
      return found === undefined ? undefined : ts.ScriptSnapshot.fromString(found);
    },
    getScriptVersion: () => "1",
  });
  return (word, sign = ":") => {
    const shown = service.getQuickInfoAtPosition(path, text.indexOf(`${word}${sign}`));
    return ts.displayPartsToString(shown?.documentation);
  };
}

test("an editor shows what an attribute is, its unit, the kernel's name, since when it is there, and its default", () => {
  const program = `import { type Host, isPortOf, type Link } from "linkwright";
export async function use(host: Host, link: Link): Promise<void> {
  await host.addBridge("br0", { forwardDelay: 2000, mtu: 1500 });
  await host.attach("tap0", "br0", { isolated: true });
  await host.qdiscs.add("tap0", { kind: "tbf", options: { rate: 8000, burst: 2000, limit: 3000 } });
  await host.addVlan("v", { link: "br0", id: 5 });
  if (link.kind === "bridge") console.log(link.linkInfo.data.rootId);
  if (isPortOf(link, "bridge")) console.log(link.linkInfo.slaveData.holdTimer);
}
`;
  const shownAt = editorOf(userWith("editor", join(project, "node_modules"), program));
  expect(shownAt("forwardDelay")).toBe(
    "Time in the listening and learning states (milliseconds).\n\n`IFLA_BR_FORWARD_DELAY`; since Linux 3.18; 15000 unless set.",
  );
  expect(shownAt("mtu")).toBe("The largest packet, in bytes.\n\n`IFLA_MTU`.");
  expect(shownAt("isolated")).toBe(
    "No frames to or from other isolated ports.\n\n`IFLA_BRPORT_ISOLATED`; since Linux 4.18; false unless set.",
  );
  expect(shownAt("burst")).toBe("Bytes that pass at once; at least one frame.");
  expect(shownAt("rate")).toBe("What passes in the long run (bits per second).");
  expect(shownAt("id")).toBe(
    "The VLAN's id, 0 to 4094.\n\n`IFLA_VLAN_ID`; must be given to create one; cannot be changed later.",
  );
  expect(shownAt("rootId", ")")).toBe(
    "The spanning tree's root.\n\n`IFLA_BR_ROOT_ID`; since Linux 4.4; only the kernel sets it.",
  );
  expect(shownAt("holdTimer", ")")).toBe(
    "Until the next spanning tree packet may be sent (milliseconds).\n\n`IFLA_BRPORT_HOLD_TIMER`; since Linux 4.4; only the kernel sets it.",
  );
});

/** A line of a table as it is declared: its type, and what stands before it. */
interface Declared {
  readonly codec: string;
  readonly comment: string;
}

/** The lines of every table in a file of declarations, by property, number and description. */
function declaredIn(text: string): Map<string, Declared[]> {
  const lines = new Map<string, Declared[]>();
  const source = ts.createSourceFile("x.d.ts", text, ts.ScriptTarget.Latest, true);
  const visit = (node: ts.Node): void => {
    if (ts.isPropertySignature(node) && node.type !== undefined && ts.isTypeOperatorNode(node.type)) {
      const parts = ts.isTupleTypeNode(node.type.type) ? node.type.type.elements.map((each) => each.getText()) : [];
      const described = parts.find((part) => part.startsWith('"')) ?? "";
      const [first = "", second = ""] = parts;
      const [number, codec] = /^\d+$/.test(first) ? [first, second] : ["", first];
      const name = ts.isIdentifier(node.name) || ts.isStringLiteral(node.name) ? node.name.text : "";
      const key = `${name} ${number} ${described}`;
      const comments = ts.getJSDocCommentsAndTags(node).map((each) => each.getText());
      lines.set(key, [...(lines.get(key) ?? []), { codec, comment: comments.join("") }]);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return lines;
}

test("every line of every table is declared with its description, its name in the kernel, its unit, since when it is there, its default and its marks", () => {
  const declared = new Map<string, Declared[]>();
  for (const name of readdirSync(join(project, "dist"), { recursive: true, encoding: "utf8" })) {
    if (!name.endsWith(".d.ts")) continue;
    for (const [key, found] of declaredIn(readFileSync(join(project, "dist", name), "utf8")))
      declared.set(key, [...(declared.get(key) ?? []), ...found]);
  }
  const load = createRequire(import.meta.url);
  const tables = load(join(project, "build/tables/tables.cjs")) as {
    describeTables: typeof describeTables;
    describeOptions: typeof describeOptions;
  };
  const netfilter = load(join(project, "build/tables/netfilter-tables.cjs")) as {
    describeNetfilterTables: typeof describeNetfilterTables;
  };
  const described = [...tables.describeTables(), ...tables.describeOptions(), ...netfilter.describeNetfilterTables()];
  const attributes = described.flatMap((table) =>
    table.attributes.map((attribute) => ({
      name: undefined,
      number: "",
      since: undefined,
      default: undefined,
      ...attribute,
    })),
  );
  expect(attributes.length).toBeGreaterThan(1000);
  for (const { property, number, description, name, unit, readOnly, since, default: initial } of attributes) {
    const found = declared.get(`${property} ${number} ${JSON.stringify(description)}`) ?? [];
    const fitting = found.filter(
      ({ codec, comment }) =>
        comment.toLowerCase().includes(description.toLowerCase().slice(0, 20)) &&
        (name === undefined || comment.includes(`\`${name}\``)) &&
        (unit === undefined || comment.toLowerCase().includes(unit)) &&
        (since === undefined) === !/since Linux/i.test(comment) &&
        (since === undefined || comment.toLowerCase().includes(`since linux ${since}`)) &&
        (initial === undefined || comment.includes(`${JSON.stringify(initial)} unless set`)) &&
        comment.toLowerCase().includes("only the kernel sets it") === (readOnly === true) &&
        /^(import\(.*?\)\.)?ReadOnlyCodec</.test(codec) === (readOnly === true),
    );
    expect(fitting, `${name ?? property}: ${description}`).not.toEqual([]);
  }
});

import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import ts from "typescript";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { describeOptions, describeTables } from "../../src/rtnetlink/tables.js";

const project = join(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "linkwright-types-"));
const modules = join(folder, "node_modules");
const program = join(folder, "program.ts");

/** What a user writes; each mistake is one that the compiler must see. */
const TEXT = `import { type Host, isPortOf, type Link, type LinkOf } from "linkwright";

export async function uses(host: Host, link: Link): Promise<void> {
  const bridge: LinkOf<"bridge"> = await host.addBridge("br0", { forwardDelay: 4000, mtu: 1500 });
  const delay: number | undefined = bridge.linkInfo.data.forwardDelay;
  if (link.kind === "bridge") console.log(link.linkInfo.data.ageingTime, link.linkInfo.data.rootId, delay);
  if (link.kind === "other") console.log(link.linkInfo.kind);
  if (isPortOf(link, "bridge")) console.log(link.linkInfo.slaveData.isolated, link.linkInfo.slaveData.designatedPort);
  await host.attach("tap0", "br0", { isolated: true });
  await host.qdiscs.add("tap0", { kind: "tbf", options: { rate: 1e6, burst: 1600, limit: 3000 } });
  await host.addLink("d0", "dummy");
  await host.addLink("v0", "vlan", { link: "d0", id: 5 });
  await host.addLink("w0", { other: "wireguard" });
  await host.links({ kind: "bridge" });
  await host.links({ kind: { other: "wireguard" } });
  await host.setBridge("br0", { ageingTime: 1000 });
}

export async function mistakes(host: Host, link: Link): Promise<void> {
  // @ts-expect-error only the kernel sets it
  await host.setBridge("br0", { rootId: "8000.525400123456" });
  // @ts-expect-error only the kernel sets it, of any link
  await host.setLink("br0", { promiscuity: 1 });
  // @ts-expect-error a VLAN has an id
  await host.addLink("v0", "vlan", { link: "d0" });
  // @ts-expect-error a VLAN is on a link
  await host.addVlan("v0", { id: 5 });
  // @ts-expect-error settings cannot be left out
  await host.addLink("v0", "vlan");
  // @ts-expect-error a VRF has a table
  await host.addLink("red", "vrf", {});
  // @ts-expect-error a misspelt kind
  await host.addLink("b", "bridg", {});
  // @ts-expect-error a misspelt kind
  await host.setKind("b", "bridg", {});
  // @ts-expect-error a misspelt kind
  await host.links({ kind: "bridg" });
  // @ts-expect-error a misspelt option
  await host.addBridge("b", { forwardDelai: 4000 });
  // @ts-expect-error nobody has looked at the kind
  console.log(link.linkInfo.data.ageingTime);
  // @ts-expect-error a bond has no ageing time
  if (link.kind === "bond") console.log(link.linkInfo.data.ageingTime);
}
`;

/** Compiles the program as a user would who has told of no types and leaves no library unchecked. */
function errorsOf(compiler: string): string {
  try {
    execFileSync(process.execPath, [join(compiler, "bin/tsc"), "-p", folder], { cwd: folder, encoding: "utf8" });
    return "";
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}

beforeAll(() => {
  const installed = join(modules, "linkwright");
  mkdirSync(installed, { recursive: true });
  mkdirSync(join(modules, "@types"));
  cpSync(join(project, "dist"), join(installed, "dist"), { recursive: true });
  cpSync(join(project, "package.json"), join(installed, "package.json"));
  for (const name of ["@types/node", "undici-types"])
    symlinkSync(join(project, "node_modules", name), join(modules, name));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  writeFileSync(program, TEXT);
  const compilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: false,
    target: "es2022",
    lib: ["es2022"],
    types: [],
    module: "nodenext",
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["program.ts"] }));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

test(
  "what is wrong is an error of types, what is right is none, with every declaration checked",
  { timeout: 180_000 },
  () => {
    expect(errorsOf(dirname(createRequire(import.meta.url).resolve("typescript/package.json")))).toBe("");
  },
);

const others = mkdtempSync(join(tmpdir(), "linkwright-compilers-"));
afterAll(() => {
  rmSync(others, { recursive: true });
});

test.for(["5.4", "6", "7"])(
  "TypeScript %s understands the declarations, too",
  { timeout: 300_000 },
  (version, { skip }) => {
    const place = join(others, version);
    mkdirSync(place);
    try {
      const quiet = ["--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund", "--fetch-retries=0"];
      execFileSync("npm", ["install", ...quiet, "--prefix", place, `typescript@${version}`], {
        stdio: "pipe",
        timeout: 120_000,
      });
    } catch (error) {
      const reason = `npm cannot install TypeScript ${version}: ${(error as Error).message.split("\n").slice(0, 2).join(" ")}`;
      console.log(`skipped: ${reason}`);
      return skip(reason);
    }
    expect(errorsOf(join(place, "node_modules/typescript"))).toBe("");
  },
);

/** What an editor shows of a word of the program: of its first place, behind what is given. */
function shown(service: ts.LanguageService, word: string, behind = ""): string {
  const place = TEXT.indexOf(word, TEXT.indexOf(behind));
  return ts.displayPartsToString(service.getQuickInfoAtPosition(program, place)?.documentation);
}

test("an editor tells what an attribute is, its unit and the kernel's name for it", { timeout: 180_000 }, () => {
  const options: ts.CompilerOptions = {
    strict: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    types: [],
  };
  const service = ts.createLanguageService({
    getCompilationSettings: () => options,
    getScriptFileNames: () => [program],
    getScriptVersion: () => "1",
    getScriptSnapshot: (path) =>
      ts.sys.fileExists(path) ? ts.ScriptSnapshot.fromString(readFileSync(path, "utf8")) : undefined,
    getCurrentDirectory: () => folder,
    getDefaultLibFileName: (each) => ts.getDefaultLibFilePath(each),
    fileExists: (path) => ts.sys.fileExists(path),
    readFile: (path) => ts.sys.readFile(path),
    directoryExists: (path) => ts.sys.directoryExists(path),
    getDirectories: (path) => ts.sys.getDirectories(path),
    realpath: (path) => ts.sys.realpath!(path),
  });
  for (const behind of ["addBridge", "const delay"]) {
    expect(shown(service, "forwardDelay", behind)).toContain(
      "Time in the listening and learning states (milliseconds)",
    );
    expect(shown(service, "forwardDelay", behind)).toContain("IFLA_BR_FORWARD_DELAY");
  }
  expect(shown(service, "mtu")).toMatch(/largest packet, in bytes[^]*IFLA_MTU/);
  expect(shown(service, "isolated", "slaveData")).toMatch(/other isolated ports[^]*IFLA_BRPORT_ISOLATED/);
  expect(shown(service, "isolated", "attach(")).toMatch(/other isolated ports[^]*IFLA_BRPORT_ISOLATED/);
  expect(shown(service, "burst")).toContain("Bytes that pass at once");
  expect(shown(service, "rootId", "ageingTime, ")).toMatch(/only the kernel sets it/i);
  service.dispose();
});

interface Tables {
  readonly describeTables: typeof describeTables;
  readonly describeOptions: typeof describeOptions;
}

test("every line of every table is declared with a comment that says what the table says", () => {
  const { describeTables, describeOptions } = createRequire(import.meta.url)(
    join(project, "dist/code/tables.cjs"),
  ) as Tables;
  const comments = new Map<string, string[]>();
  const dist = join(project, "dist");
  const visit = (node: ts.Node): void => {
    const tuple =
      ts.isPropertySignature(node) && node.type && ts.isTypeOperatorNode(node.type) ? node.type.type : undefined;
    if (tuple !== undefined && ts.isTupleTypeNode(tuple)) {
      const facts = tuple.elements
        .filter(ts.isLiteralTypeNode)
        .map(({ literal }) => (literal as ts.LiteralExpression).text);
      const key = [
        ((node as ts.PropertySignature).name as ts.Identifier).text,
        ...facts.slice(0, /^\d/.test(facts[0] ?? "") ? 2 : 1),
      ].join(" ");
      comments.set(key, [...(comments.get(key) ?? []), node.getFullText().slice(0, node.getLeadingTriviaWidth())]);
    }
    ts.forEachChild(node, visit);
  };
  for (const name of readdirSync(dist, { recursive: true, encoding: "utf8" }).filter((each) => each.endsWith(".d.ts")))
    visit(ts.createSourceFile(name, readFileSync(join(dist, name), "utf8"), ts.ScriptTarget.Latest, true));
  const flat = (text: string): string => text.replace(/\s*\n\s*\* ?/g, " ").toLowerCase();
  const silent: string[] = [];
  for (const { space, attributes } of [...describeTables(), ...describeOptions()])
    for (const attribute of attributes) {
      const { property, description, unit, readOnly } = attribute;
      const [name, number] = "name" in attribute ? [attribute.name, `${attribute.number} `] : ["", ""];
      const said = (comments.get(`${property} ${number}${description}`) ?? []).map(flat);
      const wanted = [description, name, unit ?? "", readOnly === true ? "only the kernel sets it" : ""];
      const complete = said.some((comment) => wanted.every((each) => comment.includes(each.toLowerCase())));
      if (!complete) silent.push(`${space} ${property}`);
    }
  expect(silent).toEqual([]);
});

import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { packBuilt, packDependencies, run } from "../package/packed.js";
import { type Registry, serveRegistry } from "./registry.js";
import { tool } from "./tools.js";

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

const folder = mkdtempSync(join(tmpdir(), "linkwright-installing-"));
/** Nothing but Node and what a shell script needs: no compiler, no make, no Python. */
const programs = join(folder, "bin");
let registry: Registry;

beforeAll(async () => {
  registry = await serveRegistry(folder, [packBuilt(folder), ...Object.values(packDependencies(folder))]);
  mkdirSync(programs);
  symlinkSync(process.execPath, join(programs, "node"));
  for (const name of ["sh", "env", "sed", "dirname", "uname", "readlink"])
    symlinkSync(run("sh", ["-c", `command -v ${name}`], folder).trim(), join(programs, name));
});

afterAll(async () => {
  await registry.close();
  rmSync(folder, { recursive: true });
});

interface Manager {
  /** The package that has it, its program there, and the words that install linkwright. */
  readonly from: string;
  readonly program: string;
  readonly words: readonly string[];
  /** Its settings, in files of the user's folder. */
  readonly files?: (url: string) => Readonly<Record<string, string>>;
  /** The words that run a program; Node itself unless given. */
  readonly start?: readonly string[];
}

const yarnSettings = (linker: string) => (url: string) => ({
  "yarn.lock": "",
  ".yarnrc.yml": `npmRegistryServer: "${url}"\nunsafeHttpWhitelist: ["127.0.0.1"]\nenableTelemetry: false\nnodeLinker: ${linker}\nenableGlobalCache: false\nnpmMinimalAgeGate: 0\n`,
});

const settings = (url: string): Record<string, string> => ({ ".npmrc": `registry=${url}\n` });

const managers: Readonly<Record<string, Manager>> = {
  npm: { from: "", program: "", words: ["install", "linkwright", "--no-audit", "--no-fund"], files: settings },
  "yarn 1": { from: "yarn@1", program: "yarn/bin/yarn.js", words: ["add", "linkwright"], files: settings },
  "yarn 4": {
    from: "@yarnpkg/cli-dist@4",
    program: "@yarnpkg/cli-dist/bin/yarn.js",
    words: ["add", "linkwright"],
    files: yarnSettings("node-modules"),
  },
  "yarn 4 without node_modules": {
    from: "@yarnpkg/cli-dist@4",
    program: "@yarnpkg/cli-dist/bin/yarn.js",
    words: ["add", "linkwright"],
    files: yarnSettings("pnp"),
    start: ["node"],
  },
  "pnpm 9": { from: "pnpm@9", program: "pnpm/bin/pnpm.cjs", words: ["add", "linkwright"], files: settings },
  "pnpm 10": { from: "pnpm@10", program: "pnpm/bin/pnpm.cjs", words: ["add", "linkwright"], files: settings },
  Bun: {
    from: "bun@1",
    program: "bun/bin/bun.exe",
    words: ["add", "linkwright"],
    files: (url) => ({ "bunfig.toml": `[install]\nregistry = "${url}"\n` }),
  },
};

const PROGRAM = `
  import { Host } from "linkwright";
  const host = await Host.open();
  console.log((await host.links()).map((link) => link.name).includes("lo"));
  await host.close();
`;

/** Runs a package manager with the registry in this process, which must go on meanwhile. */
function manage(command: readonly string[], cwd: string): Promise<string> {
  const home = join(cwd, "home");
  const env = {
    PATH: programs,
    HOME: home,
    XDG_DATA_HOME: home,
    XDG_CACHE_HOME: home,
    CI: "1",
    npm_config_update_notifier: "false",
  };
  const child = spawn(command[0]!, command.slice(1), { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text: Buffer) => (said += String(text)));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status) => {
      if (status === 0) resolve(said);
      else reject(new Error(`${command.join(" ")} ended with ${String(status)}: ${said}`));
    });
  });
}

function commandOf({ from, program }: Manager): string[] | undefined {
  if (from === "")
    return [
      process.execPath,
      join(dirname(run("sh", ["-c", 'readlink -f "$(command -v npm)"'], folder).trim()), "npm-cli.js"),
    ];
  const path = tool(from, program);
  if (path === undefined) return undefined;
  return program.endsWith(".exe") ? [path] : [process.execPath, path];
}

test.for(Object.keys(managers))(
  "%s installs the package where there is no compiler, and it works",
  async (name, { skip }) => {
    const manager = managers[name]!;
    const command = commandOf(manager);
    if (command === undefined) {
      skip(`${manager.from} cannot be fetched by npm`);
      return;
    }
    const user = join(folder, name.replaceAll(" ", "-"));
    mkdirSync(join(user, "home"), { recursive: true });
    const files = {
      "package.json": JSON.stringify({ name: "user", private: true, type: "module" }),
      "main.js": PROGRAM,
      ...manager.files?.(registry.url),
    };
    for (const [file, text] of Object.entries(files)) writeFileSync(join(user, file), text);
    await manage([...command, ...manager.words], user);
    const start = manager.start === undefined ? [process.execPath] : [...command, ...manager.start];
    expect(await manage([...start, "main.js"], user)).toBe("true\n");
  },
);

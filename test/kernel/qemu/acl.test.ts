import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { noStrace } from "./interfered.js";
import { BIN, missing, oneUser, Scene } from "./scene.js";

const OURS = `${BIN}/linkwright-bridge-helper`;
const INSTALLED = "/usr/lib/qemu/qemu-bridge-helper";
/** QEMU's own, where users may start it. */
const QEMUS = `${BIN}/qemu-bridge-helper`;
const CONF = "/etc/qemu/bridge.conf";
const [MORE, STILL] = ["/etc/qemu/more", "/etc/qemu/still"];
const USER = 4242;
const noQemus = existsSync(INSTALLED) ? undefined : `${INSTALLED} is not installed`;

let scene: Scene;

beforeAll(async () => {
  if (missing !== undefined) return;
  scene = await Scene.open();
  await scene.host.addBridge("br0", { up: true });
  scene.policy({ bridge: "br0" });
  const qemus = noQemus === undefined ? `cp ${INSTALLED} ${QEMUS}; chmod 4755 ${QEMUS}` : "true";
  const words = ["sh", "-ec", `chmod 4755 ${BIN}/linkwright-qemu; ${qemus}`];
  expect(await scene.run(words)).toMatchObject({ status: 0, stderr: "" });
});

beforeEach(({ skip }) => {
  skip(missing !== undefined, missing);
  rmSync(scene.path("/etc/qemu"), { recursive: true });
  mkdirSync(scene.path("/etc/qemu"));
  chmodSync(scene.path("/etc/qemu"), 0o755);
});

afterAll(async () => {
  if (missing === undefined) await scene[Symbol.asyncDispose]();
});

/** Whether a helper gives a TAP on br0, and what it says; `before` stands before its name. */
async function answer(helper: string, ...before: readonly string[]): Promise<{ allowed: boolean; stderr: string }> {
  const { status, taps, stderr } = await scene.ask(...([...before, helper] as [string]), "--fd=FD", "--br=br0");
  expect(status === 0, stderr).toBe(taps.length === 1);
  if (helper === OURS) expect([0, 1], stderr).toContain(status);
  return { allowed: status === 0, stderr };
}

function write(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) scene.write(path, text);
}

const PLAIN = { [CONF]: `allow br0\ninclude ${MORE}\n`, [MORE]: "allow br1\n" };
const LONG = "x".repeat(4094);
const chain = (length: number, last: string): Record<string, string> =>
  Object.fromEntries(
    Array.from({ length }, (_, i) => [
      i === 0 ? CONF : `/etc/qemu/${i}`,
      i === length - 1 ? last : `include /etc/qemu/${i + 1}\n`,
    ]),
  );

/** What is written, what our helper says, whether QEMU's allows br0 (undefined where it waits for ever), and how it is spoilt. */
const denied: [string, Record<string, string>, string, boolean | undefined, (() => void)?][] = [
  [
    "a line that is not understood, before a deny in an included file",
    { [CONF]: `allow br0\ninclude ${MORE}\n`, [MORE]: "what is this\ndeny br0\n" },
    `${MORE}: a line is none of allow, deny and include, each with a word: what is this`,
    true,
  ],
  [
    "a line that is not understood, behind everything else in an included file",
    { [CONF]: `include ${MORE}\nallow br0\n`, [MORE]: "allow br0\ndeny\n" },
    `${MORE}: a line is none of allow, deny and include, each with a word: `,
    true,
  ],
  [
    "a deny of a name that no bridge has, in an included file",
    { [CONF]: `include ${MORE}\nallow br0\n`, [MORE]: "deny br0,br1,br2,br3,br4\n" },
    `${MORE}: this is longer than any bridge's name: br0,br1,br2,br3,br4`,
    true,
  ],
  [
    "a deny with a comment behind it, which is no bridge's name",
    { [CONF]: "allow all\ndeny br0 # x\n" },
    `${CONF}: no bridge can be called so: br0 # x`,
    true,
  ],
  [
    "an include with a comment behind it, of no file that is there",
    { [CONF]: `allow br0\ninclude ${MORE} # x\n`, [MORE]: "deny br0\n" },
    `${MORE} # x: `,
    true,
  ],
  ["a byte 0, which hides the rest of a line", { [CONF]: "allow br0\0 or not\n" }, `${CONF} is no text`, true],
  [
    "a comment that is longer than the room of a line, whose rest reads as a rule",
    { [CONF]: `#${LONG}allow br0\n` },
    `${CONF}: a line has more than 4095 bytes`,
    true,
  ],
  [
    "a rule that is longer than the room of a line",
    { [CONF]: `allow br0\ndeny ${" ".repeat(4096)}br0\n` },
    `${CONF}: a line has more than 4095 bytes`,
    false,
  ],
  [
    "more than is read of a file",
    { [CONF]: `${`#${LONG}\n`.repeat(10)}allow br0\n` },
    `${CONF} cannot be read whole`,
    true,
  ],
  ["a file that includes itself", { [CONF]: `allow br0\ninclude ${CONF}\n` }, `in a circle: ${CONF}`, false],
  [
    "files that include each other",
    { [CONF]: `allow br0\ninclude ${MORE}\n`, [MORE]: `include ${CONF}\n` },
    "too many files, files too deep, or in a circle",
    false,
  ],
  ["an include that is too deep", chain(10, "allow br0\n"), "files too deep, or in a circle: /etc/qemu/9", true],
  [
    "an included folder",
    { [CONF]: "allow br0\ninclude /etc/qemu\n" },
    "/etc/qemu: it, or a folder or a link on the way, is not root's",
    true,
  ],
  [
    "an included file behind one that is no folder",
    { ...PLAIN, [CONF]: `allow br0\ninclude ${MORE}/more\n` },
    `${MORE}/more: Not a directory`,
    true,
  ],
  [
    "a relative path, which the caller's folder would decide about",
    { [CONF]: "allow br0\ninclude qemu/more\n" },
    "qemu/more: this is no absolute path",
    true,
  ],
  ["a file that others can write to", PLAIN, `${CONF}: it, or`, true, () => chmodSync(scene.path(CONF), 0o646)],
  [
    "an included file that others can write to",
    PLAIN,
    `${MORE}: it, or`,
    true,
    () => chmodSync(scene.path(MORE), 0o646),
  ],
  [
    "an included file that its group can write to",
    PLAIN,
    `${MORE}: it, or`,
    true,
    () => chmodSync(scene.path(MORE), 0o664),
  ],
  ["an included file of another owner", PLAIN, `${MORE}: it, or`, true, () => chownSync(scene.path(MORE), USER, 0)],
  [
    "a link to another owner's file",
    PLAIN,
    `${MORE}: it, or`,
    true,
    () => {
      scene.write("/etc/theirs", "allow br0\n");
      chownSync(scene.path("/etc/theirs"), USER, USER);
      rmSync(scene.path(MORE));
      symlinkSync("/etc/theirs", scene.path(MORE));
    },
  ],
  [
    "a file in a folder from which others can take it",
    { [CONF]: "allow br0\ninclude /etc/qemu/theirs/gone\n" },
    "/etc/qemu/theirs/gone: it, or a folder or a link on the way, is not root's",
    true,
    () => {
      mkdirSync(scene.path("/etc/qemu/theirs"));
      chownSync(scene.path("/etc/qemu/theirs"), USER, USER);
    },
  ],
  [
    "links in a circle",
    PLAIN,
    `${MORE}: `,
    true,
    () => {
      rmSync(scene.path(MORE));
      symlinkSync(MORE, scene.path(MORE));
    },
  ],
  [
    "an included pipe, which nobody may ever write to",
    { [CONF]: PLAIN[CONF] },
    `${MORE}: it, or`,
    undefined,
    () => execFileSync("mkfifo", [scene.path(MORE)]),
  ],
];

test.each(denied)("%s denies", async (what, files, text, qemus, spoil) => {
  if (what.includes("owner") && oneUser !== undefined) return;
  write(files);
  spoil?.();
  const ours = await answer(OURS);
  expect(ours).toEqual({ allowed: false, stderr: expect.stringContaining(text) as string });
  expect(ours.stderr.split("\n")).toHaveLength(2);
  if (noQemus === undefined && qemus !== undefined) expect((await answer(QEMUS)).allowed, "QEMU's helper").toBe(qemus);
});

test.each<[string, Record<string, string>, (() => void)?]>([
  ["a file that does not exist", { [CONF]: `include ${MORE}\nallow br0\n` }],
  ["a folder that does not exist", { [CONF]: `include ${MORE}/more\nallow br0\n` }],
  ["a file twice", { [CONF]: `include ${MORE}\ninclude ${MORE}\n`, [MORE]: "allow br0\n" }],
  ["files eight deep", chain(9, "allow br0\n")],
  ["the longest line that is read", { [CONF]: `#${LONG}\nallow br0\n` }],
  [
    "a link of root's to a file of root's, by way of a link to a folder",
    { [CONF]: `include /etc/linked/${"../linked/".repeat(3)}more\n`, [STILL]: "allow br0\n" },
    () => {
      rmSync(scene.path("/etc/linked"), { force: true });
      symlinkSync("qemu", scene.path("/etc/linked"));
      symlinkSync("/etc/linked/still", scene.path(MORE));
    },
  ],
])("%s may be included", async (_, files, prepare) => {
  write(files);
  prepare?.();
  expect(await answer(OURS)).toEqual({ allowed: true, stderr: "" });
  if (noQemus === undefined) expect((await answer(QEMUS)).allowed, "QEMU's helper").toBe(true);
});

test("files that include themselves many times over are refused at once", async () => {
  write({ [CONF]: `${`include ${CONF}\n`.repeat(20)}allow br0\n` });
  const started = performance.now();
  expect((await answer(OURS)).allowed).toBe(false);
  expect(performance.now() - started).toBeLessThan(5000);
  const wide = Array.from({ length: 100 }, () => `include ${STILL}\n`).join("");
  write({ [CONF]: `include ${MORE}\n`.repeat(100), [MORE]: wide, [STILL]: "allow br0\n" });
  expect((await answer(OURS)).stderr).toContain("includes too many files");
});

const DEEP = { [CONF]: `allow br0\ninclude ${MORE}\n`, [MORE]: `include ${STILL}\n`, [STILL]: "deny br0\n" };

test.each([3, 7])("however few descriptors the caller leaves it, a deny %i files deep holds", async (files) => {
  write({ ...chain(files, "deny br0\n"), [CONF]: "allow br0\ninclude /etc/qemu/1\n" });
  const theirs: boolean[] = [];
  for (let limit = 4; limit <= 12; limit++) {
    const before = ["prlimit", `--nofile=${limit}`];
    expect(await answer(OURS, ...before), `with ${limit}`).toMatchObject({ allowed: false });
    if (noQemus === undefined) theirs.push((await answer(QEMUS, ...before)).allowed);
  }
  // It keeps every file open, and needs fewer descriptors afterwards.
  if (noQemus === undefined && files === 7) expect(theirs, "QEMU's helper").toContain(true);
});

test("whichever file cannot be opened, looked at or read, and why ever, a deny two includes deeper holds", async ({
  skip,
}) => {
  skip(noStrace !== undefined, noStrace);
  write(DEEP);
  for (const [call, error] of [
    ["openat", "EMFILE"],
    ["openat", "EACCES"],
    ["fstat", "EIO"],
    ["read", "EIO"],
  ] as const) {
    let failed = 0;
    for (let n = 1; n < 40; n++) {
      const inject = ["-qq", "-o", "/dev/null", "-e", `trace=${call}`, "-e", `inject=${call}:error=${error}:when=${n}`];
      const { allowed, stderr } = await answer(OURS, "strace", ...inject);
      expect(allowed, `${call} ${n}`).toBe(false);
      if (stderr.includes("does not allow br0")) break;
      failed++;
    }
    expect(failed, call).toBeGreaterThanOrEqual(3);
  }
}, 60_000);

test("an included file that a user may not read denies him, and him alone", async ({ skip }) => {
  skip(oneUser !== undefined, oneUser);
  write(PLAIN);
  chmodSync(scene.path(MORE), 0o640);
  const user = ["setpriv", `--reuid=${USER}`, `--regid=${USER}`, "--clear-groups", "--"];
  expect(await answer(OURS, ...user)).toEqual({
    allowed: false,
    stderr: `linkwright-bridge-helper: ${MORE}: Permission denied\n`,
  });
  if (noQemus === undefined) expect((await answer(QEMUS, ...user)).allowed, "QEMU's helper").toBe(true);
  chownSync(scene.path(MORE), 0, USER);
  expect(await answer(OURS, ...user)).toEqual({ allowed: true, stderr: "" });
});

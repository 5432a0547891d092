import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { lacks, run } from "../scene/program.js";

const folder = mkdtempSync(join(tmpdir(), "linkwright-netlink-"));
const project = join(import.meta.dirname, "../../..");
const reason = lacks("cc", "--version") ?? lacks("unshare", "--net", "true");

afterAll(() => {
  rmSync(folder, { recursive: true });
});

test("the kernel alone answers QEMU's programs, and the end of a list says what was wrong with it", async ({
  skip,
}) => {
  skip(reason !== undefined, reason);
  const program = join(folder, "program");
  const sources = ["test/kernel/fixtures/qemu-netlink.c", "native/runner/netlink.c", "native/runner/row.c"];
  const options = ["-std=gnu11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-o", program, ...sources];
  execFileSync("cc", options, { cwd: project, stdio: "pipe" });
  const { status, stdout, stderr } = await run(["unshare", "--net", program]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdout.trimEnd().split("\n")).toEqual([
    "0 ; link 1", // in spite of a message that somebody else has sent it
    "0 ; link 1",
    "0 ; link 1",
    "19 No such device; link 0",
    expect.stringMatching(/^22 Invalid (values in header|argument for filtering).+; link 0$/) as string,
    "0 ; link 1",
  ]);
});

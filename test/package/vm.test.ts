import { expect, test } from "vitest";
import { run } from "../kernel/scene/program.js";

test("without QEMU and apt there is no virtual machine, and what is missing is named", async () => {
  const command = [process.execPath, "scripts/vm.mjs", "true"];
  const { status, stderr } = await run(["env", "PATH=/nonexistent", ...command]);
  expect(status).toBe(1);
  expect(stderr).toMatch(/^There is no virtual machine: qemu-system-x86_64, apt-get, .*dpkg-deb, .*not installed\n$/);
});

test("a time limit that is no number is refused", async () => {
  const { status, stdout, stderr } = await run([process.execPath, "scripts/vm.mjs", "--seconds", "soon", "true"]);
  expect({ status, stdout, stderr }).toEqual({
    status: 2,
    stdout: "",
    stderr: "usage: npm run vm -- [--kernel SERIES] [--seconds LIMIT] COMMAND [ARGUMENT …]\n",
  });
});

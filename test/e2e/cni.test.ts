import { expect, test } from "vitest";
import { machine, missing } from "./cni-scene.js";

if (missing !== undefined) console.log(`skipped: ${missing}`);

const configuration = {
  cniVersion: "1.1.0",
  name: "pods",
  type: "linkwright-bridge",
  isDefaultGateway: true,
  ipMasq: true,
  ipam: { type: "host-local", subnet: "10.22.0.0/16" },
};

test.skipIf(missing !== undefined)("the program has the service attach a container, and take it away", async () => {
  await using here = await machine();
  const service = await here.serve();
  await here.run(["ip", "netns", "add", "one"]);
  const added = await here.plugin("ADD", "one", configuration);
  expect(added).toMatchObject({ status: 0, stderr: "" });
  expect(JSON.parse(added.stdout)).toMatchObject({ cniVersion: "1.1.0", ips: [{ address: "10.22.0.2/16" }] });
  const prevResult = JSON.parse(added.stdout) as object;
  expect(await here.plugin("CHECK", "one", { ...configuration, prevResult })).toMatchObject({ status: 0, stdout: "" });
  for (let count = 0; count < 10; count++) {
    await here.run(["ip", "netns", "add", `x${count}`]);
    const begin = performance.now();
    const { status, stdout } = await here.plugin("ADD", `x${count}`, configuration);
    console.log("ADD", performance.now() - begin, status, status === 0 ? "" : stdout);
  }
  for (let count = 0; count < 10; count++) {
    const begin = performance.now();
    const { status } = await here.plugin("DEL", `x${count}`, configuration);
    console.log("DEL", performance.now() - begin, status);
  }
  expect(await here.plugin("DEL", "one", configuration)).toMatchObject({ status: 0, stdout: "" });
  expect((await here.host.links({ kind: "veth" })).length).toBe(0);
  await service.kill("SIGTERM");
});

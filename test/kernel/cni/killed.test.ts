import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fixture, outcome } from "../scene/program.js";
import { cniScene, type CniScene, type Container, reserved } from "./scene.js";

const BRIDGE = {
  macspoofchk: true,
  runtimeConfig: { portMappings: [{ hostPort: 8080, containerPort: 80, protocol: "tcp" }] },
};
const TAP = { isDefaultGateway: undefined, ipMasq: undefined };

/** Each step takes a process: every fourth one of them, and with all tests every one. */
const STRIDE = process.env.LINKWRIGHT_EVERY_STEP === "1" ? 1 : 4;

/** All that an attachment may leave. */
async function left({ here: { host }, ground }: CniScene, container: Container): Promise<object> {
  const { tables } = await host.netfilter.ruleset();
  const files = existsSync(ground.folder) ? (readdirSync(ground.folder, { recursive: true }) as string[]) : [];
  return {
    ports: (await host.links({ kind: "veth" })).map(({ name }) => name),
    inside: (await container.host.links()).map(({ name }) => name),
    tables: tables.map(({ family }) => family),
    files: files.filter((name) => name !== "pods"),
  };
}

test.each([
  ["ADD", "linkwright-bridge", BRIDGE, 20],
  ["DEL", "linkwright-bridge", BRIDGE, 5],
  ["ADD", "linkwright-tap", TAP, 10],
  ["DEL", "linkwright-tap", TAP, 4],
] as const)(
  "whichever step of %s of %s is the last before the process is killed: GC leaves nothing, and the same again is done",
  async (command, program, more, steps) => {
    await using scene = await cniScene();
    const container = await scene.container();
    const configuration = scene.layer3(more);
    const wish = { program, container };
    const environment = {
      CNI_COMMAND: command,
      CNI_CONTAINERID: container.id,
      CNI_NETNS: container.netns,
      CNI_IFNAME: "eth0",
      CNI_PATH: "/usr/lib/cni",
    };
    const order = {
      program,
      environment,
      input: JSON.stringify(configuration),
      namespace: container.netns,
    };
    const nothing = { ports: [], inside: ["lo"], tables: [], files: [] };
    let killed = 0;
    for (let at = 0; ; at += STRIDE) {
      if (command === "DEL") await scene.ask("ADD", configuration, wish);
      const child = scene.here.start(fixture("killed/attaching", join(scene.folder, "run"), String(at)), true);
      child.stdin!.end(JSON.stringify(order));
      const { status, signal, stderr } = await outcome(child);
      if (signal === null) {
        expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
        break;
      }
      killed++;
      if (killed % 2 === 0) {
        const { code, text } = await scene.call(command, configuration, wish);
        // Only of one that is whole, its answer given, another is refused.
        if (code !== 0) expect(text).toContain("already");
        else if (command === "ADD")
          await scene.ask("CHECK", { ...configuration, prevResult: JSON.parse(text) as object }, wish);
      }
      await scene.ask("GC", { ...configuration, "cni.dev/valid-attachments": [] }, { program });
      expect(await left(scene, container), `step ${at}`).toEqual(nothing);
      expect(reserved(scene), `step ${at}`).toEqual({});
    }
    expect(killed).toBeGreaterThan(steps / STRIDE);
  },
  180_000,
);

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fixture, outcome } from "../scene/program.js";
import { cniScene, type CniScene, reserved } from "./scene.js";

const CONFIGURATION = {
  macspoofchk: true,
  runtimeConfig: { portMappings: [{ hostPort: 8080, containerPort: 80, protocol: "tcp" }] },
};

/** Each step takes a process: every second one of them, and with all tests every one. */
const STRIDE = process.env.LINKWRIGHT_EVERY_STEP === "1" ? 1 : 2;

/** All that an attachment may leave. */
async function left({ here: { host }, ground }: CniScene): Promise<object> {
  const { tables } = await host.netfilter.ruleset();
  const files = existsSync(ground.folder) ? (readdirSync(ground.folder, { recursive: true }) as string[]) : [];
  return {
    ports: (await host.links({ kind: "veth" })).map(({ name }) => name),
    tables: tables.map(({ family }) => family),
    files: files.filter((name) => name !== "pods"),
  };
}

test.each(["ADD", "DEL"])(
  "whichever step of %s is the last before the process is killed: GC leaves nothing, and the same again is done",
  async (command) => {
    await using scene = await cniScene();
    const container = await scene.container();
    const configuration = scene.layer3(CONFIGURATION);
    const environment = {
      CNI_COMMAND: command,
      CNI_CONTAINERID: container.id,
      CNI_NETNS: container.netns,
      CNI_IFNAME: "eth0",
      CNI_PATH: "/usr/lib/cni",
    };
    const order = {
      program: "linkwright-bridge",
      environment,
      input: JSON.stringify(configuration),
      namespace: container.netns,
    };
    const nothing = { ports: [], tables: [], files: [] };
    let killed = 0;
    for (let at = 0; ; at += STRIDE) {
      if (command === "DEL") await scene.ask("ADD", configuration, { container });
      const child = scene.here.start(fixture("killed/attaching", join(scene.folder, "run"), String(at)), true);
      child.stdin!.end(JSON.stringify(order));
      const { status, signal, stderr } = await outcome(child);
      if (signal === null) {
        expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
        break;
      }
      killed++;
      if (killed % 2 === 0) {
        const { code, text } = await scene.call(command, configuration, { container });
        // Only of one that is whole, its answer given, another is refused.
        if (code !== 0) expect(text).toContain("already");
        else if (command === "ADD")
          await scene.ask("CHECK", { ...configuration, prevResult: JSON.parse(text) as object }, { container });
      }
      await scene.ask("GC", { ...configuration, "cni.dev/valid-attachments": [] });
      expect(await left(scene), `step ${at}`).toEqual(nothing);
      expect(reserved(scene), `step ${at}`).toEqual({});
    }
    expect(killed).toBeGreaterThan((command === "ADD" ? 20 : 5) / STRIDE);
  },
  180_000,
);

import { existsSync, lstatSync, readlinkSync } from "node:fs";
import type { Host } from "../host/host.js";
import { BRIDGE_CONF, bridgeConfProblem } from "./bridge-conf.js";
import { DIRECTORY, distrust, PLAN, POLICY, readPlan, readPolicy } from "./policy-files.js";
import { HELPER, PROGRAM, SCRIPTS } from "./installation.js";
import type { PolicyRule } from "./policy.js";
import { OPEN_VSWITCH_SOCKET } from "./open-vswitch-steps.js";
import { openvswitch } from "../openvswitch/open-vswitch.js";
import { SOMEWHERE } from "./questions.js";

/** One thing that was looked at: `problem` is undefined when it is as it should be. */
export interface InstallationFinding {
  readonly what: string;
  readonly problem?: string | undefined;
}

function attempt(what: string, look: () => string | undefined): InstallationFinding {
  try {
    return { what, problem: look() };
  } catch (error) {
    const { message } = error as Error;
    return { what, problem: message.startsWith(`${what}: `) ? message.slice(what.length + 2) : message };
  }
}

function linked(path: string): string | undefined {
  const status = lstatSync(path, { throwIfNoEntry: false });
  if (status === undefined) return "it is not there: linkwright qemu install";
  return status.isSymbolicLink() && readlinkSync(path) === PROGRAM ? undefined : "it is another program";
}

/** Whether Open vSwitch answers where the programs ask it, and has the bridge. */
async function switchProblem(name: string): Promise<string | undefined> {
  await using open = await openvswitch({ socket: OPEN_VSWITCH_SOCKET });
  const isThere = (await open.show()).some((bridge) => bridge.name === name);
  return isThere ? undefined : `Open vSwitch has no such bridge: linkwright ovs bridge add ${name}`;
}

async function bridgeProblem(host: Host, rule: PolicyRule): Promise<string | undefined> {
  const { bridge = "", vlans } = rule;
  try {
    if (rule.switch !== undefined) return await switchProblem(bridge);
    const link = bridge === "default-route" ? (await host.routes.get(SOMEWHERE)).link : bridge;
    const { name, kind, up, linkInfo } = await host.link(link ?? bridge);
    if (kind !== "bridge") return "it is no bridge";
    if (!up) return `it is down, and forwards nothing: linkwright up ${name}`;
    const filters = (linkInfo?.data as { vlanFiltering?: boolean } | undefined)?.vlanFiltering === true;
    return vlans === undefined || filters
      ? undefined
      : "it does not filter VLANs, which a rule wants: vlan-filtering=on";
  } catch (error) {
    return (error as Error).message;
  }
}

/** Whether the policy, its plan, their permissions, the programs and the bridges are right, in the namespace of a host. */
export async function checkInstallation(host: Host): Promise<InstallationFinding[]> {
  const findings = [
    attempt(DIRECTORY, () => distrust(DIRECTORY)),
    attempt(POLICY, () => {
      readPolicy();
      return distrust(POLICY);
    }),
    attempt(PLAN, () => {
      const current = readPlan().isFor(readPolicy().bytes);
      return current
        ? distrust(PLAN)
        : "it was made from another policy, and goes on with a warning: linkwright qemu compile";
    }),
    attempt(PROGRAM, () => distrust(PROGRAM)),
    ...[...SCRIPTS, HELPER].map((path) => attempt(path, () => linked(path))),
    attempt("/dev/net/tun", () => (existsSync("/dev/net/tun") ? undefined : "it is not there: modprobe tun")),
  ];
  const named = policyRules().filter(({ bridge }) => bridge !== undefined);
  const bridges = named.map(async (rule): Promise<InstallationFinding> => {
    return { what: `bridge ${rule.bridge!}`, problem: await bridgeProblem(host, rule) };
  });
  return [...findings, ...(await Promise.all(bridges)), ...(await helperFindings(host))];
}

/** Whether bridge.conf leaves the helper anything to give. Where no rule is for the helper in particular, there need not be one. */
async function helperFindings(host: Host): Promise<InstallationFinding[]> {
  const rules = policyRules().filter(
    ({ match, refuse }) => refuse === undefined && match?.programs?.includes("helper") !== false,
  );
  const isNeeded = rules.some(({ match }) => match?.programs !== undefined);
  if (!isNeeded && !existsSync(BRIDGE_CONF)) return [];
  const names = await Promise.all(rules.map(({ bridge = "" }) => nameOf(host, bridge).catch(() => undefined)));
  const bridges = names.filter((name) => name !== undefined);
  return bridges.length === 0 ? [] : [attempt(BRIDGE_CONF, () => bridgeConfProblem(bridges))];
}

async function nameOf(host: Host, bridge: string): Promise<string> {
  if (bridge !== "default-route") return bridge;
  const { link } = await host.routes.get(SOMEWHERE);
  return (await host.link(link!)).name;
}

function policyRules(): readonly PolicyRule[] {
  try {
    return readPolicy().policy.rules ?? [];
  } catch {
    return [];
  }
}

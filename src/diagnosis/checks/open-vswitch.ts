import type { ShownBridge, ShownInterface, ShownPort } from "../../openvswitch/show.js";
import type { Check, Found } from "../check.js";
import type { Observation } from "../observation.js";

/** The bridges of Open vSwitch that switch in this namespace, whose own link is here. */
function bridgesHere({ openVswitch, links }: Observation): readonly ShownBridge[] {
  if (openVswitch?.isSwitching !== true) return [];
  const isHere = ({ name }: ShownBridge): boolean => links.some((link) => link.name === name);
  return openVswitch.bridges.filter(isHere);
}

export const openVswitchDown: Check = {
  code: "open-vswitch-down",
  severity: "error",
  symptom: "Nothing that is said to Open vSwitch has an effect, or it is waited for in vain.",
  cause: "Its database does not answer, or no ovs-vswitchd runs that does what the database says.",
  remedy:
    "systemctl restart ovsdb-server ovs-vswitchd (package openvswitch-switch), and look at journalctl -u ovs-vswitchd",
  find({ openVswitch }) {
    if (openVswitch === undefined || openVswitch.isSwitching) return [];
    const { bridges, problem, socket } = openVswitch;
    if (problem !== undefined) return [{ summary: "Open vSwitch's database does not answer", evidence: [problem] }];
    if (bridges.length === 0) return [];
    return [
      {
        links: bridges.map(({ name }) => name),
        summary: `no ovs-vswitchd switches ${bridges.map(({ name }) => name).join(", ")}`,
        evidence: [`nobody holds the lock of ovs-vswitchd in the database at ${socket}`],
      },
    ];
  },
};

function failureOf({ name }: ShownBridge, port: ShownPort, { ofport, error, name: device }: ShownInterface): Found[] {
  if (ofport !== undefined && error === undefined) return [];
  return [
    {
      links: [device, name],
      // What has a number is switched, such as a patch whose other end is still to come.
      severity: ofport === undefined ? "error" : "warning",
      summary: `${device} is no working port of ${name}: ${error ?? "ovs-vswitchd has not set it up, and gives no reason"}`,
      evidence: [`port ${port.name} of ${name}: ofport ${ofport ?? -1}, error ${error ?? "none"}`],
      remedy: `Make ${device} again, or linkwright ovs port delete ${port.name}`,
    },
  ];
}

export const switchPortFailed: Check = {
  code: "switch-port-failed",
  severity: "error",
  symptom: "A guest on a bridge of Open vSwitch reaches nobody, though ovs-vsctl had said nothing.",
  cause: "The port is in the database, and could not be set up: its device is gone, or was never there.",
  remedy: "Make the device again, or take the port out: linkwright ovs port delete PORT",
  find: (observation) =>
    bridgesHere(observation).flatMap((bridge) =>
      bridge.ports.flatMap((port) => port.interfaces.flatMap((each) => failureOf(bridge, port, each))),
    ),
};

/** Whether a port carries a VLAN: an access port its tag, a trunk what it is said to, which is all unless something is said. */
export function carries({ tag, trunks, vlanMode }: ShownPort, vlan: number): boolean {
  if (vlanMode === "access" || vlanMode === "dot1q-tunnel" || (vlanMode === undefined && tag !== undefined))
    return tag === vlan;
  return trunks.length === 0 || trunks.includes(vlan) || tag === vlan;
}

export const switchVlanAlone: Check = {
  code: "switch-vlan-alone",
  severity: "warning",
  symptom: "A guest on a bridge of Open vSwitch reaches nobody, and its port is up.",
  cause: "Its port's tag is a VLAN that no other port of the bridge carries, and this host has no device for.",
  remedy: "Give it the VLAN of the others: linkwright ovs port set PORT tag=N; or have the trunk carry its VLAN.",
  find: (observation) =>
    bridgesHere(observation).flatMap((bridge) => {
      const local = observation.links.find(({ name }) => name === bridge.name)!;
      const hosts = observation.links.flatMap((link) =>
        link.kind === "vlan" && link.link === local.index ? [link.linkInfo.data.id] : [],
      );
      const others = bridge.ports.filter(({ name }) => name !== bridge.name);
      const own = bridge.ports.find(({ name }) => name === bridge.name);
      if (others.length < 2) return [];
      return others.flatMap((port): Found[] => {
        const { name, tag } = port;
        const isShared = (vlan: number): boolean =>
          others.some((other) => other !== port && carries(other, vlan)) ||
          (own?.tag === undefined ? hosts.includes(vlan) : own.tag === vlan);
        if (tag === undefined || (port.vlanMode ?? "access") !== "access" || isShared(tag)) return [];
        const tags = others.flatMap((other) => (other === port || other.tag === undefined ? [] : [other.tag]));
        return [
          {
            links: [name],
            summary: `${name} is alone in VLAN ${tag} of ${bridge.name}`,
            evidence: [
              `${name} has the tag ${tag}`,
              `the other ports of ${bridge.name} have ${[...new Set(tags)].sort((a, b) => a - b).join(", ") || "trunks without it"}`,
            ],
            remedy: `linkwright ovs port set ${name} tag=N, of those that others have`,
          },
        ];
      });
    }),
};

export const switchWithoutController: Check = {
  code: "switch-without-controller",
  severity: "warning",
  symptom: "A bridge of Open vSwitch forwards nothing, or only what it forwarded before.",
  cause:
    "It is to do nothing by itself (fail_mode=secure), and no controller that would tell it what to do is connected.",
  remedy:
    "Look at the controller; or have the bridge switch by itself: linkwright ovs bridge set BRIDGE fail-mode=standalone",
  find: (observation) =>
    bridgesHere(observation).flatMap(({ name, failMode, controllers }): Found[] => {
      if (failMode !== "secure" || controllers.length === 0 || controllers.some(({ isConnected }) => isConnected))
        return [];
      return [
        {
          links: [name],
          summary: `${name} forwards by its controller alone, and none is connected`,
          evidence: controllers.map(({ target }) => `${target} is not connected`),
        },
      ];
    }),
};

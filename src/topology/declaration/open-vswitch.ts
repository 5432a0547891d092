import { InputError, under } from "../../base/errors.js";
import {
  choice,
  either,
  entriesOf,
  integer,
  listOf,
  objectOf,
  type Shape,
  textLike,
  truth,
} from "../../netlink/codecs/shape.js";
import type { BridgeSettings } from "../../openvswitch/bridges.js";
import { checkName, interfaceColumns, type PortSettings } from "../../openvswitch/port-columns.js";
import type { Absent } from "./absent.js";

/** A port of a bridge of Open vSwitch: a link that is there, or with a `type` one that Open vSwitch makes. */
export type SwitchPortDeclaration = Absent &
  Pick<PortSettings, "tag" | "trunks" | "vlanMode" | "isolated"> &
  Pick<PortSettings, "type" | "peer" | "remote" | "local" | "key" | "destinationPort" | "externalIds">;

/** A bridge of Open vSwitch. */
export type SwitchDeclaration = Absent &
  Pick<BridgeSettings, "datapathType" | "failMode" | "controllers" | "stp" | "rstp"> & {
    readonly ports?: Readonly<Record<string, SwitchPortDeclaration>> | undefined;
    /** Other ports than those that are named are taken out. */
    readonly only?: true | undefined;
  };

/** How Open vSwitch shall be set up: what is not named is left alone. */
export interface OpenVswitchDeclaration {
  /** Its database's socket: db.sock in $OVS_RUNDIR, or in /var/run/openvswitch, unless given. */
  readonly socket?: string | undefined;
  readonly bridges?: Readonly<Record<string, SwitchDeclaration>> | undefined;
}

const TEXT = /^\P{Cc}+$/u;
const text = (description: string): Shape<string> => textLike("text", TEXT, description);
const VLAN = integer(0, 4095, "a VLAN");
const absent = choice([true], "it is not to be there");
const none = choice([null as never], "nothing");

function mapOf<T>(shape: Shape<T>, description: string, check: (name: string) => void): Shape<Record<string, T>> {
  return {
    schema: { type: "object", additionalProperties: shape.schema, description },
    read: (value) =>
      Object.fromEntries(
        entriesOf(value).map(([name, each]) =>
          under(name, () => {
            check(name);
            return [name, shape.read(each)] as const;
          }),
        ),
      ),
  };
}

const named = (name: string): void => checkName(name, "");

const port = objectOf(
  {
    tag: either(integer(0, 4095, "the VLAN of an access port, or the native one"), none, "null for none"),
    trunks: listOf(VLAN, "the VLANs that pass; none: all"),
    vlanMode: either(
      choice(["access", "native-tagged", "native-untagged", "trunk", "dot1q-tunnel"], "what becomes of tags"),
      none,
      "null for what the tag and the trunks say",
    ),
    isolated: truth("no frames between ports that are isolated"),
    type: choice(
      ["internal", "patch", "vxlan", "gre", "geneve"],
      "what Open vSwitch makes; unless given, a link that is there",
    ),
    peer: text("the other end of a patch"),
    remote: text("a tunnel's other end"),
    local: text("a tunnel's own address"),
    key: integer(0, 2 ** 32 - 1, "a tunnel's key, or VNI"),
    destinationPort: integer(1, 65535, "a tunnel's UDP port"),
    externalIds: mapOf(text("a value"), "such as iface-id", () => undefined),
    absent,
  },
  "a port",
);

const bridge = objectOf(
  {
    datapathType: choice(["system", "netdev"], "where it switches: in the kernel, unless given, or in ovs-vswitchd"),
    failMode: either(choice(["standalone", "secure"], "without a controller: switch, or not"), none, "null for none"),
    controllers: listOf(text("such as tcp:10.0.0.1:6653"), "OpenFlow controllers, these and no others"),
    stp: truth("the spanning tree"),
    rstp: truth("the rapid spanning tree"),
    ports: mapOf(port, "its ports by name", named),
    only: choice([true], "other ports than these are taken out"),
    absent,
  },
  "a bridge of Open vSwitch",
);

const section = objectOf(
  {
    socket: text("its database's socket, unless it is where Open vSwitch's own programs look for it"),
    bridges: mapOf(bridge, "bridges by name", named),
  },
  "how Open vSwitch shall be set up: what is not named is left alone",
);

function check({ bridges = {} }: OpenVswitchDeclaration): void {
  const places = new Map<string, string>();
  for (const [name, { absent: gone, ports = {}, ...settings }] of Object.entries(bridges))
    under(`bridges.${name}`, () => {
      if (gone === true && (Object.keys(settings).length > 0 || Object.keys(ports).length > 0))
        throw new InputError("what is absent has nothing else", "absent");
      if (settings.stp === true && settings.rstp === true)
        throw new InputError("one spanning tree at a time: stp or rstp", "rstp");
      for (const [each, { absent: out, ...said }] of Object.entries(ports))
        under(`ports.${each}`, () => {
          if (each === name && out === true) throw new InputError("a bridge has a port of its own name", "absent");
          if (out === true && Object.keys(said).length > 0)
            throw new InputError("what is absent has nothing else", "absent");
          interfaceColumns(said);
          const other = places.get(each);
          if (other !== undefined && out !== true) throw new InputError(`it is a port of ${other}, too`);
          if (out !== true) places.set(each, name);
        });
    });
}

/** The shape of what is declared of Open vSwitch. */
export const openVswitchShape: Shape<OpenVswitchDeclaration> = {
  schema: section.schema,
  read(value) {
    const read = section.read(value) as OpenVswitchDeclaration;
    check(read);
    return read;
  },
};

import { HEADER_SIZE } from "../netlink/message.js";
import type { AnswerField as FieldOf } from "../runner/plan.js";
import { align } from "../netlink/codecs/bytes.js";
import { bridgePort } from "../rtnetlink/link/kinds/bridge-port.js";
import { tun } from "../rtnetlink/link/kinds/tun.js";
import { bridgeLink } from "../rtnetlink/bridge/bridge-link.js";
import { linkAttributes, linkInfo, RTM_NEWLINK } from "../rtnetlink/link/link.js";
import { RTM_NEWROUTE } from "../rtnetlink/route/route.js";

/** What the program knows, each with its number: what it was started with, and the answers to a plan's questions. */
export const ANSWERS = { known: 0, tap: 1, bridge: 2, other: 3, vlans: 4, port: 5, configuration: 6 } as const;
export type Answer = keyof typeof ANSWERS;

/** A field of an answer to a plan's question. */
export type AnswerField = FieldOf<Answer>;

const inStart = (answer: Answer, from: number, size: number): AnswerField => ({
  answer,
  header: 0,
  path: [],
  from,
  size,
});
const LINK_HEADER = align(RTM_NEWLINK.header.size);

function inLink(answer: Answer, path: readonly number[], size: number, from = 0): AnswerField {
  return { answer, header: LINK_HEADER, path, from, size };
}

const link = linkAttributes.entries;
const info = [link.linkInfo[0], linkInfo.entries.kind[0]] as const;
const data = [link.linkInfo[0], linkInfo.entries.data[0]] as const;

/** Where struct ifinfomsg and struct tcmsg have the link's index, and the former its flags. */
const INDEX = 4;
const FLAGS = 8;
export const INDEX_OFFSET = HEADER_SIZE + INDEX;
export const FLAGS_OFFSET = HEADER_SIZE + FLAGS;

const RTA_OIF = RTM_NEWROUTE.attributes.entries["oif"][0];

/** The fields that plans are filled in with, or look at. What is "former" is the TAP's, as it came. */
export const ANSWER_FIELDS = {
  tapName: inStart("known", 0, 16),
  asked: inStart("known", 16, 16),
  user: inStart("known", 32, 4),
  /** The TAP's name as JSON has it, with spaces behind; not there for a name that JSON would want said otherwise. */
  quotedName: inStart("known", 36, 17),
  nothing: inStart("known", 0xffff, 0),
  tapIndex: inStart("tap", INDEX, 4),
  tapKind: inLink("tap", info, 0),
  tapType: inLink("tap", [...data, tun.entries.type[0]], 0),
  tapOwner: inLink("tap", [...data, tun.entries.owner[0]], 0),
  formerFlags: inStart("tap", FLAGS, 4),
  formerMtu: inLink("tap", [link.mtu[0]], 4),
  formerMaster: inLink("tap", [link.master[0]], 4),
  /** What kind of master it is a port of. */
  formerPort: inLink("tap", [link.linkInfo[0], linkInfo.entries.slaveKind[0]], 0),
  formerMac: inLink("tap", [link.address[0]], 6),
  /** All of a MAC but its first byte, which is in the plan. */
  guestMac: inLink("tap", [link.address[0]], 5, 1),
  bridgeIndex: inStart("bridge", INDEX, 4),
  bridgeKind: inLink("bridge", info, 0),
  bridgeName: inLink("bridge", [link.name[0]], 0),
  bridgeMtu: inLink("bridge", [link.mtu[0]], 4),
  routeLink: { answer: "other", header: align(RTM_NEWROUTE.header.size), path: [RTA_OIF], from: 0, size: 4 },
  otherIndex: inStart("other", INDEX, 4),
  /** UUIDs of Open vSwitch's: of a bridge, of the port that has the TAP's name, and of the one that is made or taken out. */
  switchBridge: inStart("bridge", 0, 36),
  namedPort: inStart("other", 0, 36),
  switchPort: inStart("port", 0, 36),
  /** The number of Open vSwitch's configuration, with spaces behind. */
  configuration: inStart("configuration", 0, 20),
  formerVlans: inLink("vlans", [bridgeLink.entries.afSpec[0]], 0),
} as const satisfies Record<string, AnswerField>;

/** An option of the port that the TAP came as. */
export function formerOption(number: number, size: number): AnswerField {
  return inLink("tap", [link.linkInfo[0], linkInfo.entries.slaveData[0], number], size);
}

/** What a field is called. */
export function nameOf(field: AnswerField): string {
  const spelled = JSON.stringify(field);
  const known = Object.entries(ANSWER_FIELDS).find(([, each]) => JSON.stringify(each) === spelled);
  if (known !== undefined) return known[0];
  const option = Object.entries(bridgePort.entries).find(([, [number]]) => number === field.path[2]);
  return `former ${option?.[0] ?? field.path.join(".")}`;
}

import { expect, test } from "vitest";
import { bytesOf, Writer } from "../../../src/netlink/codecs/bytes.js";
import { describeMessages } from "../../../src/netlink/describe-messages.js";
import {
  locateAttribute,
  type MessageType,
  readHeader,
  readMessage,
  writeMessage,
} from "../../../src/netlink/message.js";
import { RTM_NEWVLAN } from "../../../src/rtnetlink/bridge/bridge-vlan.js";
import { AF_BRIDGE } from "../../../src/rtnetlink/protocol/families.js";
import { RTM_SETLINK } from "../../../src/rtnetlink/link/link.js";
import { messageTypes } from "../../../src/rtnetlink/messages.js";
import { inputError } from "../netlink/codecs.js";

const vlanInfo = [
  { flags: ["pvid", "untagged"], vid: 10 },
  { flags: ["rangeBegin"], vid: 20 },
  { flags: ["rangeEnd"], vid: 30 },
];
const settings = { afSpec: { flags: ["self"], vlanInfo }, protinfo: { isolated: true } };

function written(messageType: MessageType, header: object, attributes: object): Buffer {
  const writer = new Writer();
  writeMessage(writer, messageType, 7, { header, attributes });
  return writer.take();
}

const setLink = RTM_SETLINK as unknown as MessageType;
const message = written(setLink, { family: AF_BRIDGE, index: 3 }, settings);

test("what a bridge says of a link is read by the header's family, each VLAN in its place", () => {
  const bytes = bytesOf(message);
  expect(readMessage(bytes, 0, readHeader(bytes, 0)!, setLink)?.attributes).toEqual(settings);
});

test("a message of a family of its own is shown by its own table", () => {
  const [line] = describeMessages(messageTypes, message);
  expect(line).toContain("afSpec: { flags: [ 'self' ], vlanInfo: [ { flags: [ 'pvid', 'untagged' ], vid: 10 }");
});

test("an attribute of such a message is found by its offset, in its own table", () => {
  const at = message.indexOf(Buffer.from([5, 0, 33, 0, 1]));
  expect(at).toBeGreaterThan(0);
  expect(locateAttribute(bytesOf(message), 0, setLink, at)).toBe("protinfo.isolated");
});

test("other families keep the plain table", () => {
  const plain = written(setLink, { index: 3 }, { afSpec: { inet6: { addrGenMode: "none" } } });
  const bytes = bytesOf(plain);
  expect(readMessage(bytes, 0, readHeader(bytes, 0)!, setLink)?.attributes).toEqual({
    afSpec: { inet6: { addrGenMode: "none" } },
  });
});

test("an error in one of several attributes names its place", () => {
  const entry = [{ info: { flags: [], vid: 1 } }, { info: { flags: [], vid: 65536 } }];
  const newVlan = RTM_NEWVLAN as unknown as MessageType;
  const error = inputError(() => written(newVlan, {}, { entry }));
  expect(error.path).toBe("entry.1.info.vid");
  expect(inputError(() => written(newVlan, {}, { entry: {} })).message).toBe("entry: a list is wanted, not {}");
});

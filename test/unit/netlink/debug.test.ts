import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import { expect, test } from "vitest";
import { Writer } from "../../../src/netlink/codecs/bytes.js";
import { describeMessages } from "../../../src/netlink/describe-messages.js";
import { type MessageContent, NLM_F_ACK, NLM_F_CREATE, writeMessage } from "../../../src/netlink/message.js";
import { type LinkMessageType, RTM_NEWLINK } from "../../../src/rtnetlink/link/link.js";
import { messageTypes } from "../../../src/rtnetlink/messages.js";
import { acknowledge, anyMessage, done, type Sent } from "./fake-kernel.js";

type Content = MessageContent<{ index: number }, LinkMessageType["attributes"]["entries"]>;

function written(content: Content): Buffer {
  const writer = new Writer();
  writeMessage(writer, RTM_NEWLINK, 7, content);
  return writer.take();
}

const bytes = written({
  flags: NLM_F_ACK | NLM_F_CREATE,
  header: { index: 3 },
  attributes: { name: "br0", linkInfo: { kind: "bridge", data: { forwardDelay: 2000 } } },
});
const sent: Sent = {
  header: { length: 16, type: 16, flags: 5, sequence: 7, port: 0 },
  message: undefined,
  bytes,
  conditions: [],
};

test("each message is a line: its name, its number, its header and attributes in full", () => {
  expect(describeMessages(messageTypes, Buffer.concat([bytes, acknowledge(sent), done(sent)]))).toEqual([
    "RTM_NEWLINK #7 flags=0x405 { family: 0, type: 0, index: 3, flags: [], change: [] } " +
      "{ name: 'br0', linkInfo: { kind: 'bridge', data: { forwardDelay: 2000 } } }",
    "ACK #7 flags=0x100 ok {}",
    "DONE #7 flags=0x2 ok {}",
  ]);
});

test("a refusal is told with the kernel's words", () => {
  expect(describeMessages(messageTypes, acknowledge(sent, { errno: 34, message: "out of range", offset: 36 }))).toEqual(
    ["ACK #7 flags=0x300 ERANGE { message: 'out of range', offset: 36 }"],
  );
});

test("what cannot be decoded is shown in hexadecimal", () => {
  expect(describeMessages(messageTypes, anyMessage(7, 999, Buffer.from("abcd")))).toEqual([
    "type 999 #7 flags=0x0 61626364",
  ]);
  expect(describeMessages(messageTypes, anyMessage(7, 16, Buffer.from("abcd")))).toEqual([
    "type 16 #7 flags=0x0 61626364",
  ]);
  expect(describeMessages(messageTypes, Buffer.from("abcd"))).toEqual(["4 bytes that are no message: 61626364"]);
  expect(describeMessages(messageTypes, Buffer.alloc(0))).toEqual([]);
});

const program = `
  import { connect } from "./src/netlink/connection.ts";
  import { messageTypes } from "./src/rtnetlink/messages.ts";
  import { RTM_NEWLINK } from "./src/rtnetlink/link/link.ts";
  const socket = { exchange(messages, conditions, receive) {
    const answer = Buffer.alloc(36);
    answer.writeUInt32LE(36, 0); answer.writeUInt16LE(2, 4); answer.writeUInt16LE(0x100, 6);
    messages.copy(answer, 8, 8, 12);
    setImmediate(() => { receive(answer, undefined); receive(undefined, { errno: 0 }); });
  } };
  await connect(socket, messageTypes).request(RTM_NEWLINK, { attributes: { name: "br0" } });
`;

const root = fileURLToPath(new URL("../../..", import.meta.url));
const bundle = await rolldown({
  input: "program",
  platform: "node",
  resolve: { extensionAlias: { ".js": [".ts"] } },
  plugins: [
    {
      name: "program",
      resolveId: (id) => (id === "program" ? join(root, "program.ts") : undefined),
      load: (id) => (id === join(root, "program.ts") ? program : undefined),
    },
  ],
});
const bundled = (await bundle.generate()).output[0].code;

test("NODE_DEBUG=linkwright prints both directions on stderr, and nothing else does", () => {
  const run = (NODE_DEBUG: string): string => {
    const { stderr, status } = spawnSync(process.execPath, ["--input-type=module", "-"], {
      input: bundled,
      cwd: new URL("../../..", import.meta.url),
      env: { ...process.env, NODE_DEBUG, NODE_OPTIONS: "" },
      encoding: "utf8",
    });
    expect(status, stderr).toBe(0);
    return stderr;
  };
  expect(run("")).toBe("");
  const lines = run("linkwright").trim().split("\n");
  expect(lines).toHaveLength(2);
  expect(lines[0]).toMatch(/^LINKWRIGHT \d+: > RTM_NEWLINK #1 flags=0x5 .*name: 'br0'/);
  expect(lines[1]).toMatch(/^LINKWRIGHT \d+: < ACK #1 flags=0x100 ok/);
});

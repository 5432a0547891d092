import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decode, encode, type Packet } from "dns-packet";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { NetworkDefinition } from "../../../src/networks/index.js";
import { planOf } from "../../../src/networks/definition.js";
import { guestNames } from "../../../src/networks/names/guest-names.js";
import { localAnswer } from "../../../src/networks/names/local-answer.js";
import { answerTo, isAnswerTo, readQuestion, renumbered } from "../../../src/networks/names/message.js";

const DEFINITION: NetworkDefinition = {
  name: "lab",
  mode: "nat",
  subnet: "10.0.0.0/24",
  subnet6: "fd00:1::/64",
  domain: "Lab.test",
  dns: { hosts: [{ hostname: "printer", address: "10.0.0.200" }] },
  dhcp: { reservations: [{ mac: "52:54:00:00:00:09", address: "10.0.0.9", hostname: "Nine" }] },
};
const plan = planOf(DEFINITION);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "linkwright-names-"));
  mkdirSync(join(folder, "ports"));
  const port = { network: "lab", link: "tap0", index: 7, antiSpoof: false, mac: "52:54:00:00:00:07" };
  const addresses = ["10.0.0.7", "fd00:1::7"];
  writeFileSync(join(folder, "ports/tap0.json"), JSON.stringify({ ...port, hostname: "seven", addresses }));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const lease = (address: string, mac: string, hostname: string) => ({
  ...{ address, mac, hostname, client: mac, duration: 3_600_000, remaining: 3_600_000 },
});
const names = () =>
  guestNames(plan, { run: folder }, () => [
    lease("10.0.0.20", "52:54:00:00:00:20", "web"),
    lease("10.0.0.21", "52:54:00:00:00:21", "WEB"),
    lease("10.0.0.22", "52:54:00:00:00:22", "nine"),
    lease("10.0.0.23", "52:54:00:00:00:23", "printer"),
    lease("10.0.0.24", "52:54:00:00:00:24", "wpad"),
    lease("10.0.0.25", "52:54:00:00:00:25", "www.example.org"),
    lease("10.0.0.7", "52:54:00:00:00:07", "seven"),
  ]);

test("a name is whose it was first: the definition's, then ports', then what guests say; some are nobody's", () => {
  const hosts = names();
  const known = ["web", "nine", "printer", "seven", "wpad", "www", "www.example.org"];
  expect(known.map((name) => hosts.addressesOf(name))).toEqual([
    ...[["10.0.0.20"], ["10.0.0.9"], ["10.0.0.200"], ["10.0.0.7", "fd00:1::7"]],
    ...[undefined, undefined, undefined],
  ]);
  const addresses = ["10.0.0.20", "10.0.0.21", "10.0.0.22", "fd00:1::7", "10.0.0.99"];
  expect(addresses.map((address) => hosts.nameOf(address))).toEqual(["web", undefined, undefined, "seven", undefined]);
});

function question(name: string, type = "A", more: Partial<Packet> = {}): Buffer {
  return encode({ type: "query", id: 77, flags: 256, questions: [{ name, type: type as "A", class: "IN" }], ...more });
}

const REVERSE6 = `7.${"0.".repeat(15)}${"0.".repeat(8)}1.0.0.0.0.0.d.f.ip6.arpa`;

test.each<[name: string, type: string, code: number | undefined, ...records: string[]]>([
  ["web", "A", 0, "10.0.0.20"],
  ["WEB.lab.TEST", "A", 0, "10.0.0.20"],
  ["seven.lab.test", "AAAA", 0, "fd00:1::7"],
  ["web.lab.test", "AAAA", 0],
  ["web.lab.test", "MX", 0],
  ["lab.test", "SOA", 0],
  ["nobody.lab.test", "A", 3],
  ["a.web.lab.test", "A", 3],
  ["nobody", "AAAA", 3],
  ["com", "NS", undefined],
  ["", "NS", undefined],
  ["web.other.test", "A", undefined],
  ["20.0.0.10.in-addr.arpa", "PTR", 0, "web.Lab.test"],
  ["99.0.0.10.in-addr.arpa", "PTR", 3],
  ["1.1.0.10.in-addr.arpa", "PTR", undefined],
  ["256.0.0.10.in-addr.arpa", "PTR", undefined],
  [REVERSE6, "PTR", 0, "seven.Lab.test"],
])("%s %s", (name, type, code, ...records) => {
  const zone = { domain: plan.domain, subnets: plan.subnets.map(({ subnet }) => subnet), hosts: names() };
  const answer = localAnswer(readQuestion(question(name, type))!, zone);
  expect(answer && [answer.code, ...answer.records.map(({ data }) => data)]).toEqual(
    code === undefined ? undefined : [code, ...records],
  );
});

test("an answer has the question's number, name and flags, EDNS where it was asked with, and says what it had no room for", () => {
  const asked = readQuestion(question("Web", "A"))!;
  const records = (count: number) =>
    Array.from({ length: count }, (_, place) => ({ name: "Web", type: "A" as const, data: `10.0.0.${place}` }));
  const how = { stream: false, authoritative: true };
  const small = decode(answerTo(asked, 0, records(1), how)) as Packet & Record<string, unknown>;
  expect(small).toMatchObject({
    ...{ id: 77, type: "response", rcode: "NOERROR", flag_aa: true, flag_rd: true, flag_ra: true, flag_tc: false },
    ...{ questions: [{ name: "Web", type: "A" }], answers: [{ data: "10.0.0.0", ttl: 0 }], additionals: [] },
  });
  expect(decode(answerTo(asked, 0, records(40), how))).toMatchObject({ flag_tc: true, answers: [] });
  expect(decode(answerTo(asked, 0, records(40), { ...how, stream: true })).answers).toHaveLength(40);
  const opt = { type: "OPT" as const, name: ".", udpPayloadSize: 4096, flags: 0, extendedRcode: 0, ednsVersion: 0 };
  const withEdns = readQuestion(question("Web", "A", { additionals: [{ ...opt, flag_do: false, options: [] }] }))!;
  expect(decode(answerTo(withEdns, 0, records(40), how))).toMatchObject({
    ...{ flag_tc: false, additionals: [{ type: "OPT", udpPayloadSize: 1232 }] },
  });
});

test("only what answers the very question is an answer, and nonsense is neither question nor answer", () => {
  const message = question("web.example.org");
  const answer = answerTo(readQuestion(message)!, 0, [], { stream: false, authoritative: false });
  expect(isAnswerTo(answer, message)).toBe(true);
  expect(isAnswerTo(renumbered(answer, 5), message)).toBe(false);
  expect(isAnswerTo(message, message)).toBe(false);
  expect(isAnswerTo(answer, question("web.example.org", "AAAA"))).toBe(false);
  expect(isAnswerTo(answer, question("www.example.org"))).toBe(false);
  expect(readQuestion(answer)).toBeUndefined();
  let random = 1;
  const next = (): number => (random = (Math.imul(random, 1103515245) + 12345) & 0x7fffffff) >> 8;
  for (let round = 0; round < 2000; round++) {
    const bytes =
      round % 2 === 0
        ? Buffer.from(Array.from({ length: round % 80 }, () => next() & 0xff))
        : question("web.example.org");
    if (round % 2 === 1) for (let n = 0; n < 3; n++) bytes[next() % bytes.length] = next() & 0xff;
    const read = readQuestion(bytes);
    if (read !== undefined) expect(() => answerTo(read, 3, [], { stream: false, authoritative: true })).not.toThrow();
    isAnswerTo(bytes, message);
  }
});

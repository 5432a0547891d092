import fc from "fast-check";
import { expect, test } from "vitest";
import { formatExactly, type Json, parseExactly } from "../../../src/ovsdb/exact-json.js";
import { jsonStream, type MessageLimits } from "../../../src/ovsdb/json-stream.js";

/** The messages that a stream reads from bytes, handed over in pieces of these sizes. */
function read(bytes: Uint8Array, sizes: readonly number[], limits?: MessageLimits): Json[] {
  const messages: Json[] = [];
  const stream = jsonStream((message) => messages.push(message), limits);
  let place = 0;
  for (let i = 0; place < bytes.length; i += 1) {
    const size = sizes.length === 0 ? bytes.length : sizes[i % sizes.length]!;
    stream.push(bytes.subarray(place, place + size));
    place += size;
  }
  return messages;
}

const text = (words: string): Uint8Array => Buffer.from(words);

const { value: json } = fc.letrec<{ value: Json; leaf: Json }>((tie) => ({
  leaf: fc.oneof(
    fc.string({ unit: "binary" }),
    fc.maxSafeInteger(),
    fc
      .bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
      .map((n) => (BigInt(Number(n)) === n && Number.isSafeInteger(Number(n)) ? Number(n) : n)),
    fc
      .double({ noNaN: true, noDefaultInfinity: true })
      .filter((n) => !Object.is(n, -0) && !(Number.isInteger(n) && !Number.isSafeInteger(n))),
    fc.boolean(),
    fc.constant(null),
  ),
  value: fc.oneof(
    { maxDepth: 5 },
    tie("leaf"),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(fc.string(), tie("value"), { maxKeys: 4, noNullPrototype: true }),
  ),
}));
const message = json.map((value) => ({ method: "m", params: [value] }));

test("messages are read whole, however they are cut into pieces, and with every integer exact", () => {
  fc.assert(
    fc.property(
      fc.array(message, { maxLength: 4 }),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
      (messages, sizes) => {
        const bytes = text(messages.map(formatExactly).join(""));
        expect(read(bytes, sizes)).toEqual(messages);
        expect(read(bytes, [])).toEqual(messages);
      },
    ),
  );
});

test("space between messages and within them does not matter", () => {
  expect(read(text(' {"a" : [ 1 , 2 ] }\n\t{}[ ] '), [1])).toEqual([{ a: [1, 2] }, {}, []]);
});

test("integers beyond 2^53 are bigint, reals and what stands in strings are not", () => {
  expect(
    read(
      text('[9007199254740991,9007199254740993,-9007199254740993,1e300,12345678901234567890.5,"9007199254740993"]'),
      [],
    ),
  ).toEqual([
    [
      9007199254740991,
      9007199254740993n,
      -9007199254740993n,
      1e300,
      Number("12345678901234567890.5"),
      "9007199254740993",
    ],
  ]);
});

test("a name that every object has is a name like others", () => {
  const [read1] = read(text('[{"__proto__":9007199254740993,"constructor":1}]'), []) as [Json[]];
  expect(Object.entries(read1[0] as object)).toEqual([
    ["__proto__", 9007199254740993n],
    ["constructor", 1],
  ]);
  expect(formatExactly(read1)).toBe('[{"__proto__":9007199254740993,"constructor":1}]');
});

test.each([
  ["x", "no message of JSON-RPC"],
  ["1{}", "no message of JSON-RPC"],
  ["{}]", "no message of JSON-RPC"],
  ["{]", "no JSON"],
  ['{"a"}', "no JSON"],
  ["[1,]", "no JSON"],
  ["[9007199254740993,]", "no JSON"],
  ["[01]", "no JSON"],
])("%j is refused", (words, reason) => {
  expect(() => read(text(words), [])).toThrow(reason);
  expect(() => read(text(words), [1])).toThrow(expect.objectContaining({ code: "EPROTO" }));
});

test("half a message is none, and waits for the rest", () => {
  const messages: Json[] = [];
  const stream = jsonStream((each) => messages.push(each));
  stream.push(text('{"a":"\\'));
  stream.push(text('"}'));
  expect(messages).toEqual([]);
  stream.push(text('"}'));
  expect(messages).toEqual([{ a: '"}' }]);
});

test("nesting is bounded", () => {
  expect(read(text("[".repeat(1000) + "]".repeat(1000)), [])).toHaveLength(1);
  expect(() => read(text("[".repeat(1001)), [])).toThrow("nested more than 1000 deep");
  expect(() => read(text('{"a":'.repeat(3)), [], { maxDepth: 2 })).toThrow("nested more than 2 deep");
});

test("a string that never ends is refused at the limit, and takes no more memory than that, byte by byte or not", () => {
  const limits = { maxMessageBytes: 100_000 };
  const endless = Buffer.alloc(1_000_000, "x");
  endless.write('["');
  for (const sizes of [[1], [65_536], []]) {
    const before = process.memoryUsage().arrayBuffers;
    expect(() => read(endless, sizes, limits)).toThrow("a message of more than 100000 bytes");
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2_000_000);
  }
});

test("bytes without sense never do worse than be refused", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.integer({ min: 1, max: 50 }), (bytes, size) => {
      try {
        read(Buffer.concat([text("["), bytes]), [size]);
      } catch (error) {
        expect(error).toMatchObject({ code: "EPROTO" });
      }
    }),
  );
});

test("what is read exactly and written again is the same JSON", () => {
  fc.assert(
    fc.property(
      fc.json(),
      (words) => void expect(JSON.parse(formatExactly(parseExactly(words)))).toEqual(JSON.parse(words)),
    ),
  );
});

/** A value of JSON; integers beyond 2^53 are bigint. */
export type Json = null | boolean | number | bigint | string | readonly Json[] | { readonly [key: string]: Json };

const TOKEN = /\s*(?:([[\]{}:,])|("[^"\\]*(?:\\.[^"\\]*)*")|(-?\d+)(?![\d.eE])|([^\s,\]}]+))/y;

interface Reading {
  readonly text: string;
  place: number;
}

function next(reading: Reading): RegExpExecArray {
  TOKEN.lastIndex = reading.place;
  const token = TOKEN.exec(reading.text)!;
  reading.place = TOKEN.lastIndex;
  return token;
}

function peek({ text, place }: Reading): string | undefined {
  TOKEN.lastIndex = place;
  return TOKEN.exec(text)?.[1];
}

function integer(digits: string): number | bigint {
  const number = Number(digits);
  return Number.isSafeInteger(number) ? number : BigInt(digits);
}

function readArray(reading: Reading): Json[] {
  const values: Json[] = [];
  if (peek(reading) === "]") next(reading);
  else
    do values.push(readValue(reading));
    while (next(reading)[1] === ",");
  return values;
}

function readObject(reading: Reading): Json {
  const entries: [string, Json][] = [];
  if (peek(reading) === "}") next(reading);
  else
    do {
      const name = JSON.parse(next(reading)[2]!) as string;
      next(reading);
      entries.push([name, readValue(reading)]);
    } while (next(reading)[1] === ",");
  return Object.fromEntries(entries);
}

function readValue(reading: Reading): Json {
  const [, mark, string, digits, other] = next(reading);
  if (mark === "[") return readArray(reading);
  if (mark === "{") return readObject(reading);
  if (digits !== undefined) return integer(digits);
  return JSON.parse(string ?? other!) as Json;
}

/** Reads JSON with every integer exact, a bigint where a number would not be. Throws SyntaxError for what is no JSON. */
export function parseExactly(text: string): Json {
  JSON.parse(text);
  return readValue({ text, place: 0 });
}

/** Writes JSON; a bigint becomes an integer. */
export function formatExactly(value: unknown): string {
  if (typeof value === "bigint") return String(value);
  if (Array.isArray(value))
    return `[${value.map((each) => (each === undefined ? "null" : formatExactly(each))).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).filter(([, each]) => each !== undefined);
  return `{${members.map(([name, each]) => `${JSON.stringify(name)}:${formatExactly(each)}`).join(",")}}`;
}

const DECIMAL = /^(\d+\.?\d*|\.\d+)(e[+-]?\d+)?/i;
const HEXADECIMAL = /^0x([0-9a-f]*)\.?([0-9a-f]*)(?:p([+-]?\d+))?/i;

/** A number without a sign; undefined for none. */
function scanMagnitude(text: string): number | undefined {
  if (/^inf/i.test(text)) return Infinity;
  if (/^nan/i.test(text)) return NaN;
  const [, whole = "", part = "", power = "0"] = HEXADECIMAL.exec(text) ?? [];
  if (whole + part !== "") return parseInt(whole + part, 16) * 2 ** (Number(power) - 4 * part.length);
  const found = /^0x/i.test(text) ? null : DECIMAL.exec(text);
  return found === null ? undefined : Number(found[0]);
}

/** The number at the start of a text, as sscanf(3) reads it with "%lf"; undefined when there is none. */
export function scanSeconds(text: string): number | undefined {
  const [, sign, rest = ""] = /^\s*([+-]?)(.*)/s.exec(text) ?? [];
  const magnitude = scanMagnitude(rest);
  return magnitude === undefined || sign !== "-" ? magnitude : -magnitude;
}

/** The integer at the start of a text, as sscanf(3) reads it with "%i": 0x is hexadecimal, 0 octal. */
export function scanInteger(text: string): number | undefined {
  const found = /^\s*([+-]?)(0x[0-9a-f]+|0[0-7]*|[1-9]\d*)/i.exec(text);
  if (found === null) return undefined;
  const [, sign, digits = ""] = found;
  const base = /^0x/i.test(digits) ? 16 : digits.startsWith("0") ? 8 : 10;
  const value = parseInt(digits.replace(/^0x/i, ""), base);
  return (sign === "-" ? -value : value) | 0;
}

/** Whether "on" or "off" is meant; undefined for any other word. */
export function scanSwitch(text: string): boolean | undefined {
  if (["on", "yes", "1"].includes(text)) return true;
  return ["off", "no", "0"].includes(text) ? false : undefined;
}

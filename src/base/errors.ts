/** Of what is longer, a value's beginning is shown. */
const LONGEST = 200;

/** A value as an error's words show it. */
export function quoted(value: unknown): string {
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value !== "string" && (typeof value !== "object" || value === null)) return String(value);
  try {
    const whole = JSON.stringify(value);
    return whole.length > LONGEST ? `${whole.slice(0, LONGEST)}…` : whole;
  } catch {
    return "an object";
  }
}

const INPUT_BRAND = Symbol.for("linkwright.InputError");

/** Whether an error has this mark: `instanceof` holds across two copies of the package by it. */
export function branded(value: unknown, brand: symbol): boolean {
  return typeof value === "object" && value !== null && brand in value;
}

/** What was asked for cannot be meant: refused before anything was sent. `path` names the offending input. */
export class InputError extends TypeError {
  readonly code = "ERR_LINKWRIGHT_INPUT";
  readonly path: string;
  readonly problem: string;

  constructor(problem: string, path = "") {
    super(path === "" ? problem : `${path}: ${problem}`);
    this.name = "InputError";
    this.path = path;
    this.problem = problem;
    Object.defineProperty(this, INPUT_BRAND, { value: true });
  }

  /** The same error, one level further out. */
  under(name: string): InputError {
    return new InputError(this.problem, this.path === "" ? name : `${name}.${this.path}`);
  }

  /** Errors of another copy of this package are such, too. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return branded(value, INPUT_BRAND);
  }
}

/** Does something that may throw InputError: the path of the input then starts with `name`. */
export function under<T>(name: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof InputError ? error.under(name) : error;
  }
}

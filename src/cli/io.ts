/** Where output goes. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  /** Lines that a terminal has room for. */
  readonly rows?: number | undefined;
}

/** What a command line has around it. */
export interface Io {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Asks whoever sits at the terminal, yes or no; undefined where nobody does. */
  readonly ask?: ((question: string) => Promise<boolean>) | undefined;
}

/** What a command has to say. */
export interface Report {
  /** What --json prints; nothing is printed when it is undefined. */
  readonly value?: unknown;
  /** What a person reads. */
  readonly text?: ((style: Style) => string) | undefined;
  /** The exit status, 0 unless given. */
  readonly status?: number;
}

const STYLES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;

/** Colours, or their absence. */
export type Style = Readonly<Record<keyof typeof STYLES, (text: string) => string>>;

/** No colours. */
export const PLAIN = Object.fromEntries(Object.keys(STYLES).map((name) => [name, (text: string) => text])) as Style;

/** Colours only on a terminal that has them, and only where NO_COLOR is not set. */
export function styleFor(output: Output, env: Io["env"]): Style {
  const coloured = output.isTTY === true && (env["NO_COLOR"] ?? "") === "" && env["TERM"] !== "dumb";
  const paints = Object.entries(STYLES).map(([name, code]) => [
    name,
    (text: string) => (coloured ? `\u001b[${code}m${text}\u001b[0m` : text),
  ]);
  return Object.fromEntries(paints) as Style;
}

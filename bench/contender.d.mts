/** What a contender answers to a command. */
export interface Answer {
  readonly milliseconds?: number;
  /** Microseconds. */
  readonly each?: readonly number[];
  readonly count?: number;
  /** Why it did nothing. */
  readonly unsupported?: string;
}

export interface Contender {
  readonly pid: number;
  ask(command: string, ...words: readonly (string | number)[]): Promise<Answer>;
  stop(): Promise<void>;
}

export interface Program {
  readonly name: string;
  readonly command: readonly string[];
}

export interface Patience {
  /** The milliseconds that a command may take. */
  readonly limit?: number;
}

export function start(peer: Program, options?: Patience): Promise<Contender>;
export function speakTo(program: Program, options?: Patience): Promise<Contender>;

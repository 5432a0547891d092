/** An address that a client has, or had: an entry stays until somebody else needs the address. */
export interface Lease {
  readonly address: string;
  /** What the server knows the client by: "mac 52:54:00:12:34:56", or "id 01:52:…" of a client identifier. */
  readonly client: string;
  readonly mac: string;
  readonly hostname?: string | undefined;
  /** The port that the client is behind, where ports are known. */
  readonly port?: string | undefined;
  /** For how long it was given, in milliseconds. */
  readonly duration: number;
  /** When it ends, by Clock.now. */
  readonly until: number;
}

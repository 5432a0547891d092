/** How an exchange ended: `errno` is 0, or the system call that failed. */
export interface ExchangeEnd {
  readonly errno: number;
  readonly syscall: string | undefined;
}

/**
 * What the protocol needs of a socket, small enough that a test can put a fake kernel in its place. Exchanges
 * happen one after the other, in the order in which they were asked for.
 */
export interface NetlinkSocket {
  /**
   * Sends whole messages and hands back what answers them, in pieces of whole datagrams, until each has been
   * answered by NLMSG_ERROR or NLMSG_DONE. `end` comes with the last piece.
   */
  exchange(messages: Buffer, receive: (piece: Buffer | undefined, end: ExchangeEnd | undefined) => void): void;
}

/** How an exchange ended: `errno` is 0, or the system call that failed. */
export interface ExchangeEnd {
  readonly errno: number;
  readonly syscall: string | undefined;
  /** What kept it from being begun. */
  readonly error?: Error | undefined;
}

/**
 * Takes a piece of what answers an exchange, and how it ended when that is the last. The piece is all of the buffer, unless it is
 * said from where to where it goes: others may follow in the same buffer.
 */
export type Receive = (piece: Buffer | undefined, end: ExchangeEnd | undefined, start?: number, stop?: number) => void;

/**
 * What kind of requests an exchange is of. "brief": few, which the kernel answers at once, so that the calling thread may execute
 * them. "batch": of nfnetlink, from NFNL_MSG_BATCH_BEGIN to NFNL_MSG_BATCH_END.
 */
export type ExchangeKind = "any" | "brief" | "batch";

/**
 * What the protocol needs of a socket, small enough that a test can put a fake kernel in its place. Exchanges
 * happen one after the other, in the order in which they were asked for.
 */
export interface NetlinkSocket {
  /**
   * Sends whole messages and hands back what answers them, in pieces of whole datagrams, until each has been
   * answered by NLMSG_ERROR or NLMSG_DONE. `end` comes with the last piece.
   *
   * `conditions` holds six 32-bit numbers for each condition, in the machine's byte order: the offset of the message that depends
   * on it; how many messages before stands the one whose reply is meant; the size of the header before that reply's attributes; an
   * attribute's number; 1 when it must hold the 32-bit number that follows, or 0 when it must be absent; that number. Or: the
   * offset; 0; a link's index; 0; 1; the MTU that it must have. Or, with a 2 in the fifth place: the message, and as many after it as
   * the last number says, are about the link in that reply, and get its index. A message whose conditions do not hold is not sent, and answered by
   * NLMSG_ERROR with ECANCELED.
   *
   * A batch leaves in one piece, and ends when the kernel has
   * executed it, with whatever that said: errors, what was asked for, or nothing. Acknowledgements without an error in them
   * hold only if there is no error in the batch. Before Linux 6.10 NFNL_MSG_BATCH_END is not acknowledged.
   */
  exchange(messages: Buffer, conditions: Buffer, receive: Receive, kind?: ExchangeKind): void;
}

/**
 * One end of an Ethernet segment: a bridge, a NIC, a TAP. Whoever binds it to the kernel sees to two things besides: frames to
 * a port of UDP that nobody has opened are answered with "port unreachable", so that one is to be opened and left unread; and
 * an address of the segment's own, where one is used.
 */
export interface Transport {
  /** The MAC that frames are sent from. */
  readonly mac: string;
  /** Sends a frame, header included. What cannot be sent is lost, as frames are. */
  send(frame: Uint8Array): void;
  /** Hands every frame that comes to `listener`, until the returned function is called. */
  receive(listener: (frame: Uint8Array, about: FrameOrigin) => void): () => void;
}

/** What is known of a frame that is not in it. */
export interface FrameOrigin {
  /** UDP's checksum was left to hardware: TP_STATUS_CSUMNOTREADY (packet(7)). */
  readonly partialChecksum?: boolean | undefined;
}

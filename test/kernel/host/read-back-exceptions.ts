/** Attributes that order something and do not hold, or that need what a plain link lacks: nothing is read back. */
export const WRITE_ONLY: readonly string[] = [
  ...["netNsPid", "netNsFd", "newIfindex", "linkNetnsid", "targetNetnsid", "newNetnsid", "extMask", "altIfname"],
  ...["name", "altnames", "linkInfo", "master", "link", "afSpec", "xdp", "protoDownReason"],
  ...["fdbFlush", "flush"],
  // A bond's primary is reported while it is a port, the port in use where there is one.
  ...["primary", "activePort"],
];
/** Durations that the kernel keeps in ticks of its clock: they come back as the nearest, at most this many ms away. */
export const ROUNDED_BY = 20;

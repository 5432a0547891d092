/** Where the machine is looked at. */
export interface Around {
  /** The folder that /run, /proc and /etc are in; "/" unless given. */
  readonly root?: string | undefined;
  /** The socket of the service that keeps leases; /run/linkwright/socket unless given. */
  readonly service?: string | undefined;
}

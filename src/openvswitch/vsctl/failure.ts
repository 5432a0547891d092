/** Ends the program: its message is what standard error gets, behind the program's name. */
export class Failure extends Error {
  readonly status: number;

  constructor(message: string, status = 1) {
    super(message);
    this.status = status;
  }
}

/** Ends a try: the database must change before the commands can be done. */
export class NotYet extends Error {}

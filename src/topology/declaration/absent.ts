/** It is not to be there. */
export interface Absent {
  readonly absent?: true | undefined;
}

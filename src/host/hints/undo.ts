import { NetlinkError } from "../../kernel/error.js";

/** Puts back what an error interrupted, and gives the error to be thrown: it says what stands when that failed, too. */
export async function undone(error: unknown, name: string, putBack: () => Promise<unknown>): Promise<unknown> {
  try {
    await putBack();
    return error;
  } catch (failure) {
    if (!(error instanceof NetlinkError) || !(failure instanceof NetlinkError) || failure.code === "ENODEV")
      return error;
    return error.with({ hint: `${name} could not be put back as it was: ${failure.message}` });
  }
}

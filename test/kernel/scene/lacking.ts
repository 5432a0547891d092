import { type TestContext } from "vitest";
import { NetlinkError } from "../../../src/index.js";

/** Linux 6.12 says so of a bit of multiBoolopt; older ones take no notice. */
const UNKNOWN = /Unknown boolean option/;

/** Skips with the kernel's words when it was built without an option, or is older. */
export async function unlessLacking<T>({ skip }: TestContext, request: Promise<T>): Promise<T> {
  try {
    return await request;
  } catch (error) {
    if (error instanceof NetlinkError)
      skip(error.code === "EOPNOTSUPP" || UNKNOWN.test(error.kernelMessage ?? ""), error.message);
    throw error;
  }
}

import { InputError, under } from "../../../../base/errors.js";

/** What the kernel gives the other end when it makes it (rtnl_create_link, net/core/rtnetlink.c). */
const GIVEN: readonly string[] = [
  ...["name", "address", "broadcast", "mtu", "txqlen", "operstate", "linkmode", "group", "numTxQueues", "numRxQueues"],
  ...["gsoMaxSize", "gsoMaxSegs", "groMaxSize", "gsoIpv4MaxSize", "groIpv4MaxSize"],
  ...["index", "up", "netNsFd", "netNsPid", "targetNetnsid", "unknown"],
];

/** Throws InputError for what the kernel would not give the other end, which the option of that name describes. */
export function checkOtherEnd(option: string): (said: Readonly<Record<string, unknown>>) => void {
  return ({ [option]: end }) => {
    const said = typeof end === "object" && end !== null ? Object.entries(end) : [];
    const stray = said.find(([name, value]) => value !== undefined && !GIVEN.includes(name));
    under(option, () => {
      if (stray !== undefined) throw new InputError("the other end gets it only once it exists", stray[0]);
    });
  };
}

import { except } from "../../base/except.js";
import type { Picture } from "../observation/observe.js";
import { captureAddresses } from "./addresses.js";
import { call, type Operation } from "./operation.js";
import { routesBack } from "./routes.js";
import { type Step, step } from "./step.js";

/**
 * The kernel makes labels such as "eth0:2" of the second IPv4 address of a link that is renamed, and of those behind it
 * (net/ipv4/devinet.c: inetdev_changename), and changes the label of no address that is there.
 */
function labelsBack(index: number, picture: Picture): Operation[] {
  const [, ...others] = captureAddresses(index, picture).filter(({ address }) => !address.includes(":"));
  if (others.length === 0) return [];
  const again = others.flatMap((entry) => {
    const { address, peer } = entry;
    return [
      call("removeAddress", index, address, peer === undefined ? {} : { peer }),
      call("addAddress", index, address, except(entry, "address", "absent")),
    ];
  });
  return [...again, ...routesBack(index, picture)];
}

/** Links get the names that they are declared by, before anything else: all that follows calls them so. */
export function renaming(picture: Picture): Step[] {
  const { renames, names } = picture;
  // Links are meant by their indexes here: what they are called depends on how far it went.
  const byIndex = { ...picture, names: new Map([...names.keys()].map((index) => [index, index as never])) };
  const indexes = [...new Set(renames.map(({ index }) => index))];
  const labels = indexes.flatMap((index) => labelsBack(index, byIndex));
  return renames.map(({ index, from, to }, order) =>
    step("rename", {
      order,
      action: "change",
      subject: "link",
      name: to,
      reason: `it is called ${from}`,
      differences: [{ property: "name", wanted: to, found: from }],
      do: [call("rename", index, to)],
      undo: [call("rename", index, from), ...(order === 0 ? labels : [])],
    }),
  );
}

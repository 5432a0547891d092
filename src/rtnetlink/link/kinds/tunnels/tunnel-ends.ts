import { InputError } from "../../../../base/errors.js";
import { parseInternetAddress } from "../../../../netlink/codecs/internet.js";

type Options = Readonly<Record<string, unknown>>;

const BYTES = { IPv4: 4, IPv6: 16 } as const;

/** The family of an address; undefined for what is none. */
function familyOf(address: unknown): keyof typeof BYTES | undefined {
  try {
    return parseInternetAddress(address as string).length === BYTES.IPv4 ? "IPv4" : "IPv6";
  } catch {
    return undefined;
  }
}

/** Throws InputError for ends of a tunnel over the one family with addresses of the other: the kernel would cut them off. */
export function checkEnds(family: keyof typeof BYTES): (options: Options) => void {
  return (options) => {
    for (const name of ["local", "remote"]) {
      const found = familyOf(options[name]);
      if (found !== undefined && found !== family)
        throw new InputError(
          `${String(options[name])} is an ${found} address, and the tunnel is one over ${family}`,
          name,
        );
    }
  };
}

/** Throws InputError for an end of a VXLAN that is given for both families: the kernel would take one of them. */
export function checkOneFamily(options: Options): void {
  for (const name of ["local", "remote"])
    if (options[name] !== undefined && options[`${name}6`] !== undefined)
      throw new InputError(`it excludes ${name}: an end has one address`, `${name}6`);
}

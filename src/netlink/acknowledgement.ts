import { eachAttribute } from "./codecs/attributes.js";
import { align, type Bytes, LITTLE_ENDIAN } from "./codecs/bytes.js";
import { text } from "./codecs/codec.js";
import { u16, u32 } from "./codecs/numbers.js";
import { HEADER_SIZE, NLM_F_ACK_TLVS, NLM_F_CAPPED, NLMSG_DONE, type NetlinkHeader } from "./message.js";

/** What an NLMSG_ERROR or NLMSG_DONE says (linux/netlink.h, enum nlmsgerr_attrs). */
export interface Acknowledgement {
  /** The errno, 0 when all is well. */
  readonly errno: number;
  /** The kernel's own words. */
  readonly message?: string;
  /** Where in the request the offending attribute starts. */
  readonly offset?: number;
  /** The number of an attribute that the request lacks. */
  readonly missing?: number;
  /** The values that the kernel would take. */
  readonly allowed?: string;
}

const NLMSGERR_ATTR_MSG = 1;
const NLMSGERR_ATTR_OFFS = 2;
const NLMSGERR_ATTR_POLICY = 4;
const NLMSGERR_ATTR_MISS_TYPE = 5;

const NL_POLICY_TYPE_ATTR_MIN_VALUE_S = 2;
const NL_POLICY_TYPE_ATTR_MAX_VALUE_S = 3;
const NL_POLICY_TYPE_ATTR_MIN_VALUE_U = 4;
const NL_POLICY_TYPE_ATTR_MAX_VALUE_U = 5;
const NL_POLICY_TYPE_ATTR_MAX_LENGTH = 7;

const words = text();
const SIBLINGS = {};

/** The range in an attribute's policy, in words. */
function readPolicy(bytes: Bytes, start: number, end: number): string | undefined {
  const found = new Map<number, bigint | number>();
  eachAttribute(bytes, start, end, (number, offset, length) => {
    if (length === 8) {
      const signed = number === NL_POLICY_TYPE_ATTR_MIN_VALUE_S || number === NL_POLICY_TYPE_ATTR_MAX_VALUE_S;
      found.set(
        number,
        signed ? bytes.view.getBigInt64(offset, LITTLE_ENDIAN) : bytes.view.getBigUint64(offset, LITTLE_ENDIAN),
      );
    } else if (length === 4) {
      found.set(number, bytes.view.getUint32(offset, LITTLE_ENDIAN));
    }
  });
  const least = found.get(NL_POLICY_TYPE_ATTR_MIN_VALUE_U) ?? found.get(NL_POLICY_TYPE_ATTR_MIN_VALUE_S);
  const most = found.get(NL_POLICY_TYPE_ATTR_MAX_VALUE_U) ?? found.get(NL_POLICY_TYPE_ATTR_MAX_VALUE_S);
  if (least !== undefined && most !== undefined) return `${least} to ${most}`;
  const size = found.get(NL_POLICY_TYPE_ATTR_MAX_LENGTH);
  return size === undefined ? undefined : `at most ${size} bytes`;
}

/** Reads an acknowledgement; undefined when it is too short to be one. */
export function readAcknowledgement(bytes: Bytes, offset: number, header: NetlinkHeader): Acknowledgement | undefined {
  const end = offset + header.length;
  const body = offset + HEADER_SIZE;
  if (header.type === NLMSG_DONE && end - body < 4) return { errno: 0 };
  if (end - body < 4) return undefined;
  const errno = -bytes.view.getInt32(body, LITTLE_ENDIAN) || 0;
  if (errno < 0) return undefined;
  if ((header.flags & NLM_F_ACK_TLVS) === 0) return { errno };
  let start = body + 4;
  if (header.type !== NLMSG_DONE) {
    if (end - start < HEADER_SIZE) return undefined;
    const echoed = (header.flags & NLM_F_CAPPED) === 0 ? bytes.view.getUint32(start, LITTLE_ENDIAN) : HEADER_SIZE;
    start += align(Math.max(HEADER_SIZE, echoed));
  }
  const found: { -readonly [K in keyof Acknowledgement]: Acknowledgement[K] } = { errno };
  if (start <= end)
    eachAttribute(bytes, start, end, (number, at, length) => {
      let value: string | number | undefined;
      if (number === NLMSGERR_ATTR_MSG && (value = words.read(bytes, at, length, SIBLINGS)) !== undefined)
        found.message = value;
      else if (number === NLMSGERR_ATTR_OFFS && (value = u32.read(bytes, at, length, SIBLINGS)) !== undefined)
        found.offset = value;
      else if (number === NLMSGERR_ATTR_MISS_TYPE && (value = readNumber(bytes, at, length)) !== undefined)
        found.missing = value;
      else if (number === NLMSGERR_ATTR_POLICY && (value = readPolicy(bytes, at, at + length)) !== undefined)
        found.allowed = value;
    });
  return found;
}

function readNumber(bytes: Bytes, offset: number, length: number): number | undefined {
  return u32.read(bytes, offset, length, SIBLINGS) ?? u16.read(bytes, offset, length, SIBLINGS);
}

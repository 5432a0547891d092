import type { AttributeTable } from "../../src/netlink/codecs/attributes.js";
import { family, netfilterMessageTypes } from "../../src/netfilter/messages/nfnetlink.js";
import { verdictCode } from "../../src/netfilter/values/data.js";
import { ctKey, exthdr, fib, metaKey, payload, payloadBase, rt } from "../../src/netfilter/expressions/load.js";
import { bitwise, byteorder, cmp, range } from "../../src/netfilter/expressions/compare.js";
import { log } from "../../src/netfilter/expressions/count.js";
import { dynset, objectType } from "../../src/netfilter/expressions/lookup.js";
import { natFlags } from "../../src/netfilter/expressions/translation.js";
import { reject } from "../../src/netfilter/expressions/verdict.js";
import { protoinfoTcp } from "../../src/netfilter/conntrack/conntrack.js";
import {
  setAttributes,
  elementAttributes,
  tableAttributes,
  chainAttributes,
} from "../../src/netfilter/messages/nf-tables.js";
import { NFNLGRP_NFTRACE, traceAttributes } from "../../src/netfilter/trace.js";
import { connectionStatusBits, protocolNumbers } from "../../src/netfilter/values/types.js";
import { netfilterTables } from "../unit/netfilter/tables.js";
import { type Constant, constant, type Group, screaming, wordGroup } from "./word-groups.js";

const SUBSYSTEMS: Readonly<Record<string, string>> = {
  NFT: "NFNL_SUBSYS_NFTABLES << 8",
  IPCTNL: "NFNL_SUBSYS_CTNETLINK << 8",
};

/** Spaces whose enumeration ends without a maximum, or has one of another name. */
const MAXIMA: Readonly<Record<string, string | undefined>> = { NFTA_VERDICT: undefined };

/** The numbers of tables' attributes. */
export function tableGroups(tables: readonly AttributeTable[]): Group[] {
  return tables.map((table) => ({
    title: `${table.space}_*`,
    constants: Object.entries(table.entries).map(([property, [number]]) =>
      constant(table.kernelName(property), number),
    ),
    maximum: table.space in MAXIMA ? MAXIMA[table.space] : `${table.space}_MAX`,
  }));
}

function messageGroup(): Group {
  const constants = [...netfilterMessageTypes.values()].map(({ name, type }) => {
    const subsystem = SUBSYSTEMS[name.split("_")[0]!];
    return constant(name, type, subsystem === undefined ? name : `(${subsystem}) | ${name}`);
  });
  return { title: "messages of NETLINK_NETFILTER", constants };
}

function names(prefix: string, table: Readonly<Record<string, number>>): Constant[] {
  return Object.entries(table).map(([word, value]) => constant(prefix + screaming(word), value));
}

/** Tables, messages and words of netfilter. */
export function netfilterGroups(): Group[] {
  return [
    ...tableGroups(netfilterTables),
    messageGroup(),
    { title: "NFNLGRP_NFTRACE", constants: [constant("NFNLGRP_NFTRACE", NFNLGRP_NFTRACE)] },
    wordGroup("NFPROTO_", family, { ip: "NFPROTO_IPV4", ip6: "NFPROTO_IPV6" }),
    wordGroup("NF_", verdictCode, {
      continue: "NFT_CONTINUE",
      break: "NFT_BREAK",
      jump: "NFT_JUMP",
      goto: "NFT_GOTO",
      return: "NFT_RETURN",
    }),
    wordGroup("NFT_META_", metaKey),
    wordGroup("NFT_CT_", ctKey),
    wordGroup("NFT_PAYLOAD_", payloadBase),
    wordGroup("NFT_PAYLOAD_CSUM_", payload.entries.csumType[1]),
    wordGroup("NFT_PAYLOAD_", payload.entries.csumFlags[1], { l4csumPseudohdr: "NFT_PAYLOAD_L4CSUM_PSEUDOHDR" }),
    wordGroup("NFT_EXTHDR_OP_", exthdr.entries.op[1]),
    wordGroup("NFT_FIB_RESULT_", fib.entries.result[1]),
    wordGroup("NFTA_FIB_F_", fib.entries.flags[1]),
    wordGroup("NFT_RT_", rt.entries.key[1]),
    wordGroup("NFT_CMP_", cmp.entries.op[1]),
    wordGroup("NFT_RANGE_", range.entries.op[1]),
    wordGroup("NFT_BITWISE_", bitwise.entries.op[1]),
    wordGroup("NFT_BYTEORDER_", byteorder.entries.op[1]),
    wordGroup("NFT_DYNSET_OP_", dynset.entries.op[1]),
    wordGroup("NFT_DYNSET_F_", dynset.entries.flags[1]),
    wordGroup("NFT_OBJECT_", objectType),
    wordGroup("NF_NAT_RANGE_", natFlags),
    wordGroup("NFT_LOGLEVEL_", log.entries.level[1]),
    wordGroup("NF_LOG_", log.entries.flags[1]),
    wordGroup("NFT_REJECT_", reject.entries.type[1]),
    wordGroup("NFT_TABLE_F_", tableAttributes.entries.flags[1]),
    wordGroup("NFT_CHAIN_", chainAttributes.entries.flags[1]),
    wordGroup("NFT_SET_", setAttributes.entries.flags[1]),
    wordGroup("NFT_SET_POL_", setAttributes.entries.policy[1]),
    wordGroup("NFT_SET_ELEM_", elementAttributes.entries.flags[1]),
    wordGroup("NFT_TRACETYPE_", traceAttributes.entries.type[1]),
    wordGroup("TCP_CONNTRACK_", protoinfoTcp.entries.state[1]),
    { title: "IPS_*", constants: names("IPS_", connectionStatusBits) },
    { title: "IPPROTO_* of netfilter", constants: names("IPPROTO_", protocolNumbers) },
  ];
}

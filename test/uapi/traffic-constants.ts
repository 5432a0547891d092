import { gactProbability } from "../../src/rtnetlink/traffic/actions/gact.js";
import { mirredDirection } from "../../src/rtnetlink/traffic/actions/mirred.js";
import { actionResult } from "../../src/rtnetlink/traffic/actions/results.js";
import { connectionState, controlFlags, etherType, ipProtocol } from "../../src/rtnetlink/traffic/filters/flower.js";
import { filterFlags } from "../../src/rtnetlink/traffic/filters/matchall.js";
import { u32SelectorHead } from "../../src/rtnetlink/traffic/filters/u32.js";
import { ratespec } from "../../src/rtnetlink/traffic/qdiscs/ratespec.js";
import { parseHandle } from "../../src/rtnetlink/traffic/traffic-handle.js";
import { type Constant, constant, type Group, wordGroup } from "./word-groups.js";

function places(): Constant[] {
  const place = (word: string, expression: string): Constant => constant(word, parseHandle(word), expression);
  return [
    place("root", "TC_H_ROOT"),
    place("clsact", "TC_H_CLSACT"),
    place("ingress", "TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS)"),
    place("egress", "TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS)"),
  ];
}

/** The words of traffic control. */
export function trafficGroups(): Group[] {
  return [
    wordGroup("TC_ACT_", actionResult, { continue: "TC_ACT_UNSPEC", pass: "TC_ACT_OK", drop: "TC_ACT_SHOT" }),
    wordGroup("TCA_", mirredDirection),
    wordGroup("PGACT_", gactProbability.fields.type),
    wordGroup("TC_LINKLAYER_", ratespec.fields.linklayer),
    wordGroup("TCA_CLS_FLAGS_", filterFlags),
    wordGroup("TC_U32_", u32SelectorHead.fields.flags),
    wordGroup("TCA_FLOWER_KEY_CT_FLAGS_", connectionState),
    wordGroup("TCA_FLOWER_KEY_FLAGS_", controlFlags),
    wordGroup("IPPROTO_", ipProtocol),
    wordGroup("ETH_P_", etherType, {
      "802.1Q": "ETH_P_8021Q",
      "802.1ad": "ETH_P_8021AD",
      pppoe: "ETH_P_PPP_SES",
      mpls: "ETH_P_MPLS_UC",
    }),
    { title: "TC_H_*", constants: places() },
  ];
}

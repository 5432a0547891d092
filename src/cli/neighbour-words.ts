import { flag8, u16, u32 } from "../netlink/numbers.js";
import { words } from "../netlink/words.js";
import { neighbourAttributes, ndmsg } from "../rtnetlink/neighbour/neighbour.js";
import { byLink, family } from "./route-words.js";
import { wordOf } from "./word.js";

const { lladdr, flagsExt, protocol } = neighbourAttributes.entries;
const STATES = ["none", ...ndmsg.fields.state.words.replace(/,…$/, "").split("|")];
const state = words(u16, Object.fromEntries(STATES.map((word, place) => [word, place])));
const states = { words: `${state.words},…`, parse: (word: string) => word.split(",").map((part) => state.parse(part)) };
const proxy = wordOf("proxy", flag8, "of the addresses that the host answers for");
const master = wordOf("master", u32, "on ports of this link");

/** The words of neighbours. */
export const neighbourSections = {
  neighbour: {
    title: "A neighbour",
    words: [
      wordOf("lladdr", lladdr[1], lladdr[2]),
      wordOf("state", state, "its state; permanent unless given"),
      wordOf("flags", ndmsg.fields.flags, "what holds for it"),
      wordOf("flagsExt", flagsExt[1], flagsExt[2]),
      wordOf("protocol", protocol[1], protocol[2]),
      wordOf("proxy", flag8, "the host answers for it in its place"),
    ],
  },
  neighbourTable: { title: "Which table", words: [proxy] },
  neighbourFilter: {
    title: "Which neighbours",
    words: [
      { ...byLink, description: "on this link" },
      master,
      family,
      wordOf("state", states, "in one of these states"),
      proxy,
    ],
  },
};

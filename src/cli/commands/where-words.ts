import { text } from "../../netlink/codecs/codec.js";
import { shaped, wordOf } from "../parsing/option.js";

export const journal = wordOf(
  "journal",
  shaped(text(), "DIRECTORY"),
  "where plans under way are kept; /run/linkwright/topology unless given",
);

export const root = wordOf("root", shaped(text(), "FOLDER"), "the folder that is / to the system in question");

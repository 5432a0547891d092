import { text } from "../../netlink/codecs/codec.js";
import { installUnits } from "../../serve/units.js";
import type { Command } from "../command.js";
import { type Section, wordOf } from "../parsing/option.js";

const name = text();

const unitSection: Section = {
  title: "The units",
  words: [
    wordOf("root", { words: "FOLDER", parse: name.parse }, "write them below this folder, / unless given"),
    wordOf("group", { words: "GROUP", parse: name.parse }, "a group whose members may ask for the service's status"),
    wordOf("program", { words: "COMMAND", parse: name.parse }, "the command that is linkwright, this one unless given"),
  ],
};

export const command: Command = {
  actions: {
    service: {
      summary: "write systemd's units for linkwright serve",
      operands: [],
      options: [unitSection],
      async runOffline({ options }) {
        const value = await installUnits(options);
        const next = "systemctl daemon-reload && systemctl enable --now linkwright.socket linkwright.service";
        return { value, text: () => `${value.join("\n")}\nThey are used from then on: ${next}\n` };
      },
    },
  },
};

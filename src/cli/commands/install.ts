import { text } from "../../netlink/codecs/codec.js";
import { installHostUnit, installUnits } from "../../serve/units.js";
import type { Command } from "../command.js";
import { type Section, wordOf } from "../parsing/option.js";

const name = text();

const root = wordOf("root", { words: "FOLDER", parse: name.parse }, "write them below this folder, / unless given");
const program = wordOf(
  "program",
  { words: "COMMAND", parse: name.parse },
  "the command that is linkwright, this one unless given",
);
const group = wordOf(
  "group",
  { words: "GROUP", parse: name.parse },
  "a group whose members may ask for the service's status",
);
const serviceSection: Section = { title: "The units", words: [root, group, program] };
const bootSection: Section = { title: "The unit", words: [root, program] };

export const command: Command = {
  actions: {
    boot: {
      summary: "write systemd's unit for linkwright boot, and have it started; enable does so where it is not there",
      operands: [],
      options: [bootSection],
      async runOffline({ options }) {
        const value = await installHostUnit(options);
        return { value, text: () => `${value.join("\n")}\nIt is started from the next boot on\n` };
      },
    },
    service: {
      summary: "write systemd's units for linkwright serve",
      operands: [],
      options: [serviceSection],
      async runOffline({ options }) {
        const value = await installUnits(options);
        const next = "systemctl daemon-reload && systemctl enable --now linkwright.socket linkwright.service";
        return { value, text: () => `${value.join("\n")}\nThey are used from then on: ${next}\n` };
      },
    },
  },
};

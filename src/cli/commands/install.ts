import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { writeWhole } from "../../base/whole-file.js";
import { text } from "../../netlink/codecs/codec.js";
import { installHostUnit, installUnits } from "../../serve/units.js";
import type { Command } from "../command.js";
import { manual } from "../manual/manual.js";
import { type Section, wordOf } from "../parsing/option.js";
import { ownVersion } from "../version.js";

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

const manualSection: Section = { title: "The pages", words: [root] };

/** Where man(1) looks for what no package of the system has brought. */
const MANUAL = "usr/local/share/man";

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
    man: {
      summary: "write the manual: linkwright(1), a page for each command, and those of the files",
      operands: [],
      options: [manualSection],
      runOffline({ options, catalogue }) {
        const { root: below = "/" } = options as { root?: string };
        const value = Object.entries(manual(catalogue, ownVersion())).map(([name, content]) => {
          const path = join(below, MANUAL, name);
          mkdirSync(dirname(path), { recursive: true });
          writeWhole(path, content);
          return path;
        });
        return { value, text: () => `${value.length} pages below ${join(below, MANUAL)}\nman linkwright\n` };
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

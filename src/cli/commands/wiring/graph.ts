import { writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { InputError, quoted } from "../../../base/errors.js";
import type { Host } from "../../../host/host.js";
import { text } from "../../../netlink/codecs/codec.js";
import { dotOf } from "../../../wiring/dot.js";
import { mermaidOf } from "../../../wiring/mermaid.js";
import { pageOf } from "../../../wiring/page.js";
import { svgOf } from "../../../wiring/svg.js";
import { type Wiring, wiringOf } from "../../../wiring/wiring.js";
import { alone, type Call, type Command } from "../../command.js";
import type { Report } from "../../io.js";
import { fileProblem } from "../../parsing/file-argument.js";
import { shownSwitches } from "../../parsing/switch-argument.js";
import { type Section, shaped, wordOf } from "../../parsing/option.js";

/** How each kind of picture is made, by the ending of its file's name. */
const FORMATS: Readonly<Record<string, (wiring: Wiring) => string | Promise<string>>> = {
  svg: svgOf,
  html: async (wiring) => pageOf(await svgOf(wiring), { title: `Wiring of ${hostname()}` }),
  dot: dotOf,
  mmd: mermaidOf,
};
const ENDINGS = Object.keys(FORMATS);

const words = {
  title: "The picture",
  words: [
    wordOf(
      "output",
      shaped(text(), "FILE"),
      `where it goes: FILE.${ENDINGS.join(", FILE.")}; standard output unless given`,
    ),
    wordOf(
      "format",
      shaped(text(), ENDINGS.join("|")),
      "what it is, where the file's name does not say so; svg unless given",
    ),
  ],
} satisfies Section;

function formatFor(output: string | undefined, format: string | undefined): string {
  if (format !== undefined) {
    if (Object.hasOwn(FORMATS, format)) return format;
    throw new InputError(`${quoted(format)} is none of ${ENDINGS.join(", ")}`, "format");
  }
  if (output === undefined) return "svg";
  const ending = /\.([^./]+)$/.exec(output)?.[1] ?? "";
  if (Object.hasOwn(FORMATS, ending)) return ending;
  throw new InputError(`${quoted(output)} ends in none of .${ENDINGS.join(", .")}: add format=`, "output");
}

async function graph(host: Host, { options }: Call): Promise<Report> {
  const { output, format } = options as { output?: string; format?: string };
  const draw = FORMATS[formatFor(output, format)]!;
  const picture = await draw(await wiringOf(host, { switches: await shownSwitches() }));
  if (output === undefined) return { value: { picture }, text: () => picture };
  try {
    writeFileSync(output, picture);
  } catch (error) {
    throw new InputError(fileProblem(error), output);
  }
  return {};
}

export const command: Command = alone({
  summary: "the whole host as a picture, as SVG, as a page to search in, or for Graphviz or Mermaid to draw",
  operands: [],
  options: [words],
  run: graph,
});

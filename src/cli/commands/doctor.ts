import { diagnose } from "../../diagnosis/diagnose.js";
import type { Finding, Severity } from "../../diagnosis/check.js";
import type { Host } from "../../host/host.js";
import { alone, type Call, type Command } from "../command.js";
import { DONE, REFUSED } from "../errors.js";
import type { Report, Style } from "../io.js";
import { visible } from "../printing/layout.js";

const MARKS = { error: "!!", warning: "! ", note: "- " } as const satisfies Record<Severity, string>;

function findingText({ severity, summary, evidence, remedy, code }: Finding, style: Style): string {
  const paint = { error: style.red, warning: style.yellow, note: style.cyan }[severity];
  const lines = [
    `${paint(MARKS[severity])} ${style.bold(visible(summary))}  ${style.dim(code)}`,
    ...evidence.map((line) => `     ${visible(line)}`),
    `   → ${visible(remedy)}`,
  ];
  return `${lines.join("\n")}\n`;
}

/** Prints what is found; 1 when something is wrong, 0 when there are notes at most. */
export async function doctor(host: Host, { links: [link] }: Call): Promise<Report> {
  const findings = await diagnose(host, { link });
  return {
    value: findings,
    text: (style) =>
      findings.length === 0
        ? `${style.green("ok")}  nothing is found that keeps packets from arriving\n`
        : findings.map((finding) => findingText(finding, style)).join("\n"),
    status: findings.some(({ severity }) => severity !== "note") ? REFUSED : DONE,
  };
}

export const command: Command = alone({
  summary: "say what keeps packets from arriving, on the whole host or around a link, and what to do",
  operands: [{ name: "LINK", choices: "link", optional: true }],
  run: doctor,
});

import { diagnose } from "../../diagnosis/diagnose.js";
import { followPath, type Path } from "../../diagnosis/path/follow-path.js";
import { type Probe, probePath } from "../../diagnosis/path/probe.js";
import type { Finding, Severity } from "../../diagnosis/check.js";
import { seeOpenVswitch } from "../../openvswitch/seen.js";
import type { Host } from "../../host/host.js";
import type { Call, Command } from "../command.js";
import { DONE, REFUSED } from "../errors.js";
import type { Report, Style } from "../io.js";
import { type Section, wordOf } from "../parsing/option.js";
import { flag8, milliseconds, u16 } from "../../netlink/codecs/numbers.js";
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
export async function doctor(host: Host, { links: [link], options }: Call): Promise<Report> {
  const openVswitch = await seeOpenVswitch();
  const findings = await diagnose(host, { ...options, link, openVswitch });
  return {
    value: findings,
    text: (style) =>
      findings.length === 0
        ? `${style.green("ok")}  nothing is found that keeps packets from arriving\n`
        : findings.map((finding) => findingText(finding, style)).join("\n"),
    status: findings.some(({ severity }) => severity !== "note") ? REFUSED : DONE,
  };
}

function pathText({ hops, end, doubts }: Path, style: Style, probe?: Probe): string {
  const room = Math.max(...hops.map(({ link }) => link.length), end?.link.length ?? 0);
  const mark = (link: string): string => (probe?.seen.includes(link) === true ? style.green("✓  ") : "   ");
  const lines = [
    ...(probe === undefined ? [] : [`   ${style.dim(`sent: ${probe.sent}`)}`]),
    ...hops.map(({ link, does }) => `${mark(link)}${style.cyan(visible(link.padEnd(room)))}  ${visible(does)}`),
    ...(end === undefined
      ? []
      : [
          `${style.red("!!")} ${style.cyan(visible(end.link.padEnd(room)))}  ${style.bold(visible(end.why))}`,
          `   → ${visible(end.remedy)}`,
        ]),
    ...doubts.map((doubt) => `${style.yellow("?")}  ${visible(doubt)}`),
  ];
  return `${lines.join("\n")}\n`;
}

/** Prints the way of a frame; 1 when it ends before it is there. */
async function path(host: Host, { operands: [from = "", to = ""], options }: Call): Promise<Report> {
  const { probe, ...words } = options as { probe?: boolean; vlan?: number };
  const tag = { ...words, openVswitch: await seeOpenVswitch() };
  const sent = probe === true ? await probePath(host, from, to, tag) : undefined;
  const way = sent ?? (await followPath(host, from, to, tag));
  return { value: way, text: (style) => pathText(way, style, sent), status: way.arrives ? DONE : REFUSED };
}

const pathWords = {
  title: "The frame",
  words: [
    wordOf("vlan", u16, "the VLAN of the tag that it comes in with; none unless given"),
    wordOf("probe", flag8, "send such a frame, and mark where it was seen; rules of nftables that drop it are named"),
  ],
} satisfies Section;

const doctorWords = {
  title: "What is asked",
  words: [
    wordOf(
      "listen",
      milliseconds,
      "ask on every bridge that is up who answers DHCP and is a router, and listen so long: some servers take 3s",
    ),
    wordOf("probe", flag8, "send a frame to each link that loses packets meanwhile, and say where it ends"),
  ],
} satisfies Section;

export const command: Command = {
  actions: {
    "": {
      summary: "say what keeps packets from arriving, on the whole host or around a link, and what to do",
      operands: [{ name: "LINK", choices: "link", optional: true }],
      options: [doctorWords],
      run: doctor,
    },
    path: {
      summary: "follow a frame from a link, MAC or IP address to another, and say where it ends",
      operands: [{ name: "FROM", choices: "link" }, { name: "TO" }],
      options: [pathWords],
      run: path,
    },
  },
};

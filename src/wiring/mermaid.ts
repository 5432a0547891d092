import type { Link } from "../rtnetlink/link/link.js";
import { globalAddresses, stateOf, whatIs } from "./link-text.js";
import type { Wiring } from "./wiring.js";

/** What Mermaid would read as its own stands as a character's number. */
function escaped(text: string): string {
  return text.replace(/[^\p{L}\p{N} ./:_@-]/gu, (each) => `#${each.codePointAt(0)};`);
}

function nodeOf(wiring: Wiring, link: Link): string {
  const state = stateOf(link);
  const words = [
    link.name,
    whatIs(link),
    ...globalAddresses(wiring, link),
    ...(state === "up" ? [] : [state]),
    ...(wiring.holdersOf(link) ?? []).map(({ command, pid }) => `${command} ${pid}`),
  ];
  return `  l${link.index}["${words.map(escaped).join("<br/>")}"]`;
}

function edgesOf(wiring: Wiring, link: Link): string[] {
  const [master, below, peer] = [wiring.link(link.master), wiring.below(link), wiring.peerOf(link)];
  return [
    ...(master === undefined ? [] : [`  l${link.index} --- l${master.index}`]),
    ...(below === undefined ? [] : [`  l${below.index} --- l${link.index}`]),
    ...(peer === undefined || peer.index < link.index ? [] : [`  l${link.index} -.- l${peer.index}`]),
  ];
}

/** The wiring in the language of Mermaid, which Markdown pages show as a picture: what stands below is on the left. */
export function mermaidOf(wiring: Wiring): string {
  const nodes = wiring.links.map((link) => nodeOf(wiring, link));
  const edges = wiring.links.flatMap((link) => edgesOf(wiring, link));
  return `${["flowchart LR", ...nodes, ...edges].join("\n")}\n`;
}

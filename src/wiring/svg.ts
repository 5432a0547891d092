import { colours, dotOf } from "./dot.js";
import type { Wiring } from "./wiring.js";

/** The same colours when it is looked at in the dark. */
const dark: Readonly<Record<keyof typeof colours, string>> = {
  ink: "#e6edf3",
  quiet: "#9198a1",
  line: "#656c76",
  paper: "#0d1117",
  link: "#161b22",
  master: "#0c2d4d",
  down: "#262c36",
  waiting: "#3d2f00",
};

function darkRules(): string {
  const rules = Object.entries(colours).map(([name, light]) => {
    const colour = dark[name as keyof typeof colours];
    return `[fill="${light}"]{fill:${colour}}[stroke="${light}"]{stroke:${colour}}`;
  });
  return rules.join("");
}

const STYLE = `<style>a{cursor:default;text-decoration:none}@media(prefers-color-scheme:dark){${darkRules()}}</style>`;

/** Graphviz reckons with Helvetica; what browsers have in its place may be an eighth wider. */
const NARROWER = 0.88;

/** Texts get the colour that Graphviz leaves out, black, and a size that fits with every font. */
function painted(svg: string): string {
  return svg
    .replace(/<text (?![^>]*fill=)/g, `<text fill="${colours.ink}" `)
    .replace(/font-size="([\d.]+)"/g, (_, size) => `font-size="${(Number(size) * NARROWER).toFixed(2)}"`)
    .replace(/font-family="[^"]*"/g, 'font-family="Helvetica,Arial,sans-serif"');
}

/**
 * The wiring as an SVG picture, light and dark, which needs nothing from outside. Laid out by Graphviz (@hpcc-js/wasm-graphviz),
 * which is loaded by the first call.
 */
export async function svgOf(wiring: Wiring): Promise<string> {
  const { Graphviz } = await import("@hpcc-js/wasm-graphviz");
  const graphviz = await Graphviz.load();
  const drawn = graphviz.dot(dotOf(wiring), "svg");
  const start = drawn.indexOf("<svg");
  return painted(drawn.slice(start)).replace(/<svg[^>]*>/, (tag) => `${tag}${STYLE}`);
}

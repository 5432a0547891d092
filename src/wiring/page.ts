/** What a page shows, beside the picture. */
export interface PageOptions {
  /** Whose wiring it is; the page's title. */
  readonly title: string;
  /** Where the page hears of new pictures (server-sent events, each an SVG as JSON); it is as it was saved unless this is given. */
  readonly events?: string | undefined;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (each) => `&#${each.charCodeAt(0)};`);
}

const STYLE = `
:root{color-scheme:light dark;font:14px sans-serif}
body{margin:0}
header{position:sticky;top:0;left:0;display:flex;gap:1em;align-items:center;padding:.6em 1em;background:Canvas;border-bottom:1px solid GrayText}
h1{font-size:1em;margin:0}
input{font:inherit;width:20em;padding:.2em .4em}
main{overflow:auto;padding:1em}
.found polygon{stroke:#d1242f;stroke-width:2.5}
.gone{color:#d1242f}`;

/** In the page: finds links by what their tooltips say, and takes new pictures. */
const SCRIPT = `
const box = document.querySelector("input"), count = document.querySelector("output"), main = document.querySelector("main");
let found = [], at = 0;
function search() {
  const wanted = box.value.trim().toLowerCase();
  for (const each of found) each.classList.remove("found");
  const all = [...main.querySelectorAll("a")];
  found = wanted === "" ? [] : all.filter((each) => (each.getAttribute("xlink:title") ?? "").toLowerCase().includes(wanted));
  for (const each of found) each.classList.add("found");
  count.textContent = wanted === "" ? "" : found.length === 0 ? "nothing is called so" : found.length + " of " + all.length;
}
function go() {
  if (found.length === 0) return;
  found[at++ % found.length].scrollIntoView({ block: "center", inline: "center" });
}
box.addEventListener("input", () => { search(); at = 0; go(); });
box.addEventListener("keydown", (event) => { if (event.key === "Enter") go(); });
main.addEventListener("click", (event) => { if (event.target.closest("a")) event.preventDefault(); });
box.value = decodeURIComponent(location.hash.slice(1));
search();
go();
const from = document.body.dataset.events;
if (from !== undefined) {
  const events = new EventSource(from), state = document.querySelector("#state");
  events.addEventListener("message", (event) => { main.innerHTML = JSON.parse(event.data); search(); });
  events.addEventListener("open", () => { state.textContent = "live"; state.className = ""; });
  events.addEventListener("error", () => { state.textContent = "not connected"; state.className = "gone"; });
}`;

/**
 * A picture of svgOf() as a page of HTML, in which a link is found by its name, MAC or address: as they are typed, or as the page's
 * fragment has them ("#vnet3"). It needs nothing from outside, and may connect to nothing but the server that it came from.
 */
export function pageOf(svg: string, { title, events }: PageOptions): string {
  const policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'";
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body${events === undefined ? "" : ` data-events="${escaped(events)}"`}>
<header><h1>${escaped(title)}</h1><input type="search" placeholder="name, MAC or address" autofocus><output></output><span id="state"></span></header>
<main>${svg}</main>
<script>${SCRIPT}</script>
</body>
</html>
`;
}

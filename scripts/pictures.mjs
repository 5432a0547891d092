import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";
import { openBrowser } from "./lib/browser.mjs";
import { root } from "./lib/run.mjs";

// Draws docs/pictures: `node scripts/pictures.mjs`, as root, after a build; pictures of the page need Chromium.

const built = createRequire(import.meta.url);
const { Host } = built("../dist/code/linkwright.cjs");
const { livePage, svgOf, wiringOf } = built("../dist/code/wiring.cjs");

process.title = "qemu-system-x86";

const FOLDER = join(root, "docs/pictures");

/** A namespace with TAPs that this process has open, as a guest's would. */
async function hostWith(describe) {
  const host = await Host.open({ namespace: "new" });
  const open = [];
  await host.setLink("lo", { up: true });
  await describe(host, async (name, bridge) => {
    const tap = await host.openTap(name);
    open.push(tap);
    await host.attach(tap, bridge);
  });
  return { host, open };
}

async function card(host, name) {
  await host.addVeth(name, { up: true, peer: { name: `${name}-cable`, up: true } });
}

async function few(host, tap) {
  for (const [name, address] of [
    ["br0", "192.168.1.5/24"],
    ["virbr1", "192.168.122.1/24"],
  ]) {
    await host.addBridge(name, { up: true });
    await host.addAddress(name, address);
  }
  await card(host, "eno1");
  await card(host, "eno2");
  await host.attach("eno1", "br0");
  await tap("vnet0", "br0");
  await tap("vnet1", "br0");
  await tap("vnet2", "virbr1");
  await host.addTap("vnet3", { bridge: "virbr1" });
  await host.addLink("vx5", "vxlan", { id: 5, link: "eno2", port: 4789, up: true });
  await host.attach("vx5", "virbr1");
  await host.addLink("mv0", "macvtap", { link: "eno2", mode: "bridge", up: true });
}

async function many(host, tap) {
  for (const name of ["br0", "virbr1"]) await host.addBridge(name, { up: true });
  await host.addAddress("br0", "192.168.1.5/24");
  await host.addAddress("virbr1", "192.168.122.1/24");
  await card(host, "eno1");
  await host.attach("eno1", "br0");
  for (let i = 0; i < 200; i++) await tap(`vnet${i}`, i < 140 ? "br0" : "virbr1");
}

/** What a program printed for a terminal, as a picture of that. */
function terminalPicture(lines) {
  const width = Math.max(...lines.map((line) => line.length)) * 8.43 + 32;
  const height = lines.length * 20 + 28;
  const escaped = (text) => text.replace(/[&<>]/g, (each) => `&#${each.charCodeAt(0)};`);
  const texts = lines.map((line, i) => `<text x="16" y="${30 + i * 20}" xml:space="preserve">${escaped(line)}</text>`);
  const style =
    "text{font:14px ui-monospace,'DejaVu Sans Mono',monospace;fill:#1b1f24;white-space:pre}rect{fill:#f6f8fa;stroke:#8c959f}" +
    "@media(prefers-color-scheme:dark){text{fill:#e6edf3}rect{fill:#0d1117;stroke:#656c76}}";
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"><style>${style}</style><rect x=".5" y=".5" width="${width - 1}" height="${height - 1}" rx="6"/>\n${texts.join("\n")}\n</svg>\n`;
}

async function drawn(name, { host }) {
  writeFileSync(join(FOLDER, `${name}.svg`), await svgOf(await wiringOf(host)));
}

/** The live page in a browser, with something that is searched for. */
async function pagePicture(name, { host }, { search, scheme }) {
  const stop = new AbortController();
  const server = createServer(livePage(host, { title: "Wiring of host1", names: ["127.0.0.1"], signal: stop.signal }));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const browser = await openBrowser();
  try {
    await browser.send("Emulation.setDeviceMetricsOverride", {
      width: 1100,
      height: 560,
      deviceScaleFactor: 1,
      mobile: false,
    });
    await browser.send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: scheme }] });
    await browser.send("Page.navigate", { url: `http://127.0.0.1:${server.address().port}/#${search}` });
    const isLive = `new Promise((resolve) => { const look = () => document.querySelector(".found") && document.querySelector("#state").textContent === "live" ? resolve(true) : setTimeout(look, 50); look(); })`;
    await browser.evaluate(isLive);
    const { data } = await browser.send("Page.captureScreenshot", { format: "png" });
    writeFileSync(join(FOLDER, `${name}.png`), Buffer.from(data, "base64"));
  } finally {
    await browser.close();
    stop.abort();
    server.closeAllConnections();
    server.close();
  }
}

async function using(describe, draw) {
  const scene = await hostWith(describe);
  try {
    await draw(scene);
  } finally {
    await scene.host.close();
  }
}

await using(few, async (scene) => {
  await drawn("wiring", scene);
  const namespace = await scene.host.namespaceDescriptor();
  const shown = execFileSync(
    process.execPath,
    [join(root, "dist/code/cli.cjs"), "--netns", `/proc/${process.pid}/fd/${namespace.fd}`, "show", "count=0ms"],
    { encoding: "utf8" },
  );
  await namespace.close();
  writeFileSync(join(FOLDER, "show.svg"), terminalPicture(["$ linkwright show", ...shown.trimEnd().split("\n")]));
});
await using(many, async (scene) => {
  await drawn("wiring-200", scene);
  await pagePicture("page", scene, { search: "vnet123", scheme: "light" });
  await pagePicture("page-dark", scene, { search: "vnet123", scheme: "dark" });
});

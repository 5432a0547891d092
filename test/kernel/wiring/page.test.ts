import { type ChildProcess, spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createServer, get, type IncomingMessage, request } from "node:http";
import type { AddressInfo } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { openBrowser } from "../../../scripts/lib/browser.mjs";
import { Host } from "../../../src/host/host.js";
import { livePage } from "../../../src/wiring/index.js";
import { lacks } from "../scene/program.js";

/** A browser on a busy machine. */
const POLL = { timeout: 30_000, interval: 50 };

const CLI = fileURLToPath(new URL("../../../dist/code/cli.cjs", import.meta.url));

interface Served extends AsyncDisposable {
  readonly host: Host;
  readonly port: number;
  ask(
    path: string,
    settings?: { method?: string; name?: string },
  ): Promise<{ status: number; type: string; text: string }>;
}

/** A page of a namespace of its own. */
async function served(): Promise<Served> {
  const host = await Host.open({ namespace: "new" });
  const stop = new AbortController();
  const server = createServer(
    livePage(host, { title: "Wiring", names: ["127.0.0.1"], signal: stop.signal, pause: 20 }),
  ).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    host,
    port,
    async ask(path, { method = "GET", name = `127.0.0.1:${port}` } = {}) {
      const asked = request({ host: "127.0.0.1", port, path, method, headers: { host: name } }).end();
      const [response] = (await once(asked, "response")) as [IncomingMessage];
      response.setEncoding("utf8");
      let text = "";
      for await (const part of response) text += part as string;
      return { status: response.statusCode!, type: response.headers["content-type"] ?? "", text };
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      server.close();
      server.closeAllConnections();
      await host.close();
    },
  };
}

/** What a page tells by events, picture by picture. */
async function* picturesOf(port: number): AsyncGenerator<string> {
  const asked = get({ host: "127.0.0.1", port, path: "/events" });
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  response.on("error", () => undefined);
  try {
    for await (const line of createInterface({ input: response }))
      if (line.startsWith("data: ")) yield JSON.parse(line.slice(6)) as string;
  } finally {
    response.destroy();
  }
}

test("a page shows the wiring, and another picture by itself whenever the wiring changes", async () => {
  await using page = await served();
  await page.host.addBridge("br0", { up: true });
  const { status, type, text } = await page.ask("/");
  expect({ status, type }).toEqual({ status: 200, type: "text/html; charset=utf-8" });
  expect(text).toContain(">br0</text>");
  const pictures = picturesOf(page.port);
  expect((await pictures.next()).value).toContain(">br0</text>");
  await page.host.addTap("tap0", { bridge: "br0" });
  let last = "";
  while (!last.includes(">tap0</text>")) last = (await pictures.next()).value as string;
  await page.host.remove("tap0");
  while (last.includes(">tap0</text>")) last = (await pictures.next()).value as string;
  await pictures.return(undefined);
});

/** A browser's connection: what was written to it, and whether it takes in more. */
class Connection extends EventEmitter {
  readonly written: string[] = [];
  writableNeedDrain = false;
  writeHead(): this {
    return this;
  }
  flushHeaders(): this {
    return this;
  }
  write(text: string): void {
    this.written.push(text);
    this.emit("written");
  }
  end(): void {
    this.emit("close");
  }
}

test("who does not take a picture in gets none of those that follow, and the last of them when they have", async () => {
  await using host = await Host.open({ namespace: "new" });
  const stop = new AbortController();
  const answer = livePage(host, { title: "Wiring", names: ["here"], signal: stop.signal, pause: 0 });
  const [slow, quick] = [new Connection(), new Connection()];
  for (const each of [slow, quick])
    answer({ method: "GET", url: "/events", headers: { host: "here" } } as IncomingMessage, each as never);
  const shown = async (name: string): Promise<void> => {
    while (quick.written.at(-1)?.includes(`>${name}</text>`) !== true) await once(quick, "written");
  };
  await host.addBridge("br0");
  await shown("br0");
  slow.writableNeedDrain = true;
  const { length } = slow.written;
  for (const name of ["br1", "br2"]) {
    await host.addBridge(name);
    await shown(name);
  }
  expect(slow.written).toHaveLength(length);
  slow.writableNeedDrain = false;
  slow.emit("drain");
  expect(slow.written.slice(length)).toEqual([quick.written.at(-1)]);
  slow.emit("drain");
  expect(slow.written).toHaveLength(length + 1);
  stop.abort();
});

test("a page asked for under another name, or asked to change something, refuses", async () => {
  await using page = await served();
  for (const name of ["evil.example", `evil.example:${page.port}`, "127.0.0.1.evil.example", "[::1]"])
    expect(await page.ask("/", { name }), name).toMatchObject({ status: 403 });
  expect(await page.ask("/", { method: "POST" })).toMatchObject({ status: 405 });
  expect(await page.ask("/?x")).toMatchObject({ status: 200 });
  expect(await page.ask("/../etc/passwd")).toMatchObject({ status: 404 });
});

test("metrics are named as node_exporter names them, and count what the kernel counts", async () => {
  await using page = await served();
  const { host } = page;
  await host.addBridge("br0", { up: true });
  await host.addAddress("br0", "192.0.2.1/24");
  await host.setLink("br0", { alias: 'a "quoted" \\ alias' });
  await using tap = await host.openTap("tap0");
  await host.attach(tap, "br0");
  const stream = tap.frames();
  await new Promise((resolve) => stream.write(Buffer.alloc(60, 0xff), resolve));
  const { type, text } = await page.ask("/metrics");
  stream.destroy();
  expect(type).toBe("text/plain; version=0.0.4; charset=utf-8");
  const { stats64, index, mtu } = await host.link("tap0");
  for (const line of [
    "# TYPE node_network_receive_bytes_total counter",
    `node_network_receive_bytes_total{device="tap0"} ${stats64!.rxBytes}`,
    `node_network_iface_id{device="tap0"} ${index}`,
    `node_network_mtu_bytes{device="tap0"} ${mtu}`,
    'node_network_up{device="br0"} 1',
    `node_network_iface_link{device="br0"} ${(await host.link("br0")).index}`,
    "# TYPE node_network_carrier_changes_total counter",
  ])
    expect(text.split("\n")).toContain(line);
  expect(text).toMatch(
    /^node_network_info\{device="tap0",address="[^"]+",broadcast="ff:ff:ff:ff:ff:ff",duplex="",operstate="\w+",adminstate="up",ifalias=""\} 1$/m,
  );
  expect(text).toContain('ifalias="a \\"quoted\\" \\\\ alias"');
  for (const line of text.split("\n").slice(0, -1))
    expect(line).toMatch(/^(# (HELP|TYPE) node_\w+ .+|node_\w+\{.*\} \d+)$/);
});

/** `linkwright page` in a namespace, its address. */
async function command(host: Host): Promise<{ child: ChildProcess; address: string }> {
  const namespace = await host.namespaceDescriptor();
  const child = spawn(
    process.execPath,
    [CLI, "--netns", `/proc/${process.pid}/fd/${namespace.fd}`, "page", "listen=127.0.0.1:0"],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const [address] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  return { child, address };
}

test("linkwright page serves without privilege, and ends when it is told to", async ({ skip }) => {
  skip(process.getuid?.() !== 0, "it is root whose privilege is dropped");
  await using host = await Host.open({ namespace: "new" });
  const { child, address } = await command(host);
  try {
    expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
    const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
    expect(/^Uid:\t(.*)$/m.exec(status)![1]).toBe("65534\t65534\t65534\t65534");
    expect(/^Groups:(.*)$/m.exec(status)![1]!.trim()).toBe("");
    expect(/^CapPrm:\t(.*)$/m.exec(status)![1]).toBe("0000000000000000");
    // A thread that comes meanwhile has it of the one that makes it.
    const threads = readdirSync(`/proc/${child.pid}/task`).map((thread) =>
      readFileSync(`/proc/${child.pid}/task/${thread}/status`, "utf8"),
    );
    expect(threads.length).toBeGreaterThan(3);
    for (const thread of threads) expect(thread).toMatch(/^NoNewPrivs:\t1$/m);
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([0, null]);
  } finally {
    child.kill("SIGKILL");
  }
});

test("a browser draws the live page, finds a port among 5 and among 200 by name, MAC or address, and follows what changes", async ({
  skip,
}) => {
  const missing = lacks("chromium", "--version");
  skip(missing !== undefined, missing);
  await using page = await served();
  const { host, port } = page;
  // Without a MAC of its own it has one of its ports', and is found by that, too.
  await host.addBridge("br0", { up: true, address: "02:00:00:00:00:01" });
  await host.addAddress("br0", "192.0.2.1/24");
  const addTaps = (first: number, end: number): Promise<unknown> =>
    Promise.all(Array.from({ length: end - first }, (_, i) => host.addTap(`vnet${first + i}`, { bridge: "br0" })));
  await addTaps(0, 5);
  const { address } = await host.link("vnet3");
  const browser = await openBrowser();
  try {
    const evaluate = (expression: string): Promise<unknown> => browser.evaluate(expression);
    const found = `[...document.querySelectorAll(".found")].map((each) => each.getAttribute("xlink:title").split(" ")[0])`;
    const type = (words: string): string =>
      `{ const box = document.querySelector("input"); box.value = ${JSON.stringify(words)}; box.dispatchEvent(new Event("input")); }`;
    await browser.send("Page.navigate", { url: `http://127.0.0.1:${port}/#${encodeURIComponent(address!)}` });
    await expect.poll(() => evaluate(found), POLL).toEqual(["vnet3"]);
    await expect.poll(() => evaluate(`document.querySelector("#state").textContent`), POLL).toBe("live");
    expect(await evaluate(`document.querySelector("output").textContent`)).toBe("1 of 7");
    await addTaps(5, 200);
    await expect.poll(() => evaluate(`document.querySelector("output").textContent`), POLL).toBe("1 of 202");
    await evaluate(type((await host.link("vnet123")).address!));
    expect(await evaluate(found)).toEqual(["vnet123"]);
    for (const [words, names] of [
      ["vnet77", ["vnet77"]],
      ["192.0.2.1/24", ["br0"]],
    ] as const) {
      await evaluate(type(words));
      expect(await evaluate(found), words).toEqual(names);
    }
    expect(await evaluate(`document.querySelector("output").textContent`)).toBe("1 of 202");
    await evaluate(type("newcomer"));
    await host.addTap("newcomer", { bridge: "br0" });
    await expect.poll(() => evaluate(found), POLL).toEqual(["newcomer"]);
    await host.remove("newcomer");
    await expect.poll(() => evaluate(found), POLL).toEqual([]);
    const background = `getComputedStyle(document.querySelector("main polygon")).fill`;
    const colours: unknown[] = [];
    for (const value of ["light", "dark"]) {
      await browser.send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value }] });
      colours.push(await evaluate(background));
    }
    expect(colours).toEqual(["rgb(255, 255, 255)", "rgb(13, 17, 23)"]);
    const elsewhere = `performance.getEntriesByType("resource").filter(({ name }) => new URL(name).host !== location.host).length`;
    expect(await evaluate(elsewhere)).toBe(0);
  } finally {
    await browser.close();
  }
});

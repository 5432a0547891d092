import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { hostname } from "node:os";
import { InputError, quoted } from "../../../base/errors.js";
import { Host } from "../../../host/host.js";
import { giveUpPrivilege } from "./privilege.js";
import { text } from "../../../netlink/codecs/codec.js";
import { livePage } from "../../../wiring/live-page.js";
import { svgOf } from "../../../wiring/svg.js";
import { wiringOf } from "../../../wiring/wiring.js";
import { alone, type Call, type Command } from "../../command.js";
import type { Report } from "../../io.js";
import { openVswitchHere } from "../../parsing/switch-argument.js";
import { type Section, shaped, wordOf } from "../../parsing/option.js";

const LISTEN = "127.0.0.1:7780";

const words = {
  title: "Where it is served",
  words: [
    wordOf(
      "listen",
      shaped(text(), "ADDRESS:PORT"),
      `the address and port; ${LISTEN} unless given, port 0 for a free one`,
    ),
    wordOf("name", shaped(text(), "NAME"), "a further name by which browsers may ask for it"),
  ],
} satisfies Section;

function placeIn(word: string): { address: string; port: number } {
  const [, bracketed, plain, port] = /^(?:\[([^\]]*)\]|([^:]*)):(\d+)$/.exec(word) ?? [];
  const address = bracketed ?? plain;
  if (address === undefined || address === "" || Number(port) > 65535)
    throw new InputError(`${quoted(word)} is no ADDRESS:PORT, such as ${LISTEN} or [::1]:80`, "listen");
  return { address, port: Number(port) };
}

async function page(host: Host, { options, io }: Call): Promise<Report> {
  const { listen = LISTEN, name } = options as { listen?: string; name?: string };
  const { address, port } = placeIn(listen);
  const stop = new AbortController();
  const interrupted = (): void => {
    stop.abort();
  };
  // All code is loaded while this user may read it, and the port opened while it may open one below 1024.
  Host.preload();
  // So with the way to Open vSwitch's database, which is its owner's alone.
  await using openVswitch = await openVswitchHere();
  await svgOf(await wiringOf(host, { switches: await openVswitch?.show() }));
  const written = address.includes(":") ? `[${address}]` : address;
  const names = [written, "localhost", "127.0.0.1", "[::1]", ...(name === undefined ? [] : [name])];
  const server = createServer(
    livePage(host, { title: `Wiring of ${hostname()}`, names, signal: stop.signal, openVswitch }),
  );
  server.listen(port, address);
  try {
    await once(server, "listening");
  } catch (error) {
    throw new InputError((error as Error).message, "listen");
  }
  giveUpPrivilege();
  process.once("SIGINT", interrupted).once("SIGTERM", interrupted);
  io.stdout.write(`http://${written}:${(server.address() as AddressInfo).port}/\n`);
  await once(stop.signal, "abort");
  process.off("SIGINT", interrupted).off("SIGTERM", interrupted);
  server.close();
  server.closeAllConnections();
  return {};
}

export const command: Command = alone({
  summary: "the picture live in a browser, and /metrics for Prometheus: read-only, by a process without privilege",
  operands: [],
  options: [words],
  run: page,
});

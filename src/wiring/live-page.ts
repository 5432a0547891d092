import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { Host } from "../host/host.js";
import type { Cancellation } from "../base/signal.js";
import type { OpenVswitch } from "../openvswitch/open-vswitch.js";
import { OvsdbError } from "../ovsdb/error.js";
import { metricsOf } from "./metrics.js";
import { pageOf } from "./page.js";
import { svgOf } from "./svg.js";
import { wiringOf } from "./wiring.js";

/** How the page is served. */
export interface LivePageOptions extends Cancellation {
  /** The page's title. */
  readonly title: string;
  /**
   * The names by which it may be asked for, as the Host header has them, without a port. Others are refused, so that no page of
   * another site can have a browser read this one (DNS rebinding).
   */
  readonly names: readonly string[];
  /** Least milliseconds from one picture to the next, 500 unless given. */
  readonly pause?: number | undefined;
  /** Whose bridges and ports are in the picture, too, as they change; the caller closes it. */
  readonly openVswitch?: OpenVswitch | undefined;
}

const PAUSE = 500;

/** What of Open vSwitch's tables is seen in the picture. */
const DRAWN = {
  Bridge: ["name", "ports"],
  Port: ["name", "tag", "trunks", "vlan_mode", "protected", "interfaces"],
  Interface: ["name", "ofport", "error", "mac_in_use"],
} as const;

/** A Host header without its port; "" for what is none. */
function nameIn(header: string | undefined): string {
  return /^(\[[0-9a-f:.]+\]|[^:[\]]+)(?::\d+)?$/i.exec(header ?? "")?.[1]?.toLowerCase() ?? "";
}

function answer(response: ServerResponse, status: number, type: string, body: string): void {
  response
    .writeHead(status, {
      "content-type": `${type}; charset=utf-8`,
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
    })
    .end(body);
}

/**
 * Answers a browser and Prometheus: the wiring as a page that changes when the wiring does ("/", "/events"), and "/metrics". It
 * reads, and changes nothing. For node:http's createServer; ends its watch and its streams with the signal.
 */
export function livePage(host: Host, options: LivePageOptions): RequestListener {
  const { title, signal, pause = PAUSE, openVswitch } = options;
  const names = new Set(options.names.map((name) => name.toLowerCase()));
  const listeners = new Set<ServerResponse>();
  /** Those that had not taken in a picture when the next was drawn. */
  const behind = new Set<ServerResponse>();
  let last = "";

  /** Sends the last picture, to one that is behind once it has taken in what it has been sent. */
  function send(listener: ServerResponse): void {
    if (listener.writableNeedDrain) behind.add(listener);
    else listener.write(`data: ${JSON.stringify(last)}\n\n`);
  }

  /** None where the database does not answer: the rest of the picture is as true. */
  async function switches() {
    try {
      return (await openVswitch?.show()) ?? [];
    } catch (error) {
      if (error instanceof OvsdbError) return [];
      throw error;
    }
  }

  async function picture(): Promise<string> {
    return svgOf(await wiringOf(host, { signal, switches: await switches() }));
  }

  let isStale = true;
  let wake = (): void => undefined;

  function touch(): void {
    isStale = true;
    wake();
  }

  /** Has it drawn again when Open vSwitch changes, until what this resolves with is called. */
  async function followSwitches(open: OpenVswitch): Promise<() => void> {
    const replica = await open.database.replica({ tables: DRAWN });
    const changes = replica.changes();
    const watching = (async () => {
      while ((await changes.next()).done !== true) touch();
    })();
    // Without its database the picture goes on.
    watching.catch(() => undefined);
    return () => {
      replica.close();
    };
  }

  /** Draws again after changes, as long as somebody looks: the first at once, what follows within the pause together. */
  async function follow(): Promise<void> {
    await using watch = host.watch(["link", "address"], { signal });
    const watching = (async () => {
      const changes = watch[Symbol.asyncIterator]();
      while ((await changes.next()).done !== true) touch();
    })();
    watching.catch(stop);
    const unfollow = openVswitch && (await followSwitches(openVswitch).catch(() => undefined));
    // What changes from here on is told; what changed before is drawn.
    await watch.ready;
    isStale = true;
    while (listeners.size > 0) {
      if (!isStale) await new Promise<void>((resolve) => (wake = resolve));
      isStale = false;
      const drawn = await picture();
      const isNew = drawn !== last;
      last = drawn;
      if (isNew) for (const each of listeners) send(each);
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
    unfollow?.();
  }

  function stop(): void {
    for (const each of listeners) each.end();
    listeners.clear();
    behind.clear();
    wake();
  }

  let following: Promise<void> | undefined;
  function listen(response: ServerResponse): void {
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" }).flushHeaders();
    if (last !== "") send(response);
    listeners.add(response);
    response.on("drain", () => {
      if (behind.delete(response)) send(response);
    });
    response.once("close", () => {
      listeners.delete(response);
      behind.delete(response);
      if (listeners.size === 0) wake();
    });
    following ??= follow()
      .catch(stop)
      .finally(() => (following = undefined));
  }

  async function respond({ method, url, headers }: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!names.has(nameIn(headers.host)))
      return answer(response, 403, "text/plain", "this is not a name that it is served under\n");
    if (method !== "GET" && method !== "HEAD") return answer(response, 405, "text/plain", "it can be read only\n");
    switch (url?.split("?")[0]) {
      case "/":
        return answer(response, 200, "text/html", pageOf(await picture(), { title, events: "events" }));
      case "/events":
        return listen(response);
      case "/metrics":
        return answer(response, 200, "text/plain; version=0.0.4", await metricsOf(host));
      default:
        return answer(response, 404, "text/plain", "there are /, /events and /metrics\n");
    }
  }

  return (request, response) => {
    respond(request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else answer(response, 500, "text/plain", `${(error as Error).message}\n`);
    });
  };
}

import { onAbort, type Cancellation } from "../base/signal.js";
import type { Host } from "../host/host.js";
import type { Tap } from "../host/taps/tap.js";
import { type EthernetFrame, readFrame } from "./ethernet.js";

/** Which frames are meant: those that start with these bytes, have these parts, or fulfil a condition. */
export type FrameMatch = Uint8Array | Partial<EthernetFrame> | ((frame: EthernetFrame, bytes: Buffer) => boolean);

/** How long a frame is waited for. */
export interface ExpectOptions extends Cancellation {
  /** Milliseconds, 2000 unless given. */
  readonly within?: number | undefined;
}

/** A TAP of a scene: the test is what a guest would be. */
export interface SceneTap {
  readonly host: Host;
  readonly name: string;
  readonly tap: Tap;
  /** Sends a frame into the host, as a guest does. */
  send(bytes: Uint8Array): Promise<void>;
  /**
   * The first frame of those meant that no other expect() was given, whether it is here already or comes yet. Rejects when none
   * comes in time, and says what came in its place.
   */
  expect(match: FrameMatch, options?: ExpectOptions): Promise<Buffer>;
  /**
   * What has come until now, all or what is meant. That a frame does not come is shown by one that was sent after it, and comes:
   * expect() that one, then see.
   */
  seen(match?: FrameMatch): Buffer[];
}

const WITHIN = 2000;

function startsWith(bytes: Uint8Array, start: Uint8Array): boolean {
  return bytes.length >= start.length && start.every((byte, place) => bytes[place] === byte);
}

function has(found: EthernetFrame, wanted: Partial<EthernetFrame>): boolean {
  return Object.entries(wanted).every(([name, value]) => {
    const part = found[name as keyof EthernetFrame];
    if (value instanceof Uint8Array) return startsWith(part as Uint8Array, value);
    return typeof value === "string" ? part === value.toLowerCase() : part === value;
  });
}

function fits(bytes: Buffer, match: FrameMatch): boolean {
  if (match instanceof Uint8Array) return startsWith(bytes, match);
  const found = readFrame(bytes);
  return typeof match === "function" ? match(found, bytes) : has(found, match);
}

function describe(bytes: Buffer): string {
  const { to, from, vlan, type } = readFrame(bytes);
  return `${from} to ${to}, type 0x${type.toString(16).padStart(4, "0")}${vlan === undefined ? "" : `, VLAN ${vlan}`}`;
}

function describeAll(frames: readonly Buffer[]): string {
  const most = 8;
  const more = frames.length > most ? `, and ${frames.length - most} more` : "";
  return frames.length === 0 ? "none came" : `there came ${frames.slice(0, most).map(describe).join("; ")}${more}`;
}

interface Waiting {
  readonly match: FrameMatch;
  readonly resolve: (bytes: Buffer) => void;
}

/** Reads all that a TAP gets, and keeps it. */
export function sceneTap(host: Host, tap: Tap): SceneTap {
  const stream = tap.frames();
  const all: Buffer[] = [];
  const left: Buffer[] = [];
  const waiting = new Set<Waiting>();
  stream.on("data", (bytes: Buffer) => {
    all.push(bytes);
    for (const each of waiting) {
      if (!fits(bytes, each.match)) continue;
      waiting.delete(each);
      each.resolve(bytes);
      return;
    }
    left.push(bytes);
  });
  // A TAP that goes with its scene ends so; who waits for a frame is told by the time.
  stream.on("error", () => undefined);

  return {
    host,
    name: tap.name,
    tap,
    send: (bytes) =>
      new Promise((resolve, reject) => {
        stream.write(bytes, (error) => {
          if (error instanceof Error) reject(error);
          else resolve();
        });
      }),
    expect(match, { within = WITHIN, signal } = {}) {
      const place = left.findIndex((bytes) => fits(bytes, match));
      if (place >= 0) return Promise.resolve(left.splice(place, 1)[0]!);
      return new Promise((resolve, reject) => {
        const each: Waiting = {
          match,
          resolve(bytes) {
            end();
            resolve(bytes);
          },
        };
        const fail = (reason: unknown): void => {
          end();
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- a signal's reason is what its owner chose
          reject(reason);
        };
        const timer = setTimeout(() => {
          fail(new Error(`${tap.name}: the frame that is expected did not come in ${within} ms: ${describeAll(left)}`));
        }, within);
        const forget = onAbort(signal, fail);
        const end = (): void => {
          clearTimeout(timer);
          forget();
          waiting.delete(each);
        };
        if (signal?.aborted === true) fail(signal.reason);
        else waiting.add(each);
      });
    },
    seen: (match) => (match === undefined ? [...all] : all.filter((bytes) => fits(bytes, match))),
  };
}

import { randomBytes } from "node:crypto";
import type { Duplex } from "node:stream";
import type { Host } from "../../../host/host.js";

/** How a broadcast went. */
export interface Broadcast {
  readonly bytes: number;
  /** How many others got the frame, byte for byte. */
  readonly received: number;
  /** How often it was sent: a port forwards some time after its carrier comes. */
  readonly sent: number;
  readonly milliseconds: number;
}

const LEAST_FRAME = 60;
/** For local experiments (IEEE 802). */
const ETHERTYPE = Buffer.from([0x88, 0xb5]);

/** A broadcast frame that nobody else sends. */
function uniqueFrame(): Buffer {
  const header = Buffer.concat([Buffer.alloc(6, 0xff), Buffer.from("020000000001", "hex"), ETHERTYPE]);
  const frame = Buffer.concat([header, randomBytes(16), Buffer.from("one frame in, many out")]);
  return Buffer.concat([frame, Buffer.alloc(Math.max(0, LEAST_FRAME - frame.length))]);
}

const AGAIN = 20;
const PATIENCE = 5000;

/** Sends until every reader has the frame, or patience ends. */
async function flood(sender: Duplex, readers: readonly Duplex[], frame: Buffer): Promise<Broadcast> {
  const start = performance.now();
  const waiting = new Set(readers);
  let sent = 0;
  await new Promise<void>((resolve, reject) => {
    const send = (): void => {
      sent++;
      sender.write(frame);
    };
    const timer = setInterval(() => {
      if (performance.now() - start > PATIENCE) finish();
      else send();
    }, AGAIN);
    function finish(error?: Error): void {
      clearInterval(timer);
      if (error === undefined) resolve();
      else reject(error);
    }
    for (const reader of readers)
      reader
        .on("data", (chunk: Buffer) => {
          if (chunk.equals(frame) && waiting.delete(reader) && waiting.size === 0) finish();
        })
        .on("error", finish);
    sender.on("error", finish).resume();
    send();
  });
  const received = readers.length - waiting.size;
  return { bytes: frame.length, received, sent, milliseconds: performance.now() - start };
}

/** Writes one frame into the first TAP, and reads it from all others. */
export async function broadcast(host: Host, names: readonly string[]): Promise<Broadcast> {
  const taps = await Promise.all(names.map((name) => host.openTap(name)));
  const streams = taps.map((tap) => tap.frames());
  try {
    const [sender, ...readers] = streams;
    return await flood(sender!, readers, uniqueFrame());
  } finally {
    for (const stream of streams) stream.destroy();
    await Promise.all(taps.map((tap) => tap.close()));
  }
}

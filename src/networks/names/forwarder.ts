import { builtin } from "../../base/builtin.js";
import type { Host } from "../../host/host.js";
import { connecting, datagrams, framed, onMessages } from "./internet-sockets.js";
import { isAnswerTo, renumbered } from "./message.js";

/** Asks resolvers what is not known here. */
export interface Forwarder {
  /** The answer, with the question's own number; undefined where none comes, or where there is nobody to ask. */
  ask(message: Buffer, how: { readonly stream: boolean }): Promise<Buffer | undefined>;
  /** Gives up what is being asked. */
  close(): Promise<void>;
}

const PORT = 53;
/** Milliseconds for each resolver: all are asked within what clients wait, five seconds (resolv.conf(5)). */
const PATIENCE = 2000;
/** Questions that are on their way at once: more fail. */
const MOST = 500;

/** Asks resolvers in their order, the one that answered last first, each question by a socket of its own in a host's namespace. */
export function forwarder(host: Host, resolvers: () => Promise<readonly string[]>): Forwarder {
  const underWay = new Set<Promise<unknown>>();
  const closing = new AbortController();
  let last: string | undefined;

  /** The first answer to come to a socket, or nothing within the time. */
  async function exchange(
    talk: (done: (answer: Buffer) => void, failed: () => void) => () => void,
  ): Promise<Buffer | undefined> {
    if (closing.signal.aborted) return undefined;
    return new Promise((resolve) => {
      let end = (): void => undefined;
      const finish = (answer?: Buffer): void => {
        clearTimeout(timer);
        closing.signal.removeEventListener("abort", failed);
        end();
        end = () => undefined;
        resolve(answer);
      };
      const failed = (): void => finish();
      const timer = setTimeout(failed, PATIENCE);
      closing.signal.addEventListener("abort", failed);
      try {
        end = talk(finish, failed);
      } catch {
        failed();
      }
    });
  }

  async function askByUdp(resolver: string, message: Buffer): Promise<Buffer | undefined> {
    await using descriptor = await host.openInternet("udp", resolver);
    return exchange((done, failed) => {
      const socket = datagrams(descriptor, resolver);
      socket.on("error", failed).on("message", (bytes) => {
        if (isAnswerTo(bytes, message)) done(bytes);
      });
      socket.connect(PORT, resolver, () => {
        socket.send(message, () => undefined);
      });
      return () => socket.close();
    });
  }

  async function askByTcp(resolver: string, message: Buffer): Promise<Buffer | undefined> {
    await using descriptor = await host.openInternet("tcp", resolver);
    return exchange((done, failed) => {
      const socket = connecting(descriptor);
      socket.on("error", failed).on("close", failed);
      onMessages(socket, (bytes) => {
        if (isAnswerTo(bytes, message)) done(bytes);
      });
      socket.connect(PORT, resolver, () => socket.write(framed(message)));
      return () => socket.destroy();
    });
  }

  async function askAll(message: Buffer, stream: boolean): Promise<Buffer | undefined> {
    const all = await resolvers();
    const inOrder = last !== undefined && all.includes(last) ? [last, ...all.filter((each) => each !== last)] : all;
    for (const resolver of inOrder) {
      // Nobody guesses it, nor the port, which the kernel chooses at random (RFC 5452).
      const id = builtin("node:crypto").randomInt(0x10000);
      const ask = stream ? askByTcp : askByUdp;
      const answer = await ask(resolver, renumbered(message, id)).catch(() => undefined);
      if (answer === undefined) continue;
      last = resolver;
      return renumbered(answer, message.readUInt16BE());
    }
    return undefined;
  }

  return {
    async ask(message, { stream }) {
      if (underWay.size >= MOST) return undefined;
      const asking = askAll(message, stream);
      underWay.add(asking);
      try {
        return await asking;
      } finally {
        underWay.delete(asking);
      }
    },
    async close() {
      closing.abort();
      await Promise.allSettled(underWay);
    },
  };
}

import type { Socket } from "node:net";
import type { Host } from "../../host/host.js";
import type { Descriptor } from "../../kernel/descriptor.js";
import { opened, type Resting } from "../../kernel/resting.js";
import type { ResolvedNetwork } from "../definition.js";
import { addressNumber, subnetOf } from "../subnet.js";
import { forwarder } from "./forwarder.js";
import { datagrams, framed, listening, onMessages } from "./internet-sockets.js";
import { type KnownHosts, localAnswer } from "./local-answer.js";
import { answerTo, codes, readQuestion } from "./message.js";

/** A network's name server, until it is closed. */
export interface NamesService {
  close(): Promise<void>;
}

export interface NamesSettings {
  readonly hosts: KnownHosts;
  /** Who is asked about all other names, as it is then; nobody where there are none. */
  readonly resolvers: () => Promise<readonly string[]>;
  /** Where its sockets rest. */
  readonly rest?: Resting | undefined;
}

const PORT = 53;
/** Connections of TCP at once, and milliseconds that one may be idle. */
const [MOST_CONNECTIONS, IDLE] = [100, 10_000];

/**
 * Answers a network's guests at its own addresses, by UDP and TCP: about their names and addresses from what is known, about all others
 * with what resolvers say. Nobody outside of the network's subnets is answered. Rejects with EADDRINUSE where another program has the
 * port.
 */
export async function serveNames(
  host: Host,
  { domain, subnets: own }: Pick<ResolvedNetwork, "domain" | "subnets">,
  { hosts, resolvers, rest = opened }: NamesSettings,
): Promise<NamesService> {
  const subnets = own.map(({ subnet }) => subnet);
  const zone = { domain, subnets, hosts };
  const others = forwarder(host, resolvers);
  const closers: (() => Promise<void>)[] = [];

  function isGuest(from: string): boolean {
    // Those of a link alone have its name behind them.
    const [address = ""] = from.split("%");
    const { family } = subnetOf(address);
    const number = addressNumber(address);
    return subnets.some((each) => each.family === family && number >= each.first && number <= each.last);
  }

  async function answer(message: Buffer, stream: boolean): Promise<Buffer | undefined> {
    const question = readQuestion(message);
    if (question === undefined) return undefined;
    const known = localAnswer(question, zone);
    if (known !== undefined) return answerTo(question, known.code, known.records, { stream, authoritative: true });
    const said = await others.ask(message, { stream });
    if (said !== undefined) return said;
    const code = (await resolvers()).length === 0 ? codes.refused : codes.serverFailure;
    return answerTo(question, code, [], { stream, authoritative: false });
  }

  function serveDatagrams(descriptor: Descriptor, address: string): void {
    const socket = datagrams(descriptor, address);
    socket
      .on("message", (message, { address: from, port }) => {
        if (!isGuest(from)) return;
        answer(message, false)
          .then((said) => {
            if (said !== undefined) socket.send(said, port, from, () => undefined);
          })
          // The socket was closed meanwhile.
          .catch(() => undefined);
      })
      // Of a datagram that could not be sent.
      .on("error", () => undefined);
    closers.push(() => new Promise((resolve) => socket.close(resolve)));
  }

  function serveConnections(descriptor: Descriptor): void {
    const connections = new Set<Socket>();
    const server = listening(descriptor, (connection) => {
      if (!isGuest(connection.remoteAddress ?? "0.0.0.0")) return void connection.destroy();
      connections.add(connection);
      connection
        .setTimeout(IDLE, () => connection.destroy())
        .on("error", () => undefined)
        .on("close", () => connections.delete(connection));
      onMessages(connection, (message) => {
        answer(message, true)
          .then((said) => {
            if (said !== undefined && connection.writable) connection.write(framed(said));
          })
          .catch(() => undefined);
      });
    });
    server.maxConnections = MOST_CONNECTIONS;
    server.on("error", () => undefined);
    closers.push(
      () =>
        new Promise((resolve) => {
          server.close(() => resolve());
          for (const each of connections) each.destroy();
        }),
    );
  }

  async function close(): Promise<void> {
    await others.close();
    await Promise.all(closers.map((each) => each()));
  }

  try {
    for (const { address, subnet } of own)
      for (const protocol of ["udp", "tcp"] as const) {
        const descriptor = await rest(`names-${protocol}-${subnet.family}`, () =>
          host.openInternet(protocol, address, PORT),
        );
        closers.push(() => descriptor.close());
        if (protocol === "udp") serveDatagrams(descriptor, address);
        else serveConnections(descriptor);
      }
  } catch (error) {
    await close();
    throw error;
  }
  return { close };
}

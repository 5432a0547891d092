import type { ClientLease } from "../../dhcp/client/client-lease.js";
import { type ForeignLease, foreignLeases, leaseLeft } from "../../dhcp/links/foreign-lease.js";
import type { Host } from "../../host/host.js";
import { hardwareAddress } from "../../netlink/codecs/internet.js";
import { text } from "../../netlink/codecs/codec.js";
import { askService, nobodyAt, type Question, SOCKET } from "../../serve/messages/ask.js";
import type { Call, Command } from "../command.js";
import type { Report } from "../io.js";
import { definitions, table } from "../printing/layout.js";
import { type Section, shaped, wordOf } from "../parsing/option.js";

const serviceSection: Section = {
  title: "The service",
  words: [wordOf("service", shaped(text(), "PATH"), `the socket of linkwright serve, which keeps leases (${SOCKET})`)],
};

const keepSection: Section = {
  title: "What the server is told",
  words: [
    wordOf(
      "clientId",
      hardwareAddress,
      "what it is to know this machine by; that of a lease that is there, or else the MAC",
    ),
    wordOf("hostname", shaped(text(), "NAME"), "this machine's name"),
  ],
};

/** Asks the service, which must be there. */
async function asked(host: Host, { options }: Call, question: Question): Promise<unknown> {
  const { service = SOCKET } = options as { service?: string };
  const answer = await askService(host, service, question);
  if (answer === undefined) throw nobodyAt(service);
  await answer.close();
  return answer.value;
}

async function keep(host: Host, call: Call): Promise<Report> {
  const { clientId, hostname } = call.options as { clientId?: string; hostname?: string };
  const [link = ""] = call.operands;
  // The service may not see the processes of others.
  await leaseLeft(host, link);
  const value = (await asked(host, call, { method: "keepLease", link, clientId, hostname })) as ClientLease;
  const { address, prefixLength, serverIdentifier = "", options } = value;
  return {
    value,
    text: (style) =>
      definitions(
        [
          ["address", `${address}/${prefixLength}`],
          ["server", serverIdentifier],
          ["routers", (options.routers ?? []).join(", ")],
          ["resolvers", (options.domainNameServers ?? []).join(", ")],
        ],
        style,
      ),
  };
}

async function release(host: Host, call: Call): Promise<Report> {
  await asked(host, call, { method: "releaseLease", link: call.operands[0] ?? "" });
  return { value: {} };
}

async function list(host: Host, { operands: [link = ""] }: Call): Promise<Report> {
  const value = await foreignLeases(host, link);
  const columns = [
    { title: "CLIENT", value: ({ client }: ForeignLease) => client },
    { title: "PROCESS", value: ({ pids }: ForeignLease) => pids.join(" ") },
    { title: "ADDRESS", value: ({ lease }: ForeignLease) => `${lease.address}/${lease.prefixLength}` },
    { title: "SERVER", value: ({ lease }: ForeignLease) => lease.serverIdentifier ?? "" },
    { title: "FILE", value: ({ file }: ForeignLease) => file },
  ];
  return { value, text: (style) => table(columns, value, style) };
}

const LINK = { name: "LINK" };

export const command: Command = {
  actions: {
    keep: {
      summary: "get a link its address by DHCP, and have linkwright serve keep it, also when that starts again",
      operands: [LINK],
      options: [keepSection, serviceSection],
      run: keep,
    },
    release: {
      summary: "give a link's lease back, and keep none any more",
      operands: [LINK],
      options: [serviceSection],
      run: release,
    },
    show: {
      summary: "print the leases of a link that other clients keep: dhclient, dhcpcd, NetworkManager, systemd-networkd",
      operands: [LINK],
      options: [],
      run: list,
    },
  },
};

import { describe, expect, test } from "vitest";
import { bytesOf } from "../../../src/netlink/codecs/bytes.js";
import { InputError } from "../../../src/base/errors.js";
import { type DescriptorHandle, native } from "../../../src/kernel/addon.js";
import { readHeader, readMessage } from "../../../src/netlink/message.js";
import {
  type ConnectionFilter,
  forgetConnections,
  listConnections,
} from "../../../src/netfilter/conntrack/connections.js";
import { IPCTNL_MSG_CT_DELETE } from "../../../src/netfilter/conntrack/conntrack.js";
import { NFNLGRP_NFTRACE, readTrace } from "../../../src/netfilter/trace.js";
import { droppingElsewhere, listBaseChains } from "../../../src/netfilter/chains/base-chains.js";
import { nftLoad, type Scene, scene, whyNoNft } from "./nft.js";

const reason = whyNoNft();
if (reason !== undefined) console.log(`skipped: ${reason}`);

const NETLINK_NETFILTER = 12;

/** Sends a datagram from each source to each destination on the loopback link. */
function talk({ run }: Scene, ...pairs: readonly (readonly [from: number, to: number, address?: string])[]): void {
  const program = `
import socket, sys
for pair in sys.argv[1:]:
    source, destination, address = pair.split("-")
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sender = socket.socket(family, socket.SOCK_DGRAM)
    sender.bind(("::1" if family == socket.AF_INET6 else "127.0.0.1", int(source)))
    sender.sendto(b"x", (address, int(destination)))
`;
  run(["python3", "-c", program, ...pairs.map(([from, to, address = "127.0.0.1"]) => `${from}-${to}-${address}`)]);
}

const TRACKED = `table inet t {
  chain nat { type nat hook output priority -100; policy accept;
    udp dport 8080 dnat ip to 127.0.0.1:80
  }
  chain c { type filter hook output priority 0; policy accept;
    ct state new udp dport 777 ct mark set 7
  }
}`;

async function tracked(): Promise<Scene> {
  const here = await scene();
  here.run(["ip", "link", "set", "lo", "up"]);
  nftLoad(here, TRACKED);
  return here;
}

async function portsOf(here: Scene, filter?: ConnectionFilter): Promise<unknown[]> {
  const found = await listConnections(here.netfilter, filter);
  return found
    .map(({ original }) => [original.sourcePort, original.destinationPort])
    .sort(([one], [other]) => one! - other!);
}

describe.skipIf(reason !== undefined)("tracked connections", () => {
  test("are listed with both directions, protocol, ports and mark", async () => {
    await using here = await tracked();
    talk(here, [5001, 8080], [5002, 777], [5003, 9, "::1"]);
    const found = await listConnections(here.netfilter);
    const sorted = found.sort((one, other) => one.original.sourcePort! - other.original.sourcePort!);
    expect(sorted).toMatchObject([
      {
        family: "ip",
        protocol: "udp",
        original: { source: "127.0.0.1", sourcePort: 5001, destination: "127.0.0.1", destinationPort: 8080 },
        reply: { source: "127.0.0.1", sourcePort: 80, destination: "127.0.0.1", destinationPort: 5001 },
        mark: 0,
      },
      { family: "ip", mark: 7, original: { destinationPort: 777 } },
      { family: "ip6", original: { source: "::1", destination: "::1", destinationPort: 9 } },
    ]);
    expect(sorted[0]!.attributes.status).toContain("dstNat");
  });

  test("are found by protocol, port, mark, family and address", async () => {
    await using here = await tracked();
    talk(here, [5001, 8080], [5002, 777], [5003, 9, "::1"], [8080, 5999]);
    // What came in by port 8080 before it was forwarded, and what went out from it.
    expect(await portsOf(here, { protocol: "udp", port: 8080 })).toEqual([
      [5001, 8080],
      [8080, 5999],
    ]);
    expect(await portsOf(here, { protocol: "tcp", port: 8080 })).toEqual([]);
    expect(await portsOf(here, { mark: 7 })).toEqual([[5002, 777]]);
    expect(await portsOf(here, { family: "ip6" })).toEqual([[5003, 9]]);
    expect(await portsOf(here, { address: "::1" })).toEqual([[5003, 9]]);
  });

  test("are forgotten one by one, each by its tuple, and no others", async () => {
    await using here = await tracked();
    talk(here, [5001, 8080], [5002, 777], [5003, 9, "::1"], [5004, 8080]);
    const gone = await forgetConnections(here.netfilter, { protocol: "udp", port: 8080 });
    expect(gone.map(({ original }) => original.sourcePort).sort()).toEqual([5001, 5004]);
    expect(await portsOf(here)).toEqual([
      [5002, 777],
      [5003, 9],
    ]);
    expect(await forgetConnections(here.netfilter, { port: 8080 })).toEqual([]);
    const deletes = here.sent.flatMap((messages) => deletesIn(messages));
    expect(deletes).toHaveLength(2);
    for (const tuple of deletes) expect(tuple).toMatchObject({ ip: { v4Src: "127.0.0.1" }, proto: { num: "udp" } });
  });

  test("are never all forgotten for want of a filter", async () => {
    await using here = await tracked();
    talk(here, [5001, 777]);
    await expect(forgetConnections(here.netfilter, {})).rejects.toThrow(InputError);
    await expect(forgetConnections(here.netfilter, { family: "ip" })).rejects.toThrow(InputError);
    await expect(here.netfilter.connection.request(IPCTNL_MSG_CT_DELETE, { attributes: { mark: 7 } })).rejects.toThrow(
      InputError,
    );
    expect(await portsOf(here)).toHaveLength(1);
  });
});

function deletesIn(messages: Buffer): unknown[] {
  const bytes = bytesOf(messages);
  const found: unknown[] = [];
  for (let offset = 0; offset < messages.length;) {
    const header = readHeader(bytes, offset)!;
    if (header.type === IPCTNL_MSG_CT_DELETE.type)
      found.push(readMessage(bytes, offset, header, IPCTNL_MSG_CT_DELETE)!.attributes.tupleOrig);
    offset += (header.length + 3) & ~3;
  }
  return found;
}

describe.skipIf(reason !== undefined)("packets that are traced", () => {
  test("tell the tables, chains, rules and verdicts that they met", async () => {
    await using here = await scene();
    const traced = await tracing(here);
    here.run(["ip", "link", "set", "lo", "up"]);
    nftLoad(
      here,
      `table ip t {
        chain c { type filter hook input priority 0; policy drop;
          udp dport 9-10 meta nftrace set 1
          iifname "lo" jump d
        }
        chain d {
          udp dport 10 accept
        }
      }`,
    );
    talk(here, [5001, 10]);
    const steps = traced();
    expect(steps.map(({ table, chain, type, verdict }) => [table, chain, type, verdict])).toEqual([
      ["t", "c", "rule", "continue"],
      ["t", "c", "rule", { jump: "d" }],
      ["t", "d", "rule", "accept"],
    ]);
    expect(new Set(steps.map(({ id }) => id)).size).toBe(1);
    expect(steps.every(({ family }) => family === "ip")).toBe(true);
    expect(steps[0]!.handle).toBeGreaterThan(0);
    expect(steps[0]!.attributes.networkHeader?.[0]).toBe(0x45);
    talk(here, [5001, 9]);
    expect(traced().at(-1)).toMatchObject({ chain: "c", type: "policy", verdict: "drop" });
  });
});

/** A socket that listens to traces, and what reads from it the steps that came. */
async function tracing({ thread }: Scene): Promise<() => ReturnType<typeof readTrace>> {
  const listener = await thread.call<DescriptorHandle>((handle, id) => {
    native.openMulticast(handle, id, NETLINK_NETFILTER, [NFNLGRP_NFTRACE], 0, Buffer.alloc(0), false);
  });
  return () => {
    const into = Buffer.alloc(1 << 20);
    const report = new Int32Array(6 + 3 * 100);
    native.receiveBatch(listener, into, report);
    return Array.from({ length: report[0]! }, (_, place) => report.subarray(6 + 3 * place)).flatMap(([start, length]) =>
      readTrace(into.subarray(start, start! + length!)),
    );
  };
}

describe.skipIf(reason !== undefined)("base chains", () => {
  test("of others that drop at forward and input are found", async () => {
    await using here = await scene();
    nftLoad(
      here,
      `table ip filter {
        chain FORWARD { type filter hook forward priority 0; policy drop;
        }
        chain OUTPUT { type filter hook output priority 0; policy drop;
        }
        chain DOCKER-USER {
        }
      }
      table inet firewalld {
        chain filter_INPUT { type filter hook input priority 10; policy drop;
        }
        chain filter_FORWARD { type filter hook forward priority -10; policy accept;
        }
      }
      table inet linkwright {
        chain forward { type filter hook forward priority 0; policy drop;
        }
      }`,
    );
    const found = await droppingElsewhere(here.netfilter, [{ family: "inet", table: "linkwright" }]);
    expect(found).toEqual([
      { family: "ip", table: "filter", chain: "FORWARD", type: "filter", hook: "forward", priority: 0, policy: "drop" },
      {
        family: "inet",
        table: "firewalld",
        chain: "filter_INPUT",
        type: "filter",
        hook: "input",
        priority: 10,
        policy: "drop",
      },
    ]);
    expect((await listBaseChains(here.netfilter)).map(({ chain }) => chain)).toEqual([
      "filter_FORWARD",
      "FORWARD",
      "OUTPUT",
      "forward",
      "filter_INPUT",
    ]);
  });
});

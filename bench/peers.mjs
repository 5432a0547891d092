import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const PLACES = ["/usr/sbin", "/sbin", "/usr/bin", "/bin"];
const present = (program) => PLACES.some((place) => existsSync(`${place}/${program}`));

const PEERS = [
  { name: "ip -batch", script: "ip-batch.sh", needs: ["ip"] },
  { name: "ip, a process each", script: "ip.sh", needs: ["ip"] },
  { name: "brctl and ip", script: "brctl.sh", needs: ["brctl", "ip"] },
];

/** The peers that this machine has, and what the others lack. */
export function findPeers() {
  const lacking = ({ needs }) => needs.filter((program) => !present(program));
  return {
    found: PEERS.filter((peer) => lacking(peer).length === 0),
    missing: PEERS.filter((peer) => lacking(peer).length > 0).map(
      (peer) => `${peer.name}: no ${lacking(peer).join(", ")}`,
    ),
  };
}

/** Runs a peer in a namespace of its own; the milliseconds of each phase. */
export function runPeer({ script }, taps) {
  const path = fileURLToPath(new URL(`peers/${script}`, import.meta.url));
  return JSON.parse(execFileSync("unshare", ["--net", path, String(taps)], { encoding: "utf8" }));
}

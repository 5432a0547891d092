import type { Host } from "../../../host/host.js";
import type { SpanningTree, SpanningTreePort } from "../../../host/ports/spanning-tree.js";
import type { Action, Call } from "../../command.js";
import type { Report, Style } from "../../io.js";
import { bridgeCalled } from "../../parsing/link-argument.js";
import { formatAge } from "../../../netlink/codecs/duration.js";
import { type Column, definitions, heading, table } from "../../printing/layout.js";

const time = formatAge;

/** The timers that run. */
function running(timers: Readonly<Record<string, number>>): string {
  const found = Object.entries(timers).filter(([, value]) => value > 0);
  return found.map(([word, value]) => `${word} ${time(value)}`).join(", ") || "-";
}

function bridgeRows(tree: SpanningTree): (readonly [word: string, text: string])[] {
  const { ports, rootPort, rootPathCost } = tree;
  const toRoot = ports.find(({ no }) => no === rootPort && no !== 0);
  const root = tree.isRoot ? "this bridge" : `by ${toRoot?.name ?? `port ${rootPort}`}, cost ${rootPathCost}`;
  const topology = tree.topologyChange || tree.topologyChangeDetected ? "changing" : "stable";
  return [
    ["stp-state", String(tree.stpState)],
    ["bridge-id", tree.bridgeId],
    ["designated-root", `${tree.designatedRoot} (${root})`],
    ["max-age", time(tree.maxAge)],
    ["hello-time", time(tree.helloTime)],
    ["forward-delay", time(tree.forwardDelay)],
    ["ageing-time", time(tree.ageingTime)],
    [
      "timers",
      running({
        hello: tree.helloTimer,
        tcn: tree.tcnTimer,
        "topology-change": tree.topologyChangeTimer,
        gc: tree.gcTimer,
      }),
    ],
    ["topology", topology],
  ];
}

function paintState(text: string, { state }: SpanningTreePort, style: Style): string {
  if (state === "forwarding") return style.green(text);
  return state === "disabled" ? style.red(text) : style.yellow(text);
}

const COLUMNS: Column<SpanningTreePort>[] = [
  { title: "PORT", value: ({ name }) => name, paint: (text, _port, style) => style.cyan(text) },
  { title: "ID", value: ({ id }) => id },
  { title: "ROLE", value: ({ role }) => role },
  { title: "STATE", value: ({ state }) => String(state), paint: paintState },
  { title: "COST", value: ({ cost }) => String(cost), right: true },
  { title: "DESIGNATED-BRIDGE", value: ({ designatedBridge }) => designatedBridge },
  { title: "ITS-PORT", value: ({ designatedPort }) => designatedPort },
  { title: "ITS-COST", value: ({ designatedCost }) => String(designatedCost), right: true },
  {
    title: "TIMERS",
    value: ({ messageAgeTimer, forwardDelayTimer, holdTimer }) =>
      running({ "message-age": messageAgeTimer, "forward-delay": forwardDelayTimer, hold: holdTimer }),
  },
];

export async function ofBridge(host: Host, { links: [name = ""] }: Call): Promise<Report> {
  const tree = await host.spanningTree(await bridgeCalled(host, name));
  return {
    value: tree,
    text: (style) =>
      heading(tree.name, style) +
      definitions(bridgeRows(tree), style) +
      (tree.ports.length === 0 ? "no ports\n" : table(COLUMNS, tree.ports, style)),
  };
}

/** As a sub-command of `bridge`. */
export const stpOfBridge: Action = {
  summary: "print a bridge and its ports in the spanning tree",
  operands: [{ name: "NAME", choices: "link", only: "bridge" }],
  run: ofBridge,
};

import { needBridge, needRealBridge, rootOf, viewOf } from "./bridges.js";
import { type Call, command, type Command, type Printed } from "./command.js";
import { type Draft, type DraftRow, setOf, textOf } from "./draft.js";
import { Failure } from "../text/failure.js";

const MANY = Infinity;
const PROBE = "--inactivity-probe=";

/** Rows that a column refers to, by the place where they stand. */
interface Targets {
  readonly table: "Controller" | "Manager";
  readonly column: "controller" | "manager_options";
}

const CONTROLLERS: Targets = { table: "Controller", column: "controller" };
const MANAGERS: Targets = { table: "Manager", column: "manager_options" };

function rowsOf(draft: Draft, holder: DraftRow, { table, column }: Targets): DraftRow[] {
  return [...draft.read(holder, column).keys()].flatMap((uuid) => draft.row(table, uuid as string) ?? []);
}

function list(draft: Draft, holder: DraftRow, targets: Targets): string {
  const found = rowsOf(draft, holder, targets).map((row) => textOf(draft, row, "target")!);
  return [...new Set(found)]
    .sort()
    .map((target) => `${target}\n`)
    .join("");
}

function clear(draft: Draft, holder: DraftRow, targets: Targets): void {
  for (const row of rowsOf(draft, holder, targets)) draft.remove(row);
  draft.write(holder, targets.column, new Map());
}

function put({ draft, options }: Call, holder: DraftRow, targets: Targets, words: readonly string[]): void {
  clear(draft, holder, targets);
  const probe = options.get("--inactivity-probe");
  const rows = words.map((target) => {
    const row = draft.insert(targets.table);
    draft.write(row, "target", setOf(target));
    if (probe !== undefined) draft.write(row, "inactivity_probe", setOf(Number.parseInt(probe, 10) || 0));
    return row;
  });
  draft.write(holder, targets.column, setOf(...rows.map(({ uuid }) => uuid)));
}

function realBridge({ draft, words }: Call): DraftRow {
  return needRealBridge(viewOf(draft), words[0]!).row;
}

function setFailMode(call: Call): void {
  const row = realBridge(call);
  const [, mode = ""] = call.words;
  if (mode !== "standalone" && mode !== "secure") throw new Failure('fail-mode must be "standalone" or "secure"');
  call.draft.write(row, "fail_mode", setOf(mode));
}

function getFailMode({ draft, words }: Call): Printed {
  const mode = textOf(draft, needBridge(viewOf(draft), words[0]!).row, "fail_mode");
  return mode === undefined ? "" : `${mode}\n`;
}

function sslRow(draft: Draft): DraftRow | undefined {
  const [uuid] = draft.read(rootOf(draft), "ssl").keys();
  return uuid === undefined ? undefined : draft.row("SSL", uuid as string);
}

function getSsl({ draft }: Call): Printed {
  const row = sslRow(draft);
  if (row === undefined) return "";
  const read = (column: string): string => textOf(draft, row, column) ?? "";
  return (
    `Private key: ${read("private_key")}\nCertificate: ${read("certificate")}\n` +
    `CA Certificate: ${read("ca_cert")}\nBootstrap: ${read("bootstrap_ca_cert")}\n`
  );
}

function deleteSsl({ draft }: Call): void {
  const row = sslRow(draft);
  if (row === undefined) return;
  draft.remove(row);
  draft.write(rootOf(draft), "ssl", new Map());
}

function setSsl(call: Call): void {
  const { draft, words, options } = call;
  deleteSsl(call);
  const row = draft.insert("SSL");
  for (const [i, column] of ["private_key", "certificate", "ca_cert"].entries())
    draft.write(row, column, setOf(words[i]!));
  draft.write(row, "bootstrap_ca_cert", setOf(options.has("--bootstrap")));
  draft.write(rootOf(draft), "ssl", setOf(row.uuid));
}

function reset({ draft }: Call): void {
  const root = rootOf(draft);
  draft.write(root, "manager_options", new Map());
  draft.write(root, "ssl", new Map());
  for (const row of draft.rows("Bridge")) {
    for (const column of ["controller", "fail_mode", "mirrors", "netflow", "sflow", "ipfix", "flood_vlans"])
      draft.write(row, column, new Map());
    const hwaddr = draft.read(row, "other_config").get("hwaddr");
    draft.write(row, "other_config", hwaddr === undefined ? new Map() : new Map([["hwaddr", hwaddr]]));
  }
  for (const row of draft.rows("Port")) draft.write(row, "other_config", new Map());
  for (const row of draft.rows("Interface")) {
    draft.write(row, "ingress_policing_rate", setOf(0));
    draft.write(row, "ingress_policing_burst", setOf(0));
  }
  for (const table of [
    "Mirror",
    "NetFlow",
    "sFlow",
    "IPFIX",
    "Controller",
    "Manager",
    "SSL",
    "Flow_Sample_Collector_Set",
  ])
    for (const row of draft.rows(table)) draft.remove(row);
}

/** The commands about controllers, managers and their certificates. */
export const controlCommands: Readonly<Record<string, Command>> = {
  "get-controller": command(1, 1, [], ({ draft, words }) =>
    list(draft, needBridge(viewOf(draft), words[0]!).row, CONTROLLERS),
  ),
  "del-controller": command(1, 1, [], (call) => clear(call.draft, realBridge(call), CONTROLLERS)),
  "set-controller": command(1, MANY, [PROBE], (call) => put(call, realBridge(call), CONTROLLERS, call.words.slice(1))),
  "get-fail-mode": command(1, 1, [], getFailMode),
  "del-fail-mode": command(1, 1, [], (call) => call.draft.write(realBridge(call), "fail_mode", new Map())),
  "set-fail-mode": command(2, 2, [], setFailMode),
  "get-manager": command(0, 0, [], ({ draft }) => list(draft, rootOf(draft), MANAGERS)),
  "del-manager": command(0, 0, [], ({ draft }) => clear(draft, rootOf(draft), MANAGERS)),
  "set-manager": command(1, MANY, [PROBE], (call) => put(call, rootOf(call.draft), MANAGERS, call.words)),
  "get-ssl": command(0, 0, [], getSsl),
  "del-ssl": command(0, 0, [], deleteSsl),
  "set-ssl": command(3, 3, ["--bootstrap"], setSsl),
  "emer-reset": command(0, 0, [], reset),
};

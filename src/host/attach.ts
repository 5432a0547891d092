import type { Connection } from "../netlink/connection.js";
import { errnoNumber, NetlinkError } from "../netlink/error.js";
import { bridgePort, type BridgePortOptions } from "../rtnetlink/kinds/bridge-port.js";
import type { Link } from "../rtnetlink/link.js";
import { changeLink, getLink, type LinkReference, type LinkSettings } from "../rtnetlink/link-requests.js";
import { optionHint } from "./hints.js";
import { together } from "./together.js";

/** How a port joins a bridge: the port's options, and whether it may leave another bridge for it. */
export type AttachOptions = BridgePortOptions & {
  /** Take the port out of the bridge that it belongs to now. Without it, that is refused. */
  move?: boolean | undefined;
};

function refuse(code: string, subject: string, kernelMessage: string, hint?: string): NetlinkError {
  const refusal = { errno: errnoNumber(code), syscall: "RTM_NEWLINK", subject, kernelMessage, hint };
  return new NetlinkError(refusal, `${subject}: ${kernelMessage} (${code})${hint === undefined ? "" : `; ${hint}`}`);
}

function given(options: BridgePortOptions): (keyof BridgePortOptions)[] {
  return (Object.keys(options) as (keyof BridgePortOptions)[]).filter((name) => options[name] !== undefined);
}

/** Options that order something rather than hold: never reported back. */
const ORDERS: readonly (keyof BridgePortOptions)[] = ["flush"];

function optionsOf(port: Link): BridgePortOptions {
  return port.linkInfo?.slaveKind === "bridge" ? (port.linkInfo.slaveData as BridgePortOptions) : {};
}

/** An option that the kernel took without a word and does not report is one that it does not know. */
function checkTaken(port: Link, options: BridgePortOptions): void {
  const reported = optionsOf(port);
  const ignored = given(options).find((name) => !ORDERS.includes(name) && reported[name] === undefined);
  if (ignored === undefined) return;
  const attribute = `linkInfo.slaveData.${ignored}`;
  throw new NetlinkError({
    errno: errnoNumber("EOPNOTSUPP"),
    syscall: "RTM_NEWLINK",
    subject: port.name,
    attribute,
    kernelMessage: "the kernel took no notice of it",
    hint: optionHint(attribute),
  });
}

/** A message that sets a port's options, and more. */
function portSettings(options: BridgePortOptions, settings: LinkSettings = {}): LinkSettings {
  return { ...settings, linkInfo: { slaveKind: "bridge", slaveData: options } };
}

/** Which of a port's options are put back when it returns to a bridge. */
function restorable(options: BridgePortOptions): BridgePortOptions {
  const names = given(options).filter(
    (name) => name !== "unknown" && name !== "state" && bridgePort.entries[name][1].readOnly !== true,
  );
  return Object.fromEntries(names.map((name) => [name, options[name]]));
}

async function putBack(connection: Connection, before: Link): Promise<void> {
  const { master = 0, mtu, up } = before;
  if (!up) await changeLink(connection, before, { up: false });
  await changeLink(connection, before, { master, mtu });
  const options = restorable(optionsOf(before));
  if (master !== 0 && given(options).length > 0) await changeLink(connection, before, portSettings(options));
  if (up) await changeLink(connection, before, { up: true });
}

/** Undoes what was done to a port, and gives the error to be thrown: it says what stands when undoing failed, too. */
async function undone(connection: Connection, before: Link, error: unknown): Promise<unknown> {
  try {
    await putBack(connection, before);
    return error;
  } catch (failure) {
    if (!(error instanceof NetlinkError) || !(failure instanceof NetlinkError) || failure.code === "ENODEV")
      return error;
    return error.withHint(`${before.name} could not be put back as it was: ${failure.message}`);
  }
}

/** Joins the bridge, gets its options, comes up, in this order. The messages leave together unless it has to leave a bridge. */
async function join(
  connection: Connection,
  before: Link,
  settings: LinkSettings,
  options: BridgePortOptions,
): Promise<void> {
  if (given(options).length === 0) {
    await changeLink(connection, before, { ...settings, up: true });
    return;
  }
  const steps: (() => Promise<unknown>)[] = [
    () => changeLink(connection, before, settings),
    () => changeLink(connection, before, portSettings(options, { up: true })),
    async () => {
      checkTaken(await getLink(connection, before), options);
    },
  ];
  if (before.up) steps.unshift(() => changeLink(connection, before, { up: false }));
  if (before.master === undefined) await together(steps.map((step) => step()));
  else for (const step of steps) await step();
}

/**
 * Makes a link a port of a bridge: master, then the port's options, then up, so that it never forwards before it is
 * configured. A TUN or TAP takes on the bridge's MTU. When a step fails, the port is put back as it was.
 */
export async function attachPort(
  connection: Connection,
  port: LinkReference,
  bridge: LinkReference,
  { move, ...options }: AttachOptions,
): Promise<void> {
  const [before, master] = await together([getLink(connection, port), getLink(connection, bridge)]);
  if (master.kind !== "bridge") throw refuse("EINVAL", master.name, "it is not a bridge");
  if (before.master === master.index) {
    await changeOptions(connection, before, options);
    return;
  }
  if (before.master !== undefined && move !== true) {
    const owner = await getLink(connection, before.master);
    throw refuse(
      "EBUSY",
      before.name,
      `it belongs to ${owner.name} already`,
      "detach it first, or ask for it to be moved",
    );
  }
  const mtu = before.kind === "tun" && before.mtu !== master.mtu ? master.mtu : undefined;
  try {
    await join(connection, before, { master: master.index, mtu }, options);
  } catch (error) {
    throw await undone(connection, before, error);
  }
}

/** A port that is attached already keeps everything, but for the options that are given and differ. */
async function changeOptions(connection: Connection, port: Link, options: BridgePortOptions): Promise<void> {
  const present = optionsOf(port);
  const differing = given(options).filter((name) => present[name] !== options[name]);
  if (differing.length === 0) return;
  await setPortOptions(connection, port, Object.fromEntries(differing.map((name) => [name, options[name]])));
}

/** Changes a port's options, and checks that the kernel took them. */
export async function setPortOptions(
  connection: Connection,
  port: LinkReference,
  options: BridgePortOptions,
): Promise<void> {
  const [, after] = await together([changeLink(connection, port, portSettings(options)), getLink(connection, port)]);
  checkTaken(after, options);
}

/** Takes a port out of its bridge; one that is in none is left alone. */
export async function detachPort(connection: Connection, port: LinkReference): Promise<void> {
  await changeLink(connection, port, { master: 0 });
}

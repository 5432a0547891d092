import { InputError, quoted } from "../../base/errors.js";
import { checkObject } from "../../base/input.js";
import type { ClientLease } from "../../dhcp/client/client-lease.js";
import { entriesOf, objectOf, type Shape } from "../../netlink/codecs/shape.js";

function text(description: string): Shape<string> {
  return {
    schema: { type: "string", description },
    read(value) {
      if (typeof value !== "string") throw new InputError(`${quoted(value)} is no text`);
      return value;
    },
  };
}

function texts(description: string): Shape<Readonly<Record<string, string>>> {
  return {
    schema: { type: "object", additionalProperties: { type: "string" }, description },
    read(value) {
      const stray = entriesOf(value).find(([, each]) => typeof each !== "string");
      if (stray !== undefined) throw new InputError(`${quoted(stray[1])} is no text`, stray[0]);
      return value as Readonly<Record<string, string>>;
    },
  };
}

function time(description: string): Shape<number> {
  return {
    schema: { type: "number", description },
    read(value) {
      if (typeof value !== "number") throw new InputError(`${quoted(value)} is no time`);
      return value;
    },
  };
}

const network = {
  name: text("the network's name"),
  state: text("the folder of definitions"),
  run: text("the folder of what is up"),
};

/** What was read as JSON, and is what somebody who speaks to the service says that it is. */
function given<T extends object>(description: string): Shape<T> {
  return {
    schema: { type: "object", description },
    read(value) {
      checkObject(value);
      return value as T;
    },
  };
}

const lease = {
  link: text("the link's name"),
  clientId: text("what the server is to know the client by"),
  hostname: text("this machine's name"),
  lease: given<ClientLease>("a lease that another link had, which is to go on on this one"),
};

const plugin = {
  program: text("the name that the plugin was started under"),
  environment: texts("its environment"),
  input: text("its standard input"),
};

/** What the service is asked, and what is said with it, about the namespace whose descriptor comes with the question. */
export const questions = {
  status: objectOf({}, "what the service does"),
  serve: objectOf(network, "to give the guests of a network that is up their addresses", ["name", "state", "run"]),
  release: objectOf(network, "to do so no more", ["name", "state", "run"]),
  keepLease: objectOf(lease, "to get a link its address by DHCP and keep it, also when the service starts again", [
    "link",
  ]),
  releaseLease: objectOf({ link: lease.link }, "to give that address back", ["link"]),
  leaveLease: objectOf({ link: lease.link }, "to keep it no more, and leave the address until its lifetime is over", [
    "link",
  ]),
  leases: objectOf({}, "the leases that are kept"),
  ruleset: objectOf({}, "the socket that owns the tables, lent until the connection ends"),
  history: objectOf(
    { since: time("milliseconds since 1970") },
    "what happened there since a time, as far as the service knows",
    ["since"],
  ),
  /**
   * The container's namespace comes second. It is taken with "t", done when any byte tells so, and answered with the digit that the
   * plugin ends with, what it prints, and a line feed.
   */
  cni: objectOf(plugin, "what a plugin of the Container Network Interface was started for", [
    "program",
    "environment",
    "input",
  ]),
};

export type Method = keyof typeof questions;

/** What is said with a question. */
export type Asked<M extends Method> = ReturnType<(typeof questions)[M]["read"]>;

/** A question, as a line of JSON says it. */
export type Question = { readonly [M in Method]: { readonly method: M } & Asked<M> }[Method];

/** How the lease of a link is kept. */
export type KeptLeaseSettings = Omit<Asked<"keepLease">, "link">;

/** About the lease of a link. */
export type LeaseQuestion = Extract<Question, { readonly method: "keepLease" | "releaseLease" | "leaveLease" }>;

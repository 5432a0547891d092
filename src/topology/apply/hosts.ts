import { Host } from "../../host/host.js";
import type { Operation } from "../steps/operation.js";

/** The host that a declaration is applied to, and those of the namespaces that it names, which are opened when they are first spoken to. */
export interface Hosts extends AsyncDisposable {
  /** Undefined: the host's own. Rejects with NetlinkError, ENOENT, where no namespace has the name. */
  of({ namespace }: Pick<Operation, "namespace">): Promise<Host>;
}

export function hostsFrom(host: Host): Hosts {
  const opened = new Map<string, Promise<Host>>();
  return {
    async of({ namespace: name }) {
      if (name === undefined) return host;
      let there = opened.get(name);
      if (there === undefined) {
        opened.set(name, (there = Host.open({ namespace: { name } })));
        there.catch(() => opened.delete(name));
      }
      return there;
    },
    async [Symbol.asyncDispose]() {
      for (const each of opened.values()) await (await each.catch(() => undefined))?.close();
    },
  };
}

import type { Host } from "../../host/host.js";
import type { OpenNamespace } from "../../kernel/namespace-descriptor.js";
import type { NetworkFolders } from "../../networks/state-files.js";
import type { Attachment } from "../attachment.js";
import type { Call } from "../call.js";
import type { Ipam } from "../ipam/ipam.js";
import type { OptionTable } from "../options.js";
import type { Result } from "../result.js";

/** Where the work is done. */
export interface Where {
  readonly host: Host;
  /** Where linkwright's own networks are kept. */
  readonly networks: NetworkFolders;
  /** The ruleset with the tables that a service may own. */
  readonly rules: Pick<Host, "netfilter">;
}

/** An attachment that is being made. */
export interface Making extends Where {
  /** The container's namespace, which is being entered. */
  readonly container: Promise<Host>;
  /** The same, open, for links that are made there from here. */
  readonly namespace: OpenNamespace;
  readonly call: Call;
  readonly ipam: Ipam | undefined;
  readonly attachment: Attachment;
  /** The attachments of all containers, this one's among them. */
  all(): readonly Attachment[];
  /** Writes more of the attachment down, before it is made. */
  keep(more: Partial<Attachment>): Attachment;
}

/** An attachment that is looked at. */
export interface Checking extends Where {
  readonly container: Host;
  readonly call: Call;
  readonly attachment: Attachment | undefined;
  readonly previous: Result;
}

/** What is started under a name of its own: how it attaches a container. */
export interface Plugin {
  readonly options: OptionTable;
  /** What the attachment is known by before anything is made. Throws InputError for what cannot be meant. */
  plan(call: Call): Pick<Attachment, "masquerade" | "ports">;
  /** Rejects with CniError unless what it takes to attach a container is there. */
  ready?(where: Where, call: Call): Promise<void>;
  add(making: Making): Promise<Result>;
  /** Rejects with CniError unless it is as it was added. */
  check(checking: Checking): Promise<void>;
  /** Whether the interface is made in the container alone, where it says whose it is, and stays until it is removed. */
  readonly inside?: boolean;
  /** Takes an attachment's link out of what does not let go of it by itself, before it is removed. */
  leave?(where: Where, call: Call, link: string): Promise<void>;
  /** Forgets what was kept for an attachment, whose link is gone. */
  forget?(where: Where, call: Call, link: string): Promise<void>;
}

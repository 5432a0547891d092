import { bytes, descriptor, descriptors, link, list, number, object, optional, type Takes, text } from "./arguments.js";
import type { Host } from "./host.js";
import type { NamespaceTables } from "./namespace-tables.js";

/** What a host's own methods take. */
export const hostTakes: Takes<Omit<Host, keyof NamespaceTables>> = {
  link: [link("link"), optional(object("details"))],
  links: [optional(object("filter"))],
  addLink: [text("name"), text("kind"), optional(object("settings"))],
  addBridge: [text("name"), optional(object("settings"))],
  addVlan: [text("name"), object("settings")],
  addBond: [text("name"), optional(object("settings"))],
  addMacvlan: [text("name"), object("settings")],
  addMacvtap: [text("name"), object("settings")],
  addVxlan: [text("name"), object("settings")],
  addVeth: [text("name"), object("settings")],
  addNetkit: [text("name"), object("settings")],
  addTap: [text("name"), optional(object("options"))],
  openTap: [optional(text("name")), optional(object("options"))],
  openMacvtap: [link("link"), optional(object("options"))],
  tapForQemu: [optional(object("options"))],
  setLink: [link("link"), object("settings")],
  setKind: [link("link"), text("kind"), object("settings")],
  setBridge: [link("bridge"), object("settings")],
  setBond: [link("bond"), object("settings")],
  bondState: [link("bond")],
  setPort: [link("port"), object("options")],
  attach: [link("port"), link("bridge"), optional(object("options"))],
  detach: [link("port")],
  remove: [link("link")],
  removeAll: [list("links")],
  request: [text("name"), optional(object("request"))],
  connectSocket: [text("path")],
  sendDescriptors: [descriptor("socket"), descriptors("descriptors"), optional(bytes("bytes"))],
  receiveDescriptors: [descriptor("socket"), optional(number("most"))],
};

import { text } from "../netlink/codec.js";
import { mac } from "../netlink/internet.js";
import { flag8, u16 } from "../netlink/numbers.js";
import { words } from "../netlink/words.js";
import { shaped, wordOf } from "./word.js";

const name = text();

/** The words of the commands for QEMU. */
export const qemuSections = {
  qemuInstall: {
    title: "Installing",
    words: [
      wordOf(
        "bridge",
        shaped(name, "LINK|default-route"),
        "the bridge of the first policy, default-route unless given",
      ),
      wordOf("setuid", flag8, "users who are not root may start the helper"),
    ],
  },
  qemuTry: {
    title: "Trying",
    words: [
      wordOf(
        "program",
        words(u16, { ifup: 1, ifdown: 2, helper: 4 }),
        "the program that would be called, ifup unless given",
      ),
      wordOf("bridge", shaped(name, "LINK"), "the bridge that would be asked for"),
    ],
  },
  qemuRun: {
    title: "QEMU's TAP",
    words: [
      wordOf("bridge", shaped(name, "LINK"), "attach it to this bridge"),
      wordOf("queues", u16, "queues, 1 to 256"),
      wordOf("vhost", flag8, "let the kernel move the frames"),
      wordOf("mac", mac, "the guest's MAC; a random one of QEMU's unless given"),
      wordOf("name", shaped(name, "NAME"), "the TAP's name; the first free tapN unless given"),
    ],
  },
};

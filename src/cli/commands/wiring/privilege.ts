import { FILTER, filterProgram } from "../../../netlink/socket-filter.js";
import { native, needNative } from "../../../kernel/addon.js";

/** nobody and nogroup of Debian; the kernel's overflow ids (fs.overflowuid). */
const NOBODY = 65534;
/** SECCOMP_RET_ALLOW (linux/seccomp.h). */
const ALLOW = 0x7fff0000;

/**
 * From now on the process may do no more than anybody, and by no program that it starts more than that: user and group nobody,
 * no capabilities, and no_new_privs of all threads, which a filter brings that lets everything pass; a kernel without such filters has it of the thread
 * that starts programs. What only root may see is unknown to it. Does nothing where the user is not root, but for no_new_privs.
 */
export function giveUpPrivilege(): void {
  if (process.geteuid?.() === 0) {
    process.setgroups!([]);
    process.setgid!(NOBODY);
    process.setuid!(NOBODY);
  }
  needNative();
  native.filterSystemCalls(filterProgram([[FILTER.return, 0, 0, ALLOW]]));
}

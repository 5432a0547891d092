#include "files/mount.h"

#include <errno.h>
#include <linux/mount.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

/* By number: the C library's functions are newer than many a machine's C library. */
int mount_detached(const char *type, const char **syscall_name) {
  *syscall_name = "fsopen";
  int context = (int)syscall(SYS_fsopen, type, FSOPEN_CLOEXEC);
  if (context < 0)
    return -1;
  int root = -1;
  *syscall_name = "fsconfig";
  if (syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0) {
    *syscall_name = "fsmount";
    root = (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
  }
  int error = errno;
  close(context);
  errno = error;
  return root;
}

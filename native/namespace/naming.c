#include "namespace/naming.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* Where names are, in all mount namespaces that share it. */
#define NAMED "/run/netns"

/* A folder can be shared when something is mounted on it: itself, if need be. */
static int share_names(void) {
  if (mkdir(NAMED, 0755) != 0 && errno != EEXIST)
    return errno;
  if (mount("", NAMED, "none", MS_SHARED | MS_REC, NULL) == 0)
    return 0;
  bool good = errno == EINVAL && mount(NAMED, NAMED, "none", MS_BIND | MS_REC, NULL) == 0 &&
              mount("", NAMED, "none", MS_SHARED | MS_REC, NULL) == 0;
  return good ? 0 : errno;
}

/* The file that a namespace is to be mounted on. A name that somebody has not taken away whole is an empty file. */
static int make_file(const char *path) {
  int fd = open(path, O_RDONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0444);
  if (fd < 0)
    return errno;
  struct statfs of;
  int error = fstatfs(fd, &of) != 0 ? errno : of.f_type == NSFS_MAGIC ? EEXIST : 0;
  close(fd);
  return error;
}

int naming_give(const char *from, const char *path, const char **syscall_name) {
  *syscall_name = "mount";
  int error = strncmp(path, NAMED "/", sizeof NAMED) == 0 ? share_names() : 0;
  if (error != 0)
    return error;
  *syscall_name = "open";
  error = make_file(path);
  if (error != 0)
    return error;
  *syscall_name = "mount";
  if (mount(from, path, "none", MS_BIND, NULL) == 0)
    return 0;
  error = errno;
  unlink(path);
  return error;
}

int naming_take(const char *path, const char **syscall_name) {
  *syscall_name = "umount";
  if (umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) != 0 && errno != EINVAL)
    return errno;
  *syscall_name = "unlink";
  return unlink(path) == 0 ? 0 : errno;
}

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

/* A name that somebody has not taken away whole is an empty file. Anything else is none that may be mounted on. */
static int check_left(int fd) {
  struct statfs of;
  struct stat file;
  if (fstatfs(fd, &of) != 0 || fstat(fd, &file) != 0)
    return errno;
  return of.f_type != NSFS_MAGIC && S_ISREG(file.st_mode) && file.st_size == 0 ? 0 : EEXIST;
}

/* The file that a namespace is to be mounted on: made, unless there is what is left of a name. */
static int make_file(const char *path, bool *made) {
  int fd = open(path, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
  *made = fd >= 0;
  if (fd < 0 && errno == EEXIST)
    fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0)
    return errno;
  int error = *made ? 0 : check_left(fd);
  close(fd);
  return error;
}

int naming_give(const char *from, const char *path, const char **syscall_name) {
  *syscall_name = "mount";
  int error = strncmp(path, NAMED "/", sizeof NAMED) == 0 ? share_names() : 0;
  if (error != 0)
    return error;
  *syscall_name = "open";
  bool made = false;
  error = make_file(path, &made);
  if (error != 0)
    return error;
  *syscall_name = "mount";
  if (mount(from, path, "none", MS_BIND, NULL) == 0)
    return 0;
  error = errno;
  if (made)
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

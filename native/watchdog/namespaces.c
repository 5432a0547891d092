#include <linux/magic.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "namespace/naming.h"
#include "program.h"

static int home = -1;
static bool away;

static bool enter(int descriptor) {
  if (setns(descriptor, CLONE_NEWNET) != 0)
    return false;
  netlink_close();
  if (!netlink_open(NETLINK_ROUTE))
    return false;
  netlink_open(NETLINK_NETFILTER); /* what needs it, where there is none, says so */
  return true;
}

bool namespace_open(int descriptor) {
  home = descriptor;
  return fcntl(home, F_SETFD, FD_CLOEXEC) == 0 && enter(home);
}

bool namespace_home(void) {
  if (away)
    away = !enter(home);
  return !away;
}

bool namespace_is_away(void) { return away; }

static int failed(int error) {
  netlink_words = strerror(error);
  return error;
}

static int enter_path(const char *path) {
  int fd = openat(AT_FDCWD, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0)
    return failed(errno);
  away = true;
  int error = enter(fd) ? 0 : failed(errno);
  close(fd);
  return error;
}

static bool is_same(const char *path, const char *other_path) {
  struct stat one, other;
  return stat(path, &one) == 0 && stat(other_path, &other) == 0 && one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

/* A namespace may have its name still, or again: whoever put it aside had not taken it away. */
static int give(const char *from, const char *path) {
  const char *syscall_name;
  struct statfs of;
  if (statfs(from, &of) != 0)
    return errno == ENOENT ? 0 : failed(errno); /* none was put aside */
  if (of.f_type != NSFS_MAGIC)
    return 0;
  int error = naming_give(from, path, &syscall_name);
  if (error != EEXIST)
    return error == 0 ? 0 : failed(error);
  if (is_same(from, path))
    return 0;
  netlink_words = "another namespace has that name";
  return EEXIST;
}

int namespace_take(const struct step *step, unsigned char *message, size_t length) {
  const char *path = (const char *)message, *syscall_name;
  if (memchr(message, '\0', length) == NULL || message[length - 1] != '\0')
    return failed(EBADMSG);
  if (step->kind == ENTER)
    return enter_path(path);
  size_t end = strlen(path) + 1;
  /* Behind the name stands what gets it; nothing, where the name is taken away. */
  if (end != length)
    return give(path + end, path);
  int error = naming_take(path, &syscall_name);
  return error == 0 ? 0 : failed(error);
}

#include <sched.h>

#include "namespace/naming.h"
#include "program.h"

static int home = -1;
static bool away;

static bool enter(int descriptor) {
  if (setns(descriptor, CLONE_NEWNET) != 0 || !netlink_open(NETLINK_ROUTE))
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

int namespace_take(const struct step *step, unsigned char *message, size_t length) {
  const char *path = (const char *)message, *syscall_name;
  if (memchr(message, '\0', length) == NULL || message[length - 1] != '\0')
    return failed(EBADMSG);
  if (step->kind == ENTER)
    return enter_path(path);
  size_t end = strlen(path) + 1;
  /* Behind the name stands what gets it; nothing, where the name is taken away. */
  int error = end == length ? naming_take(path, &syscall_name) : naming_give(path + end, path, &syscall_name);
  return error == 0 ? 0 : failed(error);
}

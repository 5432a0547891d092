#include <limits.h>
#include <sys/stat.h>

#include "program.h"

enum { MOST_LINKS = 8 };

static bool is_roots(const struct stat *status, mode_t type) {
  return (status->st_mode & S_IFMT) == type && status->st_uid == 0 &&
         (type == S_IFLNK || (status->st_mode & (S_IWGRP | S_IWOTH)) == 0);
}

bool is_trusted(int fd, mode_t type) {
  struct stat status;
  return fstat(fd, &status) == 0 && is_roots(&status, type);
}

/* The length of what a link of root's leads to, put before what is left of the path; 0 when it cannot be followed. */
static size_t follow(int folder, const char *name, char path[PATH_MAX], const char *left) {
  char target[PATH_MAX];
  struct stat status;
  ssize_t length = readlinkat(folder, name, target, sizeof target);
  size_t behind = strlen(left), between = behind > 0;
  if (length <= 0 || (size_t)length + between + behind >= PATH_MAX ||
      fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) != 0 || !is_roots(&status, S_IFLNK))
    return 0;
  memmove(path + length + between, left, behind + 1);
  memcpy(path, target, (size_t)length);
  if (between > 0)
    path[length] = '/';
  return (size_t)length;
}

static int fail(const char *path, const char *why, int error, int folder) {
  if (folder >= 0)
    close(folder);
  if (error != ENOENT)
    complain(path, ": ", why);
  errno = error;
  return -1;
}

/* Whoever can replace a folder or a link on the way decides what is found at its end. */
int trusted_open(const char *path) {
  static const char distrust[] = "it, or a folder or a link on the way, is not root's, or others can write to it";
  char room[PATH_MAX], *next = room;
  size_t length = strlen(path);
  int fd = -1, links = 0;
  if (path[0] != '/' || length >= sizeof room)
    return fail(path, path[0] != '/' ? "this is no absolute path" : strerror(ENAMETOOLONG), EINVAL, -1);
  memcpy(room, path, length + 1);
  for (int folder = -1;; folder = fd) {
    char *name = next;
    if (*name == '/') { /* the root is where an absolute path starts */
      if (folder >= 0)
        close(folder);
      folder = openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
      if (folder < 0)
        return fail(path, strerror(errno), errno == ENOENT ? EIO : errno, -1);
      if (!is_trusted(folder, S_IFDIR))
        return fail(path, distrust, EPERM, folder);
      name += strspn(name, "/");
    }
    next = name + strcspn(name, "/");
    bool is_last = *next == '\0';
    if (!is_last)
      *next++ = '\0';
    next += strspn(next, "/");
    int how = is_last ? O_RDONLY | O_NONBLOCK : O_PATH | O_DIRECTORY;
    fd = openat(folder, *name != '\0' ? name : ".", how | O_NOFOLLOW | O_CLOEXEC);
    int error = fd < 0 ? errno : 0;
    if (error == ELOOP || error == ENOTDIR) {
      errno = 0;
      if (++links > MOST_LINKS || follow(folder, name, room, next) == 0)
        return fail(path, links > MOST_LINKS || errno != 0 ? strerror(error) : distrust, error, folder);
      next = room;
      fd = folder;
      continue;
    }
    if (error != 0)
      return fail(path, strerror(error), error, folder);
    close(folder);
    if (!is_trusted(fd, is_last ? S_IFREG : S_IFDIR))
      return fail(path, distrust, EPERM, fd);
    if (is_last)
      return fd;
  }
}

ssize_t read_whole(int fd, void *into, size_t room) {
  size_t length = 0;
  ssize_t count;
  do {
    count = read(fd, (char *)into + length, room - length);
    length += count > 0 ? (size_t)count : 0;
  } while (count > 0 && length < room);
  return count == 0 ? (ssize_t)length : -1;
}

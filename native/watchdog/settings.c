#include <linux/if.h>
#include <linux/if_tun.h>
#include <sys/ioctl.h>

#include "program.h"

enum { LONGEST_VALUE = 4096, NOBODY = -1 };

/* What a TAP is made with, or is given; of nobody it says nothing. src/runner/steps.ts writes it. */
struct tap {
  char name[IFNAMSIZ];
  uint32_t flags, index; /* index: 0 is any */
  int32_t owner, group;
};

static int failed(void) {
  netlink_words = strerror(errno);
  return errno;
}

static int malformed(void) {
  netlink_words = "the plan is malformed";
  return EBADMSG;
}

static bool is_below(const char *path, const char *folder) { return strncmp(path, folder, strlen(folder)) == 0; }

/* Of a setting of the network, which is that of the namespace that this is in, or of a device of the one that mounted /sys. */
#define SETTING "/proc/sys/net/"
#define DEVICE "/sys/class/net/"

static bool is_setting(const unsigned char *path, size_t length) {
  if (memchr(path, '\0', length) == NULL || strstr((const char *)path, "/../") != NULL)
    return false;
  return is_below((const char *)path, SETTING) || is_below((const char *)path, DEVICE);
}

static int read_setting(const char *path, struct row *answer) {
  unsigned char *room = netlink_keep(LONGEST_VALUE);
  int fd = openat(AT_FDCWD, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0)
    return failed();
  ssize_t count = room == NULL ? 0 : read(fd, room, LONGEST_VALUE);
  int error = count < 0 ? failed() : 0;
  close(fd);
  if (error == 0 && room != NULL)
    *answer = (struct row){room, (size_t)count};
  return error;
}

static int write_setting(const char *path, const unsigned char *value, size_t length) {
  int fd = openat(AT_FDCWD, path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0)
    return failed();
  int error = write(fd, value, length) == (ssize_t)length ? 0 : failed();
  close(fd);
  return error;
}

/* Makes a persistent TAP, or opens it, and says whose it is. */
static int make_tap(const struct tap *tap) {
  struct ifreq interface = {.ifr_flags = (short)tap->flags};
  unsigned index = tap->index;
  memcpy(interface.ifr_name, tap->name, sizeof interface.ifr_name - 1);
  int fd = openat(AT_FDCWD, "/dev/net/tun", O_RDWR | O_CLOEXEC);
  if (fd < 0)
    return failed();
  bool good = (index == 0 || ioctl(fd, TUNSETIFINDEX, &index) == 0) && ioctl(fd, TUNSETIFF, &interface) == 0 &&
              (tap->owner == NOBODY || ioctl(fd, TUNSETOWNER, (long)tap->owner) == 0) &&
              (tap->group == NOBODY || ioctl(fd, TUNSETGROUP, (long)tap->group) == 0) &&
              ioctl(fd, TUNSETPERSIST, 1) == 0; /* last: what fails before leaves no device */
  int error = good ? 0 : failed();
  close(fd);
  return error;
}

int setting_take(const struct step *step, unsigned char *message, size_t length) {
  struct tap tap;
  if (step->kind == ENTER || step->kind == NAME)
    return namespace_take(step, message, length);
  if (step->kind == TAP) {
    if (length != sizeof tap)
      return malformed();
    memcpy(&tap, message, sizeof tap);
    return make_tap(&tap);
  }
  if ((step->kind != READ && step->kind != WRITE) || !is_setting(message, length))
    return malformed();
  const char *path = (const char *)message;
  if (namespace_is_away() && is_below(path, DEVICE)) {
    netlink_words = "/sys here is another namespace's";
    return EXDEV;
  }
  size_t end = strlen(path) + 1;
  return step->kind == READ ? read_setting(path, &answers[step->answer]) : write_setting(path, message + end, length - end);
}

#include <linux/if.h>
#include <linux/if_tun.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "program.h"

#define RULES "/etc/qemu/bridge.conf"
#define DEEPEST_INCLUDE 8
#define SPACES " \t\n\f\r"

/*
 * Reads lines of "allow BRIDGE", "deny BRIDGE" and "include FILE"; a bridge may be "all". As with QEMU's helper, what
 * is wrong with an included file ends that file alone: it may be for others than the caller to read; and a tab
 * separates only where there is no space.
 */
static bool read_rules(const char *path, const char *bridge, int depth, bool *allowed, bool *denied) {
  char line[4096];
  FILE *file = path[0] == '/' && depth < DEEPEST_INCLUDE ? fopen(path, "re") : NULL;
  if (file == NULL)
    return depth == 0 && complain("%s: %s", path, strerror(errno));
  bool good = true;
  while (good && fgets(line, sizeof line, file) != NULL) {
    char *word = line + strspn(line, SPACES), *value = word + strcspn(word, strchr(word, ' ') != NULL ? " " : "\t");
    if (*word == '#' || *word == '\0')
      continue;
    if (*value != '\0')
      *value++ = '\0';
    else
      word = ""; /* nothing is behind it */
    value += strspn(value, SPACES);
    for (size_t end = strlen(value); end > 0 && strchr(SPACES, value[end - 1]) != NULL; end--)
      value[end - 1] = '\0';
    bool meant = strcmp(value, "all") == 0 || strcmp(value, bridge) == 0;
    if (strcmp(word, "include") == 0)
      read_rules(value, bridge, depth + 1, allowed, denied);
    else if (strlen(value) >= IFNAMSIZ)
      good = complain("%s: this is longer than any bridge's name: %s", path, value);
    else if (strcmp(word, "allow") == 0)
      *allowed = *allowed || meant;
    else if (strcmp(word, "deny") == 0)
      *denied = *denied || meant;
    else
      good = complain("%s: a line is none of allow, deny and include, each with a word: %s %s", path, word, value);
  }
  good = good && (ferror(file) == 0 || complain("%s cannot be read whole", path));
  fclose(file);
  return good;
}

bool helper_allows(const char *bridge) {
  bool allowed = false, denied = false;
  bool good = read_rules(RULES, bridge, 0, &allowed, &denied);
  return good && ((allowed && !denied) || complain("%s does not allow %s", RULES, bridge));
}

bool helper_can_pass(int socket) {
  int domain = -1;
  socklen_t size = sizeof domain;
  bool good = getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0;
  return (good && domain == AF_UNIX) || complain("descriptor %d is no UNIX socket", socket);
}

int helper_open_tap(bool vnet_hdr, char name[16]) {
  struct ifreq interface = {.ifr_name = "tap%d", .ifr_flags = IFF_TAP | IFF_NO_PI};
  unsigned features = 0;
  int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
  if (fd >= 0 && vnet_hdr && ioctl(fd, TUNGETFEATURES, &features) == 0 && (features & IFF_VNET_HDR) != 0)
    interface.ifr_flags |= IFF_VNET_HDR;
  if (fd >= 0 && ioctl(fd, TUNSETIFF, &interface) == 0) {
    snprintf(name, 16, "%s", interface.ifr_name);
    return fd;
  }
  complain(fd < 0 ? "/dev/net/tun: %s" : "no TAP could be made: %s", strerror(errno));
  if (fd >= 0)
    close(fd);
  return -1;
}

bool helper_pass(int socket, int tap) {
  union {
    struct cmsghdr header;
    char room[CMSG_SPACE(sizeof tap)];
  } control = {.header = {.cmsg_len = CMSG_LEN(sizeof tap), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS}};
  struct iovec zero = {(char[]){0}, 1};
  struct msghdr message = {.msg_iov = &zero, .msg_iovlen = 1, .msg_control = &control};
  message.msg_controllen = sizeof control.room;
  memcpy(CMSG_DATA(&control.header), &tap, sizeof tap);
  return sendmsg(socket, &message, MSG_NOSIGNAL) == 1 ||
         complain("the TAP could not be passed through descriptor %d: %s", socket, strerror(errno));
}

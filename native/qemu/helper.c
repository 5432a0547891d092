#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "program.h"

#define DEEPEST_INCLUDE 8

/* Reads a file of "allow BRIDGE", "deny BRIDGE" and "include FILE" lines; a bridge may be "all". */
static bool read_rules(const char *path, const char *bridge, int depth, bool *allowed, bool *denied) {
  char line[4096], word[4096], value[4096], more[2];
  FILE *file = depth < DEEPEST_INCLUDE ? fopen(path, "re") : NULL;
  if (file == NULL)
    return complain("%s: %s", path, depth < DEEPEST_INCLUDE ? strerror(errno) : "included too deeply");
  bool good = true;
  while (good && fgets(line, sizeof line, file) != NULL) {
    line[strcspn(line, "#\n")] = '\0';
    int words = sscanf(line, "%4095s %4095s %1s", word, value, more);
    if (words < 1)
      continue;
    bool meant = words == 2 && (strcmp(value, "all") == 0 || strcmp(value, bridge) == 0);
    if (words == 2 && strcmp(word, "allow") == 0)
      *allowed = *allowed || meant;
    else if (words == 2 && strcmp(word, "deny") == 0)
      *denied = *denied || meant;
    else if (words == 2 && strcmp(word, "include") == 0)
      good = read_rules(value, bridge, depth + 1, allowed, denied);
    else
      good = complain("%s: a line is none of allow, deny and include with one word: %s", path, line);
  }
  fclose(file);
  return good;
}

bool helper_allows(const char *path, const char *bridge) {
  bool allowed = false, denied = false;
  if (!read_rules(path, bridge, 0, &allowed, &denied))
    return false;
  return (allowed && !denied) || complain("%s does not allow %s", path, bridge);
}

int helper_open_tap(bool vnet_hdr, char name[16]) {
  struct ifreq interface = {.ifr_name = "tap%d", .ifr_flags = IFF_TAP | IFF_NO_PI};
  unsigned features = 0;
  int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
  if (fd < 0) {
    complain("/dev/net/tun: %s", strerror(errno));
    return -1;
  }
  if (vnet_hdr && ioctl(fd, TUNGETFEATURES, &features) == 0 && (features & IFF_VNET_HDR) != 0)
    interface.ifr_flags |= IFF_VNET_HDR;
  if (ioctl(fd, TUNSETIFF, &interface) != 0) {
    complain("no TAP could be made: %s", strerror(errno));
    close(fd);
    return -1;
  }
  snprintf(name, 16, "%s", interface.ifr_name);
  return fd;
}

bool helper_pass(int socket, int tap) {
  union {
    struct cmsghdr header;
    char room[CMSG_SPACE(sizeof tap)];
  } control = {.header = {.cmsg_len = CMSG_LEN(sizeof tap), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS}};
  struct iovec zero = {(char[]){0}, 1};
  struct msghdr message = {.msg_iov = &zero, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control.room};
  memcpy(CMSG_DATA(&control.header), &tap, sizeof tap);
  ssize_t sent;
  do {
    sent = sendmsg(socket, &message, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent == 1 || complain("the TAP could not be passed through descriptor %d: %s", socket, strerror(errno));
}

#include <linux/if.h>
#include <linux/if_tun.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "program.h"

bool helper_can_pass(int socket) {
  int domain = -1;
  socklen_t size = sizeof domain;
  bool good = getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0;
  char number[11];
  return (good && domain == AF_UNIX) ||
         complain("descriptor ", decimal((uint32_t)socket, number), " is no UNIX socket");
}

int helper_open_tap(bool vnet_hdr, char name[16]) {
  struct ifreq interface = {.ifr_name = "tap%d", .ifr_flags = IFF_TAP | IFF_NO_PI};
  unsigned features = 0;
  int fd = openat(AT_FDCWD, "/dev/net/tun", O_RDWR | O_CLOEXEC);
  if (fd >= 0 && vnet_hdr && ioctl(fd, TUNGETFEATURES, &features) == 0 && (features & IFF_VNET_HDR) != 0)
    interface.ifr_flags |= IFF_VNET_HDR;
  if (fd >= 0 && ioctl(fd, TUNSETIFF, &interface) == 0) {
    memcpy(name, interface.ifr_name, sizeof interface.ifr_name);
    return fd;
  }
  complain(fd < 0 ? "/dev/net/tun: " : "no TAP could be made: ", strerror(errno));
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
  char number[11];
  return sendmsg(socket, &message, MSG_NOSIGNAL) == 1 ||
         complain("the TAP could not be passed through descriptor ", decimal((uint32_t)socket, number), ": ",
                  strerror(errno));
}

#include "netlink/netlink.h"

#include <errno.h>
#include <linux/netlink.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "files/interrupted.h"

#define SEND_BUFFER (1 << 20)
#define MOST_SENT (1 << 29)
/* Datagrams thrown away at once: a table of a million links. */
#define MOST_LEFT 65536
#define RECEIVE_BUFFER (16 << 20)
/* More than the kernel charges a socket for the reply to most requests. */
#define REPLY_ROOM 8192
/* Requests sent at once before the size of their replies is known. */
#define FIRST_LIMIT 64
/*
 * Room for any datagram: the kernel allocates each at once, and never more than this. To a reader with so much room it
 * sends a dump in parts of 32 KiB.
 */
#define LARGEST_DATAGRAM (4 << 20)
/* What is mapped at once beside that. */
#define SPARE_ROOM 32768
/* The kernel answers within sendmsg; a reply that is not there so long after that is lost. */
#define REPLY_SECONDS 5

static int set_int(int fd, int level, int option, int value) {
  return setsockopt(fd, level, option, &value, sizeof value);
}

static int get_int(int fd, int option) {
  int value = 0;
  socklen_t length = sizeof value;
  return getsockopt(fd, SOL_SOCKET, option, &value, &length) == 0 ? value : 0;
}

static int grow_buffer(int fd, int forced, int plain, int size) {
  /* Without privilege over the machine the system's limit holds, and batches are smaller. */
  return set_int(fd, SOL_SOCKET, forced, size) == 0 ? 0 : set_int(fd, SOL_SOCKET, plain, size);
}

static int set_up(struct netlink_socket *netlink, const char **syscall) {
  struct timeval patience = {.tv_sec = REPLY_SECONDS};
  int fd = netlink->fd;
  *syscall = "setsockopt";
  if (set_int(fd, SOL_NETLINK, NETLINK_EXT_ACK, 1) != 0 ||
      set_int(fd, SOL_NETLINK, NETLINK_CAP_ACK, 1) != 0 ||
      set_int(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, 1) != 0 ||
      setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0 ||
      grow_buffer(fd, SO_RCVBUFFORCE, SO_RCVBUF, RECEIVE_BUFFER) != 0 ||
      grow_buffer(fd, SO_SNDBUFFORCE, SO_SNDBUF, SEND_BUFFER) != 0)
    return errno;
  int send_buffer = get_int(fd, SO_SNDBUF), receive_buffer = get_int(fd, SO_RCVBUF);
  if (send_buffer < 4096 || receive_buffer < REPLY_ROOM)
    return ENOBUFS;
  netlink->send_limit = (size_t)send_buffer / 2;
  netlink->receive_buffer = (size_t)receive_buffer;
  netlink->reply_room = REPLY_ROOM;
  netlink->reply_limit = FIRST_LIMIT;
  return 0;
}

int netlink_adopt(struct netlink_socket *netlink, int fd, const char **syscall) {
  netlink->fd = fd;
  int error = set_up(netlink, syscall);
  if (error != 0)
    netlink_close(netlink);
  return error;
}

int netlink_open(struct netlink_socket *netlink, int family, const char **syscall) {
  struct sockaddr_nl address = {.nl_family = AF_NETLINK};
  *syscall = "socket";
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, family);
  if (fd < 0)
    return errno;
  *syscall = "bind";
  if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0) {
    int error = errno;
    close(fd);
    return error;
  }
  return netlink_adopt(netlink, fd, syscall);
}

int netlink_let_send(struct netlink_socket *netlink, size_t length) {
  if (length <= netlink->send_limit)
    return 0;
  if (length > MOST_SENT)
    return EMSGSIZE;
  if (grow_buffer(netlink->fd, SO_SNDBUFFORCE, SO_SNDBUF, (int)length) != 0)
    return errno;
  netlink->send_limit = (size_t)get_int(netlink->fd, SO_SNDBUF) / 2;
  return length <= netlink->send_limit ? 0 : EMSGSIZE;
}

void netlink_close(struct netlink_socket *netlink) {
  if (netlink->fd >= 0)
    close(netlink->fd);
  netlink->fd = -1;
  if (netlink->received != NULL)
    munmap(netlink->received, netlink->room);
  netlink->received = NULL;
  netlink->length = netlink->room = 0;
}

/* Straight from the kernel, so that the room is paid for as it is used. */
int netlink_make_room(struct netlink_socket *netlink, size_t length) {
  if (netlink->room - netlink->length >= length)
    return 0;
  size_t room = netlink->length + length + SPARE_ROOM;
  void *bytes = netlink->received == NULL
                    ? mmap(NULL, room, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
                    : mremap(netlink->received, netlink->room, room, MREMAP_MAYMOVE);
  if (bytes == MAP_FAILED)
    return ENOMEM;
  netlink->received = bytes;
  netlink->room = room;
  return 0;
}

ssize_t netlink_receive(struct netlink_socket *netlink, int flags) {
  int error = netlink_make_room(netlink, LARGEST_DATAGRAM);
  if (error != 0) {
    errno = error;
    return -1;
  }
  for (unsigned times = 0;;) {
    struct sockaddr_nl sender = {0};
    struct iovec target = {netlink->received + netlink->length, LARGEST_DATAGRAM};
    struct msghdr message = {
        .msg_name = &sender, .msg_namelen = sizeof sender, .msg_iov = &target, .msg_iovlen = 1};
    ssize_t length = recvmsg(netlink->fd, &message, flags);
    if (length < 0 && is_interrupted(&times))
      continue;
    if ((message.msg_flags & MSG_TRUNC) != 0) {
      errno = EMSGSIZE;
      return -1;
    }
    if (length < 0 || sender.nl_pid == 0)
      return length;
  }
}

void netlink_settle(struct netlink_socket *netlink) {
  size_t length = netlink->length;
  for (unsigned i = 0; netlink->unsettled && i < MOST_LEFT; i++) {
    if (netlink_receive(netlink, MSG_DONTWAIT) >= 0)
      continue;
    if (errno == EINTR)
      break;
    netlink->unsettled = errno != EAGAIN;
  }
  netlink->length = length;
}

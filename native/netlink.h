#ifndef LINKWRIGHT_NETLINK_H
#define LINKWRIGHT_NETLINK_H

#include <stddef.h>
#include <sys/types.h>

/* A NETLINK_ROUTE socket, used by its host's thread alone. */
struct netlink_socket {
  int fd;
  size_t send_limit;    /* bytes that one sendmsg may carry */
  size_t receive_buffer; /* what the kernel lets wait for the socket */
  size_t reply_room;     /* more than the largest reply so far took of that */
  unsigned reply_limit;  /* requests that one sendmsg may carry */
  unsigned char *received;
  size_t length, room; /* of what is received and not yet handed over */
};

/* Opens and sets up the socket: an errno and what failed, or 0. */
int netlink_open(struct netlink_socket *netlink, const char **syscall);
void netlink_close(struct netlink_socket *netlink);
/* Makes room for so many bytes behind what has been received: an errno, or 0. */
int netlink_make_room(struct netlink_socket *netlink, size_t length);
/* Receives one datagram whole, behind what has been received: its length, or -1 with errno set. */
ssize_t netlink_receive(struct netlink_socket *netlink, int flags);

#endif

#ifndef LINKWRIGHT_NETLINK_H
#define LINKWRIGHT_NETLINK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* A netlink socket of any family, for requests and their replies. */
struct netlink_socket {
  int fd;
  bool waits;            /* for replies that are not there yet */
  bool unsettled;        /* there may be replies left, or a dump half-way */
  size_t send_limit;     /* bytes that one sendmsg may carry */
  size_t receive_buffer; /* what the kernel lets wait for the socket */
  size_t reply_room;     /* more than the largest reply so far took of that */
  unsigned reply_limit;  /* requests that one sendmsg may carry */
  unsigned char *received;
  size_t length, room; /* of what is received and not yet handed over */
};

/* Opens and sets up a socket of a family (NETLINK_ROUTE, …): an errno and what failed, or 0. */
int netlink_open(struct netlink_socket *netlink, int family, const char **syscall);
/* Sets up a socket that is open already, which it closes when that fails. */
int netlink_adopt(struct netlink_socket *netlink, int fd, const char **syscall);
void netlink_close(struct netlink_socket *netlink);
/* Lets one sendmsg carry so many bytes, where the system does: an errno, or 0. */
int netlink_let_send(struct netlink_socket *netlink, size_t length);
/* Makes room for so many bytes behind what has been received: an errno, or 0. */
int netlink_make_room(struct netlink_socket *netlink, size_t length);
/* Throws away what is left of a conversation that failed: a dump goes on until it has been read to its end. */
void netlink_settle(struct netlink_socket *netlink);
/* Receives one datagram whole, behind what has been received: its length, or -1 with errno set. */
ssize_t netlink_receive(struct netlink_socket *netlink, int flags);

#endif

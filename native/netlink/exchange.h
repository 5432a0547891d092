#ifndef LINKWRIGHT_EXCHANGE_H
#define LINKWRIGHT_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>

#include "netlink/condition.h"
#include "netlink/netlink.h"

/* Requests sent over a netlink socket, and what answers them received behind `netlink->received`. */

/* Replies are worth handing over when there are so many bytes of them. */
#define PIECE_SIZE 32768

/* Whole messages, one after the other, whose sequence numbers follow each other. */
struct requests {
  unsigned char *bytes;
  size_t length;
  struct conditions conditions;
};

/* Takes what has been received out of the socket: an errno, or 0. */
struct listener {
  int (*hand_over)(void *context);
  void *context;
};

/* True when the bytes are whole messages, each padded to NLMSG_ALIGNTO. */
bool requests_well_formed(const unsigned char *bytes, size_t length);

/*
 * Sends requests, as many at once as the socket's buffers allow, and receives until the last has been answered: an errno and
 * what failed, or 0. Each must ask for an acknowledgement, be a dump, which is sent alone, or be answered by one message.
 *
 * A batch (nfnetlink: from NFNL_MSG_BATCH_BEGIN to NFNL_MSG_BATCH_END) leaves in one sendmsg, which the kernel executes as a
 * whole; what it had to say by the time that returned is received: errors, what was asked for, or nothing.
 */
int exchange_requests(struct netlink_socket *netlink, const struct requests *requests, const struct listener *listener,
             bool batch, const char **syscall);

#endif

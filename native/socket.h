#ifndef LINKWRIGHT_SOCKET_H
#define LINKWRIGHT_SOCKET_H

#include <node_api.h>
#include <stddef.h>

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

/*
 * exchange(handle, id, bytes, guards): sends netlink messages and delivers what answers them, in pieces of whole
 * datagrams. Each message must ask for an acknowledgement, be a dump, or be answered by a single message; a dump is sent alone. Their sequence
 * numbers follow each other.
 * What guards are, guard.h says.
 */
napi_value socket_exchange(napi_env env, napi_callback_info info);

#endif

#ifndef LINKWRIGHT_SOCKET_H
#define LINKWRIGHT_SOCKET_H

#include <node_api.h>
#include <stddef.h>

/* A NETLINK_ROUTE socket, used by its host's thread alone. */
struct netlink_socket {
  int fd;
  size_t send_limit;    /* bytes that one sendmsg may carry */
  unsigned reply_limit; /* requests whose replies are sure to fit the socket's receive buffer */
  unsigned char *received;
  size_t length, room; /* of what is received and not yet handed over */
};

/* Opens and sets up the socket: an errno and what failed, or 0. */
int netlink_open(struct netlink_socket *netlink, const char **syscall);
void netlink_close(struct netlink_socket *netlink);

/*
 * exchange(handle, id, bytes, guards): sends netlink messages and delivers what answers them, in pieces of whole
 * datagrams. Each message must ask for an acknowledgement or be a dump; a dump is sent alone. Their sequence
 * numbers follow each other.
 *
 * A guard says that a message is sent only if the reply to the one before it has, or lacks, an attribute. One that
 * is not sent is answered by an acknowledgement with ECANCELED. `guards` is a Uint32Array with five numbers each, in
 * the order of the messages: the message's offset, the size of the header before the attributes of the reply, the
 * attribute's number, 1 when it must be there and hold a 32-bit number or 0 when it must be absent, that number.
 */
napi_value socket_exchange(napi_env env, napi_callback_info info);

#endif

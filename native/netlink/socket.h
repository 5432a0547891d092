#ifndef LINKWRIGHT_SOCKET_H
#define LINKWRIGHT_SOCKET_H

#include <node_api.h>

/* Netlink sockets in a thread's namespace, as many as are needed, and requests over them. */

/*
 * openSocket(thread, id, family, descriptor): a socket's handle, at once; requests over it wait for the opening, which
 * the id is told of. `descriptor`: an open netlink socket, of which a duplicate is used; undefined for a new one.
 */
napi_value socket_open(napi_env env, napi_callback_info info);
/* closeSocket(thread, id, socket). */
napi_value socket_close(napi_env env, napi_callback_info info);
/*
 * exchange(thread, id, socket, bytes, conditions, batch): requests made by the thread; delivers what answers them, in pieces of
 * whole datagrams. What requests have to be like, conversation.h says, what conditions are, condition.h.
 */
napi_value socket_exchange(napi_env env, napi_callback_info info);
/*
 * exchangeNow(thread, socket, bytes, conditions, buffer): the same by the calling thread, which waits for nothing but what the kernel
 * does within sendmsg. Gives the number of bytes put into the buffer; { errno, syscall, answered } where they are more, or
 * something failed; or undefined when nothing was sent, as the thread has work, or another thread its turn (turn.h).
 */
napi_value socket_exchange_now(napi_env env, napi_callback_info info);

#endif

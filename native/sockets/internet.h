#ifndef LINKWRIGHT_INTERNET_H
#define LINKWRIGHT_INTERNET_H

#include <node_api.h>

/* Sockets of UDP and TCP in the namespace of a thread, which Node's own dgram and net go on with. */

/*
 * openInternet(thread, id, stream, address, port): a descriptor of a socket of TCP (`stream`) or UDP, of the family of the
 * address. With a port it is bound, also to an address that is not there yet (IP_FREEBIND), and of TCP it listens; with port 0 it
 * is neither.
 */
napi_value internet_open(napi_env env, napi_callback_info info);

#endif

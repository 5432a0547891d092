#ifndef LINKWRIGHT_SOCKET_H
#define LINKWRIGHT_SOCKET_H

#include <node_api.h>

/*
 * exchange(handle, id, bytes, guards): sends netlink messages and delivers what answers them, in pieces of whole
 * datagrams. Each message must ask for an acknowledgement, be a dump, or be answered by a single message; a dump is sent alone. Their sequence
 * numbers follow each other.
 * What guards are, guard.h says.
 */
napi_value socket_exchange(napi_env env, napi_callback_info info);

#endif

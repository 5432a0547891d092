#ifndef LINKWRIGHT_SOCKET_FILTER_H
#define LINKWRIGHT_SOCKET_FILTER_H

#include <linux/filter.h>
#include <node_api.h>
#include <stdbool.h>

/* Filters of sockets: instructions of classic BPF (struct sock_filter) in a Uint8Array, none where it is empty. */

/* The instructions as they are, to be copied or used at once; false with an exception pending. */
bool filter_read(napi_env env, napi_value value, struct sock_fprog *filter);
/* A copy, whose `filter` is to be freed; false with an exception pending. */
bool filter_copy(napi_env env, napi_value value, struct sock_fprog *filter);
/* Sets a socket's filter, or takes away the one that it has, if it has one: 0, or -1 with errno. */
int filter_attach(int fd, const struct sock_fprog *filter);

#endif

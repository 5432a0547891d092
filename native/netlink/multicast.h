#ifndef LINKWRIGHT_MULTICAST_H
#define LINKWRIGHT_MULTICAST_H

#include <node_api.h>

/* Netlink sockets that receive what the kernel tells everybody: descriptors, to be polled and read by the event loop. */

/*
 * openMulticast(thread, id, family, groups, receiveBuffer, filter, allNamespaces): a descriptor of a socket in groups of a family,
 * by their numbers. `receiveBuffer`: bytes, 0 for the system's choice. `filter`: instructions of classic BPF (struct
 * sock_filter), none where empty. `allNamespaces`: those of other namespaces, too, that have an id here
 * (NETLINK_LISTEN_ALL_NSID).
 */
napi_value multicast_open(napi_env env, napi_callback_info info);
/* setMembership(descriptor, group, joined): 0 or a negative errno. */
napi_value multicast_set_membership(napi_env env, napi_callback_info info);
/* setFilter(descriptor, filter): 0 or a negative errno; an empty filter is none. */
napi_value multicast_set_filter(napi_env env, napi_callback_info info);
/*
 * receiveBatch(descriptor, buffer, report): reads datagrams until there are none, or no room. Each starts at a multiple of four
 * bytes. The report are 32-bit numbers: how many datagrams; 1 when more may wait; how often the kernel said that some were lost
 * (ENOBUFS); how many it has lost since the socket was opened, -1 if it does not say; a negative errno that ended the reading, or 0; the size of a
 * datagram that is larger than the whole buffer, or 0; then for each datagram where it starts, how long it is, and the id of
 * its namespace, -1 for the socket's own.
 */
napi_value multicast_receive(napi_env env, napi_callback_info info);

#endif

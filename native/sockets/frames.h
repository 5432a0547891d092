#ifndef LINKWRIGHT_FRAMES_H
#define LINKWRIGHT_FRAMES_H

#include <node_api.h>

/* Ethernet frames of a link, for programs that are peers of those behind it: a DHCP server on a bridge. */

/*
 * openFrames(thread, id, link, filter): a descriptor of a socket (AF_PACKET) bound to a link, by its index. Each frame is read and
 * written whole, behind a struct virtio_net_hdr, which says whether its checksum was left to hardware (PACKET_VNET_HDR).
 * `filter`: instructions of classic BPF (struct sock_filter), none where empty.
 */
napi_value frames_open(napi_env env, napi_callback_info info);
/*
 * claimPort(thread, id, link, port): a descriptor of a UDP socket that takes a port of IPv4 on a link, and receives nothing: while it
 * is open, nobody else has the port there, and the kernel does not answer that it is unreachable.
 */
napi_value frames_claim_port(napi_env env, napi_callback_info info);

#endif

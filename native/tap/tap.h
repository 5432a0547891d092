#ifndef LINKWRIGHT_TAP_H
#define LINKWRIGHT_TAP_H

#include <node_api.h>

/* TUN/TAP devices (linux/if_tun.h, Documentation/networking/tuntap.rst), worked on by a thread. */

/*
 * openTap(handle, id, name, flags, queues, keep, ioctls): opens /dev/net/tun once a queue and names the device.
 * `flags` are those of TUNSETIFF. `ioctls` is [request, value, request, value, ...], ioctls made in order on the
 * first queue. Unless `keep`, the descriptors are closed again. Gives { name, index, descriptors }.
 */
napi_value tap_open(napi_env env, napi_callback_info info);

/*
 * controlTap(handle, id, descriptor, ioctls): the ioctls in order on an open queue; gives an array of what each
 * returned: a number, or "name flags" for TUNGETIFF.
 */
napi_value tap_control(napi_env env, napi_callback_info info);

#endif

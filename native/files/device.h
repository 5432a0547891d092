#ifndef LINKWRIGHT_DEVICE_H
#define LINKWRIGHT_DEVICE_H

#include <node_api.h>

/* openDevice(handle, id, path, major, minor): a descriptor of a character device, by the node at the path if that is it,
   otherwise by a node of its own in a filesystem that is mounted nowhere. */
napi_value device_open(napi_env env, napi_callback_info info);

#endif

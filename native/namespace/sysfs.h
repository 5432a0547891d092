#ifndef LINKWRIGHT_SYSFS_H
#define LINKWRIGHT_SYSFS_H

#include <node_api.h>

/*
 * The sysfs of a thread's own network namespace, mounted nowhere: what the machine's /sys shows of links is those of the
 * namespace that it was mounted in. Paths are below its root, such as "class/net/eth0/ifindex".
 */

/* readSysfs(handle, id, path): the text. */
napi_value sysfs_read(napi_env env, napi_callback_info info);
/* writeSysfs(handle, id, path, text): in one write. */
napi_value sysfs_write(napi_env env, napi_callback_info info);
/* listSysfs(handle, id, path): the names in a folder, a line each. */
napi_value sysfs_list(napi_env env, napi_callback_info info);

#endif

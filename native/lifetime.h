#ifndef LINKWRIGHT_LIFETIME_H
#define LINKWRIGHT_LIFETIME_H

#include <node_api.h>

/*
 * How a host's thread begins and ends: opened in its namespace, closed, lost to the garbage collector, or left behind by an event
 * loop that ends. Its sockets are closed by the thread itself (thread/thread.c); every descriptor that was given out is closed here,
 * once it has ended (descriptors_release), in threads of its own (thread/closing_threads.c).
 */

/* openThread(namespaceKind, namespaceValue, onEvent): handle; onEvent(id, more, errno, syscall, value) is told
   with id 0 when the thread lives in its namespace or could not enter it. */
napi_value lifetime_open(napi_env env, napi_callback_info info);
/* closeThread(handle, id): ends the thread after the work already queued, then closes every descriptor. */
napi_value lifetime_close(napi_env env, napi_callback_info info);

#endif

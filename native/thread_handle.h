#ifndef LINKWRIGHT_THREAD_HANDLE_H
#define LINKWRIGHT_THREAD_HANDLE_H

#include <node_api.h>

/* A thread's life, as JavaScript sees it. */

/* openThread(namespaceKind, namespaceValue, onEvent): handle; onEvent(id, more, errno, syscall, value) is told
   with id 0 when the thread lives in its namespace or could not enter it. */
napi_value handle_open(napi_env env, napi_callback_info info);
/* closeThread(handle, id): ends the thread after the work already queued, then closes every descriptor. */
napi_value handle_close(napi_env env, napi_callback_info info);

#endif

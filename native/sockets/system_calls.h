#ifndef LINKWRIGHT_SYSTEM_CALLS_H
#define LINKWRIGHT_SYSTEM_CALLS_H

#include <node_api.h>

/*
 * filterSystemCalls(filter): all threads of the process may from now on do what a program of classic BPF lets them
 * (seccomp(2)), and gain no privilege by what they start (no_new_privs). 0, or a negative errno.
 */
napi_value system_calls_filter(napi_env env, napi_callback_info info);

#endif

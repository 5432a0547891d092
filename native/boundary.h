#ifndef LINKWRIGHT_BOUNDARY_H
#define LINKWRIGHT_BOUNDARY_H

#include <node_api.h>

/* Leaves the calling function with a JavaScript exception pending when a Node-API call fails. */
#define REQUIRE(env, call)                                                                         \
  do {                                                                                             \
    if ((call) != napi_ok) {                                                                       \
      throw_last_error(env);                                                                       \
      return NULL;                                                                                 \
    }                                                                                              \
  } while (0)

/* Turns the last failed Node-API call into a JavaScript TypeError, unless one is pending already. */
void throw_last_error(napi_env env);

/* Throws a JavaScript Error with the name of an errno as its code. */
void throw_errno(napi_env env, int error);

/* Reads the arguments of a call; throws and returns 0 unless there are exactly `count` of them. */
int read_arguments(napi_env env, napi_callback_info info, size_t count, napi_value *arguments);

/* Adds a function under a name to the addon's exports; returns 0 when that fails. */
int export_function(napi_env env, napi_value exports, const char *name, napi_callback function);

#endif

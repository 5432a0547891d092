#ifndef LINKWRIGHT_BOUNDARY_H
#define LINKWRIGHT_BOUNDARY_H

#include <node_api.h>

/* Between C and JavaScript. Every error that is thrown from here has a `code`. */

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
/* Throws a JavaScript Error with the name of an errno as its code, and these words, or the errno's own. */
void throw_errno(napi_env env, int error, const char *words);
/* Throws a TypeError: an argument is not what it has to be. */
void throw_type(napi_env env, const char *words);
/* Throws a RangeError: an argument cannot be meant. */
void throw_range(napi_env env, const char *words);

/* Reads the arguments of a call; throws and returns 0 unless there are exactly `count` of them. */
int read_arguments(napi_env env, napi_callback_info info, size_t count, napi_value *arguments);
/* The bytes of a Uint8Array, or false with an exception pending. */
int read_bytes(napi_env env, napi_value value, void **bytes, size_t *length);

/*
 * A value that JavaScript only holds, with a tag that says what is behind it. The data belongs to it: `finalize` is called
 * when JavaScript lets go of it, or when it cannot be made: NULL, with an exception pending.
 */
napi_value handle_new(napi_env env, void *data, napi_finalize finalize, const napi_type_tag *tag);
/* What is behind such a value, or NULL with an exception pending when it is not one of this tag. */
void *handle_data(napi_env env, napi_value value, const napi_type_tag *tag);

#endif

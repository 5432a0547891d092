#include "boundary.h"

#include <stdbool.h>
#include <string.h>
#include <uv.h>

void throw_type(napi_env env, const char *words) {
  napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", words);
}

void throw_range(napi_env env, const char *words) {
  napi_throw_range_error(env, "ERR_OUT_OF_RANGE", words);
}

void throw_last_error(napi_env env) {
  const napi_extended_error_info *info = NULL;
  bool pending = false;
  napi_get_last_error_info(env, &info);
  const char *message = info != NULL && info->error_message != NULL ? info->error_message
                                                                     : "a Node-API call failed";
  if (napi_is_exception_pending(env, &pending) == napi_ok && !pending)
    throw_type(env, message);
}

void throw_errno(napi_env env, int error, const char *words) {
  napi_throw_error(env, uv_err_name(-error), words != NULL ? words : strerror(error));
}

int read_arguments(napi_env env, napi_callback_info info, size_t count, napi_value *arguments) {
  size_t given = count;
  if (napi_get_cb_info(env, info, &given, arguments, NULL, NULL) != napi_ok || given != count) {
    throw_type(env, "wrong number of arguments");
    return 0;
  }
  return 1;
}

int read_bytes(napi_env env, napi_value value, void **bytes, size_t *length) {
  if (napi_get_buffer_info(env, value, bytes, length) == napi_ok)
    return 1;
  throw_last_error(env);
  return 0;
}

napi_value handle_new(napi_env env, void *data, napi_finalize finalize, const napi_type_tag *tag) {
  napi_value value;
  if (napi_create_external(env, data, finalize, NULL, &value) != napi_ok) {
    throw_last_error(env);
    finalize(env, data, NULL);
    return NULL;
  }
  REQUIRE(env, napi_type_tag_object(env, value, tag));
  return value;
}

void *handle_data(napi_env env, napi_value value, const napi_type_tag *tag) {
  void *data = NULL;
  bool tagged = false;
  if (napi_get_value_external(env, value, &data) == napi_ok &&
      napi_check_object_type_tag(env, value, tag, &tagged) == napi_ok && tagged)
    return data;
  throw_type(env, "not a handle of the kind that is needed here");
  return NULL;
}

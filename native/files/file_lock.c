#include "files/file_lock.h"

#include <errno.h>
#include <stdint.h>
#include <sys/file.h>

#include "boundary.h"

napi_value file_lock(napi_env env, napi_callback_info info) {
  napi_value argument, result;
  int32_t fd;
  if (!read_arguments(env, info, 1, &argument))
    return NULL;
  REQUIRE(env, napi_get_value_int32(env, argument, &fd));
  int error = flock(fd, LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
  REQUIRE(env, napi_create_int32(env, -error, &result));
  return result;
}

#include "sockets/system_calls.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "boundary.h"
#include "sockets/socket_filter.h"

static int filter_all_threads(const struct sock_fprog *filter) {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    return errno;
  /* The thread that cannot follow is the result. */
  long result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, filter);
  return result == 0 ? 0 : result > 0 ? ESRCH : errno;
}

napi_value system_calls_filter(napi_env env, napi_callback_info info) {
  napi_value argument, result;
  struct sock_fprog filter;
  if (!read_arguments(env, info, 1, &argument) || !filter_read(env, argument, &filter))
    return NULL;
  REQUIRE(env, napi_create_int32(env, -filter_all_threads(&filter), &result));
  return result;
}

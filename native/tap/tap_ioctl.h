#ifndef LINKWRIGHT_TAP_IOCTL_H
#define LINKWRIGHT_TAP_IOCTL_H

#include <net/if.h>
#include <node_api.h>
#include <stdbool.h>
#include <stdint.h>

/* Requests to a TUN/TAP device (ioctl), each by the name that the kernel gives it and with a number. */

struct request;

struct tap_ioctl {
  const struct request *request;
  int64_t value; /* what is set; then what is got */
  char name[IFNAMSIZ];
};

/* Reads [request, value, request, value, ...]: false when it is something else. */
bool tap_ioctls_read(napi_env env, napi_value list, struct tap_ioctl *ioctls, unsigned count);
/* Makes the requests in their order, up to the first that fails: an errno and what failed, or 0. */
int tap_ioctls_perform(struct tap_ioctl *ioctls, unsigned count, int fd, const char **syscall);
/* An array of what each gave: a number, or "name flags" for TUNGETIFF. */
napi_value tap_ioctls_result(napi_env env, const struct tap_ioctl *ioctls, unsigned count);

#endif

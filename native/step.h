#ifndef LINKWRIGHT_STEP_H
#define LINKWRIGHT_STEP_H

#include <net/if.h>
#include <node_api.h>
#include <stdbool.h>
#include <stdint.h>

/* Requests to a TUN/TAP device (ioctl), each by the name that the kernel gives it and with a number. */

struct request;

struct step {
  const struct request *request;
  int64_t value; /* what is set; then what is got */
  char name[IFNAMSIZ];
};

/* Reads [request, value, request, value, ...]: false when it is something else. */
bool steps_read(napi_env env, napi_value list, struct step *steps, unsigned count);
/* Makes the requests in their order, up to the first that fails: an errno and what failed, or 0. */
int steps_perform(struct step *steps, unsigned count, int fd, const char **syscall);
/* An array of what each gave: a number, or "name flags" for TUNGETIFF. */
napi_value steps_result(napi_env env, const struct step *steps, unsigned count);

#endif

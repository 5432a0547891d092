#include "sockets/internet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "boundary.h"
#include "files/file.h"
#include "files/opening.h"
#include "thread/delivery.h"

enum { BACKLOG = 128 };

struct internet_opening {
  struct opening opening;
  int type;
  bool listens;
  socklen_t size;
  union {
    struct sockaddr any;
    struct sockaddr_in ip;
    struct sockaddr_in6 ip6;
  } address;
};

/* What failed, or NULL. */
static const char *set_up(const struct internet_opening *wanted, int fd) {
  int on = 1;
  if (wanted->address.any.sa_family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) != 0)
    return "setsockopt(IPV6_V6ONLY)";
  if (setsockopt(fd, IPPROTO_IP, IP_FREEBIND, &on, sizeof on) != 0) /* of both families */
    return "setsockopt(IP_FREEBIND)";
  /* Connections that were closed keep a listener's port for a minute. */
  if (wanted->type == SOCK_STREAM && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0)
    return "setsockopt(SO_REUSEADDR)";
  if (bind(fd, &wanted->address.any, wanted->size) != 0)
    return "bind";
  return wanted->type == SOCK_STREAM && listen(fd, BACKLOG) != 0 ? "listen" : NULL;
}

static void open_run(struct job *job, struct thread *thread) {
  (void)thread;
  struct internet_opening *wanted = (struct internet_opening *)job;
  int type = wanted->type | SOCK_CLOEXEC | SOCK_NONBLOCK;
  int fd = wanted->opening.fd = socket(wanted->address.any.sa_family, type, 0);
  const char *failed = fd < 0 ? "socket" : wanted->listens ? set_up(wanted, fd) : NULL;
  if (failed != NULL)
    job_fail(job, failed, errno);
}

/* False for what is no address. */
static bool read_address(struct internet_opening *wanted, const char *text, uint16_t port) {
  if (strchr(text, ':') == NULL) {
    wanted->address.ip = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port)};
    wanted->size = sizeof wanted->address.ip;
    return inet_pton(AF_INET, text, &wanted->address.ip.sin_addr) == 1;
  }
  wanted->address.ip6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(port)};
  wanted->size = sizeof wanted->address.ip6;
  return inet_pton(AF_INET6, text, &wanted->address.ip6.sin6_addr) == 1;
}

napi_value internet_open(napi_env env, napi_callback_info info) {
  napi_value arguments[5];
  bool stream;
  int32_t port;
  if (!read_arguments(env, info, 5, arguments))
    return NULL;
  struct thread *thread = thread_from(env, arguments[0]);
  if (thread == NULL)
    return NULL;
  REQUIRE(env, napi_get_value_bool(env, arguments[2], &stream));
  REQUIRE(env, napi_get_value_int32(env, arguments[4], &port));
  char *address = path_read(env, arguments[3]);
  if (address == NULL)
    return NULL;
  struct internet_opening *wanted = opening_new(env, sizeof *wanted, arguments[1], open_run);
  if (wanted != NULL && (port < 0 || port > UINT16_MAX || !read_address(wanted, address, (uint16_t)port))) {
    throw_range(env, "an address of IPv4 or IPv6, and a port from 0 to 65535");
    job_destroy(&wanted->opening.job);
    wanted = NULL;
  }
  free(address);
  if (wanted == NULL)
    return NULL;
  wanted->type = stream ? SOCK_STREAM : SOCK_DGRAM;
  wanted->listens = port != 0;
  delivery_submit(thread, &wanted->opening.job);
  return NULL;
}

#include "sockets/frames.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "boundary.h"
#include "thread/delivery.h"
#include "files/opening.h"
#include "sockets/socket_filter.h"

/* asm-generic/socket.h, from Linux 5.0 on; older headers lack it. */
#ifndef SO_BINDTOIFINDEX
#define SO_BINDTOIFINDEX 62
#endif

struct frames_opening {
  struct opening opening;
  int link;
  uint16_t port; /* that is claimed; 0 for a socket of frames */
  struct sock_fprog filter;
};

/* Nothing is received before the socket is bound: no frame of another link, and none that the filter is against. What failed, or NULL. */
static const char *set_up_frames(const struct frames_opening *frames, int fd) {
  struct sockaddr_ll address = {
      .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = frames->link};
  int on = 1;
  if (frames->filter.len > 0 && filter_attach(fd, &frames->filter) != 0)
    return "setsockopt(SO_ATTACH_FILTER)";
  if (setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof on) != 0)
    return "setsockopt(PACKET_VNET_HDR)";
  return bind(fd, (struct sockaddr *)&address, sizeof address) != 0 ? "bind" : NULL;
}

static const char *set_up_port(const struct frames_opening *frames, int fd) {
  struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
  struct sock_fprog filter = {.len = 1, .filter = &nothing};
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(frames->port)};
  if (filter_attach(fd, &filter) != 0)
    return "setsockopt(SO_ATTACH_FILTER)";
  if (setsockopt(fd, SOL_SOCKET, SO_BINDTOIFINDEX, &frames->link, sizeof frames->link) != 0)
    return "setsockopt(SO_BINDTOIFINDEX)";
  return bind(fd, (struct sockaddr *)&address, sizeof address) != 0 ? "bind" : NULL;
}

static void open_run(struct job *job, struct thread *thread) {
  (void)thread;
  struct frames_opening *frames = (struct frames_opening *)job;
  bool claims = frames->port != 0;
  int type = (claims ? SOCK_DGRAM : SOCK_RAW) | SOCK_CLOEXEC | SOCK_NONBLOCK;
  int fd = frames->opening.fd = socket(claims ? AF_INET : AF_PACKET, type, 0);
  const char *failed = fd < 0 ? "socket" : claims ? set_up_port(frames, fd) : set_up_frames(frames, fd);
  if (failed != NULL)
    job_fail(job, failed, errno);
}

static void forget(struct opening *opening) { free(((struct frames_opening *)opening)->filter.filter); }

static struct frames_opening *frames_opening_new(napi_env env, napi_value id) {
  struct frames_opening *frames = opening_new(env, sizeof *frames, id, open_run);
  if (frames == NULL)
    return NULL;
  frames->opening.reads_errors = true;
  frames->opening.forget = forget;
  return frames;
}

napi_value frames_open(napi_env env, napi_callback_info info) {
  napi_value arguments[4];
  int32_t link;
  if (!read_arguments(env, info, 4, arguments))
    return NULL;
  struct thread *thread = thread_from(env, arguments[0]);
  if (thread == NULL)
    return NULL;
  REQUIRE(env, napi_get_value_int32(env, arguments[2], &link));
  struct frames_opening *frames = frames_opening_new(env, arguments[1]);
  if (frames == NULL)
    return NULL;
  frames->link = link;
  if (!filter_copy(env, arguments[3], &frames->filter)) {
    job_destroy(&frames->opening.job);
    return NULL;
  }
  delivery_submit(thread, &frames->opening.job);
  return NULL;
}

napi_value frames_claim_port(napi_env env, napi_callback_info info) {
  napi_value arguments[4];
  int32_t link, port;
  if (!read_arguments(env, info, 4, arguments))
    return NULL;
  struct thread *thread = thread_from(env, arguments[0]);
  if (thread == NULL)
    return NULL;
  REQUIRE(env, napi_get_value_int32(env, arguments[2], &link));
  REQUIRE(env, napi_get_value_int32(env, arguments[3], &port));
  if (port < 1 || port > UINT16_MAX) {
    throw_range(env, "a port is a number from 1 to 65535");
    return NULL;
  }
  struct frames_opening *frames = frames_opening_new(env, arguments[1]);
  if (frames == NULL)
    return NULL;
  frames->link = link;
  frames->port = (uint16_t)port;
  delivery_submit(thread, &frames->opening.job);
  return NULL;
}

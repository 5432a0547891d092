#include "sockets/frames.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "boundary.h"
#include "thread/delivery.h"
#include "files/descriptor.h"
#include "sockets/socket_filter.h"

/* asm-generic/socket.h, from Linux 5.0 on; older headers lack it. */
#ifndef SO_BINDTOIFINDEX
#define SO_BINDTOIFINDEX 62
#endif

struct opening {
  struct job job;
  int link;
  uint16_t port; /* that is claimed; 0 for a socket of frames */
  int fd;
  struct sock_fprog filter;
};

static void fail(struct job *job, const char *syscall) { job_fail(job, syscall, errno); }

/* Nothing is received before the socket is bound: no frame of another link, and none that the filter is against. */
static void set_up_frames(struct opening *opening) {
  struct sockaddr_ll address = {
      .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = opening->link};
  int on = 1;
  if (opening->filter.len > 0 && filter_attach(opening->fd, &opening->filter) != 0)
    fail(&opening->job, "setsockopt(SO_ATTACH_FILTER)");
  else if (setsockopt(opening->fd, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof on) != 0)
    fail(&opening->job, "setsockopt(PACKET_VNET_HDR)");
  else if (bind(opening->fd, (struct sockaddr *)&address, sizeof address) != 0)
    fail(&opening->job, "bind");
}

static void set_up_port(struct opening *opening) {
  struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
  struct sock_fprog filter = {.len = 1, .filter = &nothing};
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(opening->port)};
  if (filter_attach(opening->fd, &filter) != 0)
    fail(&opening->job, "setsockopt(SO_ATTACH_FILTER)");
  else if (setsockopt(opening->fd, SOL_SOCKET, SO_BINDTOIFINDEX, &opening->link, sizeof opening->link) != 0)
    fail(&opening->job, "setsockopt(SO_BINDTOIFINDEX)");
  else if (bind(opening->fd, (struct sockaddr *)&address, sizeof address) != 0)
    fail(&opening->job, "bind");
}

static void open_run(struct job *job, struct thread *thread) {
  (void)thread;
  struct opening *opening = (struct opening *)job;
  bool claims = opening->port != 0;
  int type = (claims ? SOCK_DGRAM : SOCK_RAW) | SOCK_CLOEXEC | SOCK_NONBLOCK;
  opening->fd = socket(claims ? AF_INET : AF_PACKET, type, 0);
  if (opening->fd < 0)
    fail(job, "socket");
  else if (claims)
    set_up_port(opening);
  else
    set_up_frames(opening);
}

static napi_value open_result(napi_env env, struct job *job, struct thread *thread) {
  struct opening *opening = (struct opening *)job;
  if (job->error != 0)
    return NULL;
  int fd = opening->fd;
  opening->fd = -1;
  return descriptor_create_socket(env, thread, fd);
}

static void open_destroy(struct job *job) {
  struct opening *opening = (struct opening *)job;
  if (opening->fd >= 0)
    close(opening->fd);
  free(opening->filter.filter);
}

static struct opening *opening_new(napi_env env, napi_value id) {
  struct opening *opening = job_new(env, sizeof *opening, id);
  if (opening == NULL)
    return NULL;
  opening->fd = -1;
  opening->job.run = open_run;
  opening->job.result = open_result;
  opening->job.destroy = open_destroy;
  return opening;
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
  struct opening *opening = opening_new(env, arguments[1]);
  if (opening == NULL)
    return NULL;
  opening->link = link;
  if (!filter_copy(env, arguments[3], &opening->filter)) {
    job_destroy(&opening->job);
    return NULL;
  }
  delivery_submit(thread, &opening->job);
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
  struct opening *opening = opening_new(env, arguments[1]);
  if (opening == NULL)
    return NULL;
  opening->link = link;
  opening->port = (uint16_t)port;
  delivery_submit(thread, &opening->job);
  return NULL;
}

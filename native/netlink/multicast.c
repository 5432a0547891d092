#include "netlink/multicast.h"

#include <errno.h>
#include <linux/netlink.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "boundary.h"
#include "thread/delivery.h"
#include "files/descriptor.h"
#include "sockets/socket_filter.h"

/* More than any family has. */
#define MOST_GROUPS 256
/* linux/sock_diag.h: the numbers of SO_MEMINFO, of which the last is the drops. */
#define MEMINFO_NUMBERS 9
#define MEMINFO_DROPS 8
/* With less room than this, a datagram's size is looked at first. */
#define AMPLE_ROOM 65536

struct opening {
  struct job job;
  int family;
  int receive_buffer;
  bool all_namespaces;
  int fd;
  struct sock_fprog filter;
  uint32_t group_count;
  int groups[MOST_GROUPS];
};

static int set_int(int fd, int level, int option, int value) {
  return setsockopt(fd, level, option, &value, sizeof value);
}

/* The groups come last: nothing is received that the filter or the buffer is not for. */
static int set_up(const struct opening *opening, const char **syscall) {
  struct sockaddr_nl address = {.nl_family = AF_NETLINK};
  int fd = opening->fd;
  *syscall = "bind";
  if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0)
    return errno;
  *syscall = "setsockopt(SO_RCVBUF)";
  if (opening->receive_buffer > 0 &&
      set_int(fd, SOL_SOCKET, SO_RCVBUFFORCE, opening->receive_buffer) != 0 &&
      set_int(fd, SOL_SOCKET, SO_RCVBUF, opening->receive_buffer) != 0)
    return errno;
  *syscall = "setsockopt(SO_ATTACH_FILTER)";
  if (opening->filter.len > 0 && filter_attach(fd, &opening->filter) != 0)
    return errno;
  *syscall = "setsockopt(NETLINK_LISTEN_ALL_NSID)";
  if (opening->all_namespaces && set_int(fd, SOL_NETLINK, NETLINK_LISTEN_ALL_NSID, 1) != 0)
    return errno;
  *syscall = "setsockopt(NETLINK_ADD_MEMBERSHIP)";
  for (uint32_t i = 0; i < opening->group_count; i++)
    if (set_int(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, opening->groups[i]) != 0)
      return errno;
  return 0;
}

static void open_run(struct job *job, struct thread *thread) {
  (void)thread;
  struct opening *opening = (struct opening *)job;
  opening->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, opening->family);
  if (opening->fd < 0) {
    job_fail(job, "socket", errno);
    return;
  }
  job->error = set_up(opening, &job->syscall);
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

static bool read_groups(napi_env env, napi_value list, struct opening *opening) {
  napi_value element;
  if (napi_get_array_length(env, list, &opening->group_count) != napi_ok) {
    throw_last_error(env);
    return false;
  }
  if (opening->group_count > MOST_GROUPS) {
    throw_range(env, "at most 256 groups");
    return false;
  }
  for (uint32_t i = 0; i < opening->group_count; i++)
    if (napi_get_element(env, list, i, &element) != napi_ok ||
        napi_get_value_int32(env, element, &opening->groups[i]) != napi_ok) {
      throw_last_error(env);
      return false;
    }
  return true;
}

napi_value multicast_open(napi_env env, napi_callback_info info) {
  napi_value arguments[7];
  if (!read_arguments(env, info, 7, arguments))
    return NULL;
  struct thread *thread = thread_from(env, arguments[0]);
  struct opening *opening = thread == NULL ? NULL : job_new(env, sizeof *opening, arguments[1]);
  if (opening == NULL)
    return NULL;
  opening->fd = -1;
  opening->job.run = open_run;
  opening->job.result = open_result;
  opening->job.destroy = open_destroy;
  bool read = napi_get_value_int32(env, arguments[2], &opening->family) == napi_ok &&
              napi_get_value_int32(env, arguments[4], &opening->receive_buffer) == napi_ok &&
              napi_get_value_bool(env, arguments[6], &opening->all_namespaces) == napi_ok;
  if (!read)
    throw_last_error(env);
  if (!read || !read_groups(env, arguments[3], opening) ||
      !filter_copy(env, arguments[5], &opening->filter)) {
    job_destroy(&opening->job);
    return NULL;
  }
  delivery_submit(thread, &opening->job);
  return NULL;
}

static napi_value answer(napi_env env, int result) {
  napi_value value;
  int error = errno;
  REQUIRE(env, napi_create_int32(env, result == 0 ? 0 : -error, &value));
  return value;
}

napi_value multicast_set_membership(napi_env env, napi_callback_info info) {
  napi_value arguments[3];
  int32_t group;
  bool joined;
  if (!read_arguments(env, info, 3, arguments))
    return NULL;
  int fd = descriptor_fd(env, arguments[0]);
  if (fd < 0)
    return NULL;
  REQUIRE(env, napi_get_value_int32(env, arguments[1], &group));
  REQUIRE(env, napi_get_value_bool(env, arguments[2], &joined));
  return answer(env, set_int(fd, SOL_NETLINK, joined ? NETLINK_ADD_MEMBERSHIP : NETLINK_DROP_MEMBERSHIP, group));
}

napi_value multicast_set_filter(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  struct sock_fprog filter;
  if (!read_arguments(env, info, 2, arguments))
    return NULL;
  int fd = descriptor_fd(env, arguments[0]);
  if (fd < 0 || !filter_read(env, arguments[1], &filter))
    return NULL;
  return answer(env, filter_attach(fd, &filter));
}

/* What receiveBatch says, in the order in which it is documented. */
struct report {
  int32_t datagrams, more, losses, drops, error, too_large;
  struct {
    int32_t start, length, namespace_id;
  } each[];
};

static int32_t count_drops(int fd) {
  uint32_t numbers[MEMINFO_NUMBERS] = {0};
  socklen_t length = sizeof numbers;
  return getsockopt(fd, SOL_SOCKET, SO_MEMINFO, numbers, &length) == 0 ? (int32_t)numbers[MEMINFO_DROPS] : -1;
}

static int32_t namespace_of(struct msghdr *message) {
  int32_t id = -1;
  for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header != NULL; header = CMSG_NXTHDR(message, header))
    if (header->cmsg_level == SOL_NETLINK && header->cmsg_type == NETLINK_LISTEN_ALL_NSID)
      memcpy(&id, CMSG_DATA(header), sizeof id);
  return id;
}

/* Whether the next datagram fits, as far as that has to be asked. */
static bool fits(int fd, size_t room, bool whole, struct report *report) {
  if (room >= AMPLE_ROOM)
    return true;
  ssize_t length = recv(fd, NULL, 0, MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT);
  if (length < 0 || (size_t)length <= room)
    return true; /* an error is found by reading */
  report->more = 1;
  if (whole)
    report->too_large = (int32_t)length;
  return false;
}

/* Reads one datagram; false when that was the last for now. */
static bool receive_one(int fd, unsigned char *bytes, size_t *used, size_t room, struct report *report) {
  union {
    struct cmsghdr header;
    char room[CMSG_SPACE(sizeof(int32_t))];
  } control;
  struct sockaddr_nl sender = {0};
  struct iovec target = {bytes + *used, room - *used};
  struct msghdr message = {.msg_name = &sender,
                           .msg_namelen = sizeof sender,
                           .msg_iov = &target,
                           .msg_iovlen = 1,
                           .msg_control = &control,
                           .msg_controllen = sizeof control};
  if (!fits(fd, room - *used, *used == 0, report))
    return false;
  ssize_t length = recvmsg(fd, &message, MSG_DONTWAIT);
  if (length < 0 && errno == ENOBUFS) {
    report->losses++;
    return true;
  }
  if (length < 0) {
    report->error = errno == EAGAIN ? 0 : -errno;
    report->more = errno == EINTR;
    return false;
  }
  if (sender.nl_pid != 0)
    return true;
  if ((message.msg_flags & MSG_TRUNC) != 0) {
    report->losses++;
    return true;
  }
  report->each[report->datagrams].start = (int32_t)*used;
  report->each[report->datagrams].length = (int32_t)length;
  report->each[report->datagrams++].namespace_id = namespace_of(&message);
  *used += NLMSG_ALIGN((size_t)length);
  return true;
}

napi_value multicast_receive(napi_env env, napi_callback_info info) {
  napi_value arguments[3];
  void *bytes, *report_bytes;
  size_t room, report_room, used = 0;
  if (!read_arguments(env, info, 3, arguments))
    return NULL;
  int fd = descriptor_fd(env, arguments[0]);
  if (fd < 0 || !read_bytes(env, arguments[1], &bytes, &room) ||
      !read_bytes(env, arguments[2], &report_bytes, &report_room))
    return NULL;
  struct report *report = report_bytes;
  if (report_room < sizeof *report + sizeof report->each[0] || (uintptr_t)report_bytes % sizeof(int32_t) != 0) {
    throw_range(env, "the report has no room for a datagram, or is not aligned");
    return NULL;
  }
  size_t most = (report_room - sizeof *report) / sizeof report->each[0];
  memset(report, 0, sizeof *report);
  /* Each turn takes a datagram or a report of losses from the socket: a kernel that only reports is left after as many. */
  for (size_t turns = 0;; turns++) {
    if (turns == most || used >= room) {
      report->more = 1;
      break;
    }
    if (!receive_one(fd, bytes, &used, room, report))
      break;
  }
  report->drops = count_drops(fd);
  return NULL;
}

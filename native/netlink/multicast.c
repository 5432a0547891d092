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
#include "files/opening.h"
#include "sockets/socket_filter.h"

/* More than any family has. */
#define MOST_GROUPS 256
/* linux/sock_diag.h: the numbers of SO_MEMINFO, of which the last is the drops. */
#define MEMINFO_NUMBERS 9
#define MEMINFO_DROPS 8
/* With less room than this, a datagram's size is looked at first. */
#define AMPLE_ROOM 65536

struct multicast_opening {
  struct opening opening;
  int family;
  int receive_buffer;
  bool all_namespaces;
  struct sock_fprog filter;
  uint32_t group_count;
  int groups[MOST_GROUPS];
};

static int set_int(int fd, int level, int option, int value) {
  return setsockopt(fd, level, option, &value, sizeof value);
}

/* The groups come last: nothing is received that the filter or the buffer is not for. */
static int set_up(const struct multicast_opening *multicast, const char **syscall) {
  struct sockaddr_nl address = {.nl_family = AF_NETLINK};
  int fd = multicast->opening.fd;
  *syscall = "bind";
  if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0)
    return errno;
  *syscall = "setsockopt(SO_RCVBUF)";
  if (multicast->receive_buffer > 0 &&
      set_int(fd, SOL_SOCKET, SO_RCVBUFFORCE, multicast->receive_buffer) != 0 &&
      set_int(fd, SOL_SOCKET, SO_RCVBUF, multicast->receive_buffer) != 0)
    return errno;
  *syscall = "setsockopt(SO_ATTACH_FILTER)";
  if (multicast->filter.len > 0 && filter_attach(fd, &multicast->filter) != 0)
    return errno;
  *syscall = "setsockopt(NETLINK_LISTEN_ALL_NSID)";
  if (multicast->all_namespaces && set_int(fd, SOL_NETLINK, NETLINK_LISTEN_ALL_NSID, 1) != 0)
    return errno;
  *syscall = "setsockopt(NETLINK_ADD_MEMBERSHIP)";
  for (uint32_t i = 0; i < multicast->group_count; i++)
    if (set_int(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, multicast->groups[i]) != 0)
      return errno;
  return 0;
}

static void open_run(struct job *job, struct thread *thread) {
  (void)thread;
  struct multicast_opening *multicast = (struct multicast_opening *)job;
  multicast->opening.fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, multicast->family);
  if (multicast->opening.fd < 0) {
    job_fail(job, "socket", errno);
    return;
  }
  job->error = set_up(multicast, &job->syscall);
}

static void forget(struct opening *opening) { free(((struct multicast_opening *)opening)->filter.filter); }

static bool read_groups(napi_env env, napi_value list, struct multicast_opening *multicast) {
  napi_value element;
  if (napi_get_array_length(env, list, &multicast->group_count) != napi_ok) {
    throw_last_error(env);
    return false;
  }
  if (multicast->group_count > MOST_GROUPS) {
    throw_range(env, "at most 256 groups");
    return false;
  }
  for (uint32_t i = 0; i < multicast->group_count; i++)
    if (napi_get_element(env, list, i, &element) != napi_ok ||
        napi_get_value_int32(env, element, &multicast->groups[i]) != napi_ok) {
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
  struct multicast_opening *multicast =
      thread == NULL ? NULL : opening_new(env, sizeof *multicast, arguments[1], open_run);
  if (multicast == NULL)
    return NULL;
  multicast->opening.reads_errors = true;
  multicast->opening.forget = forget;
  bool read = napi_get_value_int32(env, arguments[2], &multicast->family) == napi_ok &&
              napi_get_value_int32(env, arguments[4], &multicast->receive_buffer) == napi_ok &&
              napi_get_value_bool(env, arguments[6], &multicast->all_namespaces) == napi_ok;
  if (!read)
    throw_last_error(env);
  if (!read || !read_groups(env, arguments[3], multicast) ||
      !filter_copy(env, arguments[5], &multicast->filter)) {
    job_destroy(&multicast->opening.job);
    return NULL;
  }
  delivery_submit(thread, &multicast->opening.job);
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

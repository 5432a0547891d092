#include "sockets/unix_socket.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "boundary.h"
#include "files/descriptor.h"
#include "files/file.h"
#include "thread/delivery.h"

/* The kernel's SCM_MAX_FD. */
#define MOST_DESCRIPTORS 253

union control {
  struct cmsghdr header;
  char room[CMSG_SPACE(MOST_DESCRIPTORS * sizeof(int))];
};

napi_value unix_socket_socket_pair(napi_env env, napi_callback_info info) {
  napi_value handle, pair, ends[2];
  int fds[2];
  if (!read_arguments(env, info, 1, &handle))
    return NULL;
  struct thread *thread = thread_from(env, handle);
  if (thread == NULL)
    return NULL;
  REQUIRE(env, napi_create_array_with_length(env, 2, &pair));
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) != 0) {
    throw_errno(env, errno, NULL);
    return NULL;
  }
  ends[0] = descriptor_create(env, thread, fds[0]);
  ends[1] = descriptor_create(env, thread, fds[1]);
  if (ends[0] == NULL || ends[1] == NULL) {
    throw_errno(env, ENOMEM, NULL);
    return NULL;
  }
  REQUIRE(env, napi_set_element(env, pair, 0, ends[0]));
  REQUIRE(env, napi_set_element(env, pair, 1, ends[1]));
  return pair;
}

struct connect_job {
  struct job job;
  struct sockaddr_un address;
  int fd;
};

static void connect_run(struct job *job, struct thread *thread) {
  (void)thread;
  struct connect_job *connecting = (struct connect_job *)job;
  /* Not blocking: a listener that accepts nobody would hold up the thread. */
  connecting->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (connecting->fd < 0)
    job_fail(job, "socket", errno);
  else if (connect(connecting->fd, (struct sockaddr *)&connecting->address,
                   sizeof connecting->address) != 0)
    job_fail(job, "connect", errno);
}

static napi_value connect_result(napi_env env, struct job *job, struct thread *thread) {
  struct connect_job *connecting = (struct connect_job *)job;
  if (job->error != 0)
    return NULL;
  int fd = connecting->fd;
  connecting->fd = -1;
  return descriptor_create(env, thread, fd);
}

static void connect_destroy(struct job *job) {
  struct connect_job *connecting = (struct connect_job *)job;
  if (connecting->fd >= 0)
    close(connecting->fd);
}

napi_value unix_socket_connect(napi_env env, napi_callback_info info) {
  napi_value arguments[3];
  if (!read_arguments(env, info, 3, arguments))
    return NULL;
  struct thread *thread = thread_from(env, arguments[0]);
  char *path = thread == NULL ? NULL : path_read(env, arguments[2]);
  if (path == NULL)
    return NULL;
  struct connect_job *connecting = job_new(env, sizeof *connecting, arguments[1]);
  if (connecting != NULL && strlen(path) >= sizeof connecting->address.sun_path) {
    throw_errno(env, ENAMETOOLONG, "a Unix socket's path has at most 107 bytes");
    free(connecting);
    connecting = NULL;
  }
  if (connecting != NULL) {
    connecting->fd = -1;
    connecting->address.sun_family = AF_UNIX;
    memcpy(connecting->address.sun_path, path, strlen(path));
    connecting->job.run = connect_run;
    connecting->job.result = connect_result;
    connecting->job.destroy = connect_destroy;
    delivery_submit(thread, &connecting->job);
  }
  free(path);
  return NULL;
}

static void load_descriptors(struct msghdr *message, union control *control, const int *fds,
                             size_t count) {
  memset(control, 0, sizeof *control);
  message->msg_control = control->room;
  message->msg_controllen = CMSG_SPACE(count * sizeof(int));
  struct cmsghdr *header = CMSG_FIRSTHDR(message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(count * sizeof(int));
  memcpy(CMSG_DATA(header), fds, count * sizeof(int));
}

napi_value unix_socket_send(napi_env env, napi_callback_info info) {
  napi_value arguments[3], element, result;
  void *bytes;
  size_t length;
  uint32_t count;
  int fds[MOST_DESCRIPTORS];
  union control control;
  if (!read_arguments(env, info, 3, arguments))
    return NULL;
  int socket = descriptor_fd(env, arguments[0]);
  if (socket < 0)
    return NULL;
  if (!read_bytes(env, arguments[1], &bytes, &length))
    return NULL;
  REQUIRE(env, napi_get_array_length(env, arguments[2], &count));
  if (length == 0 || count > MOST_DESCRIPTORS) {
    throw_errno(env, EINVAL, "at most 253 descriptors go with at least one byte");
    return NULL;
  }
  for (uint32_t i = 0; i < count; i++) {
    REQUIRE(env, napi_get_element(env, arguments[2], i, &element));
    fds[i] = descriptor_fd(env, element);
    if (fds[i] < 0)
      return NULL;
  }
  struct iovec source = {bytes, length};
  struct msghdr message = {.msg_iov = &source, .msg_iovlen = 1};
  if (count > 0)
    load_descriptors(&message, &control, fds, count);
  ssize_t sent;
  do {
    sent = sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  REQUIRE(env, napi_create_int32(env, sent < 0 ? -errno : (int32_t)sent, &result));
  return result;
}

/* Wraps every descriptor of a message: the first `count` of `into`; the rest are closed when memory lacks. */
static uint32_t collect(napi_env env, struct thread *thread, struct msghdr *message, napi_value into) {
  uint32_t count = 0;
  for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header != NULL;
       header = CMSG_NXTHDR(message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
      continue;
    size_t length = header->cmsg_len - CMSG_LEN(0);
    for (size_t offset = 0; offset + sizeof(int) <= length; offset += sizeof(int)) {
      int fd;
      memcpy(&fd, CMSG_DATA(header) + offset, sizeof fd);
      napi_value descriptor = descriptor_create(env, thread, fd);
      if (descriptor != NULL && napi_set_element(env, into, count, descriptor) == napi_ok)
        count++;
    }
  }
  return count;
}

napi_value unix_socket_receive(napi_env env, napi_callback_info info) {
  napi_value arguments[3], result, length_value, descriptors;
  void *bytes;
  size_t length;
  union control control;
  if (!read_arguments(env, info, 3, arguments))
    return NULL;
  struct thread *thread = thread_from(env, arguments[0]);
  int socket = thread == NULL ? -1 : descriptor_fd(env, arguments[1]);
  if (socket < 0)
    return NULL;
  if (!read_bytes(env, arguments[2], &bytes, &length))
    return NULL;
  REQUIRE(env, napi_create_object(env, &result));
  REQUIRE(env, napi_create_array(env, &descriptors));
  struct iovec target = {bytes, length};
  struct msghdr message = {.msg_iov = &target,
                           .msg_iovlen = 1,
                           .msg_control = control.room,
                           .msg_controllen = sizeof control.room};
  ssize_t received;
  do {
    received = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  } while (received < 0 && errno == EINTR);
  if (received < 0) {
    REQUIRE(env, napi_create_int32(env, -errno, &result));
    return result;
  }
  collect(env, thread, &message, descriptors);
  if ((message.msg_flags & MSG_CTRUNC) != 0) {
    REQUIRE(env, napi_create_int32(env, -EMFILE, &result));
    return result;
  }
  REQUIRE(env, napi_create_int32(env, (int32_t)received, &length_value));
  REQUIRE(env, napi_set_named_property(env, result, "length", length_value));
  REQUIRE(env, napi_set_named_property(env, result, "descriptors", descriptors));
  return result;
}

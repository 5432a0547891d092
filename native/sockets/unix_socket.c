#include "sockets/unix_socket.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "boundary.h"
#include "files/descriptor.h"
#include "files/file.h"
#include "files/interrupted.h"
#include "files/opening.h"
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

struct connecting {
  struct opening opening;
  struct sockaddr_un address;
};

static void connect_run(struct job *job, struct thread *thread) {
  (void)thread;
  struct connecting *connecting = (struct connecting *)job;
  /* Not blocking: a listener that accepts nobody would hold up the thread. */
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0)
    job_fail(job, "socket", errno);
  else if (connect(fd, (struct sockaddr *)&connecting->address, sizeof connecting->address) != 0)
    job_fail(job, "connect", errno);
  connecting->opening.fd = fd;
}

napi_value unix_socket_connect(napi_env env, napi_callback_info info) {
  napi_value arguments[3];
  if (!read_arguments(env, info, 3, arguments))
    return NULL;
  struct thread *thread = thread_from(env, arguments[0]);
  char *path = thread == NULL ? NULL : path_read(env, arguments[2]);
  if (path == NULL)
    return NULL;
  struct connecting *connecting = opening_new(env, sizeof *connecting, arguments[1], connect_run);
  if (connecting != NULL && strlen(path) >= sizeof connecting->address.sun_path) {
    throw_errno(env, ENAMETOOLONG, "a Unix socket's path has at most 107 bytes");
    free(connecting);
    connecting = NULL;
  }
  if (connecting != NULL) {
    connecting->address.sun_family = AF_UNIX;
    memcpy(connecting->address.sun_path, path, strlen(path));
    delivery_submit(thread, &connecting->opening.job);
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
  unsigned times = 0;
  do {
    sent = sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  } while (sent < 0 && is_interrupted(&times));
  REQUIRE(env, napi_create_int32(env, sent < 0 ? -errno : (int32_t)sent, &result));
  return result;
}

/* The address of a path, or with "@" in front of a name without a file (unix(7)); 0 and an exception when it is too long. */
static socklen_t address_read(napi_env env, const char *path, struct sockaddr_un *address) {
  size_t length = strlen(path);
  memset(address, 0, sizeof *address);
  if (length == 0 || length >= sizeof address->sun_path) {
    throw_errno(env, length == 0 ? ENOENT : ENAMETOOLONG, "a Unix socket's path has 1 to 107 bytes");
    return 0;
  }
  address->sun_family = AF_UNIX;
  memcpy(address->sun_path, path, length);
  if (path[0] == '@')
    address->sun_path[0] = '\0';
  return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + (path[0] == '@' ? 0 : 1));
}

napi_value unix_socket_listen(napi_env env, napi_callback_info info) {
  napi_value arguments[3], listener;
  struct sockaddr_un address;
  uint32_t mode;
  if (!read_arguments(env, info, 3, arguments))
    return NULL;
  struct thread *thread = thread_from(env, arguments[0]);
  if (thread == NULL)
    return NULL;
  REQUIRE(env, napi_get_value_uint32(env, arguments[2], &mode));
  char *path = path_read(env, arguments[1]);
  if (path == NULL)
    return NULL;
  socklen_t length = address_read(env, path, &address);
  free(path);
  if (length == 0)
    return NULL;
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  /* The file never has another mode: the kernel makes it with that of the socket. */
  if (fd < 0 || fchmod(fd, mode) != 0 || bind(fd, (struct sockaddr *)&address, length) != 0 ||
      listen(fd, SOMAXCONN) != 0) {
    throw_errno(env, errno, NULL);
    if (fd >= 0)
      close(fd);
    return NULL;
  }
  listener = descriptor_create(env, thread, fd);
  if (listener == NULL)
    throw_errno(env, ENOMEM, NULL);
  return listener;
}

static bool set_number(napi_env env, napi_value object, const char *name, int64_t number) {
  napi_value value;
  return napi_create_int64(env, number, &value) == napi_ok &&
         napi_set_named_property(env, object, name, value) == napi_ok;
}

napi_value unix_socket_accept(napi_env env, napi_callback_info info) {
  napi_value arguments[2], result;
  struct ucred peer;
  socklen_t size = sizeof peer;
  if (!read_arguments(env, info, 2, arguments))
    return NULL;
  struct thread *thread = thread_from(env, arguments[0]);
  int listener = thread == NULL ? -1 : descriptor_fd(env, arguments[1]);
  if (listener < 0)
    return NULL;
  /* A listener that a service manager has passed may be one that waits. */
  struct pollfd waiting = {.fd = listener, .events = POLLIN};
  int fd = -1;
  if (poll(&waiting, 1, 0) == 0)
    errno = EAGAIN;
  else
    fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
    int error = errno;
    if (fd >= 0)
      close(fd);
    REQUIRE(env, napi_create_int32(env, -error, &result));
    return result;
  }
  napi_value descriptor = descriptor_create(env, thread, fd);
  if (descriptor == NULL) {
    throw_errno(env, ENOMEM, NULL);
    return NULL;
  }
  REQUIRE(env, napi_create_object(env, &result));
  REQUIRE(env, napi_set_named_property(env, result, "descriptor", descriptor));
  if (!set_number(env, result, "pid", peer.pid) || !set_number(env, result, "uid", peer.uid) ||
      !set_number(env, result, "gid", peer.gid)) {
    throw_last_error(env);
    return NULL;
  }
  return result;
}

/* Reads descriptors out of an array; their count, or -1 with an exception pending. */
static int read_descriptors(napi_env env, napi_value list, int *fds) {
  napi_value element;
  uint32_t count;
  if (napi_get_array_length(env, list, &count) != napi_ok) {
    throw_last_error(env);
    return -1;
  }
  if (count > MOST_DESCRIPTORS) {
    throw_errno(env, EINVAL, "at most 253 descriptors go with at least one byte");
    return -1;
  }
  for (uint32_t i = 0; i < count; i++) {
    if (napi_get_element(env, list, i, &element) != napi_ok) {
      throw_last_error(env);
      return -1;
    }
    if ((fds[i] = descriptor_fd(env, element)) < 0)
      return -1;
  }
  return (int)count;
}

napi_value unix_socket_send_datagram(napi_env env, napi_callback_info info) {
  napi_value arguments[3], result;
  struct sockaddr_un address;
  void *bytes;
  size_t length;
  int fds[MOST_DESCRIPTORS];
  union control control;
  if (!read_arguments(env, info, 3, arguments))
    return NULL;
  if (!read_bytes(env, arguments[1], &bytes, &length))
    return NULL;
  int count = read_descriptors(env, arguments[2], fds);
  char *path = count < 0 ? NULL : path_read(env, arguments[0]);
  if (path == NULL)
    return NULL;
  socklen_t size = address_read(env, path, &address);
  free(path);
  if (size == 0)
    return NULL;
  struct iovec source = {bytes, length};
  struct msghdr message = {
      .msg_name = &address, .msg_namelen = size, .msg_iov = &source, .msg_iovlen = 1};
  if (count > 0)
    load_descriptors(&message, &control, fds, (size_t)count);
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  int error = fd < 0 || sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? errno : 0;
  if (fd >= 0)
    close(fd);
  REQUIRE(env, napi_create_int32(env, -error, &result));
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
  unsigned times = 0;
  do {
    received = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  } while (received < 0 && is_interrupted(&times));
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

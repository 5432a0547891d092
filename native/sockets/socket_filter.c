#include "sockets/socket_filter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "boundary.h"

bool filter_read(napi_env env, napi_value value, struct sock_fprog *filter) {
  void *bytes;
  size_t length;
  if (!read_bytes(env, value, &bytes, &length))
    return false;
  if (length % sizeof(struct sock_filter) != 0 || length / sizeof(struct sock_filter) > BPF_MAXINSNS) {
    throw_range(env, "a filter is at most 4096 instructions of eight bytes each");
    return false;
  }
  filter->len = (unsigned short)(length / sizeof(struct sock_filter));
  filter->filter = bytes;
  return true;
}

bool filter_copy(napi_env env, napi_value value, struct sock_fprog *filter) {
  struct sock_fprog given;
  if (!filter_read(env, value, &given))
    return false;
  if (given.len == 0)
    return true;
  size_t length = given.len * sizeof *given.filter;
  filter->filter = malloc(length);
  if (filter->filter == NULL) {
    throw_errno(env, ENOMEM, NULL);
    return false;
  }
  memcpy(filter->filter, given.filter, length);
  filter->len = given.len;
  return true;
}

int filter_attach(int fd, const struct sock_fprog *filter) {
  int none = 0;
  if (filter->len > 0)
    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, filter, sizeof *filter);
  /* There may have been none. */
  return setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &none, sizeof none) == 0 || errno == ENOENT ? 0 : -1;
}

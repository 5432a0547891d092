#include "descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include <uv.h>

#include "boundary.h"
#include "host.h"

struct watch {
  uv_poll_t poll;
  struct host *host;
  napi_ref callback;
};

/* Used by the event loop alone. It leaves its host's list when closed and is freed when JavaScript lets it go. */
struct descriptor {
  struct host *host;
  struct descriptor *next, **link;
  struct watch *watch;
  int fd;
};

struct closing_job {
  struct job job;
  size_t count;
  int fds[];
};

static void closing_run(struct job *job, struct host *host) {
  (void)host;
  struct closing_job *closing = (struct closing_job *)job;
  while (closing->count > 0) {
    if (close(closing->fds[--closing->count]) != 0 && job->error == 0)
      job_fail(job, "close", errno);
  }
}

/* A job that was discarded closes what it was to close all the same. */
static void closing_destroy(struct job *job) { closing_run(job, NULL); }

static void watch_closed(uv_handle_t *handle) {
  struct watch *watch = handle->data;
  host_handle_closed(watch->host);
  free(watch);
}

static void forget_callback(struct watch *watch) {
  if (watch->callback != NULL)
    napi_delete_reference(watch->host->env, watch->callback);
  watch->callback = NULL;
}

static void stop_watching(struct descriptor *descriptor) {
  struct watch *watch = descriptor->watch;
  if (watch == NULL)
    return;
  descriptor->watch = NULL;
  forget_callback(watch);
  uv_close((uv_handle_t *)&watch->poll, watch_closed);
}

/* Takes the file descriptor out, to be closed by the caller. */
static int take_fd(struct descriptor *descriptor) {
  int fd = descriptor->fd;
  stop_watching(descriptor);
  *descriptor->link = descriptor->next;
  if (descriptor->next != NULL)
    descriptor->next->link = descriptor->link;
  descriptor->fd = -1;
  return fd;
}

static void on_lost(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  struct descriptor *descriptor = data;
  struct host *host = descriptor->host;
  if (descriptor->fd >= 0) {
    struct closing_job *closing =
        host->closing ? NULL : calloc(1, sizeof *closing + sizeof(int));
    int fd = take_fd(descriptor);
    if (closing != NULL) {
      closing->job.run = closing_run;
      closing->job.destroy = closing_destroy;
      closing->job.silent = true;
      closing->count = 1;
      closing->fds[0] = fd;
      host_submit(host, &closing->job);
    } else {
      close(fd);
    }
  }
  free(descriptor);
  host_release(host);
}

napi_value descriptor_create(napi_env env, struct host *host, int fd) {
  napi_value value;
  struct descriptor *descriptor = calloc(1, sizeof *descriptor);
  if (descriptor == NULL ||
      napi_create_external(env, descriptor, on_lost, NULL, &value) != napi_ok) {
    free(descriptor);
    close(fd);
    return NULL;
  }
  descriptor->fd = fd;
  descriptor->host = host;
  descriptor->next = host->descriptors;
  descriptor->link = &host->descriptors;
  if (descriptor->next != NULL)
    descriptor->next->link = &descriptor->next;
  host->descriptors = descriptor;
  host_retain(host);
  return value;
}

struct job *descriptors_release(struct host *host) {
  size_t count = 0;
  for (struct descriptor *each = host->descriptors; each != NULL; each = each->next)
    count++;
  struct closing_job *closing = calloc(1, sizeof *closing + count * sizeof(int));
  if (closing == NULL)
    abort();
  closing->job.run = closing_run;
  closing->job.destroy = closing_destroy;
  closing->job.silent = true;
  while (host->descriptors != NULL)
    closing->fds[closing->count++] = take_fd(host->descriptors);
  return &closing->job;
}

void descriptors_close_late(struct host *host) {
  while (host->descriptors != NULL)
    close(take_fd(host->descriptors));
}

static struct descriptor *descriptor_from(napi_env env, napi_value value) {
  void *data = NULL;
  if (napi_get_value_external(env, value, &data) != napi_ok) {
    throw_last_error(env);
    return NULL;
  }
  struct descriptor *descriptor = data;
  if (descriptor->fd < 0) {
    napi_throw_error(env, "EBADF", "the descriptor is closed");
    return NULL;
  }
  return descriptor;
}

int descriptor_fd(napi_env env, napi_value value) {
  struct descriptor *descriptor = descriptor_from(env, value);
  return descriptor == NULL ? -1 : descriptor->fd;
}

napi_value descriptor_number(napi_env env, napi_callback_info info) {
  napi_value argument, result;
  void *data = NULL;
  if (!read_arguments(env, info, 1, &argument))
    return NULL;
  REQUIRE(env, napi_get_value_external(env, argument, &data));
  REQUIRE(env, napi_create_int32(env, ((struct descriptor *)data)->fd, &result));
  return result;
}

napi_value descriptor_close(napi_env env, napi_callback_info info) {
  napi_value arguments[3];
  if (!read_arguments(env, info, 3, arguments))
    return NULL;
  struct host *host = host_from(env, arguments[0]);
  struct descriptor *descriptor = host == NULL ? NULL : descriptor_from(env, arguments[2]);
  if (descriptor == NULL)
    return NULL;
  struct closing_job *closing = job_new(env, sizeof *closing + sizeof(int), arguments[1]);
  if (closing == NULL)
    return NULL;
  closing->job.run = closing_run;
  closing->job.destroy = closing_destroy;
  closing->count = 1;
  closing->fds[0] = take_fd(descriptor);
  host_submit(host, &closing->job);
  return NULL;
}

napi_value descriptor_adopt(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  int32_t number;
  if (!read_arguments(env, info, 2, arguments))
    return NULL;
  struct host *host = host_from(env, arguments[0]);
  if (host == NULL)
    return NULL;
  REQUIRE(env, napi_get_value_int32(env, arguments[1], &number));
  int fd = fcntl(number, F_DUPFD_CLOEXEC, 3);
  if (fd < 0) {
    if (errno == EBADF)
      napi_throw_error(env, "EBADF", "no open descriptor has this number");
    else
      throw_errno(env, errno);
    return NULL;
  }
  return descriptor_create(env, host, fd);
}

static napi_value transfer(napi_env env, napi_callback_info info, bool writing) {
  napi_value arguments[2], result;
  void *bytes;
  size_t length;
  if (!read_arguments(env, info, 2, arguments))
    return NULL;
  int fd = descriptor_fd(env, arguments[0]);
  if (fd < 0)
    return NULL;
  REQUIRE(env, napi_get_buffer_info(env, arguments[1], &bytes, &length));
  ssize_t count;
  do {
    count = writing ? write(fd, bytes, length) : read(fd, bytes, length);
  } while (count < 0 && errno == EINTR);
  REQUIRE(env, napi_create_int32(env, count < 0 ? -errno : (int32_t)count, &result));
  return result;
}

napi_value descriptor_read(napi_env env, napi_callback_info info) {
  return transfer(env, info, false);
}

napi_value descriptor_write(napi_env env, napi_callback_info info) {
  return transfer(env, info, true);
}

static void on_ready(uv_poll_t *poll, int status, int events) {
  struct watch *watch = poll->data;
  napi_env env = watch->host->env;
  napi_handle_scope scope;
  napi_value function, arguments[2];
  if (napi_open_handle_scope(env, &scope) != napi_ok)
    return;
  if (watch->callback != NULL &&
      napi_get_reference_value(env, watch->callback, &function) == napi_ok &&
      napi_create_int32(env, status, &arguments[0]) == napi_ok &&
      napi_create_int32(env, events, &arguments[1]) == napi_ok)
    host_call(watch->host, function, 2, arguments);
  napi_close_handle_scope(env, scope);
}

static struct watch *watch_new(napi_env env, struct descriptor *descriptor) {
  uv_loop_t *loop;
  struct watch *watch = calloc(1, sizeof *watch);
  if (watch == NULL)
    return NULL;
  if (napi_get_uv_event_loop(env, &loop) != napi_ok ||
      uv_poll_init(loop, &watch->poll, descriptor->fd) != 0) {
    free(watch);
    return NULL;
  }
  watch->host = descriptor->host;
  watch->poll.data = watch;
  host_handle_opened(watch->host);
  return watch;
}

/* Stopped, the watch stays for the next start, but holds nothing of JavaScript's. */
napi_value descriptor_watch(napi_env env, napi_callback_info info) {
  napi_value arguments[3];
  int32_t events;
  if (!read_arguments(env, info, 3, arguments))
    return NULL;
  struct descriptor *descriptor = descriptor_from(env, arguments[0]);
  if (descriptor == NULL)
    return NULL;
  REQUIRE(env, napi_get_value_int32(env, arguments[1], &events));
  events &= UV_READABLE | UV_WRITABLE;
  struct watch *watch = descriptor->watch;
  if (events == 0) {
    if (watch != NULL) {
      uv_poll_stop(&watch->poll);
      forget_callback(watch);
    }
    return NULL;
  }
  if (watch == NULL)
    watch = descriptor->watch = watch_new(env, descriptor);
  if (watch != NULL && watch->callback == NULL)
    REQUIRE(env, napi_create_reference(env, arguments[2], 1, &watch->callback));
  if (watch == NULL || uv_poll_start(&watch->poll, events, on_ready) != 0)
    napi_throw_error(env, "EPERM", "the descriptor cannot be polled");
  return NULL;
}

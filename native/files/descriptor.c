#include "files/descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "boundary.h"
#include "files/interrupted.h"
#include "thread/closing_threads.h"
#include "thread/delivery.h"

struct watch {
  uv_poll_t poll;
  struct thread *thread;
  napi_ref callback;
  int events;
  bool reads_errors;
};

/* Used by the event loop alone. It leaves its thread's list when closed and is freed when JavaScript lets it go. */
struct descriptor {
  struct handle handle;
  struct thread *thread;
  struct descriptor *next, **link;
  struct watch *watch;
  struct closing *closing; /* kept for its end, which must not fail for want of memory */
  int fd;                  /* -1 when closed */
  bool given;              /* its number is known outside */
  bool lost;               /* JavaScript has let it go */
  bool reads_errors;       /* an error is read as data are */
};

static const char descriptor_kind[] = "descriptor";

static void watch_closed(uv_handle_t *handle) {
  struct watch *watch = handle->data;
  delivery_handle_closed(watch->thread);
  free(watch);
}

static void forget_callback(struct watch *watch) {
  if (watch->callback != NULL)
    napi_delete_reference(watch->thread->env, watch->callback);
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

static void descriptor_free(struct descriptor *descriptor) {
  struct thread *thread = descriptor->thread;
  free(descriptor->closing);
  free(descriptor);
  thread_release(thread);
}

static napi_value closing_result(napi_env env, struct job *job, struct thread *thread) {
  napi_value nothing;
  thread->closings--;
  if (job->error != 0 && thread->finished && thread->last->error == 0)
    job_fail(thread->last, job->syscall, job->error);
  REQUIRE(env, napi_get_undefined(env, &nothing));
  return nothing;
}

/* Takes a descriptor out of its thread's list. */
static void leave(struct descriptor *descriptor) {
  *descriptor->link = descriptor->next;
  if (descriptor->next != NULL)
    descriptor->next->link = descriptor->link;
}

/* Takes the file descriptor out and has it closed. The number of a job that somebody waits for, or 0. */
static void begin_closing(struct descriptor *descriptor, uint32_t id) {
  struct closing *closing = descriptor->closing;
  struct thread *thread = descriptor->thread;
  descriptor->closing = NULL;
  stop_watching(descriptor);
  leave(descriptor);
  closing->job.id = id;
  closing->job.silent = thread->silenced || thread->abandoned;
  closing->job.result = closing_result;
  closing->thread = thread;
  closing->fd = descriptor->fd;
  descriptor->fd = -1;
  if (!closing->job.silent) {
    thread->closings++;
    delivery_expect(thread);
  }
  closing_start(closing);
}

static void on_lost(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  struct descriptor *descriptor = data;
  descriptor->lost = true;
  if (descriptor->fd >= 0 && descriptor->given)
    return;
  if (descriptor->fd >= 0)
    begin_closing(descriptor, 0);
  descriptor_free(descriptor);
}

static napi_value create(napi_env env, struct thread *thread, int fd, bool reads_errors) {
  struct descriptor *descriptor = calloc(1, sizeof *descriptor);
  struct closing *closing = calloc(1, sizeof *closing);
  if (descriptor == NULL || closing == NULL) {
    free(closing);
    free(descriptor);
    close(fd);
    return NULL;
  }
  descriptor->fd = fd;
  descriptor->reads_errors = reads_errors;
  descriptor->closing = closing;
  descriptor->thread = thread;
  descriptor->next = thread->descriptors;
  descriptor->link = &thread->descriptors;
  if (descriptor->next != NULL)
    descriptor->next->link = &descriptor->next;
  thread->descriptors = descriptor;
  thread_retain(thread);
  return handle_new(env, &descriptor->handle, on_lost, descriptor_kind);
}

napi_value descriptor_create(napi_env env, struct thread *thread, int fd) {
  return create(env, thread, fd, false);
}

napi_value descriptor_create_socket(napi_env env, struct thread *thread, int fd) {
  return create(env, thread, fd, true);
}

void descriptor_discard(napi_env env, napi_value value) {
  struct descriptor *descriptor = handle_data(env, value, descriptor_kind);
  if (descriptor == NULL || descriptor->fd < 0)
    return;
  leave(descriptor);
  close(descriptor->fd);
  descriptor->fd = -1;
}

void descriptors_release(struct thread *thread, enum release release) {
  struct descriptor *each = thread->descriptors;
  while (each != NULL) {
    struct descriptor *next = each->next;
    bool lost = each->lost;
    if (release == RELEASE_ALL || !each->given) {
      begin_closing(each, 0);
      if (lost)
        descriptor_free(each);
    }
    each = next;
  }
}

/* Those of a thread that is being closed are as good as closed. */
static bool is_open(const struct descriptor *descriptor) {
  return descriptor->fd >= 0 && !descriptor->thread->closing;
}

static struct descriptor *descriptor_from(napi_env env, napi_value value) {
  struct descriptor *descriptor = handle_data(env, value, descriptor_kind);
  if (descriptor != NULL && !is_open(descriptor)) {
    throw_errno(env, EBADF, "the descriptor is closed");
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
  if (!read_arguments(env, info, 1, &argument))
    return NULL;
  struct descriptor *descriptor = handle_data(env, argument, descriptor_kind);
  if (descriptor == NULL)
    return NULL;
  descriptor->given = true;
  REQUIRE(env, napi_create_int32(env, is_open(descriptor) ? descriptor->fd : -1, &result));
  return result;
}

napi_value descriptor_is_open(napi_env env, napi_callback_info info) {
  napi_value argument, result;
  if (!read_arguments(env, info, 1, &argument))
    return NULL;
  struct descriptor *descriptor = handle_data(env, argument, descriptor_kind);
  if (descriptor == NULL)
    return NULL;
  REQUIRE(env, napi_get_boolean(env, is_open(descriptor), &result));
  return result;
}

napi_value descriptor_list(napi_env env, napi_callback_info info) {
  napi_value argument, list, number;
  uint32_t count = 0;
  if (!read_arguments(env, info, 1, &argument))
    return NULL;
  struct thread *thread = handle_data(env, argument, thread_kind);
  if (thread == NULL)
    return NULL;
  REQUIRE(env, napi_create_array(env, &list));
  for (struct descriptor *each = thread->descriptors; each != NULL; each = each->next) {
    REQUIRE(env, napi_create_int32(env, each->fd, &number));
    REQUIRE(env, napi_set_element(env, list, count++, number));
  }
  return list;
}

napi_value descriptor_close(napi_env env, napi_callback_info info) {
  napi_value arguments[3];
  uint32_t id;
  if (!read_arguments(env, info, 3, arguments))
    return NULL;
  struct thread *thread = thread_from(env, arguments[0]);
  struct descriptor *descriptor = thread == NULL ? NULL : descriptor_from(env, arguments[2]);
  if (descriptor == NULL)
    return NULL;
  REQUIRE(env, napi_get_value_uint32(env, arguments[1], &id));
  begin_closing(descriptor, id);
  return NULL;
}

/* Whether a socket's errors are read as its data are: a link of frames that is down, what netlink lost. */
static bool reads_errors(int fd) {
  int domain;
  socklen_t size = sizeof domain;
  return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && (domain == AF_PACKET || domain == AF_NETLINK);
}

napi_value descriptor_adopt(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  int32_t number;
  if (!read_arguments(env, info, 2, arguments))
    return NULL;
  struct thread *thread = thread_from(env, arguments[0]);
  if (thread == NULL)
    return NULL;
  REQUIRE(env, napi_get_value_int32(env, arguments[1], &number));
  int fd = fcntl(number, F_DUPFD_CLOEXEC, 3);
  if (fd < 0) {
    throw_errno(env, errno, errno == EBADF ? "no open descriptor has this number" : NULL);
    return NULL;
  }
  napi_value value = create(env, thread, fd, reads_errors(fd));
  if (value == NULL)
    throw_errno(env, ENOMEM, NULL);
  return value;
}

napi_value descriptor_duplicate(napi_env env, napi_callback_info info) {
  napi_value handle, number;
  if (!read_arguments(env, info, 1, &handle))
    return NULL;
  int fd = descriptor_fd(env, handle);
  if (fd < 0)
    return NULL;
  int duplicate = fcntl(fd, F_DUPFD_CLOEXEC, 3);
  if (duplicate < 0) {
    throw_errno(env, errno, NULL);
    return NULL;
  }
  REQUIRE(env, napi_create_int32(env, duplicate, &number));
  return number;
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
  if (!read_bytes(env, arguments[1], &bytes, &length))
    return NULL;
  ssize_t count;
  unsigned times = 0;
  do {
    count = writing ? write(fd, bytes, length) : read(fd, bytes, length);
  } while (count < 0 && is_interrupted(&times));
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
  napi_env env = watch->thread->env;
  napi_handle_scope scope;
  napi_value function, arguments[2];
  /* libuv gives up a descriptor in error. */
  if (status == UV_EBADF && watch->reads_errors && uv_poll_start(poll, watch->events, on_ready) == 0) {
    status = 0;
    events = UV_READABLE;
  }
  if (napi_open_handle_scope(env, &scope) != napi_ok)
    return;
  if (watch->callback != NULL &&
      napi_get_reference_value(env, watch->callback, &function) == napi_ok &&
      napi_create_int32(env, status, &arguments[0]) == napi_ok &&
      napi_create_int32(env, events, &arguments[1]) == napi_ok)
    delivery_call(watch->thread, function, 2, arguments);
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
  watch->thread = descriptor->thread;
  watch->reads_errors = descriptor->reads_errors;
  watch->poll.data = watch;
  delivery_handle_opened(watch->thread);
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
  if (watch != NULL)
    watch->events = events;
  if (watch == NULL || uv_poll_start(&watch->poll, events, on_ready) != 0)
    throw_errno(env, EPERM, "the descriptor cannot be polled");
  return NULL;
}

#include "host.h"

#include <stdlib.h>

#include "boundary.h"
#include "delivery.h"
#include "descriptor.h"
#include "thread.h"

void host_retain(struct host *host) { __atomic_add_fetch(&host->references, 1, __ATOMIC_RELAXED); }

void host_release(struct host *host) {
  if (__atomic_sub_fetch(&host->references, 1, __ATOMIC_ACQ_REL) > 0)
    return;
  while (host->done != NULL) {
    struct job *job = host->done;
    host->done = job->next;
    job_destroy(job);
  }
  pthread_cond_destroy(&host->wake);
  pthread_mutex_destroy(&host->lock);
  free(host);
}

void host_submit(struct host *host, struct job *job) { delivery_submit(host, job, false); }

void host_call(struct host *host, napi_value function, size_t count, napi_value *arguments) {
  napi_env env = host->env;
  napi_value receiver, ignored, error;
  if (napi_get_global(env, &receiver) != napi_ok)
    return;
  if (napi_make_callback(env, host->context, receiver, function, count, arguments, &ignored) !=
          napi_pending_exception ||
      napi_get_and_clear_last_exception(env, &error) != napi_ok)
    return;
  napi_fatal_exception(env, error);
}

void host_handle_opened(struct host *host) {
  host->open_handles++;
  host_retain(host);
}

void host_handle_closed(struct host *host) {
  if (--host->open_handles == 0 && host->cleanup != NULL) {
    napi_remove_async_cleanup_hook(host->cleanup);
    host->cleanup = NULL;
  }
  host_release(host);
}

/* The JavaScript side is gone or going: the thread finishes the call it is in and ends by itself. */
static void abandon(struct host *host) {
  if (host->ended || host->abandoned)
    return;
  /* The thread of a host that is being closed may have ended: it takes no more work. */
  struct job *last = NULL;
  if (host->closing)
    descriptors_close_late(host);
  else
    last = descriptors_release(host);
  pthread_mutex_lock(&host->lock);
  host->abandoned = true;
  pthread_mutex_unlock(&host->lock);
  host->closing = true;
  pthread_detach(host->thread);
  delivery_close(host);
  if (last != NULL)
    thread_enqueue(host, last, true);
}

static void on_environment_end(napi_async_cleanup_hook_handle handle, void *data) {
  (void)handle;
  abandon(data);
}

static void on_handle_lost(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  struct host *host = data;
  abandon(host);
  host_release(host);
}

struct open_job {
  struct job job;
  struct namespace_choice choice;
};

static void open_run(struct job *job, struct host *host) {
  struct open_job *open = (struct open_job *)job;
  job->error = namespace_enter(&open->choice, &job->syscall);
  if (job->error == 0)
    job->error = netlink_open(&host->socket, &job->syscall);
}

static void open_destroy(struct job *job) { namespace_choice_free(&((struct open_job *)job)->choice); }

/* Both sides look out, and see what the other has put down while it still holds the lock: not worth sleeping for. */
static void make_lock(pthread_mutex_t *lock) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
#ifdef PTHREAD_ADAPTIVE_MUTEX_INITIALIZER_NP
  pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ADAPTIVE_NP);
#endif
  pthread_mutex_init(lock, &attributes);
  pthread_mutexattr_destroy(&attributes);
}

static struct host *host_new(napi_env env, uv_loop_t *loop) {
  struct host *host = calloc(1, sizeof *host);
  if (host == NULL)
    return NULL;
  host->references = 1;
  if (delivery_open(host, loop) != 0) {
    free(host);
    return NULL;
  }
  make_lock(&host->lock);
  pthread_cond_init(&host->wake, NULL);
  host->todo_end = &host->todo;
  host->done_end = &host->done;
  host->socket.fd = -1;
  host->sysfs = -1;
  host->env = env;
  return host;
}

napi_value host_open(napi_env env, napi_callback_info info) {
  napi_value arguments[3], name, handle, zero;
  uv_loop_t *loop;
  if (!read_arguments(env, info, 3, arguments))
    return NULL;
  REQUIRE(env, napi_get_uv_event_loop(env, &loop));
  REQUIRE(env, napi_create_uint32(env, 0, &zero));
  struct open_job *open = job_new(env, sizeof *open, zero);
  if (open == NULL)
    return NULL;
  open->job.run = open_run;
  open->job.destroy = open_destroy;
  if (!namespace_choice_read(env, arguments[0], arguments[1], &open->choice)) {
    job_destroy(&open->job);
    return NULL;
  }
  struct host *host = host_new(env, loop);
  if (host == NULL) {
    job_destroy(&open->job);
    napi_throw_error(env, NULL, "out of memory");
    return NULL;
  }
  napi_status status = napi_create_string_utf8(env, "linkwright", NAPI_AUTO_LENGTH, &name);
  if (status == napi_ok)
    status = napi_create_reference(env, arguments[2], 0, &host->on_event);
  if (status == napi_ok)
    status = napi_async_init(env, NULL, name, &host->context);
  if (status == napi_ok)
    status = napi_add_async_cleanup_hook(env, on_environment_end, host, &host->cleanup);
  if (status == napi_ok)
    status = napi_create_external(env, host, on_handle_lost, NULL, &handle);
  bool held = status == napi_ok;
  host_retain(host); /* the thread's reference */
  if (held && thread_start(host) == 0) {
    delivery_submit(host, &open->job, false);
    return handle;
  }
  job_destroy(&open->job);
  host->closing = host->ended = true;
  delivery_close(host);
  host_release(host);
  if (!held)
    host_release(host);
  napi_throw_error(env, "EAGAIN", "could not start the host's thread");
  return NULL;
}

static napi_value close_result(napi_env env, struct job *job, struct host *host) {
  (void)env;
  (void)job;
  pthread_join(host->thread, NULL);
  descriptors_close_late(host);
  host->ended = true;
  return NULL;
}

napi_value host_close(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  uint32_t id;
  if (!read_arguments(env, info, 2, arguments))
    return NULL;
  struct host *host = host_from(env, arguments[0]);
  if (host == NULL)
    return NULL;
  REQUIRE(env, napi_get_value_uint32(env, arguments[1], &id));
  struct job *job = descriptors_release(host);
  job->id = id;
  job->silent = false;
  job->result = close_result;
  host->closing = true;
  delivery_submit(host, job, true);
  return NULL;
}

struct host *host_from(napi_env env, napi_value handle) {
  void *data = NULL;
  if (napi_get_value_external(env, handle, &data) != napi_ok) {
    throw_last_error(env);
    return NULL;
  }
  struct host *host = data;
  if (host->closing) {
    napi_throw_error(env, "ECANCELED", "the host is closed");
    return NULL;
  }
  return host;
}

void *job_new(napi_env env, size_t size, napi_value id) {
  uint32_t number = 0;
  struct job *job = calloc(1, size);
  if (job == NULL) {
    napi_throw_error(env, NULL, "out of memory");
    return NULL;
  }
  if (napi_get_value_uint32(env, id, &number) != napi_ok) {
    throw_last_error(env);
    free(job);
    return NULL;
  }
  job->id = number;
  return job;
}

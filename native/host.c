#include "host.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>

#include "boundary.h"
#include "descriptor.h"
#include "thread.h"

/* Nanoseconds for which the event loop looks out for results after work was handed over: see thread.c. */
#define LOOKOUT_FOR_RESULTS 250000

/* How often it looks in one turn before it does everything else: a few microseconds. */
#define GLANCES 128

/* Nanoseconds that results may take of one turn of the event loop. */
#define TURN_OF_DELIVERIES 2000000

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

static void set_watching(struct host *host, bool watching) {
  pthread_mutex_lock(&host->lock);
  host->watching = watching;
  if (!watching && host->done != NULL)
    uv_async_send(&host->async);
  pthread_mutex_unlock(&host->lock);
}

static void deliver_all(uv_async_t *async);

static bool has_results(struct host *host) {
  return __atomic_load_n(&host->done, __ATOMIC_ACQUIRE) != NULL;
}

/* Once in each turn of the event loop while it watches. */
static void keep_watch(uv_idle_t *watchful) {
  struct host *host = watchful->data;
  host_retain(host);
  __atomic_store_n(&host->loop_processor, sched_getcpu(), __ATOMIC_RELAXED);
  if (thread_shares_processor(host))
    sched_yield();
  else
    for (int i = 0; i < GLANCES && !has_results(host); i++)
      thread_relax();
  if (has_results(host))
    deliver_all(&host->async);
  if (host->pending == 0 || uv_hrtime() > host->watch_until) {
    uv_idle_stop(watchful);
    if (!host->abandoned && !host->ended)
      set_watching(host, false);
  }
  host_release(host);
}

static void start_watching(struct host *host) {
  host->watch_until = uv_hrtime() + LOOKOUT_FOR_RESULTS;
  if (host->watching)
    return;
  set_watching(host, true);
  uv_idle_start(&host->watchful, keep_watch);
}

static void submit(struct host *host, struct job *job, bool last) {
  if (!job->silent && host->pending++ == 0) {
    uv_ref((uv_handle_t *)&host->async);
    napi_reference_ref(host->env, host->on_event, NULL);
  }
  thread_enqueue(host, job, last);
  if (thread_has_processor())
    start_watching(host);
}

void host_submit(struct host *host, struct job *job) { submit(host, job, false); }

/* The last delivery of a job: an idle host neither keeps the process alive nor itself in memory. */
static void settled(struct host *host) {
  if (--host->pending > 0)
    return;
  uv_unref((uv_handle_t *)&host->async);
  napi_reference_unref(host->env, host->on_event, NULL);
}

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

static void tell(struct host *host, struct job *job) {
  napi_env env = host->env;
  napi_handle_scope scope;
  napi_value function, arguments[5];
  if (napi_open_handle_scope(env, &scope) != napi_ok)
    return;
  bool ok = napi_get_reference_value(env, host->on_event, &function) == napi_ok &&
            function != NULL &&
            napi_create_uint32(env, job->id, &arguments[0]) == napi_ok &&
            napi_get_boolean(env, job->more, &arguments[1]) == napi_ok &&
            napi_create_int32(env, job->error, &arguments[2]) == napi_ok &&
            napi_get_undefined(env, &arguments[3]) == napi_ok &&
            napi_get_undefined(env, &arguments[4]) == napi_ok;
  if (ok && job->syscall != NULL)
    ok = napi_create_string_utf8(env, job->syscall, NAPI_AUTO_LENGTH, &arguments[3]) == napi_ok;
  if (ok && job->result != NULL) {
    napi_value value = job->result(env, job, host);
    if (value != NULL)
      arguments[4] = value;
  }
  if (!job->more)
    settled(host);
  if (ok)
    host_call(host, function, 5, arguments);
  napi_close_handle_scope(env, scope);
}

static void close_event_side(struct host *host);

/* What could not be delivered in this turn of the event loop comes first in the next. */
static void put_back(struct host *host, struct job *rest) {
  struct job *last = rest;
  while (last->next != NULL)
    last = last->next;
  pthread_mutex_lock(&host->lock);
  if (host->done == NULL)
    host->done_end = &last->next;
  last->next = host->done;
  host->done = rest;
  uv_async_send(&host->async);
  pthread_mutex_unlock(&host->lock);
}

static void deliver_all(uv_async_t *async) {
  struct host *host = async->data;
  uint64_t until = uv_hrtime() + TURN_OF_DELIVERIES;
  host_retain(host);
  pthread_mutex_lock(&host->lock);
  struct job *job = host->done;
  host->done = NULL;
  host->done_end = &host->done;
  pthread_mutex_unlock(&host->lock);
  while (job != NULL) {
    struct job *next = job->next;
    if (!host->abandoned)
      tell(host, job);
    job_destroy(job);
    job = next;
    if (job != NULL && uv_hrtime() > until && !host->abandoned) {
      put_back(host, job);
      break;
    }
  }
  if (host->ended && !host->abandoned)
    close_event_side(host);
  host_release(host);
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

static void handle_closed(uv_handle_t *handle) { host_handle_closed(handle->data); }

static void close_event_side(struct host *host) {
  uv_close((uv_handle_t *)&host->async, handle_closed);
  uv_close((uv_handle_t *)&host->watchful, handle_closed);
  napi_delete_reference(host->env, host->on_event);
  napi_async_destroy(host->env, host->context);
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
  close_event_side(host);
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
  if (uv_async_init(loop, &host->async, deliver_all) != 0) {
    free(host);
    return NULL;
  }
  make_lock(&host->lock);
  pthread_cond_init(&host->wake, NULL);
  host->todo_end = &host->todo;
  host->done_end = &host->done;
  host->references = 1;
  host->socket.fd = -1;
  host->sysfs = -1;
  host->env = env;
  host->async.data = host;
  uv_unref((uv_handle_t *)&host->async);
  host_handle_opened(host);
  uv_idle_init(loop, &host->watchful);
  host->watchful.data = host;
  host_handle_opened(host);
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
    submit(host, &open->job, false);
    return handle;
  }
  job_destroy(&open->job);
  host->closing = host->ended = true;
  close_event_side(host);
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
  submit(host, job, true);
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

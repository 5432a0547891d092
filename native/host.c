#include "host.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>

#include "boundary.h"
#include "descriptor.h"

/*
 * Waking a thread that sleeps on another processor takes longer than many a request. So whoever has just been busy looks
 * out for a while before sleeping: the thread for more work, the event loop, which goes on with everything else
 * meanwhile, for results. Only where there are processors for both, and leaving them to others who want them.
 * Nanoseconds.
 */
#define LOOKOUT_FOR_WORK 100000
#define LOOKOUT_FOR_RESULTS 250000

/* Nanoseconds for which the result of a brief job may wait for those of others behind it: a wake-up costs as much as they do. */
#define NOTIFICATION_INTERVAL 1000000

/* Nanoseconds that results may take of one turn of the event loop. */
#define TURN_OF_DELIVERIES 2000000

/* Deep enough for every call made on it, small enough for thousands of hosts. */
#define STACK_SIZE (256 * 1024)

void job_fail(struct job *job, const char *syscall, int error) {
  job->syscall = syscall;
  job->error = error;
}

static void job_destroy(struct job *job) {
  if (job->destroy != NULL)
    job->destroy(job);
  free(job);
}

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

void host_deliver(struct host *host, struct job *job) {
  job->next = NULL;
  pthread_mutex_lock(&host->lock);
  if (host->abandoned || job->silent) {
    pthread_mutex_unlock(&host->lock);
    job_destroy(job);
    return;
  }
  *host->done_end = job;
  host->done_end = &job->next;
  bool soon = job->brief && host->todo != NULL && host->todo->brief &&
              uv_hrtime() - host->notified < NOTIFICATION_INTERVAL;
  if (!host->watching && !soon) {
    host->notified = uv_hrtime();
    uv_async_send(&host->async);
  }
  pthread_mutex_unlock(&host->lock);
}

static int processors;

static void count_processors(void) {
  cpu_set_t usable;
  processors = sched_getaffinity(0, sizeof usable, &usable) == 0 ? CPU_COUNT(&usable) : 1;
}

/* Tells the processor that this is a loop of waiting. */
static inline void relax(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

/* Looks for work for a while. */
static void look_out(struct host *host) {
  if (processors < 2)
    return;
  __atomic_store_n(&host->awake, true, __ATOMIC_SEQ_CST);
  uint64_t until = uv_hrtime() + LOOKOUT_FOR_WORK;
  while (__atomic_load_n(&host->todo, __ATOMIC_ACQUIRE) == NULL &&
         !__atomic_load_n(&host->ending, __ATOMIC_ACQUIRE) && uv_hrtime() < until) {
    for (int i = 0; i < 16; i++)
      relax();
    sched_yield();
  }
  __atomic_store_n(&host->awake, false, __ATOMIC_SEQ_CST);
}

/* The thread. Work that still waits when the event loop goes is discarded, unless it is silent. */
static void *live(void *argument) {
  struct host *host = argument;
  for (;;) {
    look_out(host);
    pthread_mutex_lock(&host->lock);
    while (host->todo == NULL && !host->ending)
      pthread_cond_wait(&host->wake, &host->lock);
    struct job *job = host->todo;
    if (job == NULL) {
      pthread_mutex_unlock(&host->lock);
      break;
    }
    host->todo = job->next;
    if (host->todo == NULL)
      host->todo_end = &host->todo;
    bool discard = host->abandoned && !job->silent;
    pthread_mutex_unlock(&host->lock);
    if (!discard)
      job->run(job, host);
    host_deliver(host, job);
  }
  netlink_close(&host->socket);
  host_release(host);
  return NULL;
}

static void enqueue(struct host *host, struct job *job, bool last) {
  job->next = NULL;
  pthread_mutex_lock(&host->lock);
  *host->todo_end = job;
  host->todo_end = &job->next;
  if (last)
    host->ending = true;
  if (!__atomic_load_n(&host->awake, __ATOMIC_SEQ_CST))
    pthread_cond_signal(&host->wake);
  pthread_mutex_unlock(&host->lock);
}

static void set_watching(struct host *host, bool watching) {
  pthread_mutex_lock(&host->lock);
  host->watching = watching;
  if (!watching && host->done != NULL)
    uv_async_send(&host->async);
  pthread_mutex_unlock(&host->lock);
}

static void deliver_all(uv_async_t *async);

/* Once in each turn of the event loop while it watches. */
static void keep_watch(uv_idle_t *watchful) {
  struct host *host = watchful->data;
  host_retain(host);
  if (__atomic_load_n(&host->done, __ATOMIC_ACQUIRE) != NULL)
    deliver_all(&host->async);
  if (host->pending == 0 || uv_hrtime() > host->watch_until) {
    uv_idle_stop(watchful);
    if (!host->abandoned && !host->ended)
      set_watching(host, false);
  } else {
    sched_yield();
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
  enqueue(host, job, last);
  if (processors > 1)
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
  struct job *last = descriptors_release(host);
  pthread_mutex_lock(&host->lock);
  host->abandoned = true;
  pthread_mutex_unlock(&host->lock);
  host->closing = true;
  pthread_detach(host->thread);
  close_event_side(host);
  enqueue(host, last, true);
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

static int start_thread(struct host *host) {
  static pthread_once_t counted = PTHREAD_ONCE_INIT;
  pthread_once(&counted, count_processors);
  pthread_attr_t attributes;
  sigset_t all, before;
  int error = pthread_attr_init(&attributes);
  if (error != 0)
    return error;
  sigfillset(&all);
  error = pthread_attr_setstacksize(&attributes, STACK_SIZE);
  if (error == 0)
    error = pthread_sigmask(SIG_SETMASK, &all, &before);
  if (error == 0) {
    error = pthread_create(&host->thread, &attributes, live, host);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
  }
  pthread_attr_destroy(&attributes);
  if (error == 0)
    pthread_setname_np(host->thread, "linkwright");
  return error;
}

static struct host *host_new(napi_env env, uv_loop_t *loop) {
  struct host *host = calloc(1, sizeof *host);
  if (host == NULL)
    return NULL;
  if (uv_async_init(loop, &host->async, deliver_all) != 0) {
    free(host);
    return NULL;
  }
  pthread_mutex_init(&host->lock, NULL);
  pthread_cond_init(&host->wake, NULL);
  host->todo_end = &host->todo;
  host->done_end = &host->done;
  host->references = 1;
  host->socket.fd = -1;
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
  if (held && start_thread(host) == 0) {
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

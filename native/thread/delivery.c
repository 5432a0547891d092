#include "thread/delivery.h"

#include <errno.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "boundary.h"

/* Nanoseconds for which the event loop looks out for results after work was handed over: see thread.c. */
#define LOOKOUT_FOR_RESULTS 250000

/* With more work under way than this, it is told of some of it while the rest is done: it sleeps meanwhile. */
#define MOST_AWAITED 16

/* How often it looks in one turn before it does everything else: a few microseconds. */
#define GLANCES 128

/* Nanoseconds that results may take of one turn of the event loop. */
#define TURN_OF_DELIVERIES 2000000

/* Milliseconds after which the results of brief jobs are looked for, whatever the thread is at. */
#define PATIENCE 1

const char thread_kind[] = "thread";

struct thread *thread_from(napi_env env, napi_value handle) {
  struct thread *thread = handle_data(env, handle, thread_kind);
  if (thread != NULL && thread->closing) {
    throw_errno(env, ECANCELED, "the host is closed");
    return NULL;
  }
  return thread;
}

void *job_new(napi_env env, size_t size, napi_value id) {
  uint32_t number = 0;
  struct job *job = calloc(1, size);
  if (job == NULL) {
    throw_errno(env, ENOMEM, NULL);
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

void delivery_call(struct thread *thread, napi_value function, size_t count, napi_value *arguments) {
  napi_env env = thread->env;
  napi_value receiver, ignored, error;
  if (napi_get_global(env, &receiver) != napi_ok)
    return;
  if (napi_make_callback(env, thread->context, receiver, function, count, arguments, &ignored) !=
          napi_pending_exception ||
      napi_get_and_clear_last_exception(env, &error) != napi_ok)
    return;
  napi_fatal_exception(env, error);
}

void delivery_handle_opened(struct thread *thread) {
  thread->open_handles++;
  thread_retain(thread);
}

void delivery_handle_closed(struct thread *thread) {
  if (--thread->open_handles == 0 && thread->cleanup != NULL) {
    napi_remove_async_cleanup_hook(thread->cleanup);
    thread->cleanup = NULL;
  }
  thread_release(thread);
}

void delivery_expect(struct thread *thread) {
  if (thread->pending++ > 0)
    return;
  uv_ref((uv_handle_t *)&thread->async);
  napi_reference_ref(thread->env, thread->on_event, NULL);
}

/* The last delivery of a job: an idle thread neither keeps the process alive nor itself in memory. */
static void settled(struct thread *thread, struct job *job) {
  if (job->brief && --thread->brief == 0)
    uv_timer_stop(&thread->impatient);
  if (--thread->pending > 0)
    return;
  uv_unref((uv_handle_t *)&thread->async);
  napi_reference_unref(thread->env, thread->on_event, NULL);
}

/* The value of a job. One that cannot be made fails the job, whatever it threw. */
static napi_value value_of(struct thread *thread, struct job *job) {
  napi_env env = thread->env;
  napi_value value = NULL, ignored;
  bool pending = false;
  if (job->result != NULL) {
    value = job->result(env, job, thread);
    if (value == NULL && job->error == 0)
      job_fail(job, "malloc", ENOMEM);
    if (napi_is_exception_pending(env, &pending) == napi_ok && pending)
      napi_get_and_clear_last_exception(env, &ignored);
  }
  return value;
}

static void tell(struct thread *thread, struct job *job) {
  napi_env env = thread->env;
  napi_handle_scope scope;
  napi_value function, arguments[5];
  if (napi_open_handle_scope(env, &scope) != napi_ok)
    return;
  napi_value value = value_of(thread, job);
  bool ok = napi_get_reference_value(env, thread->on_event, &function) == napi_ok &&
            function != NULL &&
            napi_create_uint32(env, job->id, &arguments[0]) == napi_ok &&
            napi_get_boolean(env, job->more, &arguments[1]) == napi_ok &&
            napi_create_int32(env, job->error, &arguments[2]) == napi_ok &&
            napi_get_undefined(env, &arguments[3]) == napi_ok &&
            napi_get_undefined(env, &arguments[4]) == napi_ok;
  if (ok && job->syscall != NULL)
    ok = napi_create_string_utf8(env, job->syscall, NAPI_AUTO_LENGTH, &arguments[3]) == napi_ok;
  if (value != NULL)
    arguments[4] = value;
  if (!job->more)
    settled(thread, job);
  if (ok)
    delivery_call(thread, function, 5, arguments);
  napi_close_handle_scope(env, scope);
}

/* What could not be delivered in this turn of the event loop comes first in the next. */
static void put_back(struct thread *thread, struct job *rest) {
  struct job *last = rest;
  while (last->next != NULL)
    last = last->next;
  pthread_mutex_lock(&thread->lock);
  if (thread->done == NULL)
    thread->done_end = last;
  last->next = thread->done;
  thread->done = rest;
  uv_async_send(&thread->async);
  pthread_mutex_unlock(&thread->lock);
}

/* The last job is done: once the thread is gone, and every descriptor closed, whoever closed it is told. */
static void finish(struct thread *thread) {
  if (!thread->joined) {
    /* A few instructions are left of it; waiting for them here could take as long as others have the processor. */
    if (pthread_tryjoin_np(thread->pthread, NULL) == EBUSY)
      return;
    thread->joined = true;
    thread->ended(thread);
  }
  if (thread->closings > 0)
    return;
  tell(thread, thread->last);
  delivery_close(thread);
}

static void set_watching(struct thread *thread, bool watching) {
  pthread_mutex_lock(&thread->lock);
  thread->watching = watching;
  if (!watching && thread->done != NULL)
    uv_async_send(&thread->async);
  pthread_mutex_unlock(&thread->lock);
}

static void keep_watch(uv_idle_t *watchful);

/* Whether results are so near that they are worth looking out for. */
static bool is_awaited(const struct thread *thread) {
  return thread->pending > 0 && thread->pending <= MOST_AWAITED && uv_hrtime() <= thread->watch_until;
}

static void start_watching(struct thread *thread) {
  thread->watch_until = uv_hrtime() + LOOKOUT_FOR_RESULTS;
  if (thread->watching)
    return;
  set_watching(thread, true);
  uv_idle_start(&thread->watchful, keep_watch);
}

static void deliver_all(struct thread *thread) {
  uint64_t until = uv_hrtime() + TURN_OF_DELIVERIES;
  thread_retain(thread);
  pthread_mutex_lock(&thread->lock);
  struct job *job = thread->done;
  thread->done = NULL;
  pthread_mutex_unlock(&thread->lock);
  while (job != NULL) {
    struct job *next = job->next;
    if (job == thread->last) {
      thread->finished = true;
    } else {
      if (!thread->abandoned)
        tell(thread, job);
      job_destroy(job);
    }
    job = next;
    if (job != NULL && uv_hrtime() > until && !thread->abandoned) {
      put_back(thread, job);
      break;
    }
  }
  if (thread->finished && !thread->silenced) {
    finish(thread);
    if (!thread->joined)
      start_watching(thread);
  }
  thread_release(thread);
}

static void on_woken(uv_async_t *async) { deliver_all(async->data); }

static bool has_results(struct thread *thread) { return thread->done != NULL; }

static void on_patience_lost(uv_timer_t *impatient) {
  struct thread *thread = impatient->data;
  if (has_results(thread))
    deliver_all(thread);
}

/* Once in each turn of the event loop while it watches. */
static void keep_watch(uv_idle_t *watchful) {
  struct thread *thread = watchful->data;
  thread_retain(thread);
  atomic_store_explicit(&thread->loop_processor, sched_getcpu(), memory_order_relaxed);
  if (thread_shares_processor(thread) || thread->finished)
    sched_yield();
  else
    for (int i = 0; i < GLANCES && !has_results(thread); i++)
      thread_relax();
  if (has_results(thread) || (thread->finished && !thread->joined && !thread->abandoned))
    deliver_all(thread);
  bool joining = thread->finished && !thread->joined;
  if (thread->silenced || (!joining && !is_awaited(thread))) {
    uv_idle_stop(watchful);
    if (!thread->silenced)
      set_watching(thread, false);
  }
  thread_release(thread);
}

void delivery_submit(struct thread *thread, struct job *job) {
  if (!job->silent) {
    delivery_expect(thread);
    if (job->brief && thread->brief++ == 0)
      uv_timer_start(&thread->impatient, on_patience_lost, PATIENCE, PATIENCE);
  }
  thread_enqueue(thread, job);
  if (thread_has_processor() && thread->pending <= MOST_AWAITED)
    start_watching(thread);
}

static void adopt(struct thread *thread, uv_handle_t *handle) {
  handle->data = thread;
  uv_unref(handle);
  delivery_handle_opened(thread);
}

int delivery_open(struct thread *thread, uv_loop_t *loop) {
  int status = uv_async_init(loop, &thread->async, on_woken);
  if (status != 0)
    return status;
  adopt(thread, (uv_handle_t *)&thread->async);
  uv_idle_init(loop, &thread->watchful);
  thread->watchful.data = thread;
  delivery_handle_opened(thread);
  uv_timer_init(loop, &thread->impatient);
  adopt(thread, (uv_handle_t *)&thread->impatient);
  return 0;
}

static void on_handle_closed(uv_handle_t *handle) { delivery_handle_closed(handle->data); }

void delivery_close(struct thread *thread) {
  thread->silenced = true;
  uv_close((uv_handle_t *)&thread->async, on_handle_closed);
  uv_close((uv_handle_t *)&thread->watchful, on_handle_closed);
  uv_close((uv_handle_t *)&thread->impatient, on_handle_closed);
  napi_delete_reference(thread->env, thread->on_event);
  napi_async_destroy(thread->env, thread->context);
}

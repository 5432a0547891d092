#include "delivery.h"

#include <sched.h>

#include "host.h"
#include "thread.h"

/* Nanoseconds for which the event loop looks out for results after work was handed over: see thread.c. */
#define LOOKOUT_FOR_RESULTS 250000

/* How often it looks in one turn before it does everything else: a few microseconds. */
#define GLANCES 128

/* Nanoseconds that results may take of one turn of the event loop. */
#define TURN_OF_DELIVERIES 2000000

/* The last delivery of a job: an idle host neither keeps the process alive nor itself in memory. */
static void settled(struct host *host) {
  if (--host->pending > 0)
    return;
  uv_unref((uv_handle_t *)&host->async);
  napi_reference_unref(host->env, host->on_event, NULL);
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
    delivery_close(host);
  host_release(host);
}

static void set_watching(struct host *host, bool watching) {
  pthread_mutex_lock(&host->lock);
  host->watching = watching;
  if (!watching && host->done != NULL)
    uv_async_send(&host->async);
  pthread_mutex_unlock(&host->lock);
}

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

void delivery_submit(struct host *host, struct job *job, bool last) {
  if (!job->silent && host->pending++ == 0) {
    uv_ref((uv_handle_t *)&host->async);
    napi_reference_ref(host->env, host->on_event, NULL);
  }
  thread_enqueue(host, job, last);
  if (thread_has_processor())
    start_watching(host);
}

int delivery_open(struct host *host, uv_loop_t *loop) {
  int status = uv_async_init(loop, &host->async, deliver_all);
  if (status != 0)
    return status;
  host->async.data = host;
  uv_unref((uv_handle_t *)&host->async);
  host_handle_opened(host);
  uv_idle_init(loop, &host->watchful);
  host->watchful.data = host;
  host_handle_opened(host);
  return 0;
}

static void handle_closed(uv_handle_t *handle) { host_handle_closed(handle->data); }

void delivery_close(struct host *host) {
  uv_close((uv_handle_t *)&host->async, handle_closed);
  uv_close((uv_handle_t *)&host->watchful, handle_closed);
  napi_delete_reference(host->env, host->on_event);
  napi_async_destroy(host->env, host->context);
}

#include "lifetime.h"

#include <errno.h>
#include <stdlib.h>

#include "boundary.h"
#include "thread/delivery.h"
#include "files/descriptor.h"
#include "namespace/namespace.h"
#include "thread/thread.h"

/* The JavaScript side is gone or going: the thread finishes the call it is in and ends by itself. */
static void abandon(struct thread *thread, enum release release) {
  if (thread->silenced)
    return;
  pthread_mutex_lock(&thread->lock);
  thread->abandoned = true;
  pthread_mutex_unlock(&thread->lock);
  descriptors_release(thread, release);
  if (!thread->joined)
    pthread_detach(thread->pthread);
  delivery_close(thread);
  if (thread->closing)
    return;
  thread->closing = true;
  thread_enqueue(thread, thread->last);
}

static void on_environment_end(napi_async_cleanup_hook_handle handle, void *data) {
  (void)handle;
  abandon(data, RELEASE_ALL);
}

static void on_handle_lost(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  struct thread *thread = data;
  abandon(thread, RELEASE_UNSHARED);
  thread_release(thread);
}

struct open_job {
  struct job job;
  struct namespace_choice choice;
};

static void open_run(struct job *job, struct thread *thread) {
  struct open_job *open = (struct open_job *)job;
  job->error = namespace_enter(&open->choice, &job->syscall);
  thread->outside = job->error != 0;
}

static void open_destroy(struct job *job) { namespace_choice_free(&((struct open_job *)job)->choice); }

static void release_all(struct thread *thread) { descriptors_release(thread, RELEASE_ALL); }

static struct open_job *open_job_new(napi_env env, napi_value kind, napi_value path) {
  napi_value zero;
  REQUIRE(env, napi_create_uint32(env, 0, &zero));
  struct open_job *open = job_new(env, sizeof *open, zero);
  if (open == NULL)
    return NULL;
  open->job.run = open_run;
  open->job.destroy = open_destroy;
  if (namespace_choice_read(env, kind, path, &open->choice))
    return open;
  job_destroy(&open->job);
  return NULL;
}

napi_value lifetime_open(napi_env env, napi_callback_info info) {
  napi_value arguments[3], name, handle = NULL;
  uv_loop_t *loop;
  if (!read_arguments(env, info, 3, arguments))
    return NULL;
  REQUIRE(env, napi_get_uv_event_loop(env, &loop));
  struct open_job *open = open_job_new(env, arguments[0], arguments[1]);
  if (open == NULL)
    return NULL;
  struct thread *thread = thread_new();
  if (thread == NULL || delivery_open(thread, loop) != 0) {
    if (thread != NULL)
      thread_release(thread);
    job_destroy(&open->job);
    throw_errno(env, ENOMEM, NULL);
    return NULL;
  }
  thread->env = env;
  thread->ended = release_all;
  thread->closing = thread->joined = true; /* until it has started */
  napi_status status = napi_create_string_utf8(env, "linkwright", NAPI_AUTO_LENGTH, &name);
  if (status == napi_ok)
    status = napi_create_reference(env, arguments[2], 0, &thread->on_event);
  if (status == napi_ok)
    status = napi_async_init(env, NULL, name, &thread->context);
  if (status == napi_ok)
    status = napi_add_async_cleanup_hook(env, on_environment_end, thread, &thread->cleanup);
  thread_retain(thread); /* the thread's own reference */
  if (status == napi_ok)
    handle = handle_new(env, &thread->handle, on_handle_lost, thread_kind);
  else
    thread_release(thread);
  int error = handle == NULL ? ENOMEM : thread_start(thread);
  if (error == 0) {
    thread->closing = thread->joined = false;
    delivery_submit(thread, &open->job);
    return handle;
  }
  job_destroy(&open->job);
  if (!thread->silenced)
    delivery_close(thread);
  thread_release(thread);
  throw_errno(env, error, NULL);
  return NULL;
}

napi_value lifetime_close(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  if (!read_arguments(env, info, 2, arguments))
    return NULL;
  struct thread *thread = thread_from(env, arguments[0]);
  if (thread == NULL)
    return NULL;
  REQUIRE(env, napi_get_value_uint32(env, arguments[1], &thread->last->id));
  thread->closing = true;
  delivery_submit(thread, thread->last);
  return NULL;
}

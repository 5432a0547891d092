#ifndef LINKWRIGHT_DELIVERY_H
#define LINKWRIGHT_DELIVERY_H

#include <node_api.h>
#include <stdbool.h>
#include <uv.h>

#include "thread/thread.h"

/* The event loop's side of a thread: how work goes there and comes back. Only the event loop calls these. */

/* The kind of a thread's handle. */
extern const char thread_kind[];

/* The thread behind a handle, or NULL with an exception pending. One that is closing is refused. */
struct thread *thread_from(napi_env env, napi_value handle);
/* Allocates a job of `size` bytes with everything zero; NULL with an exception pending. */
void *job_new(napi_env env, size_t size, napi_value id);

/* Makes the libuv handles that results come by: an error of libuv, or 0. */
int delivery_open(struct thread *thread, uv_loop_t *loop);
/* Ends the deliveries; the handles' last call releases the thread. */
void delivery_close(struct thread *thread);
/* Hands a job to the thread, and looks out for its result. */
void delivery_submit(struct thread *thread, struct job *job);
/* Counts a job that comes back by thread_deliver from elsewhere, and for which somebody waits. */
void delivery_expect(struct thread *thread);

/* Calls into JavaScript from libuv; a throw reaches 'uncaughtException'. */
void delivery_call(struct thread *thread, napi_value function, size_t count, napi_value *arguments);
/* Counts a libuv handle that belongs to the thread, and its end. */
void delivery_handle_opened(struct thread *thread);
void delivery_handle_closed(struct thread *thread);

#endif

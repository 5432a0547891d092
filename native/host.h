#ifndef LINKWRIGHT_HOST_H
#define LINKWRIGHT_HOST_H

#include <node_api.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "namespace.h"
#include "netlink.h"

struct host;

/*
 * A piece of work for a host's thread. It is run there, travels back to the event loop, becomes a
 * JavaScript value there, and is destroyed. Each kind of work embeds it as its first member.
 */
struct job {
  struct job *next;
  uint32_t id;         /* the number the event loop knows it by */
  bool silent;         /* nobody waits for it, and it is run even when the event loop has gone */
  bool brief;          /* takes the thread well under a millisecond */
  bool more;           /* another delivery for the same id follows */
  int error;           /* an errno, or 0 */
  const char *syscall; /* what failed, a constant */
  void (*run)(struct job *job, struct host *host);
  napi_value (*result)(napi_env env, struct job *job, struct host *host); /* may be NULL */
  void (*destroy)(struct job *job);
};

/* One thread that lives in a network namespace, and the queue that leads to it and back. */
struct host {
  pthread_mutex_t lock;
  pthread_cond_t wake;
  struct job *todo, **todo_end;
  struct job *done, **done_end;
  uint64_t notified; /* when the event loop was last woken, nanoseconds of uv_hrtime */
  bool watching;  /* the event loop looks for results by itself and need not be woken */
  bool ending;    /* the thread stops when its queue is empty */
  bool abandoned; /* the event loop has gone: deliver nothing, discard what waits */
  int references; /* the handle in JavaScript, the libuv handles, the thread */
  bool awake;     /* the thread looks for work by itself and need not be woken */
  int loop_processor, thread_processor; /* on which each of the two was seen last */

  /* Used by the thread alone. */
  struct netlink_socket socket;
  int sysfs; /* the root of the namespace's sysfs, -1 until it is wanted */

  /* Used by the event loop alone. */
  napi_env env;
  napi_ref on_event;
  napi_async_context context;
  napi_async_cleanup_hook_handle cleanup;
  uv_async_t async;
  uv_idle_t watchful;      /* while it runs, the event loop looks for results instead of sleeping */
  uint64_t watch_until;    /* nanoseconds of uv_hrtime */
  pthread_t thread;
  bool closing;            /* takes no more work */
  bool ended;              /* the thread has ended, or never was */
  unsigned pending;        /* jobs under way that somebody waits for */
  unsigned open_handles;   /* libuv handles not yet closed */
  struct descriptor *descriptors;
};

/* openHost(namespaceKind, namespaceValue, onEvent): handle; onEvent(id, more, errno, syscall, value) is told
   with id 0 when the thread is ready or could not be made so. */
napi_value host_open(napi_env env, napi_callback_info info);
/* closeHost(handle, id): ends the thread after the work already queued, closes every descriptor. */
napi_value host_close(napi_env env, napi_callback_info info);

/* The host behind a handle, or NULL with an exception pending. A host that is closing is refused. */
struct host *host_from(napi_env env, napi_value handle);
/* Allocates a job of `size` bytes with everything zero; NULL with an exception pending. */
void *job_new(napi_env env, size_t size, napi_value id);
/* Hands a job to the thread. */
void host_submit(struct host *host, struct job *job);
/* From the thread: hands a job back to the event loop. */
void host_deliver(struct host *host, struct job *job);
/* Calls into JavaScript from libuv; a throw reaches 'uncaughtException'. */
void host_call(struct host *host, napi_value function, size_t count, napi_value *arguments);
/* Keeps the host's memory until the matching release. */
void host_retain(struct host *host);
void host_release(struct host *host);
/* Counts a libuv handle that belongs to the host, and its end. */
void host_handle_opened(struct host *host);
void host_handle_closed(struct host *host);

/* Records a failed system call in a job. */
void job_fail(struct job *job, const char *syscall, int error);

#endif

#ifndef LINKWRIGHT_THREAD_H
#define LINKWRIGHT_THREAD_H

#include <node_api.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "boundary.h"

struct thread;
struct descriptor;

/*
 * A piece of work for a thread. It is run there, travels back to the event loop, becomes a JavaScript value there, and is
 * destroyed. Each kind of work embeds it as its first member.
 */
struct job {
  struct job *next;
  uint32_t id;         /* the number the event loop knows it by */
  bool silent;         /* nobody waits for it, and it is run even when the event loop has gone */
  bool brief;          /* takes the thread well under a millisecond, as a rule */
  bool more;           /* another delivery for the same id follows */
  int error;           /* an errno, or 0 */
  const char *syscall; /* what failed, a constant */
  void (*run)(struct job *job, struct thread *thread);
  /* NULL when there is never a value; a function returns NULL when the job failed, or its value could not be made. */
  napi_value (*result)(napi_env env, struct job *job, struct thread *thread);
  void (*destroy)(struct job *job);
};

/* What a thread alone uses, and closes when it ends. */
struct resource {
  struct resource *next, **link;
  void (*close)(struct resource *resource);
};

/* One thread that lives in a network namespace, and the queues that lead to it and back. */
struct thread {
  struct handle handle;
  pthread_mutex_t lock;
  pthread_cond_t wake;
  struct job *_Atomic todo, *_Atomic done; /* the first of what waits for either side */
  struct job *todo_end, *done_end;         /* the last, where there is a first */
  uint64_t notified;       /* when the event loop was last woken, nanoseconds of uv_hrtime */
  bool watching;           /* the event loop looks for results by itself and need not be woken */
  _Atomic bool abandoned;  /* the event loop has gone: deliver nothing, discard what waits */
  _Atomic int references;  /* the handle in JavaScript, the libuv handles, the thread, what closes descriptors */
  _Atomic bool awake;      /* the thread looks for work by itself and need not be woken */
  _Atomic int loop_processor, thread_processor; /* on which each of the two was seen last */

  /* Used by the thread alone. */
  struct resource *resources;
  int asker;    /* one of its sockets, to ask for interfaces by ioctl; -1 when it has none */
  bool outside; /* it could not enter its namespace, and must do nothing elsewhere */

  /* Used by the event loop alone. */
  napi_env env;
  napi_ref on_event;
  napi_async_context context;
  napi_async_cleanup_hook_handle cleanup;
  uv_async_t async;
  uv_idle_t watchful;      /* while it runs, the event loop looks for results instead of sleeping */
  uv_timer_t impatient;    /* looks for the results of brief jobs, which may wait behind one that is not */
  uint64_t watch_until;    /* nanoseconds of uv_hrtime */
  pthread_t pthread;
  bool closing;            /* takes no more work */
  bool finished;           /* its last job is done */
  bool joined;             /* the thread has ended */
  bool silenced;           /* nothing is delivered any more: the libuv handles are closing */
  unsigned pending;        /* jobs under way that somebody waits for */
  unsigned brief;          /* brief jobs under way */
  unsigned closings;       /* descriptors that are being closed */
  unsigned open_handles;   /* libuv handles not yet closed */
  struct job *last;        /* kept for the end, which must not fail for want of memory */
  void (*ended)(struct thread *thread); /* told when the thread has ended, and nothing new will come from it */
  struct descriptor *descriptors;
};

/* A thread that has not been started, with a reference of the caller's; NULL without memory. */
struct thread *thread_new(void);
/* Starts the thread, which releases its own reference when it ends: an errno, or 0. */
int thread_start(struct thread *thread);
/* Keeps the thread's memory until the matching release. */
void thread_retain(struct thread *thread);
void thread_release(struct thread *thread);

/* From the event loop: gives the thread a job; after `thread->last` it ends. */
void thread_enqueue(struct thread *thread, struct job *job);
/* From any other thread: hands a job back to the event loop. */
void thread_deliver(struct thread *thread, struct job *job);
/* Records a failed system call in a job. */
void job_fail(struct job *job, const char *syscall, int error);
/* Ends a job's life. */
void job_destroy(struct job *job);

/* From the thread: makes it close a resource at its end, or takes that back. */
void thread_holds(struct thread *thread, struct resource *resource);
void thread_lets_go(struct resource *resource);

/* Whether there is a processor for the thread beside the event loop's. */
bool thread_has_processor(void);
/* Whether the thread and the event loop were on the same processor when they last looked. */
bool thread_shares_processor(struct thread *thread);
/* Tells the processor that this is a loop of waiting. */
static inline void thread_relax(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

#endif

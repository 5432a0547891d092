#include "thread/thread.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

/*
 * Waking a thread that sleeps on another processor takes longer than many a request. So whoever has just been busy looks
 * out for a while before sleeping: the thread for more work, the event loop, which goes on with everything else
 * meanwhile, for results. Only where there are processors for both. Whoever finds itself on the other's processor gives
 * way at once, and the thread gives way to anybody when the next request takes longer than usual to come. Nanoseconds.
 */
#define LOOKOUT_FOR_WORK 100000
#define LOOKOUT_ALONE 20000

/* How often the thread looks for work before it looks at the clock: a microsecond. */
#define GLANCES 32

/* Nanoseconds for which the result of a brief job may wait for those of others behind it: a wake-up costs as much as they do. */
#define NOTIFICATION_INTERVAL 1000000

/* Deep enough for every call made on it, small enough for thousands of threads. */
#define STACK_SIZE (256 * 1024)

void job_fail(struct job *job, const char *syscall, int error) {
  job->syscall = syscall;
  job->error = error;
}

void job_destroy(struct job *job) {
  if (job->destroy != NULL)
    job->destroy(job);
  free(job);
}

/* Both sides look out, and see what the other has put down while it still holds the lock: not worth sleeping for. */
static int make_lock(pthread_mutex_t *lock) {
  pthread_mutexattr_t attributes;
  int error = pthread_mutexattr_init(&attributes);
  if (error != 0)
    return error;
#ifdef PTHREAD_ADAPTIVE_MUTEX_INITIALIZER_NP
  error = pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ADAPTIVE_NP);
#endif
  if (error == 0)
    error = pthread_mutex_init(lock, &attributes);
  pthread_mutexattr_destroy(&attributes);
  return error;
}

struct thread *thread_new(void) {
  struct thread *thread = calloc(1, sizeof *thread);
  if (thread == NULL)
    return NULL;
  thread->last = calloc(1, sizeof *thread->last);
  if (thread->last == NULL)
    goto no_job;
  if (make_lock(&thread->lock) != 0)
    goto no_lock;
  if (pthread_cond_init(&thread->wake, NULL) != 0)
    goto no_wake;
  thread->references = 1;
  thread->asker = -1;
  return thread;
no_wake:
  pthread_mutex_destroy(&thread->lock);
no_lock:
  free(thread->last);
no_job:
  free(thread);
  return NULL;
}

void thread_retain(struct thread *thread) { thread->references++; }

void thread_release(struct thread *thread) {
  if (--thread->references > 0)
    return;
  while (thread->done != NULL) {
    struct job *job = thread->done;
    thread->done = job->next;
    if (job != thread->last)
      job_destroy(job);
  }
  free(thread->last);
  pthread_cond_destroy(&thread->wake);
  pthread_mutex_destroy(&thread->lock);
  free(thread);
}

/* Puts a job behind the others of a queue. */
static void append(struct job *_Atomic *first, struct job **last, struct job *job) {
  job->next = NULL;
  if (*first == NULL)
    *first = job;
  else
    (*last)->next = job;
  *last = job;
}

void thread_deliver(struct thread *thread, struct job *job) {
  pthread_mutex_lock(&thread->lock);
  if (thread->abandoned || job->silent) {
    pthread_mutex_unlock(&thread->lock);
    if (job != thread->last)
      job_destroy(job);
    return;
  }
  append(&thread->done, &thread->done_end, job);
  struct job *next = thread->todo;
  bool soon = job->brief && next != NULL && next->brief &&
              uv_hrtime() - thread->notified < NOTIFICATION_INTERVAL;
  if (!thread->watching && !soon) {
    thread->notified = uv_hrtime();
    uv_async_send(&thread->async);
  }
  pthread_mutex_unlock(&thread->lock);
}

void thread_enqueue(struct thread *thread, struct job *job) {
  pthread_mutex_lock(&thread->lock);
  append(&thread->todo, &thread->todo_end, job);
  if (!thread->awake)
    pthread_cond_signal(&thread->wake);
  pthread_mutex_unlock(&thread->lock);
}

void thread_holds(struct thread *thread, struct resource *resource) {
  resource->next = thread->resources;
  resource->link = &thread->resources;
  if (resource->next != NULL)
    resource->next->link = &resource->next;
  thread->resources = resource;
}

void thread_lets_go(struct resource *resource) {
  *resource->link = resource->next;
  if (resource->next != NULL)
    resource->next->link = resource->link;
}

static _Atomic int processors;

static void count_processors(void) {
  cpu_set_t usable;
  processors = sched_getaffinity(0, sizeof usable, &usable) == 0 ? CPU_COUNT(&usable) : 1;
}

bool thread_has_processor(void) { return processors > 1; }

bool thread_shares_processor(struct thread *thread) {
  return atomic_load_explicit(&thread->loop_processor, memory_order_relaxed) ==
         atomic_load_explicit(&thread->thread_processor, memory_order_relaxed);
}

static bool has_work(struct thread *thread) { return thread->todo != NULL; }

/* Looks for work for a while. */
static void look_out(struct thread *thread) {
  if (!thread_has_processor())
    return;
  atomic_store_explicit(&thread->thread_processor, sched_getcpu(), memory_order_relaxed);
  thread->awake = true;
  uint64_t start = uv_hrtime(), now = start;
  while (!has_work(thread) && now - start < LOOKOUT_FOR_WORK) {
    if (now - start > LOOKOUT_ALONE || thread_shares_processor(thread))
      sched_yield();
    for (int i = 0; i < GLANCES && !has_work(thread); i++)
      thread_relax();
    now = uv_hrtime();
  }
  thread->awake = false;
}

/* Waits for the next job. */
static struct job *next_job(struct thread *thread) {
  pthread_mutex_lock(&thread->lock);
  while (thread->todo == NULL)
    pthread_cond_wait(&thread->wake, &thread->lock);
  struct job *job = thread->todo;
  thread->todo = job->next;
  pthread_mutex_unlock(&thread->lock);
  return job;
}

/* What the thread alone uses: its sockets, and where it sees /sys. Descriptors are the event loop's: see lifetime.h. */
static void close_resources(struct thread *thread) {
  while (thread->resources != NULL) {
    struct resource *resource = thread->resources;
    thread_lets_go(resource);
    resource->close(resource);
  }
}

/*
 * The thread. Work that still waits when the event loop goes is discarded, unless it is silent. Whoever sees the last job
 * done finds everything closed.
 */
static void *live(void *argument) {
  struct thread *thread = argument;
  bool over = false;
  while (!over) {
    look_out(thread);
    struct job *job = next_job(thread);
    over = job == thread->last;
    if (over)
      close_resources(thread);
    else if (thread->outside && !job->silent)
      job_fail(job, "setns", ECANCELED);
    else if (job->silent || !thread->abandoned)
      job->run(job, thread);
    thread_deliver(thread, job);
  }
  thread_release(thread);
  return NULL;
}

int thread_start(struct thread *thread) {
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
    error = pthread_create(&thread->pthread, &attributes, live, thread);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
  }
  pthread_attr_destroy(&attributes);
  if (error == 0)
    pthread_setname_np(thread->pthread, "linkwright");
  return error;
}

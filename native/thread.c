#include "thread.h"

#include <sched.h>
#include <signal.h>
#include <stdlib.h>

#include "host.h"
#include "sysfs.h"

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

/* Deep enough for every call made on it, small enough for thousands of hosts. */
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

bool thread_has_processor(void) { return processors > 1; }

bool thread_shares_processor(struct host *host) {
  return __atomic_load_n(&host->loop_processor, __ATOMIC_RELAXED) ==
         __atomic_load_n(&host->thread_processor, __ATOMIC_RELAXED);
}

static bool has_work(struct host *host) {
  return __atomic_load_n(&host->todo, __ATOMIC_ACQUIRE) != NULL ||
         __atomic_load_n(&host->ending, __ATOMIC_ACQUIRE);
}

/* Looks for work for a while. */
static void look_out(struct host *host) {
  if (!thread_has_processor())
    return;
  __atomic_store_n(&host->thread_processor, sched_getcpu(), __ATOMIC_RELAXED);
  __atomic_store_n(&host->awake, true, __ATOMIC_SEQ_CST);
  uint64_t start = uv_hrtime(), now = start;
  while (!has_work(host) && now - start < LOOKOUT_FOR_WORK) {
    if (now - start > LOOKOUT_ALONE || thread_shares_processor(host))
      sched_yield();
    for (int i = 0; i < GLANCES && !has_work(host); i++)
      thread_relax();
    now = uv_hrtime();
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
  sysfs_close(host);
  host_release(host);
  return NULL;
}

void thread_enqueue(struct host *host, struct job *job, bool last) {
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

int thread_start(struct host *host) {
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

#include "thread/closing_threads.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

/* So many wait together in the kernel, and the lock that they take in turns stays free for milliseconds between them. */
#define MOST_THREADS 64
#define STACK_SIZE (64 * 1024)

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct closing *first, *last;
static unsigned threads;

static void close_now(struct closing *closing) {
  struct thread *thread = closing->thread;
  if (close(closing->fd) != 0)
    job_fail(&closing->job, "close", errno);
  closing->fd = -1;
  thread_deliver(thread, &closing->job);
  thread_release(thread);
}

static struct closing *take(void) {
  pthread_mutex_lock(&lock);
  struct closing *closing = first;
  if (closing != NULL)
    first = closing->next;
  else
    threads--;
  pthread_mutex_unlock(&lock);
  return closing;
}

static void *work(void *argument) {
  (void)argument;
  for (struct closing *closing = take(); closing != NULL; closing = take())
    close_now(closing);
  return NULL;
}

/* A thread that nobody waits for: an errno, or 0. */
static int start(void) {
  pthread_attr_t attributes;
  pthread_t pthread;
  sigset_t all, before;
  int error = pthread_attr_init(&attributes);
  if (error != 0)
    return error;
  sigfillset(&all);
  error = pthread_attr_setstacksize(&attributes, STACK_SIZE);
  if (error == 0)
    error = pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  if (error == 0)
    error = pthread_sigmask(SIG_SETMASK, &all, &before);
  if (error == 0) {
    error = pthread_create(&pthread, &attributes, work, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
  }
  pthread_attr_destroy(&attributes);
  return error;
}

void closing_start(struct closing *closing) {
  closing->next = NULL;
  thread_retain(closing->thread);
  pthread_mutex_lock(&lock);
  if (first == NULL)
    first = closing;
  else
    last->next = closing;
  last = closing;
  bool enough = threads == MOST_THREADS;
  if (!enough)
    threads++;
  pthread_mutex_unlock(&lock);
  if (!enough && start() != 0)
    work(NULL);
}

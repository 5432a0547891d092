#ifndef LINKWRIGHT_CLOSING_THREADS_H
#define LINKWRIGHT_CLOSING_THREADS_H

#include <stdbool.h>

#include "thread/thread.h"

/*
 * Closing away from everybody: the last close of a TAP waits some 20 ms for the kernel (rcu_barrier), but many at once wait
 * together. So each has a thread of its own while it closes, up to a number.
 */
struct closing {
  struct job job; /* comes back to `thread` when it is done */
  struct closing *next;
  struct thread *thread;
  int fd;
};

/* Closes a descriptor; where no thread can be made, the caller waits. */
void closing_start(struct closing *closing);

#endif

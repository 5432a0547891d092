#include "namespace/namespace_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <sys/file.h>
#include <uv.h>

#define LONGEST_NANOSECONDS 100000000u

int namespace_lock_open(void) { return open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC); }

bool namespace_lock_try(int fd) { return flock(fd, LOCK_EX | LOCK_NB) == 0; }

bool namespace_lock_take(int fd) {
  if (fd < 0)
    return false;
  uint64_t until = uv_hrtime() + LONGEST_NANOSECONDS;
  while (!namespace_lock_try(fd)) {
    if ((errno != EWOULDBLOCK && errno != EINTR) || uv_hrtime() > until)
      return false;
    sched_yield();
  }
  return true;
}

void namespace_lock_release(int fd) {
  /* It cannot fail for a descriptor that holds the lock; closing the descriptor would end the turn, too. */
  (void)flock(fd, LOCK_UN);
}

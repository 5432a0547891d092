#include "turn.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <sys/file.h>
#include <uv.h>

#define LONGEST_NANOSECONDS 100000000u

bool turn_take(int *fd) {
  if (*fd < 0)
    *fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
  if (*fd < 0)
    return false;
  uint64_t until = uv_hrtime() + LONGEST_NANOSECONDS;
  while (flock(*fd, LOCK_EX | LOCK_NB) != 0) {
    if ((errno != EWOULDBLOCK && errno != EINTR) || uv_hrtime() > until)
      return false;
    sched_yield();
  }
  return true;
}

void turn_end(int fd) {
  /* It cannot fail for a descriptor that holds the lock; closing the descriptor would end the turn, too. */
  (void)flock(fd, LOCK_UN);
}

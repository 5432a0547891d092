#ifndef LINKWRIGHT_INTERRUPTED_H
#define LINKWRIGHT_INTERRUPTED_H

#include <errno.h>
#include <stdbool.h>

/* So often a call that a signal interrupted is made again: where every call is interrupted, it fails with EINTR. */
#define MOST_INTERRUPTIONS 100

/* Whether a call that has failed is to be made again; `times` counts, from 0. */
static inline bool is_interrupted(unsigned *times) {
  return errno == EINTR && ++*times < MOST_INTERRUPTIONS;
}

#endif

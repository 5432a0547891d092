#ifndef LINKWRIGHT_TURN_H
#define LINKWRIGHT_TURN_H

#include <stdbool.h>

/*
 * Threads in one network namespace, of any process, take turns at what looks first and then changes what it saw: the kernel
 * has no request that joins a port only if it is nobody's. A lock on the namespace's file, which its holder's death ends.
 */

/* Waits for a turn, a tenth of a second at most; false when it goes on without. `fd` is -1 at first, and the caller's to close. */
bool turn_take(int *fd);
void turn_end(int fd);

#endif

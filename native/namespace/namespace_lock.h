#ifndef LINKWRIGHT_NAMESPACE_LOCK_H
#define LINKWRIGHT_NAMESPACE_LOCK_H

#include <stdbool.h>

/*
 * Threads in one network namespace, of any process, take turns at what looks first and then changes what it saw: the kernel
 * has no request that joins a port only if it is nobody's. A lock on the namespace's file, which its holder's death ends.
 */

/* A descriptor of the calling thread's namespace, by which it takes turns; -1 when it goes on without. */
int namespace_lock_open(void);
/* Takes a turn if it is nobody's. */
bool namespace_lock_try(int fd);
/* Waits for a turn, a tenth of a second at most; false when it goes on without. */
bool namespace_lock_take(int fd);
void namespace_lock_release(int fd);

#endif

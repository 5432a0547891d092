#ifndef LINKWRIGHT_TURN_H
#define LINKWRIGHT_TURN_H

/*
 * Hosts in one network namespace, of any process, take turns at what looks first and then changes what it saw: the kernel
 * has no request that joins a port only if it is nobody's. A lock on the namespace's file, which its holder's death ends.
 */

/* Waits for a turn, a tenth of a second at most: a descriptor to end it with, or -1 when it goes on without. */
int turn_take(void);
void turn_end(int turn);

#endif

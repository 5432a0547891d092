#ifndef LINKWRIGHT_WATCHDOG_PROGRAM_H
#define LINKWRIGHT_WATCHDOG_PROGRAM_H

#include "../runner/runner.h"

/* plan.c: reads a plan from a pipe, whole; the pipe stays open. */
bool watchdog_read(int pipe, struct row *plan);

/* namespaces.c: opens the sockets of the namespace of a descriptor, which is home from then on; goes back there, when it is elsewhere. False,
   with errno, where it cannot. Whether it is elsewhere. Enters a namespace, or gives one a name or takes that: 0 or an errno, of which netlink_words tells more. */
bool namespace_open(int descriptor);
bool namespace_home(void);
bool namespace_is_away(void);
int namespace_take(const struct step *step, unsigned char *message, size_t length);

/* settings.c: reads or writes a setting of /proc/sys, or makes a TAP: 0 or an errno, of which netlink_words tells more. */
int setting_take(const struct step *step, unsigned char *message, size_t length);

/* undo.c: takes each operation of a plan, whatever became of those before it. False when something stands. */
bool undo(struct row plan);

#endif

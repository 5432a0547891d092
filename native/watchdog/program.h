#ifndef LINKWRIGHT_WATCHDOG_PROGRAM_H
#define LINKWRIGHT_WATCHDOG_PROGRAM_H

#include "../runner/runner.h"

/* plan.c: reads a plan from a pipe, whole; the pipe stays open. */
bool watchdog_read(int pipe, struct row *plan);

/* undo.c: takes each operation of a plan, whatever became of those before it. False when something stands. */
bool undo(struct row plan);

#endif

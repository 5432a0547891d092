#ifndef LINKWRIGHT_THREAD_H
#define LINKWRIGHT_THREAD_H

#include <stdbool.h>

struct host;
struct job;

/* Starts the thread, which releases the host when it ends: an errno, or 0. */
int thread_start(struct host *host);
/* Gives the thread a job; after the last one it ends. */
void thread_enqueue(struct host *host, struct job *job, bool last);
/* Whether there is a processor for the thread beside the event loop's. */
bool thread_has_processor(void);
/* Whether the thread and the event loop were on the same processor when they last looked. */
bool thread_shares_processor(struct host *host);
/* Tells the processor that this is a loop of waiting. */
static inline void thread_relax(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}
/* Ends a job's life. */
void job_destroy(struct job *job);

#endif

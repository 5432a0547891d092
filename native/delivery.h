#ifndef LINKWRIGHT_DELIVERY_H
#define LINKWRIGHT_DELIVERY_H

#include <stdbool.h>
#include <uv.h>

struct host;
struct job;

/* How results come back to the event loop, which alone calls these. */

/* Makes the libuv handles that results come by: an error of libuv, or 0. */
int delivery_open(struct host *host, uv_loop_t *loop);
/* Ends the deliveries; the handles' last call releases the host. */
void delivery_close(struct host *host);
/* Hands a job to the thread, and looks out for its result. After the last one the thread ends. */
void delivery_submit(struct host *host, struct job *job, bool last);

#endif

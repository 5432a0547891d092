#ifndef LINKWRIGHT_OPENING_H
#define LINKWRIGHT_OPENING_H

#include <node_api.h>
#include <stdbool.h>

#include "thread/thread.h"

/* A job that opens a descriptor, which is its result. Each kind of opening embeds it as its first member. */
struct opening {
  struct job job;
  int fd;            /* what was opened; -1 before that, and once it was handed over */
  bool reads_errors; /* it is a socket as descriptor_create_socket means it */
  void (*forget)(struct opening *opening); /* frees what else it holds; NULL when that is nothing */
};

/* A new opening of `size` bytes for a job's number; NULL with an exception pending. `run` sets `fd`, or records what failed. */
void *opening_new(napi_env env, size_t size, napi_value id, void (*run)(struct job *job, struct thread *thread));

#endif

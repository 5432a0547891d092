#include "files/opening.h"

#include <unistd.h>

#include "files/descriptor.h"
#include "thread/delivery.h"

static napi_value opening_result(napi_env env, struct job *job, struct thread *thread) {
  struct opening *opening = (struct opening *)job;
  if (job->error != 0)
    return NULL;
  int fd = opening->fd;
  opening->fd = -1;
  return opening->reads_errors ? descriptor_create_socket(env, thread, fd) : descriptor_create(env, thread, fd);
}

static void opening_destroy(struct job *job) {
  struct opening *opening = (struct opening *)job;
  if (opening->fd >= 0)
    close(opening->fd);
  if (opening->forget != NULL)
    opening->forget(opening);
}

void *opening_new(napi_env env, size_t size, napi_value id, void (*run)(struct job *job, struct thread *thread)) {
  struct opening *opening = job_new(env, size, id);
  if (opening == NULL)
    return NULL;
  opening->fd = -1;
  opening->job.run = run;
  opening->job.result = opening_result;
  opening->job.destroy = opening_destroy;
  return opening;
}

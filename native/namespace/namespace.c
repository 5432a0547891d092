#include "namespace/namespace.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "boundary.h"
#include "files/file.h"
#include "namespace/naming.h"
#include "thread/delivery.h"

bool namespace_choice_read(napi_env env, napi_value kind, napi_value path,
                           struct namespace_choice *choice) {
  char word[8];
  size_t length;
  if (napi_get_value_string_utf8(env, kind, word, sizeof word, &length) != napi_ok) {
    throw_last_error(env);
    return false;
  }
  if (strcmp(word, "current") == 0) {
    choice->kind = NAMESPACE_CURRENT;
  } else if (strcmp(word, "new") == 0) {
    choice->kind = NAMESPACE_NEW;
  } else {
    choice->kind = NAMESPACE_FILE;
    choice->path = path_read(env, path);
    return choice->path != NULL;
  }
  return true;
}

void namespace_choice_free(struct namespace_choice *choice) { free(choice->path); }

int namespace_enter(const struct namespace_choice *choice, const char **syscall) {
  if (choice->kind == NAMESPACE_CURRENT)
    return 0;
  if (choice->kind == NAMESPACE_NEW) {
    *syscall = "unshare";
    return unshare(CLONE_NEWNET) == 0 ? 0 : errno;
  }
  *syscall = "open";
  int fd = open(choice->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0)
    return errno;
  *syscall = "setns";
  int error = setns(fd, CLONE_NEWNET) == 0 ? 0 : errno;
  close(fd);
  return error;
}

napi_value namespace_open(napi_env env, napi_callback_info info) {
  napi_value arguments[3];
  napi_valuetype type;
  if (!read_arguments(env, info, 3, arguments))
    return NULL;
  struct thread *thread = thread_from(env, arguments[0]);
  if (thread == NULL)
    return NULL;
  REQUIRE(env, napi_typeof(env, arguments[2], &type));
  char *path = type == napi_undefined ? strdup("/proc/thread-self/ns/net")
                                      : path_read(env, arguments[2]);
  if (path == NULL && type == napi_undefined)
    throw_errno(env, ENOMEM, NULL);
  if (path != NULL)
    file_open_path(env, thread, arguments[1], path, O_RDONLY | O_NONBLOCK);
  return NULL;
}

struct naming_job {
  struct job job;
  char *from, *path; /* from: NULL where a name is taken away */
};

static void naming_run(struct job *job, struct thread *thread) {
  (void)thread;
  struct naming_job *naming = (struct naming_job *)job;
  const char *syscall = "";
  int error = naming->from == NULL ? naming_take(naming->path, &syscall) : naming_give(naming->from, naming->path, &syscall);
  if (error != 0)
    job_fail(job, syscall, error);
}

static void naming_destroy(struct job *job) {
  struct naming_job *naming = (struct naming_job *)job;
  free(naming->from);
  free(naming->path);
}

/* Takes over both. */
static void naming_submit(napi_env env, struct thread *thread, napi_value id, char *from, char *path) {
  struct naming_job *naming = job_new(env, sizeof *naming, id);
  if (naming == NULL) {
    free(from);
    free(path);
    return;
  }
  naming->from = from;
  naming->path = path;
  naming->job.run = naming_run;
  naming->job.destroy = naming_destroy;
  delivery_submit(thread, &naming->job);
}

napi_value namespace_name(napi_env env, napi_callback_info info) {
  napi_value arguments[4];
  napi_valuetype type;
  if (!read_arguments(env, info, 4, arguments))
    return NULL;
  struct thread *thread = thread_from(env, arguments[0]);
  if (thread == NULL)
    return NULL;
  REQUIRE(env, napi_typeof(env, arguments[3], &type));
  char *path = path_read(env, arguments[2]);
  char *from = path == NULL ? NULL : type == napi_undefined ? strdup("/proc/thread-self/ns/net") : path_read(env, arguments[3]);
  if (from != NULL) {
    naming_submit(env, thread, arguments[1], from, path);
    return NULL;
  }
  if (path != NULL && type == napi_undefined)
    throw_errno(env, ENOMEM, NULL);
  free(path);
  return NULL;
}

napi_value namespace_unname(napi_env env, napi_callback_info info) {
  napi_value arguments[3];
  if (!read_arguments(env, info, 3, arguments))
    return NULL;
  struct thread *thread = thread_from(env, arguments[0]);
  char *path = thread == NULL ? NULL : path_read(env, arguments[2]);
  if (path != NULL)
    naming_submit(env, thread, arguments[1], NULL, path);
  return NULL;
}

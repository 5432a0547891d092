#include "namespace/namespace.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "boundary.h"
#include "files/file.h"
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

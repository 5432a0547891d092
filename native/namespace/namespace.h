#ifndef LINKWRIGHT_NAMESPACE_H
#define LINKWRIGHT_NAMESPACE_H

#include <node_api.h>
#include <stdbool.h>

/* Which network namespace: the caller's, a new one without a name, or the one a file leads to. */
struct namespace_choice {
  enum { NAMESPACE_CURRENT, NAMESPACE_NEW, NAMESPACE_FILE } kind;
  char *path;
};

/* Reads ("current" | "new" | "file", path or undefined); false with an exception pending. */
bool namespace_choice_read(napi_env env, napi_value kind, napi_value path,
                           struct namespace_choice *choice);
void namespace_choice_free(struct namespace_choice *choice);

/* Moves the calling thread, and nothing else, into the namespace: an errno and what failed, or 0. */
int namespace_enter(const struct namespace_choice *choice, const char **syscall);

/* openNamespace(handle, id, path): a descriptor of the namespace; an undefined path is the thread's own. */
napi_value namespace_open(napi_env env, napi_callback_info info);
/* nameNamespace(handle, id, path, from): what a file leads to has this name, too; undefined is the thread's own namespace. */
napi_value namespace_name(napi_env env, napi_callback_info info);
/* unnameNamespace(handle, id, path): a name is taken away. */
napi_value namespace_unname(napi_env env, napi_callback_info info);

#endif

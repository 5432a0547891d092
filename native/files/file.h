#ifndef LINKWRIGHT_FILE_H
#define LINKWRIGHT_FILE_H

#include <node_api.h>

struct thread;

/* Files read, written and opened on a thread: what /proc/sys/net shows depends on the thread. */

/* readFile(handle, id, path): the text. */
napi_value file_read(napi_env env, napi_callback_info info);
/* writeFile(handle, id, path, text): in one write. */
napi_value file_write(napi_env env, napi_callback_info info);
/* listFolder(handle, id, path): the names in it, a line each. */
napi_value file_list(napi_env env, napi_callback_info info);
/* openFile(handle, id, path): a descriptor for reading and writing. */
napi_value file_open(napi_env env, napi_callback_info info);

/* Opens a path on a thread: a descriptor, or -1 with errno and what failed. */
typedef int file_opener(struct thread *thread, const char *path, int flags, const char **syscall_name);
/* readFile, writeFile and listFolder by an opener of their own. */
napi_value file_read_by(napi_env env, napi_callback_info info, file_opener *opener);
napi_value file_write_by(napi_env env, napi_callback_info info, file_opener *opener);
napi_value file_list_by(napi_env env, napi_callback_info info, file_opener *opener);

/* A string as a path to be freed; NULL with an exception pending. */
char *path_read(napi_env env, napi_value value);
/* Submits the opening of a path, which it frees, with flags of open(2). */
void file_open_path(napi_env env, struct thread *thread, napi_value id, char *path, int flags);

#endif

#ifndef LINKWRIGHT_DESCRIPTOR_H
#define LINKWRIGHT_DESCRIPTOR_H

#include <node_api.h>

struct host;
struct job;
struct descriptor;

/* Wraps an open file descriptor, which the host owns from here on; NULL when it had to be closed. */
napi_value descriptor_create(napi_env env, struct host *host, int fd);
/* The file descriptor behind a value, or -1 with an exception pending. */
int descriptor_fd(napi_env env, napi_value value);
/* Takes every descriptor from the host: a job that closes them, for the caller to submit. */
struct job *descriptors_release(struct host *host);
/* Closes, in place, what was created after descriptors_release. */
void descriptors_close_late(struct host *host);

/* descriptorNumber(descriptor): its number in this process, -1 when closed. */
napi_value descriptor_number(napi_env env, napi_callback_info info);
/* closeDescriptor(handle, id, descriptor): on the host's thread, for the last close of a TAP waits for the kernel. */
napi_value descriptor_close(napi_env env, napi_callback_info info);
/* adoptDescriptor(handle, number): a duplicate, owned by the host. */
napi_value descriptor_adopt(napi_env env, napi_callback_info info);
/* readDescriptor(descriptor, buffer): bytes read at its start, or a negative errno. Never waits. */
napi_value descriptor_read(napi_env env, napi_callback_info info);
/* writeDescriptor(descriptor, buffer): bytes written, or a negative errno. Never waits. */
napi_value descriptor_write(napi_env env, napi_callback_info info);
/* watchDescriptor(descriptor, events, callback): events are 1 readable, 2 writable, 0 stop;
   callback(status, events) with a negative errno as status when polling failed. */
napi_value descriptor_watch(napi_env env, napi_callback_info info);

#endif

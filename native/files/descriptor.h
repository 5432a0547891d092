#ifndef LINKWRIGHT_DESCRIPTOR_H
#define LINKWRIGHT_DESCRIPTOR_H

#include <node_api.h>

struct thread;

/* Open file descriptors that a thread's handle owns. They are used and closed by the event loop's side of it. */

/* Wraps an open file descriptor; NULL, with an exception pending or not, when it had to be closed. */
napi_value descriptor_create(napi_env env, struct thread *thread, int fd);
/* The same of a socket whose errors are read as its data are (ENOBUFS of netlink), and are no end of watching it. */
napi_value descriptor_create_socket(napi_env env, struct thread *thread, int fd);
/* Closes one that nobody has been given yet: done when this returns. */
void descriptor_discard(napi_env env, napi_value value);
/* The file descriptor behind a value, or -1 with an exception pending. */
int descriptor_fd(napi_env env, napi_value value);

/* Which descriptors go with a handle: all, or those whose number nobody outside knows. */
enum release { RELEASE_ALL, RELEASE_UNSHARED };
/* Closes every descriptor, without waiting. */
void descriptors_release(struct thread *thread, enum release release);

/* descriptorNumber(descriptor): its number in this process, -1 when closed. From then on it is closed only by
   closeDescriptor and with its thread: whoever knows the number may be about to use it. */
napi_value descriptor_number(napi_env env, napi_callback_info info);
/* isOpen(descriptor): neither is it closed, nor is its thread being closed. */
napi_value descriptor_is_open(napi_env env, napi_callback_info info);
/* openDescriptors(handle): the numbers of those that a thread's handle owns, to be looked at only. */
napi_value descriptor_list(napi_env env, napi_callback_info info);
/* closeDescriptor(handle, id, descriptor): away from the thread, for the last close of a TAP waits for the kernel. */
napi_value descriptor_close(napi_env env, napi_callback_info info);
/* adoptDescriptor(handle, number): a duplicate, owned by the thread's handle. */
napi_value descriptor_adopt(napi_env env, napi_callback_info info);
/* duplicateDescriptor(descriptor): the number of a duplicate, which is the caller's to close: no handle owns it. */
napi_value descriptor_duplicate(napi_env env, napi_callback_info info);
/* readDescriptor(descriptor, buffer): bytes read at its start, or a negative errno. Never waits. */
napi_value descriptor_read(napi_env env, napi_callback_info info);
/* writeDescriptor(descriptor, buffer): bytes written, or a negative errno. Never waits. */
napi_value descriptor_write(napi_env env, napi_callback_info info);
/* watchDescriptor(descriptor, events, callback): events are 1 readable, 2 writable, 0 stop;
   callback(status, events) with a negative errno as status when polling failed. */
napi_value descriptor_watch(napi_env env, napi_callback_info info);

#endif

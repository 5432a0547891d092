#include "namespace/sysfs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "files/file.h"
#include "files/mount.h"
#include "thread/thread.h"

/* The root of the namespace's sysfs, once it was wanted. */
static _Thread_local struct {
  struct resource resource;
  bool open;
  int fd;
} root;

static void close_root(struct resource *resource) {
  (void)resource;
  close(root.fd);
  root.open = false;
}

static int open_root(struct thread *thread, const char **syscall_name) {
  if (root.open)
    return 0;
  root.fd = mount_detached("sysfs", syscall_name);
  if (root.fd < 0)
    return -1;
  root.open = true;
  root.resource.close = close_root;
  thread_holds(thread, &root.resource);
  return 0;
}

static int sysfs_open(struct thread *thread, const char *path, int flags, const char **syscall_name) {
  if (open_root(thread, syscall_name) != 0)
    return -1;
  struct open_how how = {.flags = (unsigned)flags,
                         .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
  *syscall_name = "open";
  return (int)syscall(SYS_openat2, root.fd, path, &how, sizeof how);
}

napi_value sysfs_read(napi_env env, napi_callback_info info) {
  return file_read_by(env, info, sysfs_open);
}

napi_value sysfs_write(napi_env env, napi_callback_info info) {
  return file_write_by(env, info, sysfs_open);
}

napi_value sysfs_list(napi_env env, napi_callback_info info) {
  return file_list_by(env, info, sysfs_open);
}

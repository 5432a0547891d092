#include "files/device.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "boundary.h"
#include "files/file.h"
#include "thread/delivery.h"
#include "files/mount.h"
#include "files/opening.h"

#define NODE "device"
#define HOW (O_RDWR | O_NONBLOCK | O_CLOEXEC)

struct device_opening {
  struct opening opening;
  char *path;
  dev_t number;
};

/* What stands at the path may be another device, which opening would disturb. */
static int open_there(struct device_opening *device) {
  struct stat status;
  char again[40];
  int node = open(device->path, O_PATH | O_CLOEXEC);
  if (node < 0)
    return -1;
  int fd = -1;
  if (fstat(node, &status) == 0 && S_ISCHR(status.st_mode) && status.st_rdev == device->number) {
    snprintf(again, sizeof again, "/proc/self/fd/%d", node);
    fd = open(again, HOW);
  }
  close(node);
  return fd;
}

static int open_own(struct device_opening *device, const char **syscall_name) {
  int root = mount_detached("tmpfs", syscall_name);
  if (root < 0)
    return -1;
  int fd = -1;
  *syscall_name = "mknod";
  if (mknodat(root, NODE, S_IFCHR | 0600, device->number) == 0) {
    *syscall_name = "open";
    fd = openat(root, NODE, HOW);
  }
  int error = errno;
  close(root);
  errno = error;
  return fd;
}

static void device_run(struct job *job, struct thread *thread) {
  (void)thread;
  struct device_opening *device = (struct device_opening *)job;
  const char *syscall_name;
  int fd = open_there(device);
  if (fd < 0)
    fd = open_own(device, &syscall_name);
  if (fd < 0)
    job_fail(job, syscall_name, errno);
  device->opening.fd = fd;
}

static void device_forget(struct opening *opening) { free(((struct device_opening *)opening)->path); }

napi_value device_open(napi_env env, napi_callback_info info) {
  napi_value arguments[5];
  uint32_t high, low;
  if (!read_arguments(env, info, 5, arguments))
    return NULL;
  struct thread *thread = thread_from(env, arguments[0]);
  if (thread == NULL)
    return NULL;
  REQUIRE(env, napi_get_value_uint32(env, arguments[3], &high));
  REQUIRE(env, napi_get_value_uint32(env, arguments[4], &low));
  char *path = path_read(env, arguments[2]);
  struct device_opening *device = path == NULL ? NULL : opening_new(env, sizeof *device, arguments[1], device_run);
  if (device == NULL) {
    free(path);
    return NULL;
  }
  device->path = path;
  device->number = makedev(high, low);
  device->opening.forget = device_forget;
  delivery_submit(thread, &device->opening.job);
  return NULL;
}

#include "sysfs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "file.h"
#include "host.h"
#include "mount.h"

static int sysfs_open(struct host *host, const char *path, int flags, const char **syscall_name) {
  if (host->sysfs < 0)
    host->sysfs = mount_detached("sysfs", syscall_name);
  if (host->sysfs < 0)
    return -1;
  struct open_how how = {.flags = (unsigned)flags,
                         .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
  *syscall_name = "open";
  return (int)syscall(SYS_openat2, host->sysfs, path, &how, sizeof how);
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

void sysfs_close(struct host *host) {
  if (host->sysfs >= 0)
    close(host->sysfs);
  host->sysfs = -1;
}

#include "tap/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "boundary.h"
#include "files/descriptor.h"
#include "thread/delivery.h"
#include "tap/tap_ioctl.h"

/* The kernel's MAX_TAP_QUEUES. */
#define MOST_QUEUES 256
/* More than there are kinds of request. */
#define MOST_IOCTLS 64
/* How often a device may be renamed while its index is looked up. */
#define MOST_RENAMES 16
#define DEVICE "/dev/net/tun"

struct tap_job {
  struct job job;
  char name[IFNAMSIZ];
  short flags;
  bool keep;
  int index;
  unsigned queues;
  unsigned ioctl_count;
  int fds[MOST_QUEUES];
  struct tap_ioctl ioctls[];
};

static int perform(struct tap_job *tap) {
  const char *syscall;
  int error = tap_ioctls_perform(tap->ioctls, tap->ioctl_count, tap->fds[0], &syscall);
  if (error != 0)
    job_fail(&tap->job, syscall, error);
  return error;
}

static void close_queues(struct tap_job *tap) {
  for (unsigned i = 0; i < tap->queues; i++) {
    if (tap->fds[i] >= 0)
      close(tap->fds[i]);
    tap->fds[i] = -1;
  }
}

/* The first queue settles the name, which may have had a %d in it. */
static int open_queue(struct tap_job *tap, unsigned queue) {
  struct ifreq interface;
  int fd = open(DEVICE, O_RDWR | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    job_fail(&tap->job, "open(" DEVICE ")", errno);
    return -1;
  }
  tap->fds[queue] = fd;
  memset(&interface, 0, sizeof interface);
  memcpy(interface.ifr_name, tap->name, IFNAMSIZ);
  interface.ifr_flags = queue == 0 ? tap->flags : (short)(tap->flags & ~IFF_TUN_EXCL);
  if (ioctl(fd, TUNSETIFF, &interface) != 0) {
    job_fail(&tap->job, "ioctl(TUNSETIFF)", errno);
    return -1;
  }
  memcpy(tap->name, interface.ifr_name, IFNAMSIZ);
  tap->name[IFNAMSIZ - 1] = '\0';
  return 0;
}

/* A name can be given away at any moment: the index holds if the device had that name after it was looked up, too. */
static int find_index(struct tap_job *tap, struct thread *thread) {
  for (int i = 0; i < MOST_RENAMES; i++) {
    struct ifreq named, now;
    memset(&named, 0, sizeof named);
    memset(&now, 0, sizeof now);
    memcpy(named.ifr_name, tap->name, IFNAMSIZ);
    int found = ioctl(thread->asker, SIOCGIFINDEX, &named);
    int error = errno;
    if (ioctl(tap->fds[0], TUNGETIFF, &now) != 0) {
      job_fail(&tap->job, "ioctl(TUNGETIFF)", errno);
      return -1;
    }
    if (found == 0 && strncmp(tap->name, now.ifr_name, IFNAMSIZ) == 0) {
      tap->index = named.ifr_ifindex;
      return 0;
    }
    if (found != 0 && error != ENODEV) {
      job_fail(&tap->job, "ioctl(SIOCGIFINDEX)", error);
      return -1;
    }
    memcpy(tap->name, now.ifr_name, IFNAMSIZ);
    tap->name[IFNAMSIZ - 1] = '\0';
  }
  job_fail(&tap->job, "ioctl(SIOCGIFINDEX)", EAGAIN);
  return -1;
}

static void tap_open_run(struct job *job, struct thread *thread) {
  struct tap_job *tap = (struct tap_job *)job;
  for (unsigned i = 0; i < tap->queues; i++) {
    if (open_queue(tap, i) != 0) {
      close_queues(tap);
      return;
    }
  }
  if (find_index(tap, thread) != 0 || perform(tap) != 0 || !tap->keep)
    close_queues(tap);
}

static void tap_destroy(struct job *job) { close_queues((struct tap_job *)job); }

/* What was opened goes before anybody is told that it could not be had. */
static void discard(napi_env env, napi_value descriptors, unsigned count) {
  napi_value descriptor;
  for (unsigned i = 0; i < count; i++) {
    if (napi_get_element(env, descriptors, i, &descriptor) == napi_ok)
      descriptor_discard(env, descriptor);
  }
}

static napi_value tap_open_result(napi_env env, struct job *job, struct thread *thread) {
  struct tap_job *tap = (struct tap_job *)job;
  napi_value result, name, index, descriptors;
  if (job->error != 0)
    return NULL;
  REQUIRE(env, napi_create_object(env, &result));
  REQUIRE(env, napi_create_string_latin1(env, tap->name, NAPI_AUTO_LENGTH, &name));
  REQUIRE(env, napi_create_int32(env, tap->index, &index));
  REQUIRE(env, napi_create_array(env, &descriptors));
  for (unsigned i = 0; tap->keep && i < tap->queues; i++) {
    napi_value descriptor = descriptor_create(env, thread, tap->fds[i]);
    tap->fds[i] = -1;
    if (descriptor == NULL) {
      discard(env, descriptors, i);
      close_queues(tap);
      return NULL;
    }
    REQUIRE(env, napi_set_element(env, descriptors, i, descriptor));
  }
  REQUIRE(env, napi_set_named_property(env, result, "name", name));
  REQUIRE(env, napi_set_named_property(env, result, "index", index));
  REQUIRE(env, napi_set_named_property(env, result, "descriptors", descriptors));
  return result;
}

static struct tap_job *tap_job_new(napi_env env, napi_value id, napi_value ioctls) {
  uint32_t length;
  if (napi_get_array_length(env, ioctls, &length) != napi_ok || length > 2 * MOST_IOCTLS) {
    throw_last_error(env);
    return NULL;
  }
  struct tap_job *tap =
      job_new(env, sizeof *tap + length / 2 * sizeof(struct tap_ioctl), id);
  if (tap == NULL)
    return NULL;
  tap->ioctl_count = length / 2;
  tap->job.destroy = tap_destroy;
  if (!tap_ioctls_read(env, ioctls, tap->ioctls, tap->ioctl_count)) {
    throw_type(env, "not a list of TUN/TAP requests and numbers");
    free(tap);
    return NULL;
  }
  return tap;
}

static bool read_device(napi_env env, const napi_value *arguments, struct tap_job *tap) {
  char name[IFNAMSIZ + 1];
  size_t length;
  int32_t flags;
  if (napi_get_value_string_latin1(env, arguments[0], name, sizeof name, &length) != napi_ok ||
      length >= IFNAMSIZ || napi_get_value_int32(env, arguments[1], &flags) != napi_ok ||
      napi_get_value_uint32(env, arguments[2], &tap->queues) != napi_ok || tap->queues == 0 ||
      tap->queues > MOST_QUEUES ||
      napi_get_value_bool(env, arguments[3], &tap->keep) != napi_ok)
    return false;
  memcpy(tap->name, name, length);
  tap->flags = (short)flags;
  for (unsigned i = 0; i < tap->queues; i++)
    tap->fds[i] = -1;
  return true;
}

napi_value tap_open(napi_env env, napi_callback_info info) {
  napi_value arguments[7];
  if (!read_arguments(env, info, 7, arguments))
    return NULL;
  struct thread *thread = thread_from(env, arguments[0]);
  struct tap_job *tap = thread == NULL ? NULL : tap_job_new(env, arguments[1], arguments[6]);
  if (tap == NULL)
    return NULL;
  if (!read_device(env, arguments + 2, tap)) {
    throw_type(env, "not a TUN/TAP device's name, flags and queues");
    free(tap);
    return NULL;
  }
  tap->job.brief = true;
  tap->job.run = tap_open_run;
  tap->job.result = tap_open_result;
  delivery_submit(thread, &tap->job);
  return NULL;
}

/* A duplicate keeps the ioctls off a number that is closed, and used again, in the meantime. */
static void tap_control_run(struct job *job, struct thread *thread) {
  (void)thread;
  struct tap_job *tap = (struct tap_job *)job;
  perform(tap);
  close_queues(tap);
}

static napi_value tap_control_result(napi_env env, struct job *job, struct thread *thread) {
  (void)thread;
  struct tap_job *tap = (struct tap_job *)job;
  return job->error == 0 ? tap_ioctls_result(env, tap->ioctls, tap->ioctl_count) : NULL;
}

napi_value tap_control(napi_env env, napi_callback_info info) {
  napi_value arguments[4];
  if (!read_arguments(env, info, 4, arguments))
    return NULL;
  struct thread *thread = thread_from(env, arguments[0]);
  int fd = thread == NULL ? -1 : descriptor_fd(env, arguments[2]);
  struct tap_job *tap = fd < 0 ? NULL : tap_job_new(env, arguments[1], arguments[3]);
  if (tap == NULL)
    return NULL;
  tap->queues = 1;
  tap->fds[0] = fcntl(fd, F_DUPFD_CLOEXEC, 3);
  if (tap->fds[0] < 0) {
    throw_errno(env, errno, NULL);
    free(tap);
    return NULL;
  }
  tap->job.run = tap_control_run;
  tap->job.result = tap_control_result;
  delivery_submit(thread, &tap->job);
  return NULL;
}

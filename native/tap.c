#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "boundary.h"
#include "descriptor.h"
#include "host.h"

/* The kernel's MAX_TAP_QUEUES. */
#define MOST_QUEUES 256
/* More than there are kinds of request. */
#define MOST_STEPS 64
#define DEVICE "/dev/net/tun"

/* How an ioctl takes its argument. */
enum convention { BY_VALUE, FROM_INT, TO_INT, INTERFACE_FLAGS, TO_NAME, HARDWARE_ADDRESS };

static const struct request {
  const char *name;
  const char *syscall;
  unsigned long number;
  enum convention convention;
} requests[] = {
    {"TUNSETPERSIST", "ioctl(TUNSETPERSIST)", TUNSETPERSIST, BY_VALUE},
    {"TUNSETOWNER", "ioctl(TUNSETOWNER)", TUNSETOWNER, BY_VALUE},
    {"TUNSETGROUP", "ioctl(TUNSETGROUP)", TUNSETGROUP, BY_VALUE},
    {"TUNSETLINK", "ioctl(TUNSETLINK)", TUNSETLINK, BY_VALUE},
    {"TUNSETOFFLOAD", "ioctl(TUNSETOFFLOAD)", TUNSETOFFLOAD, BY_VALUE},
    {"TUNSETSNDBUF", "ioctl(TUNSETSNDBUF)", TUNSETSNDBUF, FROM_INT},
    {"TUNGETSNDBUF", "ioctl(TUNGETSNDBUF)", TUNGETSNDBUF, TO_INT},
    {"TUNSETVNETHDRSZ", "ioctl(TUNSETVNETHDRSZ)", TUNSETVNETHDRSZ, FROM_INT},
    {"TUNGETVNETHDRSZ", "ioctl(TUNGETVNETHDRSZ)", TUNGETVNETHDRSZ, TO_INT},
    {"TUNSETCARRIER", "ioctl(TUNSETCARRIER)", TUNSETCARRIER, FROM_INT},
    {"TUNGETFEATURES", "ioctl(TUNGETFEATURES)", TUNGETFEATURES, TO_INT},
    {"TUNSETIFF", "ioctl(TUNSETIFF)", TUNSETIFF, INTERFACE_FLAGS},
    {"TUNSETQUEUE", "ioctl(TUNSETQUEUE)", TUNSETQUEUE, INTERFACE_FLAGS},
    {"TUNGETIFF", "ioctl(TUNGETIFF)", TUNGETIFF, TO_NAME},
    {"SIOCSIFHWADDR", "ioctl(SIOCSIFHWADDR)", SIOCSIFHWADDR, HARDWARE_ADDRESS},
};

struct step {
  const struct request *request;
  int64_t value;
  char name[IFNAMSIZ];
};

struct tap_job {
  struct job job;
  char name[IFNAMSIZ];
  short flags;
  bool keep;
  int index;
  unsigned queues;
  unsigned step_count;
  int fds[MOST_QUEUES];
  struct step steps[];
};

static int perform(int fd, struct step *step) {
  const struct request *request = step->request;
  struct ifreq interface;
  int number = (int)step->value;
  memset(&interface, 0, sizeof interface);
  switch (request->convention) {
  case BY_VALUE:
    return ioctl(fd, request->number, (unsigned long)step->value);
  case FROM_INT:
    return ioctl(fd, request->number, &number);
  case TO_INT:
    if (ioctl(fd, request->number, &number) != 0)
      return -1;
    step->value = number;
    return 0;
  case INTERFACE_FLAGS:
    interface.ifr_flags = (short)step->value;
    return ioctl(fd, request->number, &interface);
  case TO_NAME:
    if (ioctl(fd, request->number, &interface) != 0)
      return -1;
    memcpy(step->name, interface.ifr_name, IFNAMSIZ);
    step->name[IFNAMSIZ - 1] = '\0';
    step->value = (unsigned short)interface.ifr_flags;
    return 0;
  case HARDWARE_ADDRESS:
    interface.ifr_hwaddr.sa_family = ARPHRD_ETHER;
    for (int i = 0; i < 6; i++)
      interface.ifr_hwaddr.sa_data[i] = (char)(step->value >> (8 * (5 - i)));
    return ioctl(fd, request->number, &interface);
  }
  errno = EINVAL;
  return -1;
}

static int perform_all(struct tap_job *tap, int fd) {
  for (unsigned i = 0; i < tap->step_count; i++) {
    if (perform(fd, &tap->steps[i]) != 0) {
      job_fail(&tap->job, tap->steps[i].request->syscall, errno);
      return -1;
    }
  }
  return 0;
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

static int find_index(struct tap_job *tap, struct host *host) {
  struct ifreq interface;
  memset(&interface, 0, sizeof interface);
  memcpy(interface.ifr_name, tap->name, IFNAMSIZ);
  if (ioctl(host->socket.fd, SIOCGIFINDEX, &interface) != 0) {
    job_fail(&tap->job, "ioctl(SIOCGIFINDEX)", errno);
    return -1;
  }
  tap->index = interface.ifr_ifindex;
  return 0;
}

static void tap_open_run(struct job *job, struct host *host) {
  struct tap_job *tap = (struct tap_job *)job;
  for (unsigned i = 0; i < tap->queues; i++) {
    if (open_queue(tap, i) != 0) {
      close_queues(tap);
      return;
    }
  }
  if (find_index(tap, host) != 0 || perform_all(tap, tap->fds[0]) != 0 || !tap->keep)
    close_queues(tap);
}

static void tap_destroy(struct job *job) { close_queues((struct tap_job *)job); }

static napi_value tap_open_result(napi_env env, struct job *job, struct host *host) {
  struct tap_job *tap = (struct tap_job *)job;
  napi_value result, name, index, descriptors;
  if (job->error != 0)
    return NULL;
  REQUIRE(env, napi_create_object(env, &result));
  REQUIRE(env, napi_create_string_utf8(env, tap->name, NAPI_AUTO_LENGTH, &name));
  REQUIRE(env, napi_create_int32(env, tap->index, &index));
  REQUIRE(env, napi_create_array(env, &descriptors));
  for (unsigned i = 0; tap->keep && i < tap->queues; i++) {
    napi_value descriptor = descriptor_create(env, host, tap->fds[i]);
    tap->fds[i] = -1;
    if (descriptor == NULL)
      return NULL;
    REQUIRE(env, napi_set_element(env, descriptors, i, descriptor));
  }
  REQUIRE(env, napi_set_named_property(env, result, "name", name));
  REQUIRE(env, napi_set_named_property(env, result, "index", index));
  REQUIRE(env, napi_set_named_property(env, result, "descriptors", descriptors));
  return result;
}

static const struct request *find_request(napi_env env, napi_value name) {
  char word[32];
  size_t length;
  if (napi_get_value_string_utf8(env, name, word, sizeof word, &length) != napi_ok)
    return NULL;
  for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
    if (strcmp(requests[i].name, word) == 0)
      return &requests[i];
  }
  return NULL;
}

static bool read_steps(napi_env env, napi_value steps, struct tap_job *tap) {
  for (unsigned i = 0; i < tap->step_count; i++) {
    napi_value name, value;
    struct step *step = &tap->steps[i];
    if (napi_get_element(env, steps, 2 * i, &name) != napi_ok ||
        napi_get_element(env, steps, 2 * i + 1, &value) != napi_ok ||
        napi_get_value_int64(env, value, &step->value) != napi_ok)
      return false;
    step->request = find_request(env, name);
    if (step->request == NULL)
      return false;
  }
  return true;
}

static struct tap_job *tap_job_new(napi_env env, napi_value id, napi_value steps) {
  uint32_t length;
  if (napi_get_array_length(env, steps, &length) != napi_ok || length > 2 * MOST_STEPS) {
    throw_last_error(env);
    return NULL;
  }
  struct tap_job *tap =
      job_new(env, sizeof *tap + length / 2 * sizeof(struct step), id);
  if (tap == NULL)
    return NULL;
  tap->step_count = length / 2;
  tap->job.destroy = tap_destroy;
  if (!read_steps(env, steps, tap)) {
    napi_throw_type_error(env, NULL, "not a list of TUN/TAP requests and numbers");
    free(tap);
    return NULL;
  }
  return tap;
}

static bool read_device(napi_env env, const napi_value *arguments, struct tap_job *tap) {
  char name[IFNAMSIZ + 1];
  size_t length;
  int32_t flags;
  if (napi_get_value_string_utf8(env, arguments[0], name, sizeof name, &length) != napi_ok ||
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
  struct host *host = host_from(env, arguments[0]);
  struct tap_job *tap = host == NULL ? NULL : tap_job_new(env, arguments[1], arguments[6]);
  if (tap == NULL)
    return NULL;
  if (!read_device(env, arguments + 2, tap)) {
    napi_throw_type_error(env, NULL, "not a TUN/TAP device's name, flags and queues");
    free(tap);
    return NULL;
  }
  tap->job.brief = true;
  tap->job.run = tap_open_run;
  tap->job.result = tap_open_result;
  host_submit(host, &tap->job);
  return NULL;
}

/* A duplicate keeps the ioctls off a number that is closed, and used again, in the meantime. */
static void tap_control_run(struct job *job, struct host *host) {
  (void)host;
  struct tap_job *tap = (struct tap_job *)job;
  perform_all(tap, tap->fds[0]);
  close_queues(tap);
}

static napi_value tap_control_result(napi_env env, struct job *job, struct host *host) {
  (void)host;
  struct tap_job *tap = (struct tap_job *)job;
  napi_value values, value;
  if (job->error != 0)
    return NULL;
  REQUIRE(env, napi_create_array(env, &values));
  for (unsigned i = 0; i < tap->step_count; i++) {
    char words[IFNAMSIZ + 16];
    if (tap->steps[i].request->convention == TO_NAME) {
      snprintf(words, sizeof words, "%s %d", tap->steps[i].name, (int)tap->steps[i].value);
      REQUIRE(env, napi_create_string_utf8(env, words, NAPI_AUTO_LENGTH, &value));
    } else {
      REQUIRE(env, napi_create_int64(env, tap->steps[i].value, &value));
    }
    REQUIRE(env, napi_set_element(env, values, i, value));
  }
  return values;
}

napi_value tap_control(napi_env env, napi_callback_info info) {
  napi_value arguments[4];
  if (!read_arguments(env, info, 4, arguments))
    return NULL;
  struct host *host = host_from(env, arguments[0]);
  int fd = host == NULL ? -1 : descriptor_fd(env, arguments[2]);
  struct tap_job *tap = fd < 0 ? NULL : tap_job_new(env, arguments[1], arguments[3]);
  if (tap == NULL)
    return NULL;
  tap->queues = 1;
  tap->fds[0] = fcntl(fd, F_DUPFD_CLOEXEC, 3);
  if (tap->fds[0] < 0) {
    napi_throw_error(env, "EMFILE", strerror(errno));
    free(tap);
    return NULL;
  }
  tap->job.run = tap_control_run;
  tap->job.result = tap_control_result;
  host_submit(host, &tap->job);
  return NULL;
}

#include "tap/tap_ioctl.h"

#include <errno.h>
#include <linux/if_tun.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "boundary.h"

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

static int perform(int fd, struct tap_ioctl *wanted) {
  const struct request *request = wanted->request;
  struct ifreq interface;
  int number = (int)wanted->value;
  memset(&interface, 0, sizeof interface);
  switch (request->convention) {
  case BY_VALUE:
    return ioctl(fd, request->number, (unsigned long)wanted->value);
  case FROM_INT:
    return ioctl(fd, request->number, &number);
  case TO_INT:
    if (ioctl(fd, request->number, &number) != 0)
      return -1;
    wanted->value = number;
    return 0;
  case INTERFACE_FLAGS:
    interface.ifr_flags = (short)wanted->value;
    return ioctl(fd, request->number, &interface);
  case TO_NAME:
    if (ioctl(fd, request->number, &interface) != 0)
      return -1;
    memcpy(wanted->name, interface.ifr_name, IFNAMSIZ);
    wanted->name[IFNAMSIZ - 1] = '\0';
    wanted->value = (unsigned short)interface.ifr_flags;
    return 0;
  case HARDWARE_ADDRESS:
    interface.ifr_hwaddr.sa_family = ARPHRD_ETHER;
    for (int i = 0; i < 6; i++)
      interface.ifr_hwaddr.sa_data[i] = (char)(wanted->value >> (8 * (5 - i)));
    return ioctl(fd, request->number, &interface);
  }
  errno = EINVAL;
  return -1;
}

int tap_ioctls_perform(struct tap_ioctl *ioctls, unsigned count, int fd, const char **syscall) {
  for (unsigned i = 0; i < count; i++) {
    if (perform(fd, &ioctls[i]) != 0) {
      *syscall = ioctls[i].request->syscall;
      return errno;
    }
  }
  return 0;
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

bool tap_ioctls_read(napi_env env, napi_value list, struct tap_ioctl *ioctls, unsigned count) {
  for (unsigned i = 0; i < count; i++) {
    napi_value name, value;
    if (napi_get_element(env, list, 2 * i, &name) != napi_ok ||
        napi_get_element(env, list, 2 * i + 1, &value) != napi_ok ||
        napi_get_value_int64(env, value, &ioctls[i].value) != napi_ok)
      return false;
    ioctls[i].request = find_request(env, name);
    if (ioctls[i].request == NULL)
      return false;
  }
  return true;
}

napi_value tap_ioctls_result(napi_env env, const struct tap_ioctl *ioctls, unsigned count) {
  napi_value values, value;
  REQUIRE(env, napi_create_array(env, &values));
  for (unsigned i = 0; i < count; i++) {
    char words[IFNAMSIZ + 16];
    if (ioctls[i].request->convention == TO_NAME) {
      snprintf(words, sizeof words, "%s %d", ioctls[i].name, (int)ioctls[i].value);
      REQUIRE(env, napi_create_string_latin1(env, words, NAPI_AUTO_LENGTH, &value));
    } else {
      REQUIRE(env, napi_create_int64(env, ioctls[i].value, &value));
    }
    REQUIRE(env, napi_set_element(env, values, i, value));
  }
  return values;
}

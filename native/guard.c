#include "guard.h"

#include <errno.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "boundary.h"

static size_t message_length(const unsigned char *message) {
  struct nlmsghdr header;
  memcpy(&header, message, sizeof header);
  return header.nlmsg_len;
}

/* True when each guard is for a message that starts where it says, and none comes before an earlier one. */
static bool fit(const struct guards *guards, const unsigned char *messages, size_t length) {
  size_t offset = 0;
  for (size_t i = 0; i < guards->count; i++) {
    while (offset < guards->list[i].offset && offset < length)
      offset += NLMSG_ALIGN(message_length(messages + offset));
    if (offset != guards->list[i].offset || offset >= length)
      return false;
  }
  return true;
}

bool guards_read(napi_env env, napi_value value, const unsigned char *messages, size_t length,
                 struct guards *guards) {
  size_t size;
  void *data;
  if (napi_get_buffer_info(env, value, &data, &size) != napi_ok) {
    throw_last_error(env);
    return false;
  }
  size_t count = size / sizeof(struct guard);
  if (count * sizeof(struct guard) != size) {
    throw_range(env, "a guard is six numbers");
    return false;
  }
  if (count == 0)
    return true;
  guards->list = malloc(count * sizeof(struct guard));
  if (guards->list == NULL) {
    throw_errno(env, ENOMEM, NULL);
    return false;
  }
  memcpy(guards->list, data, count * sizeof(struct guard));
  guards->count = count;
  if (!fit(guards, messages, length)) {
    throw_range(env, "a guard that is not for a message");
    return false;
  }
  return true;
}

void guards_free(struct guards *guards) { free(guards->list); }

size_t guards_next(const struct guards *guards, size_t next, size_t length) {
  return next < guards->count ? guards->list[next].offset : length;
}

bool guard_means_turn(const struct guard *guard) { return guard->back == 0 && guard->present == 0; }

bool guard_holds(const struct guard *guard, const unsigned char *reply) {
  if (reply == NULL)
    return false;
  size_t end = message_length(reply);
  size_t offset = NLMSG_HDRLEN + NLMSG_ALIGN(guard->header);
  while (offset < end && end - offset >= sizeof(struct nlattr)) {
    struct nlattr attribute;
    memcpy(&attribute, reply + offset, sizeof attribute);
    if (attribute.nla_len < sizeof attribute || attribute.nla_len > end - offset)
      return false;
    if ((attribute.nla_type & NLA_TYPE_MASK) == guard->attribute)
      return guard->present && attribute.nla_len == NLA_HDRLEN + sizeof guard->value &&
             memcmp(reply + offset + NLA_HDRLEN, &guard->value, sizeof guard->value) == 0;
    offset += NLA_ALIGN(attribute.nla_len);
  }
  return !guard->present;
}

bool guard_mtu_holds(const struct guard *guard, int fd) {
  struct ifreq interface;
  memset(&interface, 0, sizeof interface);
  interface.ifr_ifindex = (int)guard->header;
  return ioctl(fd, SIOCGIFNAME, &interface) == 0 && ioctl(fd, SIOCGIFMTU, &interface) == 0 &&
         (uint32_t)interface.ifr_mtu == guard->value;
}

#include "netlink/condition.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "boundary.h"

static size_t message_length(const unsigned char *message) {
  struct nlmsghdr header;
  memcpy(&header, message, sizeof header);
  return header.nlmsg_len;
}

/* True when each condition is for a message that starts where it says, and none comes before an earlier one. */
static bool fit(const struct conditions *conditions, const unsigned char *messages, size_t length) {
  size_t offset = 0;
  for (size_t i = 0; i < conditions->count; i++) {
    while (offset < conditions->list[i].offset && offset < length)
      offset += NLMSG_ALIGN(message_length(messages + offset));
    if (offset != conditions->list[i].offset || offset >= length)
      return false;
  }
  return true;
}

bool conditions_read(napi_env env, napi_value value, const unsigned char *messages, size_t length,
                 struct conditions *conditions) {
  size_t size;
  void *data;
  if (napi_get_buffer_info(env, value, &data, &size) != napi_ok) {
    throw_last_error(env);
    return false;
  }
  size_t count = size / sizeof(struct condition);
  if (count * sizeof(struct condition) != size) {
    throw_range(env, "a condition is six numbers");
    return false;
  }
  if (count == 0)
    return true;
  conditions->list = malloc(count * sizeof(struct condition));
  if (conditions->list == NULL) {
    throw_errno(env, ENOMEM, NULL);
    return false;
  }
  memcpy(conditions->list, data, count * sizeof(struct condition));
  conditions->count = count;
  if (!fit(conditions, messages, length)) {
    throw_range(env, "a condition that is not for a message");
    return false;
  }
  return true;
}

void conditions_free(struct conditions *conditions) { free(conditions->list); }

bool conditions_decide(const struct conditions *conditions) {
  for (size_t i = 0; i < conditions->count; i++) {
    if (conditions->list[i].kind != CONDITION_SAME)
      return true;
  }
  return false;
}

size_t conditions_next(const struct conditions *conditions, size_t next, size_t length) {
  return next < conditions->count ? conditions->list[next].offset : length;
}

bool condition_holds(const struct condition *condition, const unsigned char *reply) {
  if (reply == NULL)
    return false;
  size_t end = message_length(reply);
  size_t offset = NLMSG_HDRLEN + NLMSG_ALIGN(condition->header);
  while (offset < end && end - offset >= sizeof(struct nlattr)) {
    struct nlattr attribute;
    memcpy(&attribute, reply + offset, sizeof attribute);
    if (attribute.nla_len < sizeof attribute || attribute.nla_len > end - offset)
      return false;
    if ((attribute.nla_type & NLA_TYPE_MASK) == condition->attribute)
      return condition->kind == CONDITION_PRESENT && attribute.nla_len == NLA_HDRLEN + sizeof condition->value &&
             memcmp(reply + offset + NLA_HDRLEN, &condition->value, sizeof condition->value) == 0;
    offset += NLA_ALIGN(attribute.nla_len);
  }
  return condition->kind == CONDITION_ABSENT;
}

/* Where a message about a link has its index. */
#define INDEX_OFFSET (NLMSG_HDRLEN + offsetof(struct ifinfomsg, ifi_index))
#define LEAST_LENGTH (NLMSG_HDRLEN + sizeof(struct ifinfomsg))

bool condition_gives(const struct condition *condition, const unsigned char *reply, unsigned char *messages,
                     size_t length) {
  if (reply == NULL || message_length(reply) < LEAST_LENGTH)
    return false;
  size_t offset = 0;
  for (uint32_t i = 0; i <= condition->value; i++) {
    if (offset >= length || message_length(messages + offset) < LEAST_LENGTH)
      return false;
    memcpy(messages + offset + INDEX_OFFSET, reply + INDEX_OFFSET, sizeof(int));
    offset += NLMSG_ALIGN(message_length(messages + offset));
  }
  return true;
}

bool condition_mtu_holds(const struct condition *condition, int fd) {
  struct ifreq interface;
  memset(&interface, 0, sizeof interface);
  interface.ifr_ifindex = (int)condition->header;
  return ioctl(fd, SIOCGIFNAME, &interface) == 0 && ioctl(fd, SIOCGIFMTU, &interface) == 0 &&
         (uint32_t)interface.ifr_mtu == condition->value;
}

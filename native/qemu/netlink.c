#include <errno.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <sys/socket.h>

#include "program.h"

static int netlink;
static char words[256];

typedef void (*reply_reader)(const unsigned char *body, size_t length, void *into);

const char *netlink_words(void) { return words; }

static int refused(int error, const char *text) {
  snprintf(words, sizeof words, "%s", text != NULL ? text : strerror(error));
  return error;
}

bool netlink_open(void) {
  static const int options[] = {NETLINK_EXT_ACK, NETLINK_CAP_ACK, NETLINK_GET_STRICT_CHK};
  struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
  int on = 1;
  netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  bool good = netlink >= 0 && connect(netlink, (struct sockaddr *)&kernel, sizeof kernel) == 0;
  for (size_t i = 0; good && i < sizeof options / sizeof options[0]; i++)
    good = setsockopt(netlink, SOL_NETLINK, options[i], &on, sizeof on) == 0;
  return good || complain("no netlink socket: %s", strerror(errno));
}

/* What stands behind a message's own header, which is copied. */
static bool split(const unsigned char *body, size_t length, void *header, size_t size, struct attributes *rest) {
  if (length < size)
    return false;
  memcpy(header, body, size);
  *rest = (struct attributes){body + size, length - size};
  return true;
}

/* The outcome that an acknowledgement tells. */
static int outcome(const unsigned char *body, size_t length, bool has_words) {
  struct nlmsgerr answer;
  struct attributes rest;
  if (!split(body, length, &answer, sizeof answer, &rest))
    return refused(EBADMSG, NULL);
  if (answer.error == 0)
    return 0;
  return refused(-answer.error, has_words ? attribute_text(attribute_find(rest, NLMSGERR_ATTR_MSG)) : NULL);
}

/* Sends a message and receives until it is answered. */
static int ask(unsigned char *message, size_t length, reply_reader read, void *into) {
  static unsigned char received[65536];
  static uint32_t sequence;
  struct nlmsghdr header;
  memcpy(&header, message, sizeof header);
  header.nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
  header.nlmsg_seq = ++sequence;
  memcpy(message, &header, sizeof header);
  if (send(netlink, message, length, 0) < 0)
    return refused(errno, NULL);
  for (;;) {
    ssize_t count = recv(netlink, received, sizeof received, MSG_TRUNC);
    if (count < 0 && errno == EINTR)
      continue;
    if (count < (ssize_t)sizeof header || (size_t)count > sizeof received)
      return refused(count < 0 ? errno : EBADMSG, NULL);
    memcpy(&header, received, sizeof header);
    if (header.nlmsg_len < sizeof header || header.nlmsg_len > (size_t)count)
      return refused(EBADMSG, NULL);
    if (header.nlmsg_seq != sequence)
      continue;
    size_t size = header.nlmsg_len - sizeof header;
    if (header.nlmsg_type == NLMSG_ERROR)
      return outcome(received + sizeof header, size, (header.nlmsg_flags & NLM_F_ACK_TLVS) != 0);
    if (read != NULL)
      read(received + sizeof header, size, into);
  }
}

int netlink_request(unsigned char *message, size_t length) { return ask(message, length, NULL, NULL); }

static void read_link(const unsigned char *body, size_t length, void *into) {
  struct link *link = into;
  struct ifinfomsg header;
  struct attributes rest;
  if (!split(body, length, &header, sizeof header, &rest))
    return;
  struct attributes mac = attribute_find(rest, IFLA_ADDRESS), info = attribute_find(rest, IFLA_LINKINFO);
  struct attributes data = attribute_find(info, IFLA_INFO_DATA), owner = attribute_find(data, IFLA_TUN_OWNER);
  struct attributes mode = attribute_find(data, IFLA_TUN_TYPE);
  const char *name = attribute_text(attribute_find(rest, IFLA_IFNAME));
  const char *kind = attribute_text(attribute_find(info, IFLA_INFO_KIND));
  *link = (struct link){.index = (uint32_t)header.ifi_index,
                        .flags = header.ifi_flags,
                        .mtu = attribute_u32(attribute_find(rest, IFLA_MTU)),
                        .master = attribute_u32(attribute_find(rest, IFLA_MASTER)),
                        .owner = attribute_u32(owner),
                        .has_owner = owner.bytes != NULL,
                        .is_tap = kind != NULL && strcmp(kind, "tun") == 0 && mode.length == 1 && *mode.bytes == IFF_TAP,
                        .is_bridge = kind != NULL && strcmp(kind, "bridge") == 0};
  snprintf(link->name, sizeof link->name, "%s", name != NULL ? name : "");
  if (mac.length == sizeof link->mac)
    memcpy(link->mac, mac.bytes, sizeof link->mac);
}

int netlink_link(const char *name, uint32_t index, struct link *link) {
  struct {
    struct nlmsghdr header;
    struct ifinfomsg link;
    struct nlattr attribute;
    char name[16];
  } message = {{NLMSG_LENGTH(sizeof message.link), RTM_GETLINK, 0, 0, 0},
               {.ifi_index = (int)index},
               {sizeof message.attribute + sizeof message.name, IFLA_IFNAME},
               ""};
  *link = (struct link){0};
  if (name != NULL) {
    message.header.nlmsg_len = sizeof message;
    snprintf(message.name, sizeof message.name, "%s", name);
  }
  return ask((unsigned char *)&message, message.header.nlmsg_len, read_link, link);
}

static void read_route(const unsigned char *body, size_t length, void *into) {
  struct attributes rest;
  struct rtmsg header;
  if (split(body, length, &header, sizeof header, &rest))
    *(uint32_t *)into = attribute_u32(attribute_find(rest, RTA_OIF));
}

/* The way to an address that nobody has: 192.0.2.1 is for documentation (RFC 5737). */
int netlink_default_route(uint32_t *index) {
  struct {
    struct nlmsghdr header;
    struct rtmsg route;
    struct nlattr attribute;
    unsigned char address[4];
  } message = {{sizeof message, RTM_GETROUTE, 0, 0, 0},
               {.rtm_family = AF_INET, .rtm_dst_len = 32},
               {sizeof message.attribute + sizeof message.address, RTA_DST},
               {192, 0, 2, 1}};
  return ask((unsigned char *)&message, sizeof message, read_route, index);
}

#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "program.h"

static int netlink;
const char *netlink_words;

static int refused(int error, const char *text) {
  const char *usual = error == EXFULL ? "Exchange full" : strerror(error); /* musl has no words for it */
  netlink_words = text != NULL ? text : usual;
  return error;
}

bool netlink_open(void) {
  int on = 1;
  netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  return (netlink >= 0 && setsockopt(netlink, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof on) == 0 &&
          setsockopt(netlink, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on) == 0) ||
         complain("no netlink socket: %s", strerror(errno));
}

/* What an acknowledgement, or the end of a list, tells. */
static int outcome(struct row body) {
  int error = -EBADMSG;
  if (body.length >= sizeof error)
    memcpy(&error, body.bytes, sizeof error);
  struct row rest = row_behind(body, sizeof(struct nlmsgerr));
  return refused(-error, row_text(attribute_find(rest, NLMSGERR_ATTR_MSG)));
}

uint32_t netlink_index(struct row link) {
  struct ifinfomsg header = {0};
  if (link.length >= sizeof header)
    memcpy(&header, link.bytes, sizeof header);
  return (uint32_t)header.ifi_index;
}

int netlink_request(struct nlmsghdr *request, uint32_t link, struct row *answer) {
  static _Alignas(struct nlmsghdr) unsigned char received[65536], kept[8 * sizeof received];
  static size_t used;
  static uint32_t sequence;
  request->nlmsg_seq = ++sequence;
  if (send(netlink, request, request->nlmsg_len, 0) < 0)
    return refused(errno, NULL);
  for (;;) {
    ssize_t count = recv(netlink, received, sizeof received, MSG_TRUNC);
    if (count < 0 || (size_t)count > sizeof received)
      return refused(count < 0 ? errno : EBADMSG, NULL);
    for (struct nlmsghdr *each = (void *)received; NLMSG_OK(each, count); each = NLMSG_NEXT(each, count)) {
      struct row body = {NLMSG_DATA(each), each->nlmsg_len - NLMSG_HDRLEN};
      if (each->nlmsg_seq != sequence)
        continue;
      if (each->nlmsg_type == NLMSG_ERROR || each->nlmsg_type == NLMSG_DONE)
        return outcome(body);
      if (body.length > sizeof kept - used || ((each->nlmsg_flags & NLM_F_MULTI) != 0 && netlink_index(body) != link))
        continue;
      *answer = (struct row){memcpy(kept + used, body.bytes, body.length), body.length};
      used += NLMSG_ALIGN(body.length);
    }
  }
}

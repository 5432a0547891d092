#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "program.h"

enum { LARGEST_DATAGRAM = 65536 };

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
         complain("no netlink socket: ", strerror(errno));
}

/* What an acknowledgement (struct nlmsgerr), or the end of a list (its number alone), tells. */
static int outcome(const struct nlmsghdr *message, struct row body) {
  int error = -EBADMSG;
  if (body.length >= sizeof error)
    memcpy(&error, body.bytes, sizeof error);
  size_t fixed = message->nlmsg_type == NLMSG_DONE ? NLMSG_ALIGN(sizeof error) : sizeof(struct nlmsgerr);
  struct row attributes = {NULL, 0};
  if ((message->nlmsg_flags & NLM_F_ACK_TLVS) != 0)
    attributes = row_behind(body, fixed);
  return refused(-error, row_text(attribute_find(attributes, NLMSGERR_ATTR_MSG)));
}

uint32_t netlink_index(struct row link) {
  struct ifinfomsg header = {0};
  if (link.length >= sizeof header)
    memcpy(&header, link.bytes, sizeof header);
  return (uint32_t)header.ifi_index;
}

/* A datagram of the kernel's, which has answered before the request was sent: its length, or -1. */
static ssize_t receive(unsigned char *into) {
  struct sockaddr_nl sender;
  socklen_t size;
  ssize_t count;
  do {
    size = sizeof sender;
    count = recvfrom(netlink, into, LARGEST_DATAGRAM, MSG_TRUNC | MSG_DONTWAIT, (struct sockaddr *)&sender, &size);
  } while (count >= 0 && (size != sizeof sender || sender.nl_pid != 0));
  if (count <= LARGEST_DATAGRAM)
    return count;
  errno = EMSGSIZE;
  return -1;
}

int netlink_request(struct nlmsghdr *request, uint32_t link, struct row *answer) {
  static _Alignas(struct nlmsghdr) unsigned char kept[9 * LARGEST_DATAGRAM];
  static size_t used;
  static uint32_t sequence;
  bool is_list = (request->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP, found = false, whole = true;
  request->nlmsg_seq = ++sequence;
  if (send(netlink, request, request->nlmsg_len, 0) < 0)
    return refused(errno, NULL);
  while (sizeof kept - used >= LARGEST_DATAGRAM) {
    unsigned char *received = kept + used;
    ssize_t count = receive(received);
    if (count < 0)
      return refused(errno, NULL);
    for (struct nlmsghdr *each = (void *)received; NLMSG_OK(each, count); each = NLMSG_NEXT(each, count)) {
      struct row body = {NLMSG_DATA(each), each->nlmsg_len - NLMSG_HDRLEN};
      if (each->nlmsg_seq != sequence)
        continue;
      whole = whole && (each->nlmsg_flags & NLM_F_DUMP_INTR) == 0;
      if (each->nlmsg_type == NLMSG_ERROR || each->nlmsg_type == NLMSG_DONE) {
        int error = outcome(each, body);
        return error != 0 || found || whole ? error : refused(EAGAIN, "the list changed while it was read");
      }
      if (is_list && netlink_index(body) != link)
        continue;
      *answer = body;
      used = (size_t)(body.bytes - kept) + NLMSG_ALIGN(body.length);
      found = true;
    }
    if (found && (request->nlmsg_flags & (NLM_F_ACK | NLM_F_DUMP)) == 0)
      return 0;
  }
  return refused(ENOBUFS, NULL);
}

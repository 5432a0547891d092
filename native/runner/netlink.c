#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "runner.h"

enum { LARGEST_DATAGRAM = 65536, PROTOCOLS = NETLINK_NETFILTER + 1 };

static int sockets[PROTOCOLS]; /* 0: none, for standard descriptors are never sockets of ours */
static uint32_t sequence;
const char *netlink_words;

/* Where answers stay. */
static _Alignas(struct nlmsghdr) unsigned char kept[9 * LARGEST_DATAGRAM];
static size_t used;

unsigned char *netlink_keep(size_t size) {
  if (sizeof kept - used < size)
    return NULL;
  unsigned char *room = kept + used;
  used += NLMSG_ALIGN(size);
  return room;
}

void netlink_forget(void) { used = 0; }

static int refused(int error, const char *text) {
  const char *usual = error == EXFULL ? "Exchange full" : strerror(error); /* musl has no words for it */
  netlink_words = text != NULL ? text : usual;
  return error;
}

bool netlink_open(int protocol) {
  int on = 1, fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
  if (fd >= 0 && setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof on) == 0 &&
      setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on) == 0) {
    if (sockets[protocol] > 0)
      close(sockets[protocol]);
    sockets[protocol] = fd;
    return true;
  }
  int error = errno;
  if (fd >= 0)
    close(fd);
  errno = error;
  return false;
}

void netlink_close(void) {
  for (int protocol = 0; protocol < PROTOCOLS; protocol++) {
    if (sockets[protocol] > 0)
      close(sockets[protocol]);
    sockets[protocol] = 0;
  }
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
static ssize_t receive(int netlink, unsigned char *into) {
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
  int netlink = sockets[NETLINK_ROUTE];
  bool is_list = (request->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP, found = false, whole = true;
  request->nlmsg_seq = ++sequence;
  if (send(netlink, request, request->nlmsg_len, 0) < 0)
    return refused(errno, NULL);
  while (sizeof kept - used >= LARGEST_DATAGRAM) {
    unsigned char *received = kept + used;
    ssize_t count = receive(netlink, received);
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

bool netlink_is_so(int error) {
  return error == ENODEV || error == ENOENT || error == ESRCH || error == EEXIST || error == EADDRNOTAVAIL;
}

/* Numbers the messages from the first one on; how many of them are acknowledged, or -1 when they do not fit. */
static int number(unsigned char *messages, size_t length, uint32_t first) {
  struct nlmsghdr header;
  int asked = 0;
  for (size_t at = 0; at < length; at += NLMSG_ALIGN(header.nlmsg_len)) {
    if (length - at < sizeof header)
      return -1;
    memcpy(&header, messages + at, sizeof header);
    if (header.nlmsg_len < sizeof header || header.nlmsg_len > length - at)
      return -1;
    header.nlmsg_seq = first++;
    memcpy(messages + at, &header, sizeof header);
    sequence = header.nlmsg_seq;
    asked += (header.nlmsg_flags & NLM_F_ACK) != 0;
  }
  return asked;
}

int netlink_batch(int protocol, unsigned char *messages, size_t length, bool may_be_so) {
  static _Alignas(struct nlmsghdr) unsigned char received[LARGEST_DATAGRAM];
  if (protocol >= PROTOCOLS)
    return refused(EBADMSG, "the plan's messages are of no protocol");
  if (sockets[protocol] == 0 && !netlink_open(protocol))
    return refused(errno, NULL);
  int netlink = sockets[protocol], worst = 0;
  uint32_t first = sequence + 1;
  int left = number(messages, length, first);
  if (left < 0)
    return refused(EBADMSG, "the plan's messages are malformed");
  if (send(netlink, messages, length, 0) < 0)
    return refused(errno, NULL);
  while (left > 0) {
    ssize_t count = receive(netlink, received);
    if (count < 0)
      return worst != 0 ? worst : refused(errno, NULL);
    for (struct nlmsghdr *each = (void *)received; NLMSG_OK(each, count); each = NLMSG_NEXT(each, count)) {
      struct row body = {NLMSG_DATA(each), each->nlmsg_len - NLMSG_HDRLEN};
      if (each->nlmsg_type != NLMSG_ERROR || each->nlmsg_seq - first > sequence - first)
        continue;
      left--;
      const char *words = netlink_words;
      int error = outcome(each, body);
      if (worst != 0 || error == 0 || (may_be_so && netlink_is_so(error)))
        netlink_words = words;
      else
        worst = error;
    }
  }
  return worst;
}

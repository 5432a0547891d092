#include "netlink/exchange.h"

#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>

/* Requests sent at once: twice as many each time, up to this. */
#define LAST_LIMIT 8192
/* How often the kernel may say that replies were lost before it is believed to say nothing else. */
#define MOST_LOSSES 16

static struct nlmsghdr header_at(const unsigned char *bytes) {
  struct nlmsghdr header;
  memcpy(&header, bytes, sizeof header);
  return header;
}

/* Whether a datagram ends the answer to the last of some requests, in whose order the kernel answers. */
static bool ends(const unsigned char *bytes, size_t length, struct nlmsghdr last) {
  bool acknowledged = (last.nlmsg_flags & (NLM_F_ACK | NLM_F_DUMP)) != 0;
  size_t offset = 0;
  while (length - offset >= sizeof(struct nlmsghdr)) {
    struct nlmsghdr header = header_at(bytes + offset);
    if (header.nlmsg_len < sizeof header || header.nlmsg_len > length - offset)
      break;
    bool end = header.nlmsg_type == NLMSG_ERROR || header.nlmsg_type == NLMSG_DONE || !acknowledged;
    if (end && header.nlmsg_seq == last.nlmsg_seq)
      return true;
    if (NLMSG_ALIGN(header.nlmsg_len) > length - offset)
      break;
    offset += NLMSG_ALIGN(header.nlmsg_len);
  }
  return false;
}

static int hand_over(const struct listener *listener) {
  return listener == NULL ? 0 : listener->hand_over(listener->context);
}

/* The kernel charges for its buffer, which can be twice what was in it. What it says bit by bit (a dump) is no measure. */
static void measure(struct netlink_socket *netlink, size_t length) {
  if (length < sizeof(struct nlmsghdr) ||
      (header_at(netlink->received + netlink->length).nlmsg_flags & NLM_F_MULTI) != 0)
    return;
  if (netlink->reply_room < 2 * length + 2048)
    netlink->reply_room = 2 * length + 2048;
}

/*
 * Reads until the last of the requests has been answered, or, of a batch, until there is nothing more: an errno and what
 * failed, or 0. The listener, if there is one, is told meanwhile.
 */
static int receive_all(struct netlink_socket *netlink, const struct nlmsghdr *last, const struct listener *listener,
                       const char **syscall) {
  unsigned losses = 0;
  bool ended = false;
  while (!ended) {
    *syscall = "recvmsg";
    bool waits = netlink->waits && losses == 0 && last != NULL;
    ssize_t length = netlink_receive(netlink, waits ? 0 : MSG_DONTWAIT);
    if (length < 0) {
      if (errno == EAGAIN && last == NULL)
        break;
      if (errno == EAGAIN)
        return losses > 0 ? ENOBUFS : ETIMEDOUT;
      if (errno != ENOBUFS || ++losses > MOST_LOSSES)
        return errno;
      continue;
    }
    measure(netlink, (size_t)length);
    ended = last != NULL && ends(netlink->received + netlink->length, (size_t)length, *last);
    netlink->length += (size_t)length;
    if (netlink->length >= PIECE_SIZE && !ended && hand_over(listener) != 0) {
      *syscall = "malloc";
      return ENOMEM;
    }
  }
  return losses > 0 ? ENOBUFS : 0;
}

static int send_bytes(const struct netlink_socket *netlink, const unsigned char *bytes, size_t length) {
  struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
  return sendto(netlink->fd, bytes, length, 0, (struct sockaddr *)&kernel, sizeof kernel) < 0 ? errno : 0;
}

/* Sends messages up to `limit`, as many as the socket's buffers allow: an errno, or 0. */
static int send_some(const struct requests *requests, struct netlink_socket *netlink, size_t limit,
                     size_t *offset, struct nlmsghdr *last) {
  size_t end = *offset, count = 0;
  size_t most = netlink->receive_buffer / netlink->reply_room;
  if (most > netlink->reply_limit)
    most = netlink->reply_limit;
  while (end < limit && (count == 0 || count < most)) {
    struct nlmsghdr header = header_at(requests->bytes + end);
    size_t next = end + NLMSG_ALIGN(header.nlmsg_len);
    if (count > 0 && next - *offset > netlink->send_limit)
      break;
    count++;
    *last = header;
    end = next;
  }
  int error = send_bytes(netlink, requests->bytes + *offset, end - *offset);
  if (error != 0)
    return error;
  *offset = end;
  if (netlink->reply_limit < LAST_LIMIT)
    netlink->reply_limit *= 2;
  return 0;
}

/* The first message with a sequence number that is no acknowledgement, or NULL. */
static const unsigned char *find_reply(const struct netlink_socket *netlink, unsigned sequence) {
  size_t offset = 0;
  while (netlink->length - offset >= sizeof(struct nlmsghdr)) {
    struct nlmsghdr header = header_at(netlink->received + offset);
    size_t length = NLMSG_ALIGN(header.nlmsg_len);
    if (header.nlmsg_len < sizeof header || header.nlmsg_len > netlink->length - offset ||
        length > netlink->length - offset)
      break;
    if (header.nlmsg_seq == sequence && header.nlmsg_type != NLMSG_ERROR)
      return netlink->received + offset;
    offset += length;
  }
  return NULL;
}

/* Passes one condition of the message at an offset. */
static bool pass_one(const struct condition *condition, const struct requests *requests, size_t offset,
                     unsigned sequence, const struct netlink_socket *netlink) {
  if (condition->kind == CONDITION_LOCKED)
    return requests->locked;
  if (condition->back == 0)
    return condition_mtu_holds(condition, netlink->fd);
  const unsigned char *reply = find_reply(netlink, sequence - condition->back);
  if (condition->kind == CONDITION_SAME)
    return condition_gives(condition, reply, requests->bytes + offset, requests->length - offset);
  return condition_holds(condition, reply);
}

/* Passes the conditions of the message at an offset: whether it is sent. */
static bool pass(const struct requests *requests, size_t *next, size_t offset, unsigned sequence,
                 const struct netlink_socket *netlink) {
  const struct conditions *conditions = &requests->conditions;
  bool passed = true;
  for (; *next < conditions->count && conditions->list[*next].offset == offset; (*next)++)
    passed = passed && pass_one(&conditions->list[*next], requests, offset, sequence, netlink);
  return passed;
}

/* Whether a condition to come means the reply to a message before the one with this sequence number. */
static bool is_meant(const struct requests *requests, size_t next_guard, unsigned sequence) {
  for (size_t i = next_guard; i < requests->conditions.count; i++) {
    const struct condition *condition = &requests->conditions.list[i];
    if (header_at(requests->bytes + condition->offset).nlmsg_seq - sequence < condition->back)
      return true;
  }
  return false;
}

/* Answers a message that is not sent in the kernel's place. */
static int answer_canceled(struct netlink_socket *netlink, struct nlmsghdr request) {
  struct {
    struct nlmsghdr header;
    struct nlmsgerr error;
  } answer = {.header = {.nlmsg_len = sizeof answer,
                         .nlmsg_type = NLMSG_ERROR,
                         .nlmsg_flags = NLM_F_CAPPED,
                         .nlmsg_seq = request.nlmsg_seq},
              .error = {.error = -ECANCELED, .msg = request}};
  int error = netlink_make_room(netlink, sizeof answer);
  if (error != 0)
    return error;
  memcpy(netlink->received + netlink->length, &answer, sizeof answer);
  netlink->length += sizeof answer;
  return 0;
}

static int send_and_receive(struct netlink_socket *netlink, const struct requests *requests,
                            const struct listener *listener, const char **syscall) {
  size_t offset = 0, next_guard = 0;
  struct nlmsghdr last = {0};
  while (offset < requests->length) {
    *syscall = "malloc";
    struct nlmsghdr next = header_at(requests->bytes + offset);
    if (offset == conditions_next(&requests->conditions, next_guard, requests->length) &&
        !pass(requests, &next_guard, offset, next.nlmsg_seq, netlink)) {
      if (answer_canceled(netlink, next) != 0)
        return ENOMEM;
      offset += NLMSG_ALIGN(next.nlmsg_len);
      continue;
    }
    if (netlink->length >= PIECE_SIZE && !is_meant(requests, next_guard, next.nlmsg_seq) &&
        hand_over(listener) != 0)
      return ENOMEM;
    size_t limit = conditions_next(&requests->conditions, next_guard, requests->length);
    *syscall = "sendmsg";
    int error = send_some(requests, netlink, limit, &offset, &last);
    bool stream = !is_meant(requests, next_guard, last.nlmsg_seq + 1);
    if (error == 0)
      error = receive_all(netlink, &last, stream ? listener : NULL, syscall);
    if (error != 0)
      return error;
  }
  return 0;
}

static int send_batch(struct netlink_socket *netlink, const struct requests *requests,
                      const struct listener *listener, const char **syscall) {
  *syscall = "setsockopt";
  int error = netlink_let_send(netlink, requests->length);
  if (error != 0)
    return error;
  *syscall = "sendmsg";
  error = send_bytes(netlink, requests->bytes, requests->length);
  return error != 0 ? error : receive_all(netlink, NULL, listener, syscall);
}

int exchange_requests(struct netlink_socket *netlink, const struct requests *requests, const struct listener *listener,
             bool batch, const char **syscall) {
  netlink_settle(netlink);
  int error = batch ? send_batch(netlink, requests, listener, syscall)
                    : send_and_receive(netlink, requests, listener, syscall);
  netlink->unsettled = error != 0;
  return error;
}

/* True when the bytes are whole messages, each padded to NLMSG_ALIGNTO. */
bool requests_well_formed(const unsigned char *bytes, size_t length) {
  size_t offset = 0;
  while (offset < length) {
    if (length - offset < sizeof(struct nlmsghdr))
      return false;
    struct nlmsghdr header = header_at(bytes + offset);
    if (header.nlmsg_len < sizeof header || header.nlmsg_len > length - offset ||
        NLMSG_ALIGN(header.nlmsg_len) > length - offset)
      return false;
    offset += NLMSG_ALIGN(header.nlmsg_len);
  }
  return true;
}

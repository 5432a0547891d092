#include "socket.h"

#include <errno.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "boundary.h"
#include "guard.h"
#include "host.h"
#include "turn.h"

/* Requests sent at once: twice as many each time, up to this. */
#define LAST_LIMIT 8192
/* A piece of replies is handed over when it has grown to this. */
#define PIECE_SIZE 32768

/* What has been received, on its way to the event loop. */
struct piece {
  struct job job;
  unsigned char *bytes;
  size_t length;
};

struct exchange {
  struct piece last; /* the job; when it ends it carries the last piece */
  struct guards guards;
  size_t length;
  unsigned char requests[];
};

static napi_value piece_result(napi_env env, struct job *job, struct host *host) {
  (void)host;
  struct piece *piece = (struct piece *)job;
  napi_value value;
  if (piece->length == 0 ||
      napi_create_buffer_copy(env, piece->length, piece->bytes, NULL, &value) != napi_ok)
    return NULL;
  return value;
}

static void piece_destroy(struct job *job) { free(((struct piece *)job)->bytes); }

static void exchange_destroy(struct job *job) {
  guards_free(&((struct exchange *)job)->guards);
  piece_destroy(job);
}

/* Moves what has been received into a piece. */
static int fill(struct piece *piece, struct netlink_socket *netlink) {
  if (netlink->length == 0)
    return 0;
  piece->bytes = malloc(netlink->length);
  if (piece->bytes == NULL)
    return ENOMEM;
  memcpy(piece->bytes, netlink->received, netlink->length);
  piece->length = netlink->length;
  netlink->length = 0;
  return 0;
}

/* Delivers what has been received so far. */
static int hand_over(struct exchange *exchange, struct host *host) {
  struct piece *piece = calloc(1, sizeof *piece);
  if (piece == NULL || fill(piece, &host->socket) != 0) {
    free(piece);
    return ENOMEM;
  }
  piece->job.id = exchange->last.job.id;
  piece->job.more = true;
  piece->job.result = piece_result;
  piece->job.destroy = piece_destroy;
  host_deliver(host, &piece->job);
  return 0;
}

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

/* Reads until the last of the requests has been answered: an errno and what failed, or 0. `stream`: hands over meanwhile. */
static int receive_all(struct exchange *exchange, struct host *host, struct nlmsghdr last, bool stream,
                       const char **syscall) {
  struct netlink_socket *netlink = &host->socket;
  bool lost = false, ended = false;
  while (!ended) {
    *syscall = "recvmsg";
    ssize_t length = netlink_receive(netlink, lost ? MSG_DONTWAIT : 0);
    if (length < 0) {
      if (errno != ENOBUFS && errno != EAGAIN)
        return errno;
      if (errno == EAGAIN)
        return lost ? ENOBUFS : ETIMEDOUT;
      lost = true;
      continue;
    }
    /* The kernel charges for its buffer, which can be twice what was in it. */
    if (netlink->reply_room < 2 * (size_t)length + 2048)
      netlink->reply_room = 2 * (size_t)length + 2048;
    ended = ends(netlink->received + netlink->length, (size_t)length, last);
    netlink->length += (size_t)length;
    if (stream && netlink->length >= PIECE_SIZE && !ended && hand_over(exchange, host) != 0) {
      *syscall = "malloc";
      return ENOMEM;
    }
  }
  return lost ? ENOBUFS : 0;
}

/* Sends messages up to `limit`, as many as the socket's buffers allow: an errno, or 0. */
static int send_some(const struct exchange *exchange, struct netlink_socket *netlink, size_t limit,
                     size_t *offset, struct nlmsghdr *last) {
  size_t end = *offset, count = 0;
  size_t most = netlink->receive_buffer / netlink->reply_room;
  if (most > netlink->reply_limit)
    most = netlink->reply_limit;
  while (end < limit && (count == 0 || count < most)) {
    struct nlmsghdr header = header_at(exchange->requests + end);
    size_t next = end + NLMSG_ALIGN(header.nlmsg_len);
    if (count > 0 && next - *offset > netlink->send_limit)
      break;
    count++;
    *last = header;
    end = next;
  }
  struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
  if (sendto(netlink->fd, exchange->requests + *offset, end - *offset, 0,
             (struct sockaddr *)&kernel, sizeof kernel) < 0)
    return errno;
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

/* Passes the guards of the message at an offset: true when all of them hold. */
static bool pass(const struct guards *guards, size_t *next, size_t offset, unsigned sequence,
                 const struct netlink_socket *netlink) {
  bool holds = true;
  for (; *next < guards->count && guards->list[*next].offset == offset; (*next)++) {
    const struct guard *guard = &guards->list[*next];
    if (guard->back == 0)
      holds = holds && guard_mtu_holds(guard, netlink->fd);
    else
      holds = holds && guard_holds(guard, find_reply(netlink, sequence - guard->back));
  }
  return holds;
}

/* Whether a guard to come means the reply to a message before the one with this sequence number. */
static bool is_meant(const struct exchange *exchange, size_t next_guard, unsigned sequence) {
  for (size_t i = next_guard; i < exchange->guards.count; i++) {
    const struct guard *guard = &exchange->guards.list[i];
    if (header_at(exchange->requests + guard->offset).nlmsg_seq - sequence < guard->back)
      return true;
  }
  return false;
}

/* Answers a message in the kernel's place: it was not sent. */
static int cancel(struct netlink_socket *netlink, struct nlmsghdr request) {
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

static int converse(struct exchange *exchange, struct host *host, const char **syscall) {
  struct netlink_socket *netlink = &host->socket;
  size_t offset = 0, next_guard = 0;
  struct nlmsghdr last = {0};
  while (offset < exchange->length) {
    *syscall = "malloc";
    struct nlmsghdr next = header_at(exchange->requests + offset);
    if (offset == guards_next(&exchange->guards, next_guard, exchange->length) &&
        !pass(&exchange->guards, &next_guard, offset, next.nlmsg_seq, netlink)) {
      if (cancel(netlink, next) != 0)
        return ENOMEM;
      offset += NLMSG_ALIGN(next.nlmsg_len);
      continue;
    }
    if (netlink->length >= PIECE_SIZE && !is_meant(exchange, next_guard, next.nlmsg_seq) &&
        hand_over(exchange, host) != 0)
      return ENOMEM;
    size_t limit = guards_next(&exchange->guards, next_guard, exchange->length);
    *syscall = "sendmsg";
    int error = send_some(exchange, netlink, limit, &offset, &last);
    bool stream = !is_meant(exchange, next_guard, last.nlmsg_seq + 1);
    if (error == 0)
      error = receive_all(exchange, host, last, stream, syscall);
    if (error != 0)
      return error;
  }
  *syscall = "malloc";
  return fill(&exchange->last, netlink);
}

static void exchange_run(struct job *job, struct host *host) {
  const char *syscall = NULL;
  host->socket.length = 0;
  int turn = ((struct exchange *)job)->guards.count > 0 ? turn_take() : -1;
  int error = converse((struct exchange *)job, host, &syscall);
  turn_end(turn);
  if (error == 0)
    return;
  job_fail(job, syscall, error);
  /* What has been acknowledged is told all the same, where memory allows. */
  fill(&((struct exchange *)job)->last, &host->socket);
}

/* True when the bytes are whole messages, each padded to NLMSG_ALIGNTO. */
static bool well_formed(const unsigned char *bytes, size_t length) {
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

napi_value socket_exchange(napi_env env, napi_callback_info info) {
  napi_value arguments[4];
  void *bytes;
  size_t length;
  if (!read_arguments(env, info, 4, arguments))
    return NULL;
  struct host *host = host_from(env, arguments[0]);
  if (host == NULL)
    return NULL;
  REQUIRE(env, napi_get_buffer_info(env, arguments[2], &bytes, &length));
  if (!well_formed(bytes, length)) {
    napi_throw_range_error(env, NULL, "not a sequence of whole netlink messages");
    return NULL;
  }
  struct exchange *exchange = job_new(env, sizeof *exchange + length, arguments[1]);
  if (exchange == NULL)
    return NULL;
  memcpy(exchange->requests, bytes, length);
  exchange->length = length;
  exchange->last.job.run = exchange_run;
  exchange->last.job.result = piece_result;
  exchange->last.job.destroy = exchange_destroy;
  if (!guards_read(env, arguments[3], exchange->requests, length, &exchange->guards)) {
    exchange_destroy(&exchange->last.job);
    free(exchange);
    return NULL;
  }
  host_submit(host, &exchange->last.job);
  return NULL;
}

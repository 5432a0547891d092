#include <linux/capability.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include "program.h"

/* What of a reply is looked at: whether it is whole, each "error" in it, and the first UUID or the number of a configuration. A text never has these bytes,
   for a quote within it has a backslash before it. */
#define DATABASE "/run/openvswitch/db.sock"
#define ERROR "\"error\":"
#define DETAILS "\"details\":"
#define UUID "[\"uuid\",\""
#define NUMBER "\"next_cfg\":"
enum { LARGEST_REPLY = 8192, UUID_LENGTH = 36, NUMBER_LENGTH = 20, SECONDS = 15 }; /* above the deadlines that the plan gives the server */

static struct __user_cap_header_struct version = {_LINUX_CAPABILITY_VERSION_3, 0};
static uint32_t other; /* what is kept beside CAP_NET_ADMIN until it is known whether a socket is to be opened that is not the caller's */
static int database = -1;

uint32_t database_capability(void) {
  struct __user_cap_data_struct sets[2];
  struct stat status;
  if (fstatat(AT_FDCWD, DATABASE, &status, 0) == 0 && syscall(SYS_capget, &version, sets) == 0)
    other = sets[0].permitted & 1u << CAP_DAC_OVERRIDE;
  return other;
}

static bool have(uint32_t capabilities) {
  struct __user_cap_data_struct sets[2] = {{.effective = capabilities, .permitted = capabilities}};
  return syscall(SYS_capset, &version, sets) == 0;
}

bool database_open(bool is_wanted) {
  const uint32_t network = 1u << CAP_NET_ADMIN;
  struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = DATABASE};
  struct timeval limit = {.tv_sec = SECONDS};
  bool good = true;
  int error = 0;
  if (is_wanted) {
    database = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    good = database >= 0 && setsockopt(database, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0 &&
           setsockopt(database, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == 0 &&
           (other == 0 || have(network | other)) &&
           connect(database, (struct sockaddr *)&address, sizeof address) == 0;
    error = errno;
  }
  if (other != 0 && !have(network))
    return complain("privileges cannot be dropped: ", strerror(errno));
  const char *hint = error == EACCES ? "; it is its owner's alone: linkwright qemu install setuid"
                                     : "; is openvswitch-switch installed, and ovsdb-server.service up?";
  return good || complain(DATABASE ": ", strerror(error), hint);
}

static int refused(int error, const char *words) {
  netlink_words = words != NULL ? words : strerror(error);
  return error;
}

/* Where the first JSON value ends, or NULL when that is still to come. */
static char *end_of(char *at, const char *end) {
  bool is_text = false;
  for (int depth = 0; at < end; at++) {
    if (is_text && *at == '\\')
      at++;
    else if (*at == '"')
      is_text = !is_text;
    else if (!is_text && (*at == '{' || *at == '['))
      depth++;
    else if (!is_text && (*at == '}' || *at == ']') && --depth <= 0)
      return at + 1;
  }
  return NULL;
}

static char *find(char *at, const char *end, const char *text) {
  char *found = memmem(at, (size_t)(end - at), text, strlen(text));
  return found == NULL ? NULL : found + strlen(text);
}

/* A text that starts with a quote, as one of its own. */
static const char *text_at(char *quote, char *end) {
  char *to = quote + 1;
  while (to < end - 1 && *to != '"')
    to += *to == '\\' ? 2 : 1;
  *(to < end ? to : end - 1) = '\0';
  return quote + 1;
}

/* The first UUID of a reply, or else the number of a configuration, with spaces behind. */
static struct row value_in(char *reply, char *end) {
  static unsigned char digits[NUMBER_LENGTH];
  char *uuid = find(reply, end, UUID), *number = find(reply, end, NUMBER);
  if (uuid != NULL && end - uuid >= UUID_LENGTH)
    return (struct row){(unsigned char *)uuid, UUID_LENGTH};
  if (number == NULL)
    return (struct row){NULL, 0};
  memset(digits, ' ', sizeof digits);
  for (size_t i = 0; i < sizeof digits && number[i] >= '0' && number[i] <= '9'; i++)
    digits[i] = (unsigned char)number[i];
  return (struct row){digits, sizeof digits};
}

/* 0 when a reply says of nothing that it failed. */
static int outcome(char *reply, char *end, struct row *answer) {
  char *details = find(reply, end, DETAILS), *words = NULL;
  bool good = true;
  for (char *at = reply; (at = find(at, end, ERROR)) != NULL;) {
    good = good && end - at >= 4 && memcmp(at, "null", 4) == 0;
    words = words == NULL && *at == '"' ? at : words;
  }
  if (!good) {
    words = details != NULL && *details == '"' ? details : words;
    return refused(EPROTO, words != NULL ? text_at(words, end) : "Open vSwitch gives no reason; its log may");
  }
  if (answer != NULL)
    *answer = value_in(reply, end);
  return 0;
}

int database_take(const struct step *step, unsigned char *message, size_t length) {
  if ((step->kind != INQUIRE && step->kind != TRANSACT) || database < 0)
    return refused(EBADMSG, "the plan is malformed");
  for (ssize_t count; length > 0; message += count, length -= (size_t)count) {
    count = send(database, message, length, MSG_NOSIGNAL);
    if (count < 0)
      return refused(errno, NULL);
  }
  char *reply = (char *)netlink_keep(LARGEST_REPLY), *end = NULL;
  for (size_t used = 0; reply != NULL && used < LARGEST_REPLY;) {
    ssize_t count = recv(database, reply + used, LARGEST_REPLY - used, 0);
    if (count <= 0)
      return refused(count == 0 ? EPIPE : errno, count == 0 ? "the database closed the connection" : NULL);
    used += (size_t)count;
    /* Behind an echo, which the server asks for to know that somebody is there, the reply is still to come. */
    while ((end = end_of(reply, reply + used)) != NULL && find(reply, end, "\"result\":") == NULL) {
      used -= (size_t)(end - reply);
      memmove(reply, end, used);
    }
    if (end != NULL)
      return outcome(reply, end, step->answer == KNOWN ? NULL : &answers[step->answer]);
  }
  return refused(EMSGSIZE, NULL);
}

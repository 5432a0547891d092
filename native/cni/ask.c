#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include "program.h"

/* What a service says when it would take a question, and is told to. What was not told is not done. */
#define TAKES 't'
#define GO "g"
enum { MOST_NAMESPACES = 2 };

static bool limit(int socket, int option, uint32_t milliseconds) {
  struct timeval time = {milliseconds / 1000, (milliseconds % 1000) * 1000};
  return setsockopt(socket, SOL_SOCKET, option, &time, sizeof time) == 0;
}

static int reach(const struct settings *settings) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  memcpy(address.sun_path, settings->socket, sizeof address.sun_path);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return -1;
  if (limit(fd, SO_SNDTIMEO, settings->taken) && limit(fd, SO_RCVTIMEO, settings->taken) &&
      connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
    return fd;
  close(fd);
  return -1;
}

/* Sends bytes, all of them, and namespaces with the first. */
static bool send_all(int socket, const char *bytes, size_t length, const int *namespaces, int count) {
  union {
    struct cmsghdr header;
    char room[CMSG_SPACE(MOST_NAMESPACES * sizeof(int))];
  } control = {0};
  size_t size = (size_t)count * sizeof(int);
  control.header.cmsg_len = CMSG_LEN(size);
  control.header.cmsg_level = SOL_SOCKET;
  control.header.cmsg_type = SCM_RIGHTS;
  if (count > 0)
    memcpy(CMSG_DATA(&control.header), namespaces, size);
  while (length > 0) {
    struct iovec rest = {(char *)bytes, length};
    struct msghdr message = {.msg_iov = &rest, .msg_iovlen = 1};
    if (count > 0) {
      message.msg_control = &control;
      message.msg_controllen = CMSG_SPACE(size);
    }
    ssize_t sent = sendmsg(socket, &message, MSG_NOSIGNAL);
    if (sent < 0 && errno != EINTR)
      return false;
    if (sent > 0) {
      bytes += sent;
      length -= (size_t)sent;
      count = 0;
    }
  }
  return true;
}

static ssize_t receive(int socket, char *into, size_t room) {
  ssize_t count;
  do
    count = recv(socket, into, room, 0);
  while (count < 0 && errno == EINTR);
  return count;
}

static bool print(const char *bytes, size_t length) {
  while (length > 0) {
    ssize_t count = write(STDOUT_FILENO, bytes, length);
    if (count < 0 && errno != EINTR)
      return complain("standard output: ", strerror(errno));
    if (count > 0) {
      bytes += count;
      length -= (size_t)count;
    }
  }
  return true;
}

/* Prints what comes behind the digit of the outcome, when it is there whole: to the line that ends it. */
static enum asked take_answer(int socket) {
  static char answer[LARGEST_INPUT];
  size_t length = 0;
  ssize_t count;
  do {
    count = receive(socket, answer + length, sizeof answer - length);
    length += count > 0 ? (size_t)count : 0;
  } while (count > 0 && length < sizeof answer);
  if (count != 0 || length < 2 || answer[length - 1] != '\n' || (answer[0] != '0' && answer[0] != '1'))
    return LOST;
  bool good = print(answer + 1, length - 2);
  return good && answer[0] == '0' ? DID : FAILED;
}

enum asked ask(const struct settings *settings, const struct text *question, const int *namespaces, int count) {
  char word = 0;
  int socket = reach(settings);
  if (socket < 0)
    return NOBODY_TOOK;
  enum asked asked = NOBODY_TOOK;
  if (send_all(socket, question->bytes, question->length, namespaces, count) && receive(socket, &word, 1) == 1 &&
      word == TAKES && limit(socket, SO_RCVTIMEO, settings->answered))
    asked = send_all(socket, GO, 1, NULL, 0) ? take_answer(socket) : LOST;
  close(socket);
  return asked;
}

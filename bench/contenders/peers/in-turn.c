/* Pieces that are read from standard input, each with its kind and its length, are done in turn: messages of a netlink family, which leave in
   one sendmsg and are waited for, or a file's name and what is written to it. Says how many milliseconds all of it took. */
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { FILE_OF_PROC = 255 };

static _Alignas(struct nlmsghdr) char input[1 << 20], received[1 << 16];
static int sockets[32];

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static double milliseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* Whoever wrote the messages has asked for an acknowledgement of the last alone, for only then an error comes before it. */
static void exchange(int family, char *messages, size_t length) {
  if (send(sockets[family], messages, length, 0) < 0)
    fail("send");
  ssize_t count = recv(sockets[family], received, sizeof received, 0);
  if (count < 0)
    fail("recv");
  struct nlmsghdr *header = (struct nlmsghdr *)received;
  if (!NLMSG_OK(header, count) || header->nlmsg_type != NLMSG_ERROR)
    exit(2);
  errno = -((struct nlmsgerr *)NLMSG_DATA(header))->error;
  if (errno != 0)
    fail("netlink");
}

static void set(const char *path) {
  const char *value = path + strlen(path) + 1;
  int file = open(path, O_WRONLY | O_CLOEXEC);
  if (file < 0 || write(file, value, strlen(value)) < 0)
    fail(path);
  close(file);
}

int main(void) {
  size_t length = 0;
  for (ssize_t count; (count = read(STDIN_FILENO, input + length, sizeof input - length)) != 0; length += (size_t)count)
    if (count < 0)
      fail("read");
  static const int families[] = {0, 12};
  for (size_t i = 0; i < sizeof families / sizeof *families; i++)
    if ((sockets[families[i]] = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, families[i])) < 0)
      fail("socket");
  double start = milliseconds();
  for (char *piece = input; piece < input + length;) {
    uint32_t kind, size;
    memcpy(&kind, piece, sizeof kind);
    memcpy(&size, piece + sizeof kind, sizeof size);
    piece += sizeof kind + sizeof size;
    if (kind == FILE_OF_PROC)
      set(piece);
    else
      exchange((int)kind, piece, size);
    piece += NLMSG_ALIGN(size);
  }
  printf("%f\n", milliseconds() - start);
  return 0;
}

/* Messages that are read from standard input, each with its length, leave in one sendmsg; says how many milliseconds later the last of them was
   acknowledged. */
#include <errno.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static _Alignas(struct nlmsghdr) char messages[1 << 20], received[1 << 16];

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static double milliseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

int main(void) {
  size_t length = 0;
  for (ssize_t count; (count = read(STDIN_FILENO, messages + length, sizeof messages - length)) != 0; length += (size_t)count)
    if (count < 0)
      fail("read");
  int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), expected = 0;
  if (netlink < 0)
    fail("socket");
  for (struct nlmsghdr *header = (struct nlmsghdr *)messages; (char *)header < messages + length;
       header = (struct nlmsghdr *)((char *)header + NLMSG_ALIGN(header->nlmsg_len))) {
    if (header->nlmsg_len < sizeof *header)
      return 2;
    header->nlmsg_flags |= NLM_F_ACK;
    header->nlmsg_seq = (unsigned)++expected;
  }
  double start = milliseconds();
  if (send(netlink, messages, length, 0) < 0)
    fail("send");
  while (expected > 0) {
    ssize_t count = recv(netlink, received, sizeof received, 0);
    if (count < 0)
      fail("recv");
    for (struct nlmsghdr *header = (struct nlmsghdr *)received; NLMSG_OK(header, count); header = NLMSG_NEXT(header, count)) {
      errno = header->nlmsg_type == NLMSG_ERROR ? -((struct nlmsgerr *)NLMSG_DATA(header))->error : 0;
      if (errno != 0)
        fail("netlink");
      expected -= header->nlmsg_type == NLMSG_ERROR;
    }
  }
  printf("%f\n", milliseconds() - start);
  return 0;
}

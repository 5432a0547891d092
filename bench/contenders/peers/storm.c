/* A storm: links' MTUs change by turns, each change one event. "storm INDEX LINKS FROM CHANGES RATE": so many changes, from a number on, of
 * so many links whose indexes begin there, so many a second, or 0 for as many as the kernel can. Prints as JSON how many the kernel made and when it
 * was done, in milliseconds of CLOCK_MONOTONIC. */
#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* All of them enough for IPv6, and none of them a new link's. */
#define LEAST_MTU 1300
#define MTUS 199
#define AT_ONCE 100
#define AT_ONCE_PACED 10

struct change {
  struct nlmsghdr header;
  struct ifinfomsg link;
  struct rtattr attribute;
  unsigned mtu;
};

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static double milliseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void wait_until(double due) {
  double left = due - milliseconds();
  if (left > 0)
    usleep((useconds_t)(left * 1e3));
}

static long made_of(int netlink, long expected) {
  char received[1 << 15];
  long made = 0;
  while (expected > 0) {
    ssize_t length = recv(netlink, received, sizeof received, 0);
    if (length < 0)
      fail("recv");
    for (struct nlmsghdr *header = (struct nlmsghdr *)received; NLMSG_OK(header, length);
         header = NLMSG_NEXT(header, length)) {
      errno = header->nlmsg_type == NLMSG_ERROR ? -((struct nlmsgerr *)NLMSG_DATA(header))->error : EPROTO;
      if (errno != 0)
        fail("netlink");
      made++;
      expected--;
    }
  }
  return made;
}

int main(int argc, char **argv) {
  if (argc != 6)
    return 2;
  int first = atoi(argv[1]);
  long links = atol(argv[2]), from = atol(argv[3]), changes = atol(argv[4]), rate = atol(argv[5]);
  int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (netlink < 0)
    fail("socket");
  double start = milliseconds();
  long made = 0;
  for (long done = 0; done < changes;) {
    struct change batch[AT_ONCE];
    long count = rate > 0 ? AT_ONCE_PACED : AT_ONCE;
    if (count > changes - done)
      count = changes - done;
    memset(batch, 0, sizeof batch);
    for (long i = 0; i < count; i++) {
      long number = from + done + i;
      batch[i].header.nlmsg_len = sizeof batch[i];
      batch[i].header.nlmsg_type = RTM_NEWLINK;
      batch[i].header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
      batch[i].link.ifi_index = first + (int)(number % links);
      batch[i].attribute.rta_type = IFLA_MTU;
      batch[i].attribute.rta_len = RTA_LENGTH(sizeof batch[i].mtu);
      batch[i].mtu = LEAST_MTU + (unsigned)(number / links % MTUS);
    }
    if (send(netlink, batch, (size_t)count * sizeof *batch, 0) < 0)
      fail("send");
    made += made_of(netlink, count);
    done += count;
    if (rate > 0)
      wait_until(start + (double)done * 1e3 / (double)rate);
  }
  printf("{\"made\":%ld,\"end\":%.3f}\n", made, milliseconds());
  return 0;
}

/*
 * The floor: the benchmark's work in C with nothing but system calls, in the best order known. Usage:
 *   floor TAPS batch|each       prints a line of JSON with the milliseconds of each phase
 *   floor TAPS list             the same, and the listing of all links, only received
 * Run it in a network namespace of its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define GROUP 4242
#define BATCH_SIZE 28000

static int netlink;
static unsigned sequence;
static int expected;
static char batch[1 << 16];
static size_t batch_length;

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static double milliseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void receive_acknowledgements(void) {
  static char buffer[1 << 16];
  while (expected > 0) {
    ssize_t length = recv(netlink, buffer, sizeof buffer, 0);
    if (length < 0)
      fail("recv");
    for (struct nlmsghdr *header = (struct nlmsghdr *)buffer; NLMSG_OK(header, length);
         header = NLMSG_NEXT(header, length)) {
      if (header->nlmsg_type != NLMSG_ERROR)
        continue;
      errno = -((struct nlmsgerr *)NLMSG_DATA(header))->error;
      if (errno != 0)
        fail("netlink");
      expected--;
    }
  }
}

static void flush(void) {
  if (batch_length > 0 && send(netlink, batch, batch_length, 0) < 0)
    fail("send");
  batch_length = 0;
  receive_acknowledgements();
}

/* Starts a message in the batch. */
static struct nlmsghdr *message(int type, int flags, int index, int up) {
  struct nlmsghdr *header = (struct nlmsghdr *)(batch + batch_length);
  memset(header, 0, NLMSG_SPACE(sizeof(struct ifinfomsg)));
  header->nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg));
  header->nlmsg_type = (unsigned short)type;
  header->nlmsg_flags = (unsigned short)(NLM_F_REQUEST | NLM_F_ACK | flags);
  header->nlmsg_seq = ++sequence;
  struct ifinfomsg *link = NLMSG_DATA(header);
  link->ifi_index = index;
  if (up)
    link->ifi_flags = link->ifi_change = IFF_UP;
  return header;
}

static struct rtattr *attribute(struct nlmsghdr *header, int type, const void *value, size_t size) {
  struct rtattr *added = (struct rtattr *)((char *)header + NLMSG_ALIGN(header->nlmsg_len));
  added->rta_type = (unsigned short)type;
  added->rta_len = (unsigned short)RTA_LENGTH(size);
  if (size > 0)
    memcpy(RTA_DATA(added), value, size);
  header->nlmsg_len = NLMSG_ALIGN(header->nlmsg_len) + RTA_ALIGN(added->rta_len);
  return added;
}

/* Ends a message; sends the batch when it is full or not wanted. */
static void add(struct nlmsghdr *header, int each) {
  batch_length += NLMSG_ALIGN(header->nlmsg_len);
  expected++;
  if (each || batch_length > BATCH_SIZE)
    flush();
}

static void open_netlink(void) {
  int one = 1, room = 16 << 20;
  netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (netlink < 0)
    fail("socket");
  if (setsockopt(netlink, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof one) != 0)
    fail("NETLINK_CAP_ACK");
  if (setsockopt(netlink, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room) != 0 &&
      setsockopt(netlink, SOL_SOCKET, SO_RCVBUF, &room, sizeof room) != 0)
    fail("SO_RCVBUF");
}

static int index_of(const char *name) {
  struct ifreq request;
  memset(&request, 0, sizeof request);
  snprintf(request.ifr_name, IFNAMSIZ, "%s", name);
  if (ioctl(netlink, SIOCGIFINDEX, &request) != 0)
    fail("SIOCGIFINDEX");
  return request.ifr_ifindex;
}

static void create_bridge(void) {
  struct nlmsghdr *header = message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0, 0);
  attribute(header, IFLA_IFNAME, "br0", 4);
  struct rtattr *info = attribute(header, IFLA_LINKINFO, NULL, 0);
  attribute(header, IFLA_INFO_KIND, "bridge", 7);
  info->rta_len = (unsigned short)((char *)header + header->nlmsg_len - (char *)info);
  add(header, 1);
  add(message(RTM_NEWLINK, 0, index_of("br0"), 1), 1);
}

static int create_tap(int number) {
  struct ifreq request;
  int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
  if (fd < 0)
    fail("/dev/net/tun");
  memset(&request, 0, sizeof request);
  snprintf(request.ifr_name, IFNAMSIZ, "t%d", number);
  request.ifr_flags = IFF_TAP | IFF_NO_PI;
  if (ioctl(fd, TUNSETIFF, &request) != 0)
    fail("TUNSETIFF");
  if (ioctl(fd, TUNSETPERSIST, 1) != 0)
    fail("TUNSETPERSIST");
  close(fd);
  return index_of(request.ifr_name);
}

/* Asking for a link first syncs its operational state: joining the bridge is then cheaper. */
static void attach(int index, int bridge, int each) {
  add(message(RTM_GETLINK, 0, index, 0), each);
  struct nlmsghdr *header = message(RTM_NEWLINK, 0, index, 1);
  attribute(header, IFLA_MASTER, &bridge, sizeof bridge);
  add(header, each);
}

static double put_into_group(const int *taps, int count, int bridge) {
  int group = GROUP;
  double start = milliseconds();
  for (int i = -1; i < count; i++) {
    struct nlmsghdr *header = message(RTM_NEWLINK, 0, i < 0 ? bridge : taps[i], 0);
    attribute(header, IFLA_GROUP, &group, sizeof group);
    add(header, 0);
  }
  flush();
  return milliseconds() - start;
}

static double delete_group(void) {
  int group = GROUP;
  double start = milliseconds();
  struct nlmsghdr *header = message(RTM_DELLINK, 0, 0, 0);
  attribute(header, IFLA_GROUP, &group, sizeof group);
  add(header, 1);
  return milliseconds() - start;
}

static double list_links(void) {
  static char buffer[1 << 16];
  double start = milliseconds();
  struct nlmsghdr *request = message(RTM_GETLINK, NLM_F_DUMP, 0, 0);
  if (send(netlink, request, request->nlmsg_len, 0) < 0)
    fail("send");
  for (;;) {
    ssize_t length = recv(netlink, buffer, sizeof buffer, 0);
    if (length < 0)
      fail("recv");
    for (struct nlmsghdr *header = (struct nlmsghdr *)buffer; NLMSG_OK(header, length);
         header = NLMSG_NEXT(header, length)) {
      if (header->nlmsg_type == NLMSG_DONE)
        return milliseconds() - start;
    }
  }
}

int main(int count, char **words) {
  int taps = count > 1 ? atoi(words[1]) : 0;
  int each = count > 2 && strcmp(words[2], "each") == 0;
  int listing = count > 2 && strcmp(words[2], "list") == 0;
  if (taps < 1) {
    fprintf(stderr, "usage: floor TAPS batch|each|list\n");
    return 2;
  }
  int *indices = calloc((size_t)taps, sizeof *indices);
  if (indices == NULL)
    fail("calloc");
  open_netlink();
  create_bridge();
  int bridge = index_of("br0");
  double start = milliseconds();
  for (int i = 0; i < taps; i++)
    indices[i] = create_tap(i);
  double created = milliseconds();
  for (int i = 0; i < taps; i++)
    attach(indices[i], bridge, each);
  flush();
  double attached = milliseconds();
  double list = 0;
  for (int i = 0; listing && i < 10; i++) {
    double took = list_links();
    list = i == 0 || took < list ? took : list;
  }
  double grouped = put_into_group(indices, taps, bridge);
  double removed = delete_group();
  printf("{\"create\":%.3f,\"attach\":%.3f,\"group\":%.3f,\"remove\":%.3f,\"list\":%.3f}\n",
         created - start, attached - created, grouped, removed, list);
  free(indices);
  return 0;
}

/* The floor: the benchmark's work in C with nothing but system calls, in the best order known. */
#include "program.h"
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/random.h>
#include <sys/socket.h>

#define GROUP 4242
#define BATCH_SIZE 28000
/* Requests under way at once: their replies have to find room in the socket's buffer. */
#define MOST_UNDER_WAY 1024

static int netlink;
static unsigned sequence;
static int expected;
static char batch[1 << 16];
static size_t batch_length;
static char received[1 << 16];

static ssize_t receive(void) {
  ssize_t length = recv(netlink, received, sizeof received, 0);
  if (length < 0)
    fail("recv");
  return length;
}

/* A change ends with its acknowledgement, a question with its answer. */
static void receive_replies(void) {
  while (expected > 0) {
    ssize_t length = receive();
    for (struct nlmsghdr *header = (struct nlmsghdr *)received; NLMSG_OK(header, length);
         header = NLMSG_NEXT(header, length)) {
      errno = header->nlmsg_type == NLMSG_ERROR ? -((struct nlmsgerr *)NLMSG_DATA(header))->error : 0;
      if (errno != 0)
        fail("netlink");
      expected--;
    }
  }
}

static void send_batch(void) {
  if (batch_length > 0 && send(netlink, batch, batch_length, 0) < 0)
    fail("send");
  batch_length = 0;
}

static void flush(void) {
  send_batch();
  receive_replies();
}

/* Starts a message in the batch. */
static struct nlmsghdr *start_message(int type, int flags, size_t size) {
  struct nlmsghdr *header = (struct nlmsghdr *)(batch + batch_length);
  memset(header, 0, NLMSG_SPACE(size));
  header->nlmsg_len = NLMSG_LENGTH(size);
  header->nlmsg_type = (unsigned short)type;
  header->nlmsg_flags = (unsigned short)(NLM_F_REQUEST | flags);
  header->nlmsg_seq = ++sequence;
  return header;
}

static struct nlmsghdr *link_message(int type, int flags, int index) {
  int acknowledged = type == RTM_GETLINK ? 0 : NLM_F_ACK;
  struct nlmsghdr *header = start_message(type, acknowledged | flags, sizeof(struct ifinfomsg));
  ((struct ifinfomsg *)NLMSG_DATA(header))->ifi_index = index;
  return header;
}

static void set_up(struct nlmsghdr *header, int up) {
  struct ifinfomsg *link = NLMSG_DATA(header);
  link->ifi_flags = up ? IFF_UP : 0;
  link->ifi_change = IFF_UP;
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

/* Ends a message; the batch is sent when it is full. */
static void add(struct nlmsghdr *header) {
  batch_length += NLMSG_ALIGN(header->nlmsg_len);
  expected++;
  if (batch_length > BATCH_SIZE)
    flush();
}

static void open_netlink(void) {
  int one = 1, room = 16 << 20;
  netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (netlink < 0)
    fail("socket");
  if (setsockopt(netlink, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof one) != 0)
    fail("NETLINK_CAP_ACK");
  if (setsockopt(netlink, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &one, sizeof one) != 0)
    fail("NETLINK_GET_STRICT_CHK");
  if (setsockopt(netlink, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room) != 0 &&
      setsockopt(netlink, SOL_SOCKET, SO_RCVBUF, &room, sizeof room) != 0)
    fail("SO_RCVBUF");
}

static void create_bridge(const char *name) {
  double start = milliseconds();
  struct nlmsghdr *header = link_message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0);
  set_up(header, 1);
  attribute(header, IFLA_IFNAME, name, strlen(name) + 1);
  struct rtattr *info = attribute(header, IFLA_LINKINFO, NULL, 0);
  attribute(header, IFLA_INFO_KIND, "bridge", sizeof "bridge");
  info->rta_len = (unsigned short)((char *)header + header->nlmsg_len - (char *)info);
  add(header);
  flush();
  answer_time(start);
}

static int tap_index(int number) {
  char name[IFNAMSIZ];
  name_tap(name, number);
  return index_of(netlink, name);
}

/* Each has a MAC that no bridge takes for its own, as QEMU's helper, libvirt and linkwright give them. */
static void create_taps(int from, int to) {
  double start = milliseconds();
  for (int i = from; i < to; i++) {
    unsigned char address[ETH_ALEN] = {0xfe};
    if (getrandom(address + 1, ETH_ALEN - 1, 0) != ETH_ALEN - 1)
      fail("getrandom");
    create_tap(i, address);
  }
  answer_time(start);
}

/* Asking for a link first syncs its operational state: joining the bridge is then cheaper. */
static void attach(int index, int bridge) {
  add(link_message(RTM_GETLINK, 0, index));
  struct nlmsghdr *header = link_message(RTM_NEWLINK, 0, index);
  set_up(header, 1);
  attribute(header, IFLA_MASTER, &bridge, sizeof bridge);
  add(header);
}

static void attach_taps(int from, int to, const char *bridge, enum way way) {
  double *times = calloc((size_t)(to - from) + 1, sizeof *times);
  if (times == NULL)
    fail("calloc");
  times[0] = milliseconds();
  int master = index_of(netlink, bridge);
  for (int i = from; i < to; i++) {
    attach(tap_index(i), master);
    if (way == PIPELINED)
      send_batch();
    if (way == EACH || expected >= MOST_UNDER_WAY)
      flush();
    if (way == EACH)
      times[i - from + 1] = milliseconds();
  }
  flush();
  if (way == EACH)
    answer_each(times, to - from);
  else
    answer_time(times[0]);
  free(times);
}

static void put_into_group(int index, int is_bridge) {
  int group = GROUP;
  struct nlmsghdr *header = link_message(RTM_NEWLINK, 0, index);
  if (is_bridge)
    set_up(header, 0);
  attribute(header, IFLA_GROUP, &group, sizeof group);
  add(header);
}

/* All go in one grace period of the kernel, as a group; a bridge that is down lets its ports go more quickly. */
static void remove_group(int from, int to, char **bridges) {
  int group = GROUP;
  double start = milliseconds();
  for (; *bridges != NULL; bridges++)
    put_into_group(index_of(netlink, *bridges), 1);
  for (int i = from; i < to; i++)
    put_into_group(tap_index(i), 0);
  flush();
  struct nlmsghdr *header = link_message(RTM_DELLINK, 0, 0);
  attribute(header, IFLA_GROUP, &group, sizeof group);
  add(header);
  flush();
  answer_time(start);
}

static int is_link(const struct nlmsghdr *header) { return header->nlmsg_type == RTM_NEWLINK; }

/* Ports have entries of their own, too, which are not the bridge's. */
static int is_entry(const struct nlmsghdr *header) {
  return (((const struct ndmsg *)NLMSG_DATA(header))->ndm_flags & NTF_SELF) == 0;
}

static void keep_text(char *text, size_t room, const struct rtattr *attribute) {
  size_t size = RTA_PAYLOAD(attribute);
  memcpy(text, RTA_DATA(attribute), size < room ? size : room - 1);
}

static void keep_number(unsigned *number, const struct rtattr *attribute) {
  if (RTA_PAYLOAD(attribute) == sizeof *number)
    memcpy(number, RTA_DATA(attribute), sizeof *number);
}

static void keep_kind(struct summary *link, const struct rtattr *info) {
  long length = (long)RTA_PAYLOAD(info);
  for (const struct rtattr *each = RTA_DATA(info); RTA_OK(each, length); each = RTA_NEXT(each, length))
    if (each->rta_type == IFLA_INFO_KIND)
      keep_text(link->kind, sizeof link->kind, each);
}

/* Keeps name, index, kind, master, MAC, MTU and state. */
static int keep_link(const struct nlmsghdr *header) {
  if (!is_link(header))
    return 0;
  const struct ifinfomsg *info = NLMSG_DATA(header);
  long length = (long)IFLA_PAYLOAD(header);
  struct summary *link = next_summary();
  link->index = info->ifi_index;
  for (const struct rtattr *each = IFLA_RTA(info); RTA_OK(each, length); each = RTA_NEXT(each, length))
    switch (each->rta_type & NLA_TYPE_MASK) {
      case IFLA_IFNAME: keep_text(link->name, sizeof link->name, each); break;
      case IFLA_MASTER: keep_number(&link->master, each); break;
      case IFLA_MTU: keep_number(&link->mtu, each); break;
      case IFLA_ADDRESS: keep_text((char *)link->address, sizeof link->address + 1, each); break;
      case IFLA_OPERSTATE: link->state = *(const unsigned char *)RTA_DATA(each); break;
      case IFLA_LINKINFO: keep_kind(link, each); break;
      default: break;
    }
  return 1;
}

static char *kept;
static size_t kept_length, kept_room;

/* Keeps all that is said of it, as it came. */
static int keep_all(const struct nlmsghdr *header) {
  if (!is_link(header))
    return 0;
  if (kept_room - kept_length < header->nlmsg_len) {
    kept_room = 2 * kept_room + header->nlmsg_len;
    kept = realloc(kept, kept_room);
    if (kept == NULL)
      fail("realloc");
  }
  memcpy(kept + kept_length, header, header->nlmsg_len);
  kept_length += header->nlmsg_len;
  return 1;
}

/* Sends a dump's request, and counts what is wanted of what comes back. */
static int count_dump(struct nlmsghdr *request, int (*is_wanted)(const struct nlmsghdr *)) {
  int count = 0;
  if (send(netlink, request, request->nlmsg_len, 0) < 0)
    fail("send");
  for (;;) {
    ssize_t length = receive();
    for (struct nlmsghdr *header = (struct nlmsghdr *)received; NLMSG_OK(header, length);
         header = NLMSG_NEXT(header, length)) {
      if (header->nlmsg_type == NLMSG_DONE)
        return count;
      if (header->nlmsg_type == NLMSG_ERROR)
        fail("a dump was refused");
      count += is_wanted(header);
    }
  }
}

static void list_links(void) {
  double start = milliseconds();
  summary_count = 0;
  answer_count(start, count_dump(start_message(RTM_GETLINK, NLM_F_DUMP, sizeof(struct ifinfomsg)), keep_link));
}

static void list_all(void) {
  double start = milliseconds();
  kept_length = 0;
  answer_count(start, count_dump(start_message(RTM_GETLINK, NLM_F_DUMP, sizeof(struct ifinfomsg)), keep_all));
}

static void get_link(const char *name) {
  double start = milliseconds();
  struct nlmsghdr *header = link_message(RTM_GETLINK, 0, 0);
  attribute(header, IFLA_IFNAME, name, strlen(name) + 1);
  add(header);
  send_batch();
  receive();
  expected = 0;
  summary_count = 0;
  if (keep_link((const struct nlmsghdr *)received) == 0)
    fail("netlink");
  answer_time(start);
}

static void list_forwarding(const char *bridge) {
  double start = milliseconds();
  int master = index_of(netlink, bridge);
  struct nlmsghdr *request = start_message(RTM_GETNEIGH, NLM_F_DUMP, sizeof(struct ndmsg));
  ((struct ndmsg *)NLMSG_DATA(request))->ndm_family = AF_BRIDGE;
  attribute(request, NDA_MASTER, &master, sizeof master);
  answer_count(start, count_dump(request, is_entry));
}

int main(void) {
  open_netlink();
  return serve(&(struct work){
      create_bridge, create_taps, attach_taps, remove_group, list_links, list_all, get_link, list_forwarding,
  });
}

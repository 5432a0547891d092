/*
 * The benchmark's work in C with libmnl, as its documentation and examples have it: links by name, several messages in
 * one datagram by mnl_nlmsg_batch, a callback for each message of a dump. It knows no order that is better than another.
 */
#include "program.h"
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

/* Requests under way at once: their acknowledgements have to find room in the socket's buffer. */
#define MOST_UNDER_WAY 100

static struct mnl_socket *netlink;
static unsigned sequence;
static int expected;
static struct mnl_nlmsg_batch *batch;
static char alone[1024];
static char received[1 << 15];

static int receive(mnl_cb_t callback, void *data) {
  ssize_t length = mnl_socket_recvfrom(netlink, received, sizeof received);
  int result = length < 0 ? MNL_CB_ERROR
                          : mnl_cb_run(received, (size_t)length, 0, mnl_socket_get_portid(netlink), callback, data);
  if (result == MNL_CB_ERROR)
    fail("netlink");
  return result;
}

static void receive_acknowledgements(void) {
  for (; expected > 0; expected--)
    receive(NULL, NULL);
}

static struct nlmsghdr *link_message(void *place, int type, int flags, const char *name) {
  struct nlmsghdr *header = mnl_nlmsg_put_header(place);
  header->nlmsg_type = (unsigned short)type;
  header->nlmsg_flags = (unsigned short)(NLM_F_REQUEST | flags);
  header->nlmsg_seq = ++sequence;
  mnl_nlmsg_put_extra_header(header, sizeof(struct ifinfomsg));
  if (name != NULL)
    mnl_attr_put_strz(header, IFLA_IFNAME, name);
  return header;
}

static void set_up(struct nlmsghdr *header) {
  struct ifinfomsg *link = mnl_nlmsg_get_payload(header);
  link->ifi_flags = link->ifi_change = IFF_UP;
}

static void send_message(const void *message, size_t size) {
  if (mnl_socket_sendto(netlink, message, size) < 0)
    fail("send");
}

static void send_batch(void) {
  if (!mnl_nlmsg_batch_is_empty(batch))
    send_message(mnl_nlmsg_batch_head(batch), mnl_nlmsg_batch_size(batch));
  receive_acknowledgements();
}

/* Keeps the message just written; when it does not fit, those before it are sent. */
static void add_to_batch(void) {
  if (!mnl_nlmsg_batch_next(batch)) {
    send_batch();
    mnl_nlmsg_batch_reset(batch);
  }
  expected++;
}

static void end_batch(void) {
  send_batch();
  mnl_nlmsg_batch_reset(batch);
}

static void create_bridge(const char *name) {
  double start = milliseconds();
  struct nlmsghdr *header = link_message(alone, RTM_NEWLINK, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, name);
  set_up(header);
  struct nlattr *info = mnl_attr_nest_start(header, IFLA_LINKINFO);
  mnl_attr_put_strz(header, IFLA_INFO_KIND, "bridge");
  mnl_attr_nest_end(header, info);
  send_message(header, header->nlmsg_len);
  receive(NULL, NULL);
  answer_time(start);
}

static void create_taps(int from, int to) {
  double start = milliseconds();
  for (int i = from; i < to; i++)
    create_tap(i, NULL);
  answer_time(start);
}

static struct nlmsghdr *attach_message(void *place, int number, int master) {
  char name[IFNAMSIZ];
  name_tap(name, number);
  struct nlmsghdr *header = link_message(place, RTM_NEWLINK, NLM_F_ACK, name);
  set_up(header);
  mnl_attr_put_u32(header, IFLA_MASTER, (unsigned)master);
  return header;
}

static void attach_batch(int from, int to, int master) {
  for (int i = from; i < to; i++) {
    attach_message(mnl_nlmsg_batch_current(batch), i, master);
    add_to_batch();
  }
  end_batch();
}

static void attach_taps(int from, int to, const char *bridge, enum way way) {
  double *times = calloc((size_t)(to - from) + 1, sizeof *times);
  if (times == NULL)
    fail("calloc");
  times[0] = milliseconds();
  int master = index_of(mnl_socket_get_fd(netlink), bridge);
  if (way == BATCH)
    attach_batch(from, to, master);
  for (int i = from; way != BATCH && i < to; i++) {
    struct nlmsghdr *header = attach_message(alone, i, master);
    send_message(header, header->nlmsg_len);
    if (++expected == MOST_UNDER_WAY || way == EACH)
      receive_acknowledgements();
    times[i - from + 1] = milliseconds();
  }
  receive_acknowledgements();
  if (way == EACH)
    answer_each(times, to - from);
  else
    answer_time(times[0]);
  free(times);
}

static void remove_links(int from, int to, char **bridges) {
  double start = milliseconds();
  for (int i = from; i < to; i++) {
    char name[IFNAMSIZ];
    name_tap(name, i);
    link_message(mnl_nlmsg_batch_current(batch), RTM_DELLINK, NLM_F_ACK, name);
    add_to_batch();
  }
  for (; *bridges != NULL; bridges++) {
    link_message(mnl_nlmsg_batch_current(batch), RTM_DELLINK, NLM_F_ACK, *bridges);
    add_to_batch();
  }
  end_batch();
  answer_time(start);
}

struct table {
  const struct nlattr *attributes[IFLA_MAX + 1];
};

static int keep_attribute(const struct nlattr *attribute, void *data) {
  struct table *table = data;
  if (mnl_attr_type_valid(attribute, IFLA_MAX) > 0)
    table->attributes[mnl_attr_get_type(attribute)] = attribute;
  return MNL_CB_OK;
}

static void keep_text(char *text, size_t room, const struct nlattr *attribute) {
  size_t size = attribute == NULL ? 0 : mnl_attr_get_payload_len(attribute);
  memcpy(text, attribute == NULL ? "" : mnl_attr_get_payload(attribute), size < room ? size : room - 1);
}

static unsigned number_in(const struct nlattr *attribute) { return attribute == NULL ? 0 : mnl_attr_get_u32(attribute); }

static void keep_kind(struct summary *link, const struct nlattr *info) {
  struct table table = {0};
  if (info == NULL)
    return;
  mnl_attr_parse_nested(info, keep_attribute, &table);
  keep_text(link->kind, sizeof link->kind, table.attributes[IFLA_INFO_KIND]);
}

/* Keeps name, index, kind, master, MAC, MTU and state. */
static int keep_link(const struct nlmsghdr *header, void *count) {
  struct table table = {0};
  mnl_attr_parse(header, sizeof(struct ifinfomsg), keep_attribute, &table);
  struct summary *link = next_summary();
  link->index = ((struct ifinfomsg *)mnl_nlmsg_get_payload(header))->ifi_index;
  link->master = number_in(table.attributes[IFLA_MASTER]);
  link->mtu = number_in(table.attributes[IFLA_MTU]);
  link->state = table.attributes[IFLA_OPERSTATE] == NULL ? 0 : mnl_attr_get_u8(table.attributes[IFLA_OPERSTATE]);
  keep_text(link->name, sizeof link->name, table.attributes[IFLA_IFNAME]);
  keep_text((char *)link->address, sizeof link->address + 1, table.attributes[IFLA_ADDRESS]);
  keep_kind(link, table.attributes[IFLA_LINKINFO]);
  if (link->name[0] != '\0')
    ++*(int *)count;
  return MNL_CB_OK;
}

/* Ports have entries of their own, too, which are not the bridge's. */
static int count_entry(const struct nlmsghdr *header, void *count) {
  struct table table = {0};
  mnl_attr_parse(header, sizeof(struct ndmsg), keep_attribute, &table);
  if (table.attributes[NDA_MASTER] != NULL)
    ++*(int *)count;
  return MNL_CB_OK;
}

static int dump(const struct nlmsghdr *request, mnl_cb_t callback) {
  int count = 0;
  send_message(request, request->nlmsg_len);
  while (receive(callback, &count) > MNL_CB_STOP)
    continue;
  return count;
}

static void list_links(void) {
  double start = milliseconds();
  summary_count = 0;
  answer_count(start, dump(link_message(alone, RTM_GETLINK, NLM_F_DUMP, NULL), keep_link));
}

static void get_link(const char *name) {
  double start = milliseconds();
  int count = 0;
  struct nlmsghdr *request = link_message(alone, RTM_GETLINK, 0, name);
  send_message(request, request->nlmsg_len);
  summary_count = 0;
  receive(keep_link, &count);
  answer_time(start);
}

static void list_forwarding(const char *bridge) {
  double start = milliseconds();
  struct nlmsghdr *request = mnl_nlmsg_put_header(alone);
  request->nlmsg_type = RTM_GETNEIGH;
  request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  struct ndmsg *neighbour = mnl_nlmsg_put_extra_header(request, sizeof *neighbour);
  neighbour->ndm_family = AF_BRIDGE;
  mnl_attr_put_u32(request, NDA_MASTER, (unsigned)index_of(mnl_socket_get_fd(netlink), bridge));
  answer_count(start, dump(request, count_entry));
}

int main(void) {
  static char room[1 << 14]; /* twice what a batch may have, as libmnl wants it */
  int one = 1;
  netlink = mnl_socket_open(NETLINK_ROUTE);
  batch = mnl_nlmsg_batch_start(room, sizeof room / 2);
  if (netlink == NULL || batch == NULL || mnl_socket_bind(netlink, 0, MNL_SOCKET_AUTOPID) < 0 ||
      mnl_socket_setsockopt(netlink, NETLINK_GET_STRICT_CHK, &one, sizeof one) < 0)
    fail("netlink");
  return serve(&(struct work){
      create_bridge, create_taps, attach_taps, remove_links, list_links, NULL, get_link, list_forwarding,
  });
}

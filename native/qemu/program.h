#ifndef LINKWRIGHT_QEMU_PROGRAM_H
#define LINKWRIGHT_QEMU_PROGRAM_H

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Attributes in a row, of the kernel's or of a plan. `bytes` is NULL for what is not there. */
struct attributes {
  const unsigned char *bytes;
  size_t length;
};

/* Who asks for what. */
struct call {
  enum program { IFUP = 1, IFDOWN = 2, HELPER = 4 } program;
  const char *started_as, *tap, *asked; /* asked: the bridge, or "" */
};

/* What a rule says. `bridge` NULL: the one with the default route. `maps`: it may give another bridge than was asked for. */
struct rule {
  const char *bridge;
  struct attributes steps, undo;
  bool maps;
};

/* A link, as far as it matters here. */
struct link {
  uint32_t index, flags, mtu, master, owner;
  unsigned char mac[6];
  bool is_tap, is_bridge, has_owner;
  char name[16];
};

/* Says on standard error what is wrong, after the program's name; always false. */
__attribute__((format(printf, 1, 2))) bool complain(const char *format, ...);

/* attribute.c: takes the next attribute's payload, false at the end and at a wrong length, when something is left; the
   payload of the first of a type; the number in a payload, or 0; its text, or NULL when it does not end with its only NUL; whether a link may have that name. */
bool attribute_next(struct attributes *rest, uint16_t *type, struct attributes *payload);
struct attributes attribute_find(struct attributes row, uint16_t type);
uint32_t attribute_u32(struct attributes payload);
const char *attribute_text(struct attributes payload);
bool is_name(const char *name);

/* plan.c: reads a plan; checks its bytes against the checksum of its policy; finds the first rule that matches. */
bool plan_load(const char *directory, struct attributes *plan);
bool plan_check(const unsigned char *bytes, size_t length, uint64_t policy, struct attributes *plan);
bool plan_find(struct attributes plan, const struct call *call, struct rule *rule);

/* netlink.c: each gives 0 or an errno, of which netlink_words() tells more. A NULL name: by index. */
bool netlink_open(void);
const char *netlink_words(void);
int netlink_request(unsigned char *message, size_t length);
int netlink_link(const char *name, uint32_t index, struct link *link);
int netlink_default_route(uint32_t *index);

/* What a step's message is filled with, in the order of replay.c's table. */
struct values {
  uint32_t tap_index, bridge_index, bridge_mtu, former_mtu, former_master, former_flags;
  unsigned char guest_mac[6], former_mac[6];
};

/* replay.c: takes a rule's steps; when one fails, they are undone. Whether every step is well formed. */
bool replay(const struct call *call, const struct rule *rule);
bool replay_check(struct attributes steps, const struct values *values);

/* helper.c: whether QEMU listens there; its helper's own access rules; a new TAP's descriptor, or -1; its way to QEMU. */
bool helper_can_pass(int socket);
bool helper_allows(const char *bridge);
int helper_open_tap(bool vnet_hdr, char name[16]);
bool helper_pass(int socket, int tap);

#endif

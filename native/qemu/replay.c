#include <errno.h>
#include <net/if.h>
#include <unistd.h>

#include "program.h"

enum { STEP = 1 };
enum { STEP_NAME = 1, STEP_MESSAGE, STEP_PLACES };
#define VALUE(name) {offsetof(struct values, name), sizeof ((struct values *)0)->name}
/* What a place in a message may be filled with, from 1 on. */
static const struct {
  size_t offset, size;
} kinds[] = {VALUE(tap_index),  VALUE(bridge_index),  VALUE(bridge_mtu),   VALUE(former_mtu),
             VALUE(former_master), VALUE(former_flags), VALUE(guest_mac), VALUE(former_mac)};

struct place {
  uint16_t offset, value;
};

/* A step's message with its places filled in, and its length; 0 when it is malformed. */
static size_t fill(struct attributes step, const struct values *values, unsigned char **filled) {
  static unsigned char room[65536];
  struct attributes message = attribute_find(step, STEP_MESSAGE), places = attribute_find(step, STEP_PLACES);
  struct nlmsghdr header;
  struct place place;
  if (message.length < sizeof header || message.length > sizeof room || places.length % sizeof place != 0)
    return 0;
  memcpy(&header, message.bytes, sizeof header);
  memcpy(room, message.bytes, message.length);
  for (size_t i = 0; i < places.length; i += sizeof place) {
    memcpy(&place, places.bytes + i, sizeof place);
    size_t kind = (size_t)place.value - 1;
    if (kind >= sizeof kinds / sizeof kinds[0] || place.offset < sizeof header ||
        place.offset + kinds[kind].size > message.length)
      return 0;
    memcpy(room + place.offset, (const unsigned char *)values + kinds[kind].offset, kinds[kind].size);
  }
  *filled = room;
  return header.nlmsg_len == message.length ? message.length : 0;
}

bool replay_check(struct attributes steps, const struct values *values) {
  struct attributes step;
  unsigned char *message;
  uint16_t type;
  while (attribute_next(&steps, &type, &step))
    if (type != STEP || attribute_text(attribute_find(step, STEP_NAME)) == NULL || fill(step, values, &message) == 0)
      return false;
  return steps.length == 0;
}

/* Takes steps; with `all`, those behind one that fails, too. */
static bool take(struct attributes steps, const struct values *values, const char *tap, const char *bridge, bool all) {
  struct attributes step;
  unsigned char *message;
  uint16_t type;
  bool good = true;
  while ((good || all) && attribute_next(&steps, &type, &step)) {
    size_t length = fill(step, values, &message);
    int error = netlink_request(message, length);
    bool undone_already = all && (error == ENOENT || error == EINVAL);
    if (error != 0 && !undone_already)
      good = complain("%s: %s %s: %s", tap, attribute_text(attribute_find(step, STEP_NAME)), bridge, netlink_words());
  }
  return good;
}

/* Whether the caller may have this TAP become a port of this bridge. */
static bool may(const struct call *call, const struct rule *rule, const struct link *tap, const struct link *bridge) {
  if (!tap->is_tap)
    return complain("%s: it is no TAP", call->tap);
  if (getuid() != 0 && call->program != HELPER && (!tap->has_owner || tap->owner != getuid()))
    return complain("%s: it belongs to another user", call->tap);
  if (!bridge->is_bridge)
    return complain("%s: %s is no bridge", call->tap, bridge->name);
  if (tap->master != 0 && tap->master != bridge->index)
    return complain("%s: it is a port of another bridge than %s", call->tap, bridge->name);
  if (call->program != HELPER || strcmp(call->asked, bridge->name) == 0)
    return true;
  if (!rule->maps)
    return complain("%s: %s is asked for, and the policy gives %s", call->tap, call->asked, bridge->name);
  return helper_allows(bridge->name);
}

bool replay(const struct call *call, const struct rule *rule) {
  struct link tap, bridge;
  uint32_t index = 0;
  if (netlink_link(call->tap, 0, &tap) != 0)
    return complain("%s: %s", call->tap, netlink_words());
  if ((rule->bridge == NULL && netlink_default_route(&index) != 0) || netlink_link(rule->bridge, index, &bridge) != 0)
    return complain("%s: %s: %s", call->tap, rule->bridge != NULL ? rule->bridge : "default-route", netlink_words());
  if (!may(call, rule, &tap, &bridge))
    return false;
  struct values values = {tap.index, bridge.index, bridge.mtu, tap.mtu, tap.master, tap.flags & IFF_UP, {0}, {0}};
  memcpy(values.former_mac, tap.mac, sizeof tap.mac);
  memcpy(values.guest_mac, tap.mac, sizeof tap.mac);
  values.guest_mac[0] = 0xfe;
  if (!replay_check(rule->steps, &values) || !replay_check(rule->undo, &values))
    return complain("%s: qemu.plan is malformed", call->tap);
  if (take(rule->steps, &values, tap.name, bridge.name, false))
    return true;
  take(rule->undo, &values, tap.name, bridge.name, true);
  return false;
}

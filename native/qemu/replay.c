#include <net/if.h>
#include <unistd.h>

#include "program.h"

enum { STEP = 1 };
enum { STEP_NAME = 1, STEP_MESSAGE, STEP_PLACES };
/* What a place in a message is filled with: 32-bit numbers, and MACs. */
enum { TAP_INDEX = 1, BRIDGE_INDEX, BRIDGE_MTU, FORMER_MTU, FORMER_MASTER, FORMER_FLAGS, GUEST_MAC, FORMER_MAC };

struct place {
  uint16_t offset, value;
};

/* A value's bytes, and how many they are; 0 for a value that is none. */
static size_t value_of(uint16_t value, const struct link *tap, const struct link *bridge, unsigned char bytes[6]) {
  const uint32_t numbers[] = {0, tap->index, bridge->index, bridge->mtu, tap->mtu, tap->master, tap->flags & IFF_UP};
  if (value == GUEST_MAC || value == FORMER_MAC) {
    memcpy(bytes, tap->mac, sizeof tap->mac);
    bytes[0] = value == GUEST_MAC ? 0xfe : bytes[0];
    return sizeof tap->mac;
  }
  if (value < TAP_INDEX || value > FORMER_FLAGS)
    return 0;
  memcpy(bytes, &numbers[value], sizeof numbers[value]);
  return sizeof numbers[value];
}

/* A step's message with its places filled in, and its length; 0 when it is malformed. */
static size_t fill(struct attributes step, const struct link *tap, const struct link *bridge, unsigned char **filled) {
  static unsigned char room[16384];
  struct attributes message = attribute_find(step, STEP_MESSAGE), places = attribute_find(step, STEP_PLACES);
  struct nlmsghdr header;
  struct place place;
  unsigned char bytes[6];
  if (message.length < sizeof header || message.length > sizeof room || places.length % sizeof place != 0)
    return 0;
  memcpy(&header, message.bytes, sizeof header);
  memcpy(room, message.bytes, message.length);
  for (size_t i = 0; i < places.length; i += sizeof place) {
    memcpy(&place, places.bytes + i, sizeof place);
    size_t size = value_of(place.value, tap, bridge, bytes);
    if (size == 0 || place.offset < sizeof header || place.offset + size > message.length)
      return 0;
    memcpy(room + place.offset, bytes, size);
  }
  *filled = room;
  return header.nlmsg_len == message.length ? message.length : 0;
}

bool replay_check(struct attributes steps, const struct link *tap, const struct link *bridge) {
  struct attributes step;
  unsigned char *message;
  uint16_t type;
  while (attribute_next(&steps, &type, &step))
    if (type != STEP || attribute_text(attribute_find(step, STEP_NAME)) == NULL || fill(step, tap, bridge, &message) == 0)
      return false;
  return steps.length == 0;
}

/* Takes steps; with `all`, those behind one that fails, too. */
static bool take(struct attributes steps, const struct link *tap, const struct link *bridge, bool all) {
  struct attributes step;
  unsigned char *message;
  uint16_t type;
  bool good = true;
  while ((good || all) && attribute_next(&steps, &type, &step)) {
    size_t length = fill(step, tap, bridge, &message);
    if (netlink_request(message, length) != 0)
      good = complain("%s: %s %s: %s", tap->name, attribute_text(attribute_find(step, STEP_NAME)), bridge->name,
                      netlink_words());
  }
  return good;
}

bool replay(const struct call *call, const struct rule *rule) {
  struct link tap, bridge;
  uint32_t index = 0;
  if (netlink_link(call->tap, 0, &tap) != 0)
    return complain("%s: %s", call->tap, netlink_words());
  if (!tap.is_tun)
    return complain("%s: it is no TAP", call->tap);
  if (getuid() != 0 && call->program != HELPER && (!tap.has_owner || tap.owner != getuid()))
    return complain("%s: it belongs to another user", call->tap);
  if ((rule->bridge == NULL && netlink_default_route(&index) != 0) || netlink_link(rule->bridge, index, &bridge) != 0)
    return complain("%s: %s: %s", call->tap, rule->bridge != NULL ? rule->bridge : "default-route", netlink_words());
  if (!bridge.is_bridge)
    return complain("%s: %s is no bridge", call->tap, bridge.name);
  if (tap.master != 0 && tap.master != bridge.index)
    return complain("%s: it is a port of another bridge than %s", call->tap, bridge.name);
  if (!replay_check(rule->steps, &tap, &bridge) || !replay_check(rule->undo, &tap, &bridge))
    return complain("%s: qemu.plan is malformed", call->tap);
  if (take(rule->steps, &tap, &bridge, false))
    return true;
  take(rule->undo, &tap, &bridge, true);
  return false;
}

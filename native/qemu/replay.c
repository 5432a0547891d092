#include <linux/rtnetlink.h>

#include "program.h"

/* docs/qemu.md describes all of it; src/qemu/plan.ts writes it. */
enum kind { ASK = 1, CHECK, ALLOW, DO };
enum { ROOT = 8, USER = 16, PORT = 32, NO_PORT = 64, DOING = 128, UNDOING = 256, MAY_FAIL = 512 };
enum { KNOWN, TAP, ANSWERS = 5 };

/* A part of an answer: behind its header and the attributes of a path; and where it belongs in a message. */
struct place {
  uint16_t answer, header, path[3], from, to, size;
};

/* Behind it stand its places, its message and its text. */
struct step {
  uint32_t skip; /* in these cases */
  uint16_t kind, answer, places, length;
  struct place object;
};

static struct row answers[ANSWERS];

/* A message, or the bytes that are expected, and room for an attribute behind it. */
static union {
  struct nlmsghdr header;
  unsigned char bytes[2 * 65536];
} filled;

static struct row part(const struct place *place) {
  struct row found = {NULL, 0};
  if (place->answer < ANSWERS)
    found = row_behind(answers[place->answer], place->header);
  for (size_t i = 0; i < sizeof place->path / sizeof place->path[0] && place->path[i] != 0; i++)
    found = attribute_find(found, place->path[i]);
  return row_behind(found, place->from);
}

/* Fills in what there is; the rest is left as it is. False when a place is not within the message. */
static bool fill(struct row message, struct row places, size_t count) {
  struct place place;
  memcpy(filled.bytes, message.bytes, message.length);
  for (; count > 0; count--, places = row_behind(places, sizeof place)) {
    memcpy(&place, places.bytes, sizeof place);
    struct row value = part(&place);
    if ((size_t)place.to + place.size > message.length)
      return false;
    if (value.bytes != NULL && value.length >= place.size)
      memcpy(filled.bytes + place.to, value.bytes, place.size);
  }
  return true;
}

/* Sends the message that is filled in; when the step's object is an attribute, it goes whole behind it. */
static int request(const struct step *step, struct row object) {
  size_t length = step->length;
  if (object.bytes != NULL && step->object.path[0] != 0) {
    memcpy(filled.bytes + length, object.bytes - NLA_HDRLEN, object.length + NLA_HDRLEN);
    length += object.length + NLA_HDRLEN;
  }
  filled.header.nlmsg_len = (uint32_t)length;
  if (step->kind == ASK)
    filled.header.nlmsg_flags &= (uint16_t)~NLM_F_ACK; /* its answer is one */
  return netlink_request(&filled.header, netlink_index(answers[TAP]), &answers[step->answer]);
}

/* Takes a step, unless it is left out in such a case; says what is wrong. */
static bool take(struct row row, const char *tap, uint32_t cases, bool *changed) {
  struct step step;
  if (row.length < sizeof step)
    return complain(tap, ": qemu.plan is malformed");
  memcpy(&step, row.bytes, sizeof step);
  if ((step.skip & cases) != 0)
    return true;
  struct row places = row_behind(row, sizeof step), message = row_behind(places, step.places * sizeof(struct place));
  const char *text = row_text(row_behind(message, step.length));
  message.length = step.length;
  size_t least = step.kind == ASK || step.kind == DO ? NLMSG_HDRLEN : 0;
  if (text == NULL || step.kind < ASK || step.kind > DO || step.length < least || step.answer >= ANSWERS ||
      !fill(message, places, step.places))
    return complain(tap, ": qemu.plan is malformed");
  struct row object = part(&step.object);
  bool is_there = object.bytes != NULL && object.length >= step.length;
  if (step.kind == CHECK)
    return (is_there && memcmp(object.bytes, filled.bytes, step.length) == 0) || complain(tap, text);
  if (step.kind == ALLOW)
    return row_text(object) != NULL && acl_allows(row_text(object));
  *changed = *changed || step.kind == DO;
  return request(&step, object) == 0 || (step.skip & MAY_FAIL) != 0 ||
         complain(tap, text, ": ", netlink_words);
}

/* Takes the steps that are not left out in such a case; when undoing, those behind one that fails, too. */
static bool run(struct row steps, const char *tap, uint32_t cases, bool *changed) {
  bool good = true;
  struct row step;
  uint16_t type;
  while ((good || (cases & UNDOING) != 0) && attribute_next(&steps, &type, &step)) {
    struct row master = attribute_find(row_behind(answers[TAP], sizeof(struct ifinfomsg)), IFLA_MASTER);
    good = take(step, tap, cases | (master.bytes != NULL ? PORT : NO_PORT), changed) && good;
  }
  return good && (steps.length == 0 || complain(tap, ": qemu.plan is malformed"));
}

bool replay(const struct call *call, struct row steps) {
  struct { char tap[16], asked[16]; uint32_t user; } known = {.user = getuid()};
  uint32_t cases = call->program | (known.user == 0 ? ROOT : USER);
  bool changed = false;
  memcpy(known.tap, call->tap, strnlen(call->tap, sizeof known.tap - 1));
  memcpy(known.asked, call->asked, strnlen(call->asked, sizeof known.asked - 1));
  answers[KNOWN] = (struct row){(unsigned char *)&known, sizeof known};
  if (run(steps, call->tap, cases | DOING, &changed))
    return true;
  if (changed)
    run(steps, call->tap, cases | UNDOING, &changed);
  return false;
}

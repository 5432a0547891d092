#include <linux/rtnetlink.h>

#include "runner.h"

enum { LARGEST_MESSAGE = 65536 };

struct row answers[ANSWERS];

/* A message, or the bytes that are expected, and room for an attribute behind it. */
static union {
  struct nlmsghdr header;
  unsigned char bytes[2 * LARGEST_MESSAGE];
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
  return netlink_request(&filled.header, netlink_index(answers[SUBJECT]), &answers[step->answer]);
}

/* Whether the program can do what a step asks for. */
static bool is_able(const struct abilities *abilities, uint16_t kind) {
  if (kind == ALLOW)
    return abilities->allows != NULL;
  bool is_taken = kind >= READ && kind != ENDS_IF && kind != ENDS_UNLESS;
  return !is_taken || abilities->take != NULL;
}

/* What a step of one of these kinds comes to: 0 or an errno. */
static int send_step(const struct abilities *abilities, const struct step *step, struct row object) {
  switch (step->kind) {
  case ASK:
  case DO:
    return request(step, object);
  case BATCH:
    return netlink_batch(step->protocol, filled.bytes, step->length, (step->skip & MAY_BE_SO) != 0);
  default:
    return abilities->take(step, filled.bytes, step->length);
  }
}

enum outcome step_take(const struct abilities *abilities, struct row row, const char *subject, uint32_t cases, bool *changed) {
  struct step step;
  if (row.length < sizeof step) {
    complain(subject, ": the plan is malformed");
    return BAD;
  }
  memcpy(&step, row.bytes, sizeof step);
  if ((step.skip & cases) != 0)
    return GOOD;
  struct row places = row_behind(row, sizeof step), message = row_behind(places, step.places * sizeof(struct place));
  const char *text = row_text(row_behind(message, step.length));
  message.length = step.length;
  size_t least = step.kind == ASK || step.kind == DO ? NLMSG_HDRLEN : 0;
  if (text == NULL || step.kind < ASK || step.kind > TRANSACT || step.length < least || step.length > LARGEST_MESSAGE ||
      step.answer >= ANSWERS || !is_able(abilities, step.kind) || !fill(message, places, step.places)) {
    complain(subject, ": the plan is malformed");
    return BAD;
  }
  struct row object = part(&step.object);
  bool is_there = object.bytes != NULL && object.length >= step.length;
  if (step.kind == ENDS_IF || step.kind == ENDS_UNLESS) {
    bool is_so = step.length == 0 ? object.bytes == NULL : is_there && memcmp(object.bytes, filled.bytes, step.length) == 0;
    return is_so == (step.kind == ENDS_IF) ? OVER : GOOD;
  }
  if (step.kind == CHECK) {
    bool good = is_there && memcmp(object.bytes, filled.bytes, step.length) == 0;
    return good || complain(subject, text) ? GOOD : OTHERWISE;
  }
  if (step.kind == ALLOW)
    return row_text(object) != NULL && abilities->allows(row_text(object)) ? GOOD : BAD;
  *changed = *changed || (step.kind != ASK && step.kind != INQUIRE);
  int error = send_step(abilities, &step, object);
  if (step.kind == ENTER && error == ENOENT)
    return OVER; /* what was in a namespace that is gone is gone with it */
  if (error == 0 || (step.skip & MAY_FAIL) != 0 || ((step.skip & MAY_BE_SO) != 0 && netlink_is_so(error)))
    return GOOD;
  complain(subject, text, ": ", netlink_words);
  return BAD;
}

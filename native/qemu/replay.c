#include <linux/rtnetlink.h>

#include "program.h"

/* Cases: docs/plans.md describes them. */
enum { ROOT = 8, USER = 16, PORT = 32, NO_PORT = 64, DOING = 128, UNDOING = 256 };

static const struct abilities abilities = {.allows = acl_allows, .take = database_take};

enum { LONGEST_NAME = 15 };

/* A name as JSON has it, between quotes and with spaces behind, if there is nothing in it that JSON would want said otherwise. */
static bool quote(const char *name, char into[LONGEST_NAME + 2]) {
  size_t length = strnlen(name, LONGEST_NAME);
  memset(into, ' ', LONGEST_NAME + 2);
  into[0] = into[length + 1] = '"';
  memcpy(into + 1, name, length);
  for (size_t i = 0; i < length; i++)
    if (name[i] <= ' ' || name[i] > '~' || name[i] == '"' || name[i] == '\\')
      return false;
  return true;
}

bool replay_inquires(struct row steps) {
  struct row row;
  struct step step;
  while (part_next(&steps, &row))
    if (row.length >= sizeof step && (memcpy(&step, row.bytes, sizeof step), step.kind == INQUIRE))
      return true;
  return false;
}

/* Takes the steps that are not left out in such a case; when undoing, those behind one that fails, too. */
static bool run(struct row steps, const char *tap, uint32_t cases, bool *changed) {
  bool good = true;
  struct row step;
  while ((good || (cases & UNDOING) != 0) && part_next(&steps, &step)) {
    struct row master = attribute_find(row_behind(answers[SUBJECT], sizeof(struct ifinfomsg)), IFLA_MASTER);
    good = step_take(&abilities, step, tap, cases | (master.bytes != NULL ? PORT : NO_PORT), changed) == GOOD && good;
  }
  return good && (steps.length == 0 || complain(tap, ": the plan is malformed"));
}

bool replay(const struct call *call, struct row steps) {
  struct { char tap[16], asked[16]; uint32_t user; char quoted[LONGEST_NAME + 2]; } known = {.user = getuid()};
  uint32_t cases = call->program | (known.user == 0 ? ROOT : USER);
  bool changed = false;
  memcpy(known.tap, call->tap, strnlen(call->tap, sizeof known.tap - 1));
  memcpy(known.asked, call->asked, strnlen(call->asked, sizeof known.asked - 1));
  size_t length = (size_t)(known.quoted - (char *)&known) + (quote(known.tap, known.quoted) ? sizeof known.quoted : 0);
  answers[KNOWN] = (struct row){(unsigned char *)&known, length};
  if (run(steps, call->tap, cases | DOING, &changed))
    return true;
  if (changed)
    run(steps, call->tap, cases | UNDOING, &changed);
  return false;
}

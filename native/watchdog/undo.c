#include "program.h"

enum { LONGEST_SUBJECT = 128 };

static const struct abilities abilities = {.take = setting_take};

/* Behind its subject, which fills 128 bytes, stand its steps. What is otherwise than it was left stays, and is said; what is
   already as it was is passed over. */
static enum outcome take_operation(struct row operation) {
  char subject[LONGEST_SUBJECT];
  struct row steps = row_behind(operation, sizeof subject), step;
  bool changed = false;
  if (steps.bytes == NULL)
    return complain("the plan is malformed") ? GOOD : BAD;
  memcpy(subject, operation.bytes, sizeof subject);
  subject[sizeof subject - 1] = '\0';
  if (!namespace_home())
    return complain(subject, ": the namespace: ", strerror(errno)) ? GOOD : BAD;
  memset(answers, 0, sizeof answers);
  netlink_forget();
  while (part_next(&steps, &step)) {
    enum outcome outcome = step_take(&abilities, step, subject, 0, &changed);
    if (outcome != GOOD)
      return outcome;
  }
  return steps.length == 0 || complain(subject, ": the plan is malformed") ? GOOD : BAD;
}

bool undo(struct row plan) {
  struct row operation;
  bool good = true;
  while (part_next(&plan, &operation))
    good = take_operation(operation) != BAD && good;
  return good && (plan.length == 0 || complain("the plan is malformed"));
}

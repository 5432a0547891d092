#include <sys/stat.h>

#include "program.h"

/* docs/plans.md describes the format; src/qemu/plan.ts writes it. */
#define LARGEST_FILE (2048 * 1024)
#define ANYBODY UINT32_MAX
#define LONGEST_PATTERN 31
#define REMEDY ": linkwright qemu compile"

/* Patterns; behind them stand the rule's steps. */
struct rule {
  uint32_t programs, user, group;
  char started_as[LONGEST_PATTERN + 1], tap[LONGEST_PATTERN + 1], asked[LONGEST_PATTERN + 1];
};

bool policy_check(const unsigned char *bytes, size_t length, uint64_t policy, struct row *plan) {
  uint64_t made_from;
  if (!plan_check("qemu.plan", bytes, length, REMEDY, &made_from, plan))
    return false;
  if (made_from != policy) /* the last good plan goes on: saving a file must not stop guests */
    complain("warning: qemu.json has changed since qemu.plan was made, which goes on", REMEDY);
  return true;
}

static bool read_trusted(int directory, const char *name, unsigned char *into, ssize_t *length) {
  int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0)
    return complain(name, ": ", strerror(errno));
  bool trusted = is_trusted(fd, S_IFREG) || complain(name, " is not a file of root's that nobody else can write to");
  *length = trusted ? read_whole(fd, into, LARGEST_FILE) : -1;
  close(fd);
  return *length >= 0 || (trusted && complain(name, " cannot be read whole"));
}

bool policy_load(const char *directory, struct row *plan) {
  static unsigned char bytes[LARGEST_FILE];
  ssize_t length;
  int fd = openat(AT_FDCWD, directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0)
    return complain(directory, ": ", strerror(errno));
  bool good = is_trusted(fd, S_IFDIR) || complain(directory, " is not root's, or others can write to it");
  good = good && read_trusted(fd, "qemu.json", bytes, &length);
  uint64_t policy = good ? plan_checksum(bytes, (size_t)length) : 0;
  good = good && read_trusted(fd, "qemu.plan", bytes, &length);
  close(fd);
  return good && policy_check(bytes, (size_t)length, policy, plan);
}

/* Whether a pattern, in which "*" is any text and "?" any byte, matches the whole text. */
static bool matches(const char *pattern, const char *text) {
  const char *star = NULL, *from = NULL;
  for (;;) {
    if (*pattern == '*') {
      star = pattern++;
      from = text;
    } else if (*text == '\0') {
      return *pattern == '\0';
    } else if (*pattern == '?' || *pattern == *text) {
      pattern++;
      text++;
    } else if (star != NULL) {
      pattern = star + 1;
      text = ++from;
    } else {
      return false;
    }
  }
}

static bool in_group(gid_t group) {
  static gid_t own[65536];
  for (int i = getgroups(65536, own) - 1; i >= 0; i--)
    if (own[i] == group)
      return true;
  return getgid() == group;
}

static bool fits(const struct rule *rule, const struct call *call) {
  return (rule->programs & call->program) != 0 && (rule->user == ANYBODY || rule->user == getuid()) &&
         (rule->group == ANYBODY || in_group(rule->group)) && matches(rule->started_as, call->started_as) &&
         matches(rule->tap, call->tap) && matches(rule->asked, call->asked);
}

bool policy_find(struct row plan, const struct call *call, struct row *steps) {
  struct rule rule;
  struct row row;
  while (part_next(&plan, &row) && row.length > sizeof rule) {
    memcpy(&rule, row.bytes, sizeof rule);
    rule.started_as[LONGEST_PATTERN] = rule.tap[LONGEST_PATTERN] = rule.asked[LONGEST_PATTERN] = '\0';
    *steps = row_behind(row, sizeof rule);
    if (fits(&rule, call))
      return true;
  }
  return complain(call->tap, plan.length == 0 ? ": the policy has no rule for it" : ": qemu.plan is malformed");
}

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "program.h"

/* docs/qemu.md describes the format; src/qemu/plan.ts writes it. */
#define MAGIC "LWQPLAN\n"
#define VERSION 1
#define LARGEST_FILE (256 * 1024)

enum { PLAN_RULE = 1 };
enum { RULE_PROGRAMS = 1, RULE_STARTED_AS, RULE_TAP, RULE_ASKED, RULE_USERS, RULE_GROUPS, RULE_REFUSE,
       RULE_BRIDGE, RULE_UP, RULE_UNDO, RULE_DOWN };

struct header {
  char magic[8];
  uint32_t version, length;  /* length: of the whole file */
  uint64_t checksum, policy; /* of everything behind the header, and of the policy */
};

/* FNV-1a, 64 bits. */
static uint64_t checksum(const unsigned char *bytes, size_t length) {
  uint64_t sum = 0xcbf29ce484222325;
  for (size_t i = 0; i < length; i++)
    sum = (sum ^ bytes[i]) * 0x100000001b3;
  return sum;
}

bool plan_check(const unsigned char *bytes, size_t length, uint64_t policy, struct attributes *plan) {
  struct header header;
  if (length < sizeof header || memcmp(bytes, MAGIC, sizeof header.magic) != 0)
    return complain("qemu.plan is no plan");
  memcpy(&header, bytes, sizeof header);
  *plan = (struct attributes){bytes + sizeof header, length - sizeof header};
  if (header.version != VERSION)
    return complain("qemu.plan is of version %u, not %d: linkwright qemu compile", header.version, VERSION);
  if (header.length != length || checksum(plan->bytes, plan->length) != header.checksum)
    return complain("qemu.plan is damaged: linkwright qemu compile");
  if (header.policy != policy)
    return complain("qemu.json has changed since qemu.plan was made: linkwright qemu compile");
  return true;
}

/* Whether root owns it and nobody else can write to it. */
static bool is_trusted(int fd, mode_t type) {
  struct stat status;
  return fstat(fd, &status) == 0 && (status.st_mode & S_IFMT) == type && status.st_uid == 0 &&
         (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/* Reads a trusted file whole. */
static bool read_trusted(int directory, const char *name, unsigned char *into, size_t *length) {
  int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0)
    return complain("%s: %s", name, strerror(errno));
  ssize_t count = -1;
  bool trusted = is_trusted(fd, S_IFREG);
  for (*length = 0; trusted && *length < LARGEST_FILE; *length += (size_t)count)
    if ((count = read(fd, into + *length, LARGEST_FILE - *length)) <= 0)
      break;
  close(fd);
  if (!trusted)
    return complain("%s is not a file of root's that nobody else can write to", name);
  return count == 0 || complain("%s cannot be read whole", name);
}

bool plan_load(const char *directory, struct attributes *plan) {
  static unsigned char bytes[LARGEST_FILE];
  size_t length;
  int fd = open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0)
    return complain("%s: %s", directory, strerror(errno));
  bool good = is_trusted(fd, S_IFDIR) || complain("%s is not root's, or others can write to it", directory);
  good = good && read_trusted(fd, "qemu.json", bytes, &length);
  uint64_t policy = good ? checksum(bytes, length) : 0;
  good = good && read_trusted(fd, "qemu.plan", bytes, &length);
  close(fd);
  return good && plan_check(bytes, length, policy, plan);
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

/* Whether an attribute that is there lists the number. */
static bool among(struct attributes numbers, uint32_t number) {
  for (size_t i = 0; i + sizeof number <= numbers.length; i += sizeof number)
    if (memcmp(numbers.bytes + i, &number, sizeof number) == 0)
      return true;
  return false;
}

static bool in_group(struct attributes groups) {
  static gid_t own[65536];
  for (int i = getgroups(65536, own) - 1; i >= 0; i--)
    if (among(groups, own[i]))
      return true;
  return among(groups, getgid());
}

/* Whether a condition on a text holds; one that is not there does. */
static bool text_fits(struct attributes rule, uint16_t type, const char *text) {
  struct attributes condition = attribute_find(rule, type);
  const char *pattern = attribute_text(condition);
  return condition.bytes == NULL || (pattern != NULL && matches(pattern, text));
}

static bool fits(struct attributes rule, const struct call *call) {
  struct attributes users = attribute_find(rule, RULE_USERS), groups = attribute_find(rule, RULE_GROUPS);
  return (attribute_u32(attribute_find(rule, RULE_PROGRAMS)) & call->program) != 0 &&
         text_fits(rule, RULE_STARTED_AS, call->started_as) && text_fits(rule, RULE_TAP, call->tap) &&
         text_fits(rule, RULE_ASKED, call->asked) && (users.bytes == NULL || among(users, getuid())) &&
         (groups.bytes == NULL || in_group(groups));
}

/* Whether every length is right: what is malformed could match what it should not. */
static bool is_whole(struct attributes row) {
  struct attributes payload;
  uint16_t type;
  while (attribute_next(&row, &type, &payload))
    continue;
  return row.length == 0;
}

/* What a rule that matches says; false when it is malformed. */
static bool read_rule(struct attributes rule, enum program program, struct rule *found) {
  struct attributes bridge = attribute_find(rule, RULE_BRIDGE);
  found->bridge = attribute_text(bridge);
  found->maps = attribute_find(rule, RULE_ASKED).bytes != NULL;
  found->steps = attribute_find(rule, program == IFDOWN ? RULE_DOWN : RULE_UP);
  found->undo = program == IFDOWN ? (struct attributes){NULL, 0} : attribute_find(rule, RULE_UNDO);
  return found->steps.length > 0 && (bridge.bytes == NULL || (found->bridge != NULL && is_name(found->bridge)));
}

bool plan_find(struct attributes plan, const struct call *call, struct rule *found) {
  struct attributes rule;
  uint16_t type;
  while (attribute_next(&plan, &type, &rule)) {
    if (type != PLAN_RULE || !is_whole(rule))
      return complain("%s: qemu.plan is malformed", call->tap);
    if (!fits(rule, call))
      continue;
    struct attributes refusal = attribute_find(rule, RULE_REFUSE);
    const char *reason = attribute_text(refusal);
    if (refusal.bytes != NULL)
      return complain("%s: the policy refuses it: %s", call->tap, reason != NULL ? reason : "");
    return read_rule(rule, call->program, found) || complain("%s: qemu.plan is malformed", call->tap);
  }
  return complain(plan.length == 0 ? "%s: the policy has no rule for it" : "%s: qemu.plan is malformed", call->tap);
}

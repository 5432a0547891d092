#include "runner.h"

uint64_t plan_checksum(const unsigned char *bytes, size_t length) {
  uint64_t sum = 0xcbf29ce484222325;
  for (size_t i = 0; i < length; i++)
    sum = (sum ^ bytes[i]) * 0x100000001b3;
  return sum;
}

bool plan_check(const char *name, const unsigned char *bytes, size_t length, const char *remedy, uint64_t *policy,
                struct row *plan) {
  struct plan_header header;
  char found[11], own[11];
  if (length < sizeof header || memcmp(bytes, PLAN_MAGIC, sizeof header.magic) != 0)
    return complain(name, " is no plan", remedy);
  memcpy(&header, bytes, sizeof header);
  *plan = (struct row){bytes + sizeof header, length - sizeof header};
  *policy = header.policy;
  if (header.version != PLAN_VERSION)
    return complain(name, " is of version ", decimal(header.version, found), ", not ", decimal(PLAN_VERSION, own), remedy);
  return (header.length == length && plan_checksum(plan->bytes, plan->length) == header.checksum) ||
         complain(name, " is damaged", remedy);
}

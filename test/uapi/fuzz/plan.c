/*
 * Feeds the plan's reader with plans that are random, mutated or spliced. Usage: plan SECONDS SEED PLAN…
 * With -DLIBFUZZER, for libFuzzer: clang -fsanitize=fuzzer,address,undefined.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "../../../native/qemu/program.h"

#include <linux/rtnetlink.h>

#define HEADER 32
#define LARGEST 32768

static size_t found, asked, done;
const char *netlink_words = "";

bool complain_of(const char *const texts[]) { return texts == NULL; }
const char *decimal(uint32_t number, char room[11]) { return number == 0 ? "0" : memset(room, 0, 11); }
bool netlink_open(int protocol) { return protocol == NETLINK_ROUTE; }
bool netlink_is_so(int error) { return error == ENODEV; }
uint32_t netlink_index(struct row link) { return link.length; }
int database_take(const struct step *step, unsigned char *message, size_t length) {
  return step == NULL || message == NULL || length > LARGEST ? -1 : 0;
}
bool acl_allows(const char *bridge) { return strlen(bridge) < 16; }

/* A TAP of user 0 that is a port of link 2; a bridge; what is cut off, and nothing. */
static const unsigned char tap[] = {
    0, 0, 1, 0, 3, 0, 0, 0, 3, 16, 0, 0, 0, 0, 0, 0, 10, 0, 1, 0, 82, 84, 0, 1, 2, 3, 0, 0, 8, 0, 4, 0, 220, 5, 0, 0,
    8, 0, 10, 0, 2, 0, 0, 0, 60, 0, 18, 0, 8, 0, 1, 0, 't', 'u', 'n', 0, 20, 0, 2, 0, 8, 0, 1, 0, 0, 0, 0, 0, 5, 0, 3, 0,
    2, 0, 0, 0, 11, 0, 4, 0, 'b', 'r', 'i', 'd', 'g', 'e', 0, 0, 16, 0, 5, 0, 5, 0, 33, 0, 1, 0, 0, 0, 5, 0, 1, 0};
static const unsigned char bridge[] = {7,   0,   1, 0, 2,  0, 0, 0, 3,  16, 0, 0, 0,   0,   0,   0,   8,   0,   3, 0,
                                       'b', 'r', '1', 0, 8, 0, 4, 0, 120, 5, 0, 0, 15,  0,   18,  0,   11,  0,   1, 0,
                                       'b', 'r', 'i', 'd', 'g', 'e', 0, 0, 12, 0, 26, 0, 8, 0, 2, 0, 6, 0, 10, 0};

/* Reads the whole batch, as the kernel does. */
int netlink_batch(int protocol, unsigned char *messages, size_t length, bool may_be_so) {
  unsigned sum = (unsigned)protocol + may_be_so;
  for (size_t i = 0; i < length; i++)
    sum = sum * 31 + messages[i];
  done++;
  return sum % 16 == 0 ? 22 : 0;
}

/* Reads the whole request, as the kernel does, and answers a question with one of the samples. */
int netlink_request(struct nlmsghdr *request, uint32_t link, struct row *answer) {
  unsigned sum = link;
  if (request->nlmsg_len < NLMSG_HDRLEN)
    abort(); /* the kernel would not answer */
  for (uint32_t i = 0; i < request->nlmsg_len; i++)
    sum = sum * 31 + ((unsigned char *)request)[i];
  if (request->nlmsg_type != RTM_GETLINK && request->nlmsg_type != RTM_GETROUTE) {
    done++;
    return sum % 16 == 0 ? 22 : 0;
  }
  const struct row samples[] = {{tap, sizeof tap}, {bridge, sizeof bridge}, {tap, sum % sizeof tap}, {NULL, 0}};
  *answer = samples[asked++ % 8 < 6 ? asked % 2 : sum % 4];
  return sum % 64 == 0 ? 19 : 0;
}

static void put(unsigned char *bytes, size_t offset, uint64_t number, size_t size) { memcpy(bytes + offset, &number, size); }

/* Makes the header fit, so that what is behind it is looked at. */
static void mend(unsigned char *bytes, size_t length) {
  uint64_t sum = 0xcbf29ce484222325;
  for (size_t i = HEADER; i < length; i++)
    sum = (sum ^ bytes[i]) * 0x100000001b3;
  memcpy(bytes, "LWQPLAN\n", 8);
  put(bytes, 8, PLAN_VERSION, 4);
  put(bytes, 12, length, 4);
  put(bytes, 16, sum, 8);
}

static void look(struct row plan) {
  static const enum program programs[] = {IFUP, IFDOWN, HELPER};
  for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++) {
    struct call call = {programs[i], "qemu-ifup-br0", "vnet12", i == 2 ? "br0" : ""};
    struct row steps;
    asked = 1;
    if (!policy_find(plan, &call, &steps))
      continue;
    found++;
    replay(&call, steps);
  }
}

/* In a room of its very size, so that a read past its end is seen. */
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t length) {
  unsigned char *bytes = malloc(length > 0 ? length : 1);
  struct row plan;
  uint64_t policy = 0;
  if (bytes == NULL)
    abort();
  memcpy(bytes, data, length);
  for (int mended = 0; mended < 2; mended++) {
    if (length >= HEADER) {
      memcpy(&policy, bytes + 24, sizeof policy);
      if (mended)
        mend(bytes, length);
    }
    if (policy_check(bytes, length, policy, &plan))
      look(plan);
  }
  free(bytes);
  return 0;
}

#ifndef LIBFUZZER
static uint64_t state;

static size_t below(size_t limit) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return limit == 0 ? 0 : (size_t)(state % limit);
}

struct plan_file {
  unsigned char bytes[LARGEST];
  size_t length;
};

static void mutate(struct plan_file *plan, const struct plan_file *other) {
  static const uint32_t lengths[] = {0, 1, 3, 4, 5, 8, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0xfffffffc, 0xffffffff};
  size_t at = below(plan->length), from = below(other->length), count = below(64);
  switch (below(7)) {
  case 0:
    plan->bytes[at] ^= (unsigned char)(1u << below(8));
    break;
  case 1:
    plan->bytes[at] = (unsigned char)below(256);
    break;
  case 2:
    if (plan->length >= 4)
      put(plan->bytes, below(plan->length / 4) * 4, lengths[below(sizeof lengths / sizeof lengths[0])], 4);
    break;
  case 3:
    if (plan->length >= 4)
      put(plan->bytes, below(plan->length / 4) * 4, below(plan->length * 2), 4);
    break;
  case 4:
    plan->length = at;
    break;
  case 5:
    while (count-- > 0 && plan->length < LARGEST)
      plan->bytes[plan->length++] = (unsigned char)below(256);
    break;
  default:
    while (count-- > 0 && at < plan->length && from < other->length)
      plan->bytes[at++] = other->bytes[from++];
  }
}

int main(int count, char **words) {
  static struct plan_file plans[16], plan;
  size_t known = 0, rounds = 0;
  if (count < 4)
    return 2;
  time_t end = time(NULL) + atoi(words[1]);
  state = strtoull(words[2], NULL, 10) | 1;
  for (int i = 3; i < count && known < 16; i++) {
    FILE *file = fopen(words[i], "r");
    if (file == NULL)
      return 2;
    plans[known].length = fread(plans[known].bytes, 1, LARGEST, file);
    LLVMFuzzerTestOneInput(plans[known].bytes, plans[known].length);
    fclose(file);
    known++;
  }
  for (; (rounds & 1023) != 0 || time(NULL) < end; rounds++) {
    plan = plans[below(known)];
    if (below(16) == 0)
      for (size_t i = plan.length = below(512); i-- > 0;)
        plan.bytes[i] = (unsigned char)below(256);
    for (size_t i = 1 + below(6); i > 0; i--)
      mutate(&plan, &plans[below(known)]);
    LLVMFuzzerTestOneInput(plan.bytes, plan.length);
  }
  printf("{\"rounds\":%zu,\"found\":%zu,\"done\":%zu}\n", rounds, found, done);
  return 0;
}
#endif

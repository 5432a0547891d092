#ifndef LINKWRIGHT_RUNNER_H
#define LINKWRIGHT_RUNNER_H

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

/* What programs share that take the steps of a plan. docs/plans.md describes the format; src/runner writes it. */

/* Bytes, such as attributes in a row, of the kernel's or of a plan. `bytes` is NULL for what is not there. */
struct row {
  const unsigned char *bytes;
  size_t length;
};

/* complaint.c: says on standard error what is wrong, in so many texts, after the program's name; always false. A number
   as text, in a room of its own. */
#define complain(...) complain_of((const char *const[]){__VA_ARGS__, NULL})
bool complain_of(const char *const texts[]);
const char *decimal(uint32_t number, char room[11]);

/* row.c: what is left behind some bytes; the text that bytes are, or NULL when no NUL is at their end; takes the
   next attribute's payload, false at the end and at a wrong length, when something is left; the payload of the first
   of a type; takes the next part of a plan, whose length has 32 bits. */
struct row row_behind(struct row row, size_t count);
const char *row_text(struct row row);
bool attribute_next(struct row *rest, uint16_t *type, struct row *payload);
struct row attribute_find(struct row row, uint16_t type);
bool part_next(struct row *rest, struct row *payload);

/* netlink.c: opens the socket of a protocol, in place of the one before, or says by errno why not; closes those of all protocols; the index of a link that is an answer, or 0; sends a request of rtnetlink: 0 or
   an errno, of which netlink_words tells more. The answer's body stays until all is forgotten; of several, it is that of the
   message about this link. Sends messages in one go, by a socket that is opened when it is first wanted: the first refusal that
   does not mean that it is so already, or 0. */
extern const char *netlink_words;
bool netlink_open(int protocol);
void netlink_close(void);
uint32_t netlink_index(struct row link);
int netlink_request(struct nlmsghdr *request, uint32_t link, struct row *answer);
int netlink_batch(int protocol, unsigned char *messages, size_t length, bool may_be_so);
bool netlink_is_so(int error);
unsigned char *netlink_keep(size_t size);
void netlink_forget(void);

/* plan.c: FNV-1a, 64 bits; the header of a plan; checks its bytes, which `name` is. */
#define PLAN_MAGIC "LWQPLAN\n"
#define PLAN_VERSION 3
struct plan_header {
  char magic[8];
  uint32_t version, length;  /* length: of the whole plan */
  uint64_t checksum, policy; /* of everything behind the header, and of what it was made from */
};
uint64_t plan_checksum(const unsigned char *bytes, size_t length);
bool plan_check(const char *name, const unsigned char *bytes, size_t length, const char *remedy, uint64_t *policy,
                struct row *plan);

/* A part of an answer: behind its header and the attributes of a path; and where it belongs in a message. */
struct place {
  uint16_t answer, header, path[3], from, to, size;
};

/* Behind it stand its places, its message and its text. */
struct step {
  uint32_t skip, length; /* skip: in these cases; length: of the message */
  uint16_t kind, answer, places, protocol;
  struct place object;
};

/* What a program can do beside what every one can; NULL: its plans have no such steps. */
struct abilities {
  bool (*allows)(const char *bridge); /* ALLOW: whether bridge.conf allows a bridge; says so where not */
  /* Of the kinds from READ on, but for ENDS_IF and ENDS_UNLESS: 0 or an errno, of which netlink_words tells more. */
  int (*take)(const struct step *step, unsigned char *message, size_t length);
};

/* steps.c: the answers that a plan's steps ask for; takes a step, unless it is left out in such a case, and says what is
   wrong. OTHERWISE: what it checks is not as it is to be. OVER: nothing is left to be done. */
enum kind { ASK = 1, CHECK, ALLOW, DO, BATCH, READ, WRITE, TAP, ENDS_IF, ENDS_UNLESS, ENTER, NAME, INQUIRE, TRANSACT };
enum { MAY_FAIL = 512, MAY_BE_SO = 1024 };
enum { KNOWN, SUBJECT, ANSWERS = 8 };
enum outcome { GOOD, OVER, OTHERWISE, BAD };
extern struct row answers[ANSWERS];
enum outcome step_take(const struct abilities *abilities, struct row row, const char *subject, uint32_t cases, bool *changed);

#endif

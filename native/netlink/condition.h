#ifndef LINKWRIGHT_CONDITION_H
#define LINKWRIGHT_CONDITION_H

#include <node_api.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A condition says that a message is sent only if the reply to one before it has, or lacks, an attribute, or if a link has an
 * MTU. One that is not sent is answered by an acknowledgement with ECANCELED. Or it says which link a message is about: that
 * of the reply, whatever has its name by now. Or that the lock (namespace_lock.h) must be held. Conditions come as a buffer with six
 * numbers each, in the order of the messages.
 */
enum condition_kind {
  CONDITION_ABSENT,  /* the attribute must be absent */
  CONDITION_PRESENT, /* it must be there and hold the value */
  CONDITION_SAME,    /* there must be a reply: the message, and `value` after it, get the index of its link */
  CONDITION_LOCKED   /* the lock must be held */
};

struct condition {
  uint32_t offset; /* of the message among the messages */
  uint32_t back;   /* 1 when the reply to the message just before is meant, 2 for the one before that, …; 0: a link's MTU */
  uint32_t header; /* size of the header before the reply's attributes; the index of the link whose MTU is meant */
  uint32_t attribute; /* its number */
  uint32_t kind;      /* enum condition_kind; CONDITION_PRESENT for an MTU */
  uint32_t value;
};

struct conditions {
  struct condition *list;
  size_t count;
};

/* Copies conditions for these messages, to be freed in any case; false with an exception pending. */
bool conditions_read(napi_env env, napi_value value, const unsigned char *messages, size_t length,
                 struct conditions *conditions);
void conditions_free(struct conditions *conditions);

/* Whether it depends on what others may change meanwhile if messages are sent. */
bool conditions_decide(const struct conditions *conditions);
/* The offset of the message that the next condition is for; `length` when there is none. */
size_t conditions_next(const struct conditions *conditions, size_t next, size_t length);
/* A condition's message has come: whether the condition holds for the reply that it means, which may be NULL. */
bool condition_holds(const struct condition *condition, const unsigned char *reply);
/* The same of CONDITION_SAME: the index goes into the messages that begin here, whose header is struct ifinfomsg. */
bool condition_gives(const struct condition *condition, const unsigned char *reply, unsigned char *messages,
                     size_t length);
/* The same for a link's MTU, by a socket in its namespace. A link that is not there has none. */
bool condition_mtu_holds(const struct condition *condition, int fd);

#endif

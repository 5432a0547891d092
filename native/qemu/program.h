#ifndef LINKWRIGHT_QEMU_PROGRAM_H
#define LINKWRIGHT_QEMU_PROGRAM_H

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

/* Bytes, such as attributes in a row, of the kernel's or of a plan. `bytes` is NULL for what is not there. */
struct row {
  const unsigned char *bytes;
  size_t length;
};

/* Who asks for what. */
struct call {
  enum program { IFUP = 1, IFDOWN = 2, HELPER = 4 } program;
  const char *started_as, *tap, *asked; /* asked: the bridge, or "" */
};

/* complaint.c: says on standard error what is wrong, in so many texts, after the program's name; always false. A number
   as text, in a room of its own. */
#define complain(...) complain_of((const char *const[]){__VA_ARGS__, NULL})
bool complain_of(const char *const texts[]);
const char *decimal(uint32_t number, char room[11]);

/* attribute.c: what is left behind some bytes; the text that bytes are, or NULL when no NUL is at their end; takes the
   next attribute's payload, false at the end and at a wrong length, when something is left; the payload of the first
   of a type. */
struct row row_behind(struct row row, size_t count);
const char *row_text(struct row row);
bool attribute_next(struct row *rest, uint16_t *type, struct row *payload);
struct row attribute_find(struct row row, uint16_t type);

/* netlink.c: the index of a link that is an answer, or 0; sends a request: 0 or an errno, of which netlink_words tells
   more. The answer's body stays; of several, it is that of the message about this link. */
extern const char *netlink_words;
bool netlink_open(void);
uint32_t netlink_index(struct row link);
int netlink_request(struct nlmsghdr *request, uint32_t link, struct row *answer);

/* trusted.c: whether a descriptor is of such a file, root's, and nobody else can write to it; opens a trusted file, by
   an absolute path on which everything is trusted: -1 when it cannot, which it says unless the file does not exist
   (ENOENT); reads a file whole: its length, or -1 when there is more than room - 1. */
bool is_trusted(int fd, mode_t type);
int trusted_open(const char *path);
ssize_t read_whole(int fd, void *into, size_t room);

/* acl.c: whether bridge.conf, the access rules of QEMU's own helper, allows a bridge. */
bool acl_allows(const char *bridge);

/* plan.c: reads a plan; checks its bytes, and warns when its policy has another checksum; finds the steps of the first rule that
   matches. */
bool plan_load(const char *directory, struct row *plan);
bool plan_check(const unsigned char *bytes, size_t length, uint64_t policy, struct row *plan);
bool plan_find(struct row plan, const struct call *call, struct row *steps);

/* replay.c: takes a rule's steps; when one fails, those that undo. */
bool replay(const struct call *call, struct row steps);

/* helper.c: whether QEMU can listen there; a new TAP's descriptor, or -1; its way to QEMU. */
bool helper_can_pass(int socket);
int helper_open_tap(bool vnet_hdr, char name[16]);
bool helper_pass(int socket, int tap);

#endif

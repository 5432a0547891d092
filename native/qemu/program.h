#ifndef LINKWRIGHT_QEMU_PROGRAM_H
#define LINKWRIGHT_QEMU_PROGRAM_H

#include "../runner/runner.h"

/* Who asks for what. */
struct call {
  enum program { IFUP = 1, IFDOWN = 2, HELPER = 4 } program;
  const char *started_as, *tap, *asked; /* asked: the bridge, or "" */
};

/* trusted.c: whether a descriptor is of such a file, root's, and nobody else can write to it; opens a trusted file, by
   an absolute path on which everything is trusted: -1 when it cannot, which it says unless the file does not exist
   (ENOENT); reads a file whole: its length, or -1 when there is more than room - 1. */
bool is_trusted(int fd, mode_t type);
int trusted_open(const char *path);
ssize_t read_whole(int fd, void *into, size_t room);

/* policy.c: reads a plan, and warns when its policy has another checksum; checks its bytes; finds the steps of the first rule
   that matches. */
bool policy_load(const char *directory, struct row *plan);
bool policy_check(const unsigned char *bytes, size_t length, uint64_t policy, struct row *plan);
bool policy_find(struct row plan, const struct call *call, struct row *steps);

/* acl.c: whether bridge.conf allows a bridge, which it says where not. */
bool acl_allows(const char *bridge);

/* database.c: the capability that opening the socket of Open vSwitch's database may need beside CAP_NET_ADMIN, 0 where there is
   no such socket; opens it, if it is wanted, and gives that capability up; takes a step that asks or changes
   that database: 0 or an errno, of which netlink_words tells more. */
uint32_t database_capability(void);
bool database_open(bool is_wanted);
int database_take(const struct step *step, unsigned char *message, size_t length);

/* replay.c: whether a rule is about that database; takes them; when one fails, those that undo. */
bool replay_inquires(struct row steps);
bool replay(const struct call *call, struct row steps);

/* helper.c: whether QEMU can listen there; a new TAP's descriptor, or -1; its way to QEMU. */
bool helper_can_pass(int socket);
int helper_open_tap(bool vnet_hdr, char name[16]);
bool helper_pass(int socket, int tap);

#endif

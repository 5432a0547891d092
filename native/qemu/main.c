#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "program.h"

#define POLICY "/etc/linkwright"
#define HELPER_WORDS "[--use-vnet] --br=BRIDGE --fd=SOCKET"

enum { DONE = 0, REFUSED = 1, USED_WRONGLY = 2 };

/* A standard descriptor that is closed would be given to a socket, which would then be written to. */
static bool open_standard_descriptors(void) {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
    if (fcntl(fd, F_GETFD) < 0 && openat(AT_FDCWD, "/dev/null", O_RDWR | O_CLOEXEC) != fd)
      return complain("/dev/null: ", strerror(errno));
  return true;
}

/* Becomes the user who called, with CAP_NET_ADMIN in effect and nothing else. */
static bool drop_privileges(void) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct sets[2] = {{.effective = 1u << CAP_NET_ADMIN}};
  sets[0].permitted = sets[0].effective | database_capability();
  uid_t user = getuid();
  gid_t group = getgid();
  if (prctl(PR_SET_KEEPCAPS, 1) != 0 || setresgid(group, group, group) != 0 ||
      setresuid(user, user, user) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    return complain("privileges cannot be dropped: ", strerror(errno));
  return syscall(SYS_capset, &header, sets) == 0 ||
         complain("CAP_NET_ADMIN is missing: ", strerror(errno), "; be root, or: setcap cap_net_admin+ep");
}

static int use(const char *words) {
  return complain("usage: ", program_invocation_short_name, " ", words) ? DONE : USED_WRONGLY;
}

/* Whether a word is a link's name; says why it is none. */
static bool check_name(const char *word) {
  size_t length = strcspn(word, "/: \t\n\v\f\r");
  return (length > 0 && length < 16 && word[length] == '\0') ||
         complain("\"", word, "\" is no link's name: 1 to 15 bytes, without spaces, slashes and colons");
}

/* The number of a descriptor, or -1. */
static int parse_descriptor(const char *digits) {
  int64_t number = *digits == '\0' ? -1 : 0;
  for (; *digits >= '0' && *digits <= '9' && number <= INT32_MAX; digits++)
    number = number * 10 + (*digits - '0');
  return *digits == '\0' && number <= INT32_MAX ? (int)number : -1;
}

static int attach(struct call *call) {
  struct row plan, steps;
  if (!policy_load(POLICY, &plan) || !policy_find(plan, call, &steps) || !database_open(replay_inquires(steps)))
    return REFUSED;
  if (!netlink_open(NETLINK_ROUTE))
    return complain("no netlink socket: ", strerror(errno)) ? DONE : REFUSED;
  return replay(call, steps) ? DONE : REFUSED;
}

static int be_script(struct call *call, int count, char **words) {
  if (count != 2)
    return use("TAP");
  call->tap = words[1];
  return check_name(call->tap) ? attach(call) : USED_WRONGLY;
}

static int be_helper(struct call *call, int count, char **words) {
  bool vnet_hdr = false;
  int socket = -1;
  char name[16];
  for (int i = 1; i < count; i++) {
    if (strcmp(words[i], "--use-vnet") == 0)
      vnet_hdr = true;
    else if (strncmp(words[i], "--br=", 5) == 0)
      call->asked = words[i] + 5;
    else if (strncmp(words[i], "--fd=", 5) == 0)
      socket = parse_descriptor(words[i] + 5);
    else
      return use(HELPER_WORDS);
  }
  if (call->asked[0] == '\0' || socket < 0)
    return use(HELPER_WORDS);
  if (!check_name(call->asked))
    return USED_WRONGLY;
  bool good = helper_can_pass(socket) && acl_allows(call->asked);
  int tap = good ? helper_open_tap(vnet_hdr, name) : -1;
  if (tap < 0)
    return REFUSED;
  call->tap = name;
  return attach(call) == DONE && helper_pass(socket, tap) ? DONE : REFUSED;
}

int main(int count, char **words) {
  static const char *const names[] = {"qemu-ifup", "qemu-ifdown", "linkwright-bridge-helper", "qemu-bridge-helper"};
  static const enum program programs[] = {IFUP, IFDOWN, HELPER, HELPER};
  struct call call = {.started_as = program_invocation_short_name, .asked = ""};
  if (!open_standard_descriptors())
    return REFUSED;
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (strncmp(call.started_as, names[i], strlen(names[i])) == 0)
      call.program = programs[i];
  if (call.program == 0)
    return complain("start it as qemu-ifup, qemu-ifdown or linkwright-bridge-helper") ? DONE : USED_WRONGLY;
  if (!drop_privileges())
    return REFUSED;
  return call.program == HELPER ? be_helper(&call, count, words) : be_script(&call, count, words);
}

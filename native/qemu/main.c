#include <linux/capability.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "program.h"

#define POLICY "/etc/linkwright"
#define HELPER_WORDS "[--use-vnet] --br=BRIDGE --fd=SOCKET"

enum { DONE = 0, REFUSED = 1, USED_WRONGLY = 2 };

bool complain(const char *format, ...) {
  char text[512], line[1024];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  snprintf(line, sizeof line, "%.500s: %s\n", program_invocation_short_name, text);
  dprintf(STDERR_FILENO, "%s", line); /* in one piece, with any libc: others may write, too */
  return false;
}

/* A descriptor that is closed would be given to a socket, which would then be written to. */
static bool open_standard_descriptors(void) {
  int fd;
  do {
    fd = open("/dev/null", O_RDWR | O_CLOEXEC);
  } while (fd >= 0 && fd <= STDERR_FILENO);
  return (fd >= 0 && close(fd) == 0) || complain("/dev/null: %s", strerror(errno));
}

/* Becomes the user who called, with CAP_NET_ADMIN and nothing else. */
static bool drop_privileges(void) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct sets[2] = {{.effective = 1u << CAP_NET_ADMIN, .permitted = 1u << CAP_NET_ADMIN}};
  uid_t user = getuid();
  gid_t group = getgid();
  if (prctl(PR_SET_KEEPCAPS, 1) != 0 || setresgid(group, group, group) != 0 ||
      setresuid(user, user, user) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    return complain("privileges cannot be dropped: %s", strerror(errno));
  return syscall(SYS_capset, &header, sets) == 0 ||
         complain("CAP_NET_ADMIN is missing: %s; be root, or: setcap cap_net_admin+ep", strerror(errno));
}

static int use(const char *words) {
  return complain("usage: %s %s", program_invocation_short_name, words) ? DONE : USED_WRONGLY;
}

/* Whether a word is a link's name; says why it is none. */
static bool check_name(const char *word) {
  size_t length = strcspn(word, "/: \t\n\v\f\r");
  return (length > 0 && length < 16 && word[length] == '\0') ||
         complain("\"%s\" is no link's name: 1 to 15 bytes, without spaces, slashes and colons", word);
}

static int attach(struct call *call) {
  struct row plan, steps;
  bool good = plan_load(POLICY, &plan) && plan_find(plan, call, &steps) && netlink_open() && replay(call, steps);
  return good ? DONE : REFUSED;
}

static int be_script(struct call *call, int count, char **words) {
  if (count != 2)
    return use("TAP");
  call->tap = words[1];
  return check_name(call->tap) ? attach(call) : USED_WRONGLY;
}

static int be_helper(struct call *call, int count, char **words) {
  bool vnet_hdr = false;
  long socket = -1;
  char name[16], *end = "?";
  for (int i = 1; i < count; i++) {
    if (strcmp(words[i], "--use-vnet") == 0)
      vnet_hdr = true;
    else if (strncmp(words[i], "--br=", 5) == 0)
      call->asked = words[i] + 5;
    else if (strncmp(words[i], "--fd=", 5) == 0)
      socket = words[i][5] == '\0' ? -1 : strtol(words[i] + 5, &end, 10);
    else
      return use(HELPER_WORDS);
  }
  if (call->asked[0] == '\0' || *end != '\0' || socket < 0 || socket > INT32_MAX)
    return use(HELPER_WORDS);
  if (!check_name(call->asked))
    return USED_WRONGLY;
  bool good = helper_can_pass((int)socket) && helper_allows(call->asked);
  int tap = good ? helper_open_tap(vnet_hdr, name) : -1;
  if (tap < 0)
    return REFUSED;
  call->tap = name;
  return attach(call) == DONE && helper_pass((int)socket, tap) ? DONE : REFUSED;
}

int main(int count, char **words) {
  static const char *const names[] = {"qemu-ifup", "qemu-ifdown", "linkwright-bridge-helper", "qemu-bridge-helper"};
  static const enum program programs[] = {IFUP, IFDOWN, HELPER, HELPER};
  struct call call = {.started_as = program_invocation_short_name, .asked = ""};
  if (!open_standard_descriptors())
    return REFUSED;
  signal(SIGPIPE, SIG_IGN);
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (strncmp(call.started_as, names[i], strlen(names[i])) == 0)
      call.program = programs[i];
  if (call.program == 0)
    return complain("start it as qemu-ifup, qemu-ifdown or linkwright-bridge-helper") ? DONE : USED_WRONGLY;
  if (!drop_privileges())
    return REFUSED;
  return call.program == HELPER ? be_helper(&call, count, words) : be_script(&call, count, words);
}

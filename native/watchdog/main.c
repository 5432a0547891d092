#include <linux/magic.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/vfs.h>

#include "program.h"

/* What it is started with: the plan comes by the first and "ready" goes out by the second, the third is for complaints. */
enum { PIPE = STDIN_FILENO, TOLD = STDOUT_FILENO, NAMESPACE = 3 };
enum { KEPT = 0, TAKEN_BACK = 0, STANDS = 1, USED_WRONGLY = 2 };

/* Within the folder of the namespace's journal: whoever renames the first has the right to say what becomes of the plan. */
#define WAITING "waiting"
#define REVERTING "reverting"
#define JOURNAL "plan.json"

/* What stops a service stops all that is in its group: this process leaves it, in each hierarchy that there is. */
static void leave_group(void) {
  static const char *const roots[] = {"/sys/fs/cgroup/cgroup.procs", "/sys/fs/cgroup/unified/cgroup.procs",
                                      "/sys/fs/cgroup/systemd/cgroup.procs"};
  bool left = false;
  for (size_t i = 0; i < sizeof roots / sizeof roots[0]; i++) {
    int fd = openat(AT_FDCWD, roots[i], O_WRONLY | O_CLOEXEC);
    if (fd < 0)
      continue;
    struct statfs of;
    bool is_group = fstatfs(fd, &of) == 0 && (of.f_type == CGROUP2_SUPER_MAGIC || of.f_type == CGROUP_SUPER_MAGIC);
    left = (is_group && write(fd, "0", 1) == 1) || left;
    close(fd);
  }
  if (!left)
    complain("it stays in the control group that it was started in: what ends that ends this");
}

static int open_timer(uint64_t milliseconds) {
  struct itimerspec time = {.it_value = {(time_t)(milliseconds / 1000), (long)(milliseconds % 1000) * 1000000}};
  int fd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC);
  if (fd >= 0 && timerfd_settime(fd, 0, &time, NULL) == 0)
    return fd;
  complain("no timer: ", strerror(errno));
  return -1;
}

/* No signal ends it but SIGKILL; each has it look whether it is still waited for. */
static int open_signals(void) {
  sigset_t all;
  sigfillset(&all);
  int fd = sigprocmask(SIG_BLOCK, &all, NULL) == 0 ? signalfd(-1, &all, SFD_CLOEXEC) : -1;
  if (fd < 0)
    complain("signals: ", strerror(errno));
  return fd;
}

/* Waits until the time is over and whoever applies has ended, one way or another. False when there is nothing to wait for. */
static bool wait_for_end(int timer, int signals, int folder) {
  struct pollfd polled[] = {{PIPE, POLLIN, 0}, {timer, POLLIN, 0}, {signals, POLLIN, 0}};
  bool applying = true, in_time = true;
  while (applying || in_time) {
    if (poll(polled, 3, -1) < 0)
      continue; /* interrupted, or the kernel has no memory now */
    if (polled[0].revents != 0) {
      char word;
      if (read(PIPE, &word, 1) == 1)
        return false; /* there is nothing to be taken back */
      applying = false;
      polled[0].fd = -1;
    }
    if (polled[1].revents != 0) {
      in_time = false;
      polled[1].fd = -1;
    }
    if (polled[2].revents != 0) {
      struct signalfd_siginfo info;
      bool is_signal = read(signals, &info, sizeof info) == (ssize_t)sizeof info;
      if (is_signal && faccessat(folder, WAITING, F_OK, 0) != 0 && errno == ENOENT)
        return false;
    }
  }
  return true;
}

int main(int count, char **words) {
  char *end = NULL;
  uint64_t milliseconds = count == 3 ? strtoull(words[1], &end, 10) : 0;
  if (milliseconds == 0 || *end != '\0')
    return complain("usage: ", program_invocation_short_name, " MILLISECONDS FOLDER <PLAN 3<NAMESPACE") ? KEPT : USED_WRONGLY;
  int folder = openat(AT_FDCWD, words[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0)
    return complain(words[2], ": ", strerror(errno)) ? KEPT : USED_WRONGLY;
  if (chdir("/") != 0 || !namespace_open(NAMESPACE))
    return complain("the namespace, or its netlink socket: ", strerror(errno)) ? KEPT : USED_WRONGLY;
  struct row plan;
  if (!watchdog_read(PIPE, &plan))
    return USED_WRONGLY;
  leave_group();
  int signals = open_signals(), timer = open_timer(milliseconds);
  if (signals < 0 || timer < 0 || write(TOLD, "ready\n", 6) != 6)
    return USED_WRONGLY;
  close(TOLD);
  if (!wait_for_end(timer, signals, folder))
    return KEPT;
  if (renameat(folder, WAITING, folder, REVERTING) != 0 && errno == ENOENT)
    return KEPT; /* it was confirmed just now */
  bool good = undo(plan);
  if (good)
    unlinkat(folder, JOURNAL, 0);
  unlinkat(folder, REVERTING, 0);
  return good ? TAKEN_BACK : STANDS;
}

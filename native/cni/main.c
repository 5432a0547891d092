#include <linux/magic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/vfs.h>

#include "program.h"

#define VERSIONS                                                                                                       \
  "{\"cniVersion\":\"1.1.0\",\"supportedVersions\":[\"0.3.0\",\"0.3.1\",\"0.4.0\",\"1.0.0\",\"1.1.0\"]}\n"
#ifndef NSFS_MAGIC
#define NSFS_MAGIC 0x6e736673
#endif
enum { MOST_VARIABLES = 64 };

static struct text answer, question;

/* Says on standard output, where runtimes read it, what is wrong. */
static int refuse(enum code code, const char *problem) {
  char number[11];
  if (text_add(&answer, "{\"cniVersion\":\"1.1.0\",\"code\":") && text_add(&answer, decimal(code, number)) &&
      text_add(&answer, ",\"msg\":\"") && text_quote(&answer, problem, strlen(problem)) && text_add(&answer, "\"}\n"))
    while (write(STDOUT_FILENO, answer.bytes, answer.length) < 0 && errno == EINTR)
      continue;
  return EXIT_FAILURE;
}

/* A namespace's descriptor; -1 where none is there: what that means is for others to say. */
static int open_namespace(const char *path) {
  struct statfs of;
  int fd = path == NULL || *path == '\0' ? -1 : openat(AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0)
    return -1;
  if (fstatfs(fd, &of) == 0 && of.f_type == NSFS_MAGIC)
    return fd;
  close(fd);
  return -1;
}

/* Puts what was read back where it came from. */
static bool give_back(const char *input, size_t length) {
  int fd = memfd_create("configuration", MFD_CLOEXEC);
  if (fd < 0)
    return false;
  bool good = write(fd, input, length) == (ssize_t)length && lseek(fd, 0, SEEK_SET) == 0 && dup2(fd, STDIN_FILENO) >= 0;
  close(fd);
  return good;
}

/* Does it by a process of its own, with the variables of the specification and no others. */
static int go_slowly(struct settings *settings, char *program, const char *input, size_t length) {
  char *words[] = {settings->node, settings->script, "cni", "call", program, NULL};
  char *variables[MOST_VARIABLES + 2] = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"};
  size_t count = 1;
  for (char **variable = environ; *variable != NULL && count <= MOST_VARIABLES; variable++)
    if (strncmp(*variable, "CNI_", 4) == 0)
      variables[count++] = *variable;
  if (!give_back(input, length))
    return refuse(INPUT_OUTPUT, "the configuration could not be handed on");
  execve(settings->node, words, variables);
  return refuse(TRY_AGAIN, "linkwright serve does not answer, and the program of /etc/linkwright/cni.conf cannot be started");
}

int main(void) {
  static char input[LARGEST_INPUT + 1];
  struct settings settings = {.socket = "/run/linkwright/socket", .taken = 1000, .answered = 120000};
  const char *command = getenv("CNI_COMMAND");
  if (command == NULL)
    return refuse(INVALID_ENVIRONMENT, "CNI_COMMAND: it is started by a container runtime, which says what to do");
  if (strcmp(command, "VERSION") == 0)
    return write(STDOUT_FILENO, VERSIONS, sizeof VERSIONS - 1) == sizeof VERSIONS - 1 ? EXIT_SUCCESS : EXIT_FAILURE;
  ssize_t length = read_whole(STDIN_FILENO, input, sizeof input);
  if (length < 0)
    return refuse(INPUT_OUTPUT, "the configuration cannot be read, or has more than 1048576 bytes");
  if (!settings_read(&settings))
    return refuse(INPUT_OUTPUT, "/etc/linkwright/cni.conf is not understood, or not root's alone: see standard error");
  if (!question_make(&question, program_invocation_short_name, input, (size_t)length))
    return refuse(INPUT_OUTPUT, "the environment is too large");
  int namespaces[2] = {open_namespace("/proc/self/ns/net"), open_namespace(getenv("CNI_NETNS"))};
  if (namespaces[0] < 0)
    return refuse(INPUT_OUTPUT, "/proc/self/ns/net cannot be opened");
  switch (ask(&settings, &question, namespaces, namespaces[1] < 0 ? 1 : 2)) {
  case DID:
    return EXIT_SUCCESS;
  case FAILED:
    return EXIT_FAILURE;
  case LOST:
    return refuse(TRY_AGAIN, "linkwright serve ended before it answered: the same again finds what is left, and takes it back");
  default:
    if (settings.node[0] != '\0')
      return go_slowly(&settings, program_invocation_short_name, input, (size_t)length);
    return refuse(TRY_AGAIN, "linkwright serve does not answer: systemctl status linkwright");
  }
}

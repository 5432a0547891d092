/*
 * Times whole processes, from the start to the end of each. Usage:
 *   spawn ROUNDS [-- COMMAND WORD…]…
 * Each round runs every command once; prints a JSON list of milliseconds for each. Descriptor 3 of a command is one end of a
 * fresh pair of UNIX sockets, whose other end is kept, and with it what was sent, until the next one starts. A command whose
 * first word is "-" runs before the next one, untimed and without such a pair. Words NAME=VALUE before a command are its
 * environment, and <FILE is what it reads.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MOST 32
#define MOST_VARIABLES 16

static double milliseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* From the start of a program to its end. */
static double run(char **words, posix_spawn_file_actions_t *actions) {
  int status, count = 1;
  pid_t child;
  char *environment[MOST_VARIABLES + 1] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin"};
  for (; words[0] != NULL && (words[0][0] == '<' || strchr(words[0], '=') != NULL); words++)
    if (words[0][0] == '<')
      posix_spawn_file_actions_addopen(actions, 0, words[0] + 1, O_RDONLY, 0);
    else if (count < MOST_VARIABLES)
      environment[count++] = words[0];
  double start = milliseconds();
  if (posix_spawn(&child, words[0], actions, NULL, words, environment) != 0 || waitpid(child, &status, 0) < 0)
    exit(1);
  double took = milliseconds() - start;
  if (status != 0) {
    fprintf(stderr, "%s ended with %d\n", words[0], WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    exit(1);
  }
  return took;
}

static double run_with_pair(char **words) {
  static int pair[2] = {-1, -1};
  for (int end = 0; end < 2; end++)
    if (pair[end] >= 0)
      close(pair[end]);
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
    exit(1);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, pair[1], 3);
  double took = run(words, &actions);
  posix_spawn_file_actions_destroy(&actions);
  return took;
}

int main(int count, char **words) {
  int rounds = count > 1 ? atoi(words[1]) : 0, known = 0;
  char **commands[MOST];
  for (int i = 2; i < count && known < MOST; i++)
    if (strcmp(words[i], "--") == 0) {
      commands[known++] = words + i + 1;
      words[i] = NULL;
    }
  double *took = calloc((size_t)(rounds * known + 1), sizeof *took);
  if (rounds < 1 || known < 1 || took == NULL)
    return 2;
  /* One end of each pair is kept from being 3, which it becomes in the child. */
  for (int fd = 0; fd <= 3;)
    fd = open("/dev/null", O_RDWR);
  for (int round = 0; round < rounds; round++)
    for (int i = 0; i < known; i++)
      took[i * rounds + round] = strcmp(commands[i][0], "-") == 0 ? run(commands[i] + 1, NULL) : run_with_pair(commands[i]);
  printf("[");
  for (int i = 0; i < known; i++)
    for (int round = 0; round < rounds; round++)
      printf("%s%.4f", round > 0 ? "," : i > 0 ? "],[" : "[", took[i * rounds + round]);
  printf("]]\n");
  free(took);
  return 0;
}

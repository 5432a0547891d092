#include <signal.h>

#include "runner.h"

#define LONGEST_NAME 500
#define LONGEST_TEXT 511

/* Puts what fits of a text behind what is there. */
static size_t append(char *line, size_t used, size_t room, const char *text) {
  size_t length = strnlen(text, room - used);
  memcpy(line + used, text, length);
  return used + length;
}

bool complain_of(const char *const texts[]) {
  char line[LONGEST_NAME + 2 + LONGEST_TEXT + 1];
  size_t used = append(line, 0, LONGEST_NAME, program_invocation_short_name);
  used = append(line, used, sizeof line, ": ");
  for (size_t room = used + LONGEST_TEXT; *texts != NULL; texts++)
    used = append(line, used, room, *texts);
  line[used++] = '\n';
  signal(SIGPIPE, SIG_IGN); /* whoever listened may have gone, and something may have to be undone */
  while (write(STDERR_FILENO, line, used) < 0 && errno == EINTR) /* in one piece: others may write, too */
    continue;
  return false;
}

const char *decimal(uint32_t number, char room[11]) {
  char *at = room + 10;
  *at = '\0';
  do
    *--at = (char)('0' + number % 10);
  while ((number /= 10) != 0);
  return at;
}

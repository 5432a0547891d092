#include <stdlib.h>

#include "program.h"

#define SETTINGS "/etc/linkwright/cni.conf"
#define SPACES " \t"
enum { LARGEST_FILE = 16 * 1024, LONGEST_WAIT = 600000 };

static bool set_path(const char *word, const char *value, char *into, size_t room) {
  if (value[0] != '/')
    return complain(SETTINGS ": ", word, " is an absolute path, not ", value);
  if (strlen(value) >= room)
    return complain(SETTINGS ": ", word, ": this is too long: ", value);
  memcpy(into, value, strlen(value) + 1);
  return true;
}

static bool set_time(const char *word, const char *value, uint32_t *into) {
  char *end;
  unsigned long number = strtoul(value, &end, 10);
  if (value[0] < '0' || value[0] > '9' || *end != '\0' || number == 0 || number > LONGEST_WAIT)
    return complain(SETTINGS ": ", word, " is 1 to 600000 milliseconds, not ", value);
  *into = (uint32_t)number;
  return true;
}

/* Takes a line of a word and its value; one that is empty, or starts with "#", says nothing. */
static bool read_line(char *line, struct settings *settings) {
  char *word = line + strspn(line, SPACES), *value = word + strcspn(word, SPACES);
  if (*word == '\0' || *word == '#')
    return true;
  if (*value != '\0')
    *value++ = '\0';
  value += strspn(value, SPACES);
  if (strcmp(word, "socket") == 0)
    return set_path(word, value, settings->socket, sizeof settings->socket);
  if (strcmp(word, "node") == 0)
    return set_path(word, value, settings->node, sizeof settings->node);
  if (strcmp(word, "script") == 0)
    return set_path(word, value, settings->script, sizeof settings->script);
  if (strcmp(word, "taken") == 0)
    return set_time(word, value, &settings->taken);
  if (strcmp(word, "answered") == 0)
    return set_time(word, value, &settings->answered);
  return complain(SETTINGS ": a line is none of socket, node, script, taken and answered: ", word);
}

bool settings_read(struct settings *settings) {
  static char text[LARGEST_FILE];
  int fd = trusted_open(SETTINGS);
  if (fd < 0)
    return errno == ENOENT;
  ssize_t length = read_whole(fd, text, sizeof text);
  close(fd);
  if (length < 0)
    return complain(SETTINGS " cannot be read whole");
  text[length] = '\0';
  for (char *line = text, *next; *line != '\0'; line = next) {
    size_t end = strcspn(line, "\n");
    next = line + end + (line[end] != '\0');
    line[end] = '\0';
    if (!read_line(line, settings))
      return false;
  }
  return (settings->node[0] != '\0') == (settings->script[0] != '\0') ||
         complain(SETTINGS ": node and script stand together");
}

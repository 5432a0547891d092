#include <linux/if.h>

#include "program.h"

#define RULES "/etc/qemu/bridge.conf"
#define SPACES " \t\n\f\r"
enum { DEEPEST_INCLUDE = 8, MOST_FILES = 256, LARGEST_FILE = 32 * 1024, LONGEST_LINE = 4095 };

/* What has been read so far. */
struct acl {
  const char *bridge;
  bool allowed, denied;
  int files;
};

static bool read_file(const char *path, int depth, struct acl *acl);

/* Takes a line of "allow BRIDGE", "deny BRIDGE" or "include FILE"; a bridge may be "all"; a tab separates only where
   there is no space. */
static bool read_line(const char *path, char *line, int depth, struct acl *acl) {
  char *word = line + strspn(line, SPACES), *value = word + strcspn(word, strchr(word, ' ') != NULL ? " " : "\t");
  if (*word == '#' || *word == '\0')
    return true;
  if (*value != '\0')
    *value++ = '\0';
  else
    word = ""; /* nothing is behind it */
  value += strspn(value, SPACES);
  for (size_t end = strlen(value); end > 0 && strchr(SPACES, value[end - 1]) != NULL; end--)
    value[end - 1] = '\0';
  bool meant = strcmp(value, "all") == 0 || strcmp(value, acl->bridge) == 0;
  if (strcmp(word, "include") == 0)
    return read_file(value, depth + 1, acl);
  bool allow = strcmp(word, "allow") == 0;
  if (!allow && strcmp(word, "deny") != 0)
    return complain(path, ": a line is none of allow, deny and include, each with a word: ", word, " ", value);
  if (strlen(value) >= IFNAMSIZ)
    return complain(path, ": this is longer than any bridge's name: ", value);
  if (value[strcspn(value, "/:" SPACES)] != '\0')
    return complain(path, ": no bridge can be called so: ", value);
  if (meant)
    *(allow ? &acl->allowed : &acl->denied) = true;
  return true;
}

static bool read_lines(const char *path, char *text, int depth, struct acl *acl) {
  for (char *line = text, *next; *line != '\0'; line = next) {
    size_t length = strcspn(line, "\n");
    next = line + length + (line[length] != '\0');
    line[length] = '\0';
    if (length > LONGEST_LINE) /* QEMU's helper takes the rest of it for the next line */
      return complain(path, ": a line has more than 4095 bytes");
    if (!read_line(path, line, depth, acl))
      return false;
  }
  return true;
}

/* What cannot be read, or is not understood, may deny: only a file that does not exist includes nothing. */
static bool read_file(const char *path, int depth, struct acl *acl) {
  static char texts[DEEPEST_INCLUDE + 1][LARGEST_FILE];
  if (depth > DEEPEST_INCLUDE || ++acl->files > MOST_FILES)
    return complain(RULES " includes too many files, files too deep, or in a circle: ", path);
  char *text = texts[depth];
  int fd = trusted_open(path);
  if (fd < 0)
    return errno == ENOENT && ((depth > 0 && strpbrk(path, SPACES) == NULL) || complain(path, ": ", strerror(ENOENT)));
  ssize_t length = read_whole(fd, text, LARGEST_FILE);
  close(fd);
  if (length < 0)
    return complain(path, " cannot be read whole");
  if (memchr(text, '\0', (size_t)length) != NULL)
    return complain(path, " is no text");
  text[length] = '\0';
  return read_lines(path, text, depth, acl);
}

bool acl_allows(const char *bridge) {
  struct acl acl = {.bridge = bridge};
  return read_file(RULES, 0, &acl) &&
         ((acl.allowed && !acl.denied) || complain(RULES " does not allow ", bridge));
}

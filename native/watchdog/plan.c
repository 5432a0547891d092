#include <stdlib.h>

#include "program.h"

enum { LARGEST_PLAN = 256 * 1024 * 1024 };

static bool read_all(int pipe, unsigned char *into, size_t length) {
  size_t have = 0;
  while (have < length) {
    ssize_t count = read(pipe, into + have, length - have);
    if (count > 0)
      have += (size_t)count;
    else if (count == 0 || errno != EINTR)
      return complain("the plan cannot be read whole", count == 0 ? "" : ": ", count == 0 ? "" : strerror(errno));
  }
  return true;
}

bool watchdog_read(int pipe, struct row *plan) {
  struct plan_header header;
  uint64_t made_from;
  if (!read_all(pipe, (unsigned char *)&header, sizeof header))
    return false;
  if (header.length < sizeof header || header.length > LARGEST_PLAN)
    return complain("the plan has a wrong length");
  unsigned char *bytes = malloc(header.length); /* stays for as long as the program runs */
  if (bytes == NULL)
    return complain("the plan: ", strerror(errno));
  memcpy(bytes, &header, sizeof header);
  if (read_all(pipe, bytes + sizeof header, header.length - sizeof header) &&
      plan_check("the plan", bytes, header.length, "", &made_from, plan))
    return true;
  free(bytes);
  return false;
}

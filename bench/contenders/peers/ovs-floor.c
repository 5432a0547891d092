/* The floor of Open vSwitch: requests as bytes, sent one after the other, of whose answers as much is read as has to be. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#define ROOM (8 << 20)
#define TIMEOUT "10000"

static int database;
static char request[ROOM], reply[ROOM];
static size_t used;

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static double milliseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void answer_time(double start) {
  printf("{\"milliseconds\":%.4f}\n", milliseconds() - start);
}

static void put(const char *format, ...) {
  va_list words;
  va_start(words, format);
  used += (size_t)vsnprintf(request + used, ROOM - used, format, words);
  va_end(words);
}

static void begin(void) {
  used = 0;
  put("{\"method\":\"transact\",\"id\":0,\"params\":[\"Open_vSwitch\"");
}

/* Sends the request, and receives until all brackets of the answer are closed. */
static void transact(void) {
  put("]}");
  for (size_t sent = 0; sent < used;) {
    ssize_t count = send(database, request + sent, used - sent, 0);
    if (count < 0)
      fail("send");
    sent += (size_t)count;
  }
  size_t length = 0, seen = 0;
  int depth = 0, is_text = 0;
  do {
    ssize_t count = recv(database, reply + length, ROOM - 1 - length, 0);
    if (count <= 0)
      fail("recv");
    length += (size_t)count;
    for (; seen < length; seen++) {
      char c = reply[seen];
      if (is_text && c == '\\')
        seen++;
      else if (c == '"')
        is_text = !is_text;
      else if (!is_text)
        depth += (c == '{' || c == '[') - (c == '}' || c == ']');
    }
  } while (depth > 0);
  reply[length] = '\0';
  if (strstr(reply, "\"error\":\"") != NULL) {
    fprintf(stderr, "%s\n", reply);
    exit(1);
  }
}

static void put_next(void) {
  put(",{\"op\":\"mutate\",\"table\":\"Open_vSwitch\",\"where\":[],\"mutations\":[[\"next_cfg\",\"+=\",1]]}"
      ",{\"op\":\"select\",\"table\":\"Open_vSwitch\",\"where\":[],\"columns\":[\"next_cfg\"]}");
}

static long next_cfg(void) {
  char *found = strstr(reply, "\"next_cfg\":");
  return found == NULL ? 0 : strtol(found + 11, NULL, 10);
}

/* Waits until the switch has the configuration of a number. */
static void put_wait(long number) {
  begin();
  put(",{\"op\":\"wait\",\"table\":\"Open_vSwitch\",\"where\":[[\"cur_cfg\",\">=\",%ld]],\"columns\":[\"cur_cfg\"],"
      "\"until\":\"!=\",\"rows\":[],\"timeout\":" TIMEOUT "}",
      number);
}

static void add(int from, int to) {
  double start = milliseconds();
  static char uuids[1 << 16][37];
  begin();
  for (int i = from; i < to; i++)
    put(",{\"op\":\"insert\",\"table\":\"Interface\",\"row\":{\"name\":\"t%d\"},\"uuid-name\":\"i%d\"}"
        ",{\"op\":\"insert\",\"table\":\"Port\",\"row\":{\"name\":\"t%d\",\"interfaces\":[\"named-uuid\",\"i%d\"]},\"uuid-name\":\"p%d\"}"
        ",{\"op\":\"mutate\",\"table\":\"Bridge\",\"where\":[[\"name\",\"==\",\"br0\"]],"
        "\"mutations\":[[\"ports\",\"insert\",[\"named-uuid\",\"p%d\"]]]}",
        i, i, i, i, i, i);
  put_next();
  transact();
  char *at = reply;
  for (int i = 0; i < to - from; i++)
    for (int each = 0; each < 2; each++) { /* an interface's, and its port's */
      at = strstr(at, "[\"uuid\",\"") + 9;
      if (each == 0)
        memcpy(uuids[i], at, 36);
    }
  put_wait(next_cfg());
  for (int i = 0; i < to - from; i++)
    put(",{\"op\":\"select\",\"table\":\"Interface\",\"where\":[[\"_uuid\",\"==\",[\"uuid\",\"%s\"]]],\"columns\":[\"error\",\"ofport\"]}",
        uuids[i]);
  transact();
  if (strstr(reply, "\"ofport\":-1") != NULL)
    fail("ofport");
  answer_time(start);
}

static void delete_port(int number) {
  double start = milliseconds();
  begin();
  put(",{\"op\":\"select\",\"table\":\"Port\",\"where\":[[\"name\",\"==\",\"t%d\"]],\"columns\":[\"_uuid\",\"qos\"]}", number);
  transact();
  char uuid[37] = "";
  memcpy(uuid, strstr(reply, "[\"uuid\",\"") + 9, 36);
  begin();
  put(",{\"op\":\"mutate\",\"table\":\"Bridge\",\"where\":[[\"ports\",\"includes\",[\"uuid\",\"%s\"]]],"
      "\"mutations\":[[\"ports\",\"delete\",[\"uuid\",\"%s\"]]]}",
      uuid, uuid);
  put_next();
  transact();
  put_wait(next_cfg());
  transact();
  answer_time(start);
}

static void list(void) {
  double start = milliseconds();
  begin();
  put(",{\"op\":\"select\",\"table\":\"Port\",\"where\":[],\"columns\":[\"_uuid\",\"name\",\"tag\",\"interfaces\"]}"
      ",{\"op\":\"select\",\"table\":\"Interface\",\"where\":[],\"columns\":[\"_uuid\",\"name\",\"ofport\",\"error\"]}");
  transact();
  int count = 0;
  for (char *at = reply; (at = strstr(at, "\"ofport\":")) != NULL; at++)
    count++;
  /* Without the bridge's own. */
  printf("{\"milliseconds\":%.4f,\"count\":%d}\n", milliseconds() - start, count - 1);
}

int main(int count, char **words) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (count != 2)
    return 2;
  snprintf(address.sun_path, sizeof address.sun_path, "%s", words[1]);
  database = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (database < 0 || connect(database, (struct sockaddr *)&address, sizeof address) != 0)
    fail(words[1]);
  char line[256], what[32];
  while (fgets(line, sizeof line, stdin) != NULL) {
    int from = 0, to = 0;
    if (sscanf(line, "%31s %d %d", what, &from, &to) < 1)
      continue;
    if (strcmp(what, "ready") == 0)
      answer_time(milliseconds());
    else if (strcmp(what, "add") == 0)
      add(from, to);
    else if (strcmp(what, "delete") == 0)
      delete_port(from);
    else if (strcmp(what, "list") == 0)
      list();
    else
      printf("{\"error\":\"what is %s?\"}\n", what);
    fflush(stdout);
  }
  return 0;
}

/* What the benchmark's programs in C have in common: a command a line is read, and answered with a line of JSON. */
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/if_tun.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static double milliseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static int index_of(int socket, const char *name) {
  struct ifreq request;
  memset(&request, 0, sizeof request);
  snprintf(request.ifr_name, IFNAMSIZ, "%s", name);
  if (ioctl(socket, SIOCGIFINDEX, &request) != 0)
    fail(name);
  return request.ifr_ifindex;
}

static void name_tap(char *name, int number) { snprintf(name, IFNAMSIZ, "t%d", number); }

/* `address`: its MAC, or NULL for the kernel's. */
static void create_tap(int number, const unsigned char *address) {
  struct ifreq request;
  int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
  if (fd < 0)
    fail("/dev/net/tun");
  memset(&request, 0, sizeof request);
  name_tap(request.ifr_name, number);
  request.ifr_flags = IFF_TAP | IFF_NO_PI;
  if (ioctl(fd, TUNSETIFF, &request) != 0)
    fail("TUNSETIFF");
  if (address != NULL) {
    memset(&request, 0, sizeof request);
    request.ifr_hwaddr.sa_family = ARPHRD_ETHER;
    memcpy(request.ifr_hwaddr.sa_data, address, ETH_ALEN);
    if (ioctl(fd, SIOCSIFHWADDR, &request) != 0)
      fail("SIOCSIFHWADDR");
  }
  if (ioctl(fd, TUNSETPERSIST, 1) != 0)
    fail("TUNSETPERSIST");
  close(fd);
}

static void answer_time(double start) {
  printf("{\"milliseconds\":%.4f}\n", milliseconds() - start);
}

static void answer_count(double start, int count) {
  printf("{\"milliseconds\":%.4f,\"count\":%d}\n", milliseconds() - start, count);
}

/* `times`: the milliseconds at the start, and at the end of each of `count` steps. */
static void answer_each(const double *times, int count) {
  printf("{\"milliseconds\":%.4f,\"each\":[", times[count] - times[0]);
  for (int i = 0; i < count; i++)
    printf("%s%.2f", i > 0 ? "," : "", (times[i + 1] - times[i]) * 1e3);
  printf("]}\n");
}

/* What everybody reads of each link. */
struct summary {
  char name[IFNAMSIZ], kind[32];
  int index;
  unsigned master, mtu;
  unsigned char address[ETH_ALEN], state;
};

static struct summary *summaries;
static int summary_count, summary_room;

/* The place of the next link. */
static struct summary *next_summary(void) {
  if (summary_count == summary_room) {
    summary_room = summary_room == 0 ? 64 : 2 * summary_room;
    summaries = realloc(summaries, (size_t)summary_room * sizeof *summaries);
    if (summaries == NULL)
      fail("realloc");
  }
  memset(&summaries[summary_count], 0, sizeof *summaries);
  return &summaries[summary_count++];
}

enum way { EACH, PIPELINED, BATCH };

/* What a program does; each answers for itself. */
struct work {
  void (*bridge)(const char *name);
  void (*create)(int from, int to);
  void (*attach)(int from, int to, const char *bridge, enum way way);
  void (*remove)(int from, int to, char **bridges);
  void (*links)(void);
  void (*all)(void); /* NULL for who has no way to that */
  void (*link)(const char *name);
  void (*fdb)(const char *bridge);
};

static enum way way_of(const char *word) {
  if (strcmp(word, "each") == 0)
    return EACH;
  return strcmp(word, "pipelined") == 0 ? PIPELINED : BATCH;
}

static void answer(const struct work *work, char **words, int count) {
  int from = count > 2 ? atoi(words[1]) : 0, to = count > 2 ? atoi(words[2]) : 0;
  if (strcmp(words[0], "ready") == 0)
    answer_time(milliseconds());
  else if (strcmp(words[0], "bridge") == 0 && count == 2)
    work->bridge(words[1]);
  else if (strcmp(words[0], "create") == 0 && count == 3)
    work->create(from, to);
  else if (strcmp(words[0], "attach") == 0 && count == 5)
    work->attach(from, to, words[3], way_of(words[4]));
  else if (strcmp(words[0], "remove") == 0 && count >= 3)
    work->remove(from, to, words + 3);
  else if (strcmp(words[0], "links") == 0)
    work->links();
  else if (strcmp(words[0], "all") == 0 && work->all != NULL)
    work->all();
  else if (strcmp(words[0], "all") == 0)
    printf("{\"unsupported\":\"it gives attributes one by one, by their numbers\"}\n");
  else if (strcmp(words[0], "link") == 0 && count == 2)
    work->link(words[1]);
  else if (strcmp(words[0], "fdb") == 0 && count == 2)
    work->fdb(words[1]);
  else
    printf("{\"error\":\"what is %s?\"}\n", words[0]);
  fflush(stdout);
}

#define MOST_WORDS 64

/* Answers commands until there are no more. */
static int serve(const struct work *work) {
  char *line = NULL;
  size_t room = 0;
  while (getline(&line, &room, stdin) > 0) {
    char *words[MOST_WORDS + 1];
    int count = 0;
    for (char *word = strtok(line, " \n"); word != NULL && count < MOST_WORDS; word = strtok(NULL, " \n"))
      words[count++] = word;
    words[count] = NULL;
    if (count > 0)
      answer(work, words, count);
  }
  free(line);
  return 0;
}

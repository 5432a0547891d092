/* Sends as many small datagrams to an address and a port as are asked for, and says how many milliseconds that took. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

enum { AT_ONCE = 64 };

static double milliseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

int main(int count, char **words) {
  if (count != 4)
    return 2;
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(words[2]))};
  int file = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (inet_pton(AF_INET, words[1], &to.sin_addr) != 1 || connect(file, (struct sockaddr *)&to, sizeof to) < 0) {
    perror("connect");
    return 1;
  }
  static char bytes[18];
  struct iovec part = {.iov_base = bytes, .iov_len = sizeof bytes};
  struct mmsghdr all[AT_ONCE];
  for (int i = 0; i < AT_ONCE; i++)
    all[i] = (struct mmsghdr){.msg_hdr = {.msg_iov = &part, .msg_iovlen = 1}};
  double start = milliseconds();
  for (int left = atoi(words[3]); left > 0;) {
    int sent = sendmmsg(file, all, (unsigned)(left < AT_ONCE ? left : AT_ONCE), 0);
    if (sent < 0) {
      perror("sendmmsg");
      return 1;
    }
    left -= sent;
  }
  printf("%f\n", milliseconds() - start);
  return 0;
}

/*
 * The real kernel's ends of the goodput table: streams with a chosen congestion control, bytes counted where they are read.
 *
 *   goodput recv NETNS PORT FLOWS SECONDS          prints one line of JSON: the bytes of each flow, and those of the last two thirds
 *   goodput send NETNS ADDRESS PORT FLOWS CC       writes until it is told to stop; prints nothing
 *
 * Time starts when the first connection is accepted. NETNS is a path; - stays where it is.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CHUNK = 256 << 10, MOST = 64 };

static long must(long result, const char *what) {
  if (result < 0) {
    fprintf(stderr, "goodput: %s: %s\n", what, strerror(errno));
    exit(1);
  }
  return result;
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}

static void enter(const char *netns) {
  if (!strcmp(netns, "-")) return;
  int fd = must(open(netns, O_RDONLY), netns);
  must(setns(fd, CLONE_NEWNET), "setns");
}

static char buf[CHUNK];

static int receive(int port, int flows, double seconds) {
  int l = must(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), "socket"), one = 1, n = 0;
  must(setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one), "SO_REUSEADDR");
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
  must(bind(l, (struct sockaddr *)&a, sizeof a), "bind");
  must(listen(l, MOST), "listen");
  puts("listening");
  fflush(stdout);
  struct pollfd p[MOST + 1] = {{.fd = l, .events = POLLIN}};
  long all[MOST] = {0}, late[MOST] = {0};
  double start = 0;
  for (;;) {
    int wait = -1;
    if (start > 0) {
      double left = start + seconds - now();
      if (left <= 0) break;
      wait = (int)(left * 1000) + 1;
    }
    must(poll(p, n + 1, wait), "poll");
    if (n < flows && p[0].revents) {
      int fd = accept4(l, NULL, NULL, SOCK_NONBLOCK);
      if (fd >= 0) {
        if (n == 0) start = now();
        p[++n] = (struct pollfd){.fd = fd, .events = POLLIN};
      }
    }
    double t = now() - start;
    for (int i = 0; i < n; i++) {
      if (!p[i + 1].revents) continue;
      long got = read(p[i + 1].fd, buf, CHUNK);
      if (got <= 0) continue;
      all[i] += got;
      if (t > seconds / 3) late[i] += got;
    }
  }
  for (int k = 0; k < 2; k++) {
    printf(k ? ",\"late\":[" : "{\"flows\":[");
    for (int i = 0; i < n; i++) printf("%s%ld", i ? "," : "", k ? late[i] : all[i]);
    printf("]");
  }
  puts("}");
  return 0;
}

static int transmit(const char *addr, int port, int flows, const char *cc) {
  struct pollfd p[MOST];
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
  inet_pton(AF_INET, addr, &a.sin_addr);
  for (int i = 0; i < flows; i++) {
    int fd = must(socket(AF_INET, SOCK_STREAM, 0), "socket");
    must(setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, cc, strlen(cc)), cc);
    must(fcntl(fd, F_SETFL, O_NONBLOCK), "O_NONBLOCK");
    if (connect(fd, (struct sockaddr *)&a, sizeof a) < 0 && errno != EINPROGRESS) must(-1, "connect");
    p[i] = (struct pollfd){.fd = fd, .events = POLLOUT};
  }
  signal(SIGPIPE, SIG_IGN);
  for (;;) {
    must(poll(p, flows, -1), "poll");
    for (int i = 0; i < flows; i++) {
      if (p[i].revents & (POLLERR | POLLHUP)) return 0;
      if (p[i].revents) write(p[i].fd, buf, CHUNK);
    }
  }
}

int main(int argc, char **argv) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (argc == 6 && !strcmp(argv[1], "recv")) {
    enter(argv[2]);
    return receive(atoi(argv[3]), atoi(argv[4]), atof(argv[5]));
  }
  if (argc == 7 && !strcmp(argv[1], "send")) {
    enter(argv[2]);
    return transmit(argv[3], atoi(argv[4]), atoi(argv[5]), argv[6]);
  }
  fputs("goodput recv NETNS PORT FLOWS SECONDS | send NETNS ADDRESS PORT FLOWS CC\n", stderr);
  return 2;
}

/*
 * The real kernel's side of the bench: two sockets in two network namespaces, driven as Linnet's are.
 *
 *   netbench ROW MODE CLIENT-NETNS SERVER-NETNS SERVER-ADDRESS WARM-UP AMOUNT SIZE COUNT
 *
 * ROW   bulk    one TCP connection, 256 KiB a call                 unit: byte received
 *       rr      SIZE bytes there, SIZE bytes back                  unit: exchange
 *       busy    the same, one byte, in turn on COUNT connections   unit: exchange
 *       conn    socket, connect, accept, both close                unit: connection
 *       udp     datagrams of SIZE, 64 a call                       unit: datagram received
 *       spread  the same, to 4,096 addresses in turn               unit: datagram received
 *       sockets the same, to COUNT sockets in turn (solo only)     unit: datagram received
 *       idle    connections that do nothing (solo only)            unit: byte of slab per connection, both ends
 * MODE  pair    two processes with blocking calls, as programs are
 *       solo    one process that holds both ends and never blocks: no switch between processes, as in Linnet
 * WARM-UP and AMOUNT are seconds, connections for conn and idle.
 *
 * The caller pins it to one core. Prints one line of JSON: units, wall-clock seconds, CPU-seconds of both ends and of the core's
 * ksoftirqd, units lost.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PORT = 5001, CHUNK = 256 << 10, BATCH = 64, PLACES = 4096, FIRST_PORT = 20000, PORTS = 30000 };

static const char *client_ns, *server_ns;
static struct sockaddr_in server_addr;
static pid_t server_pid;
/* Bytes of a message; sockets or connections beside the one. */
static int size;
static long count;
static clockid_t server_clock, softirq_clock;
static int have_softirq;
/* Shared by both processes: datagrams received. */
static volatile long *received;

static void die(const char *what) {
  fprintf(stderr, "netbench: %s: %s\n", what, strerror(errno));
  exit(1);
}

static long must(long result, const char *what) {
  if (result < 0) die(what);
  return result;
}

static double seconds(clockid_t clock) {
  struct timespec t;
  return clock_gettime(clock, &t) < 0 ? 0 : t.tv_sec + t.tv_nsec * 1e-9;
}

static double now(void) { return seconds(CLOCK_MONOTONIC); }

/* What both ends and the core's ksoftirqd have used. Softirqs that run in a system call are in the caller's time already. */
static double cpu(void) {
  return seconds(CLOCK_PROCESS_CPUTIME_ID) + (server_pid ? seconds(server_clock) : 0) + (have_softirq ? seconds(softirq_clock) : 0);
}

/* ksoftirqd/N has a low process id; nothing is lost but its time where it cannot be seen. */
static void find_ksoftirqd(void) {
  char want[32], path[64], comm[32];
  snprintf(want, sizeof want, "ksoftirqd/%d\n", sched_getcpu());
  for (int pid = 2; pid < 4096; pid++) {
    snprintf(path, sizeof path, "/proc/%d/comm", pid);
    FILE *f = fopen(path, "r");
    if (!f) continue;
    int same = fgets(comm, sizeof comm, f) && !strcmp(comm, want);
    fclose(f);
    if (!same) continue;
    have_softirq = clock_getcpuclockid(pid, &softirq_clock) == 0;
    return;
  }
}

static void enter(const char *netns) {
  int fd = must(open(netns, O_RDONLY | O_CLOEXEC), netns);
  must(setns(fd, CLONE_NEWNET), "setns");
  close(fd);
}

static void option(int fd, int level, int name, int value) { must(setsockopt(fd, level, name, &value, sizeof value), "setsockopt"); }

static int tcp_listener(int flags) {
  int fd = must(socket(AF_INET, SOCK_STREAM | flags, 0), "socket");
  option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  must(bind(fd, (void *)&server_addr, sizeof server_addr), "bind");
  must(listen(fd, 4096), "listen");
  return fd;
}

static int tcp_client(void) {
  int fd = must(socket(AF_INET, SOCK_STREAM, 0), "socket");
  must(connect(fd, (void *)&server_addr, sizeof server_addr), "connect");
  return fd;
}

/* `any`: of every address that the namespace takes for its own. */
static int udp_receiver(int any) {
  struct sockaddr_in addr = server_addr;
  if (any) addr.sin_addr.s_addr = INADDR_ANY;
  int fd = must(socket(AF_INET, SOCK_DGRAM, 0), "socket");
  /* Room for what comes while the other process runs; needs no more than root. */
  option(fd, SOL_SOCKET, SO_RCVBUFFORCE, 8 << 20);
  must(bind(fd, (void *)&addr, sizeof addr), "bind");
  return fd;
}

static int udp_sender(void) {
  int fd = must(socket(AF_INET, SOCK_DGRAM, 0), "socket");
  must(connect(fd, (void *)&server_addr, sizeof server_addr), "connect");
  return fd;
}

static void nodelay(int fd) { option(fd, IPPROTO_TCP, TCP_NODELAY, 1); }
static void nonblock(int fd) { must(fcntl(fd, F_SETFL, O_NONBLOCK), "fcntl"); }

static char chunk[CHUNK], sink[CHUNK];
static struct mmsghdr out[BATCH], in[BATCH];

static void many_files(void) {
  rlim_t n = 2 * count + 1024;
  struct rlimit files = { n, n };
  must(setrlimit(RLIMIT_NOFILE, &files), "setrlimit");
}

static void prepare_batches(void) {
  static struct iovec out_iov[BATCH], in_iov[BATCH];
  static char in_buf[BATCH][2048];
  for (int i = 0; i < BATCH; i++) {
    out_iov[i] = (struct iovec){ chunk, size };
    in_iov[i] = (struct iovec){ in_buf[i], sizeof in_buf[i] };
    out[i].msg_hdr = (struct msghdr){ .msg_iov = &out_iov[i], .msg_iovlen = 1 };
    in[i].msg_hdr = (struct msghdr){ .msg_iov = &in_iov[i], .msg_iovlen = 1 };
  }
}

/* Waits for requests on any of the connections and answers them; new connections are taken too where `fd` is a listener. */
static int epfd = -1;
static struct epoll_event events[BATCH];

static void watch(int fd) {
  struct epoll_event e = { .events = EPOLLIN, .data.fd = fd };
  must(epoll_ctl(epfd, EPOLL_CTL_ADD, fd, &e), "epoll_ctl");
}

static long answer_ready(int listener, int timeout) {
  long n = must(epoll_wait(epfd, events, BATCH, timeout), "epoll_wait"), done = 0;
  for (int i = 0; i < n; i++) {
    int fd = events[i].data.fd;
    if (fd == listener) {
      int conn = must(accept(fd, NULL, NULL), "accept");
      option(conn, IPPROTO_TCP, TCP_NODELAY, 1);
      watch(conn);
      continue;
    }
    long got = read(fd, sink, CHUNK);
    if (got <= 0) close(fd);
    else done += must(write(fd, sink, got), "write");
  }
  return done;
}

/* The server as a process of its own; it ends with the client. */
static void serve(const char *row) {
  int spread = !strcmp(row, "spread"), udp = spread || !strcmp(row, "udp"), ready[2];
  must(pipe(ready), "pipe");
  server_pid = must(fork(), "fork");
  if (server_pid) {
    char c;
    close(ready[1]);
    if (read(ready[0], &c, 1) != 1) exit(1);
    must(-clock_getcpuclockid(server_pid, &server_clock), "clock_getcpuclockid");
    return;
  }
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  enter(server_ns);
  int fd = udp ? udp_receiver(spread) : tcp_listener(0);
  must(write(ready[1], "", 1), "write");
  if (udp)
    for (;;) *received += must(recvmmsg(fd, in, BATCH, MSG_WAITFORONE, NULL), "recvmmsg");
  if (!strcmp(row, "busy")) {
    many_files();
    epfd = must(epoll_create1(0), "epoll_create1");
    watch(fd);
    for (;;) answer_ready(fd, -1);
  }
  int echo = !strcmp(row, "rr");
  for (;;) {
    int conn = must(accept(fd, NULL, NULL), "accept");
    if (echo) nodelay(conn);
    for (long n; (n = read(conn, sink, CHUNK)) > 0;)
      if (echo) must(write(conn, sink, n), "write");
    close(conn);
  }
}

/* Both ends of a connection, and the listener behind them. In a pair the server's end is in the other process: -1. */
static int client = -1, server = -1, listener = -1;

static void connect_both(int solo) {
  client = tcp_client();
  if (solo) server = must(accept(listener, NULL, NULL), "accept");
}

/* One unit of each row, or a few; returns how many. */
static long bulk_pair(void) { return must(write(client, chunk, CHUNK), "write"); }

static long bulk_solo(void) {
  long sum = 0, n;
  while (write(client, chunk, CHUNK) > 0) continue;
  while ((n = read(server, sink, CHUNK)) > 0) sum += n;
  return sum;
}

static void whole(int fd) {
  for (long n = 0; n < size;) n += must(read(fd, sink, CHUNK), "read");
}

static long rr_pair(void) {
  must(write(client, chunk, size), "write");
  whole(client);
  return 1;
}

static long rr_solo(void) {
  must(write(client, chunk, size), "write");
  whole(server);
  must(write(server, sink, size), "write");
  whole(client);
  return 1;
}

/* Clients of `busy`; requests go to 64 of them at a time. */
static int *clients;
static long next_client;

static void prepare_busy(int solo) {
  many_files();
  clients = malloc(count * sizeof *clients);
  if (!clients) die("malloc");
  if (solo) epfd = must(epoll_create1(0), "epoll_create1");
  for (long i = 0; i < count; i++) {
    connect_both(solo);
    nodelay(client);
    clients[i] = client;
    if (solo) {
      nodelay(server);
      watch(server);
    } else rr_pair(); /* so that the server has taken it before its queue overflows */
  }
}

static long busy(void) {
  long first = next_client;
  for (int i = 0; i < BATCH; i++) must(write(clients[(first + i) % count], chunk, 1), "write");
  if (!server_pid)
    for (long n = 0; n < BATCH;) n += answer_ready(-1, 0);
  for (int i = 0; i < BATCH; i++) must(read(clients[(first + i) % count], sink, CHUNK), "read");
  next_client = (first + BATCH) % count;
  return BATCH;
}

static long conn_pair(void) {
  client = tcp_client();
  must(shutdown(client, SHUT_WR), "shutdown");
  must(read(client, sink, 1), "read");
  close(client);
  return 1;
}

static long conn_solo(void) {
  connect_both(1);
  must(shutdown(client, SHUT_WR), "shutdown");
  must(read(server, sink, 1), "read");
  close(server);
  must(read(client, sink, 1), "read");
  close(client);
  return 1;
}

static long sent;

static long udp_pair(void) {
  sent += must(sendmmsg(client, out, BATCH, 0), "sendmmsg");
  return 0; /* counted where they arrive */
}

static long udp_solo(void) {
  long sum = 0, n;
  sent += must(sendmmsg(client, out, BATCH, 0), "sendmmsg");
  while ((n = recvmmsg(server, in, BATCH, MSG_DONTWAIT, NULL)) > 0) sum += n;
  *received += sum;
  return sum;
}

/* Addresses of `spread`: drawn from 128.0.0.0 to 223.255.255.255 as Linnet's side draws them. */
static struct sockaddr_in places[PLACES];
static long next_place;

static void prepare_spread(void) {
  uint32_t x = 7;
  for (int i = 0; i < PLACES; i++) {
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    places[i] = server_addr;
    places[i].sin_addr.s_addr = htonl(0x80000000u + (uint32_t)((uint64_t)x * 96 / 256));
  }
}

static void aim(void) {
  for (int i = 0; i < BATCH; i++) {
    out[i].msg_hdr.msg_name = &places[(next_place + i) % PLACES];
    out[i].msg_hdr.msg_namelen = sizeof places[0];
  }
  next_place += BATCH;
}

static long spread_pair(void) {
  aim();
  return udp_pair();
}

static long spread_solo(void) {
  aim();
  return udp_solo();
}

/* Sockets of `sockets`: 30,000 ports of one address after the other. Datagrams go to sockets that are far from each other. */
static int *receivers;
static struct sockaddr_in *receiver_addrs;
static long next_receiver;

static void prepare_sockets(void) {
  many_files();
  receivers = malloc(count * sizeof *receivers);
  receiver_addrs = malloc(count * sizeof *receiver_addrs);
  if (!receivers || !receiver_addrs) die("malloc");
  for (long i = 0; i < count; i++) {
    receiver_addrs[i] = server_addr;
    receiver_addrs[i].sin_addr.s_addr = htonl(ntohl(server_addr.sin_addr.s_addr) + i / PORTS);
    receiver_addrs[i].sin_port = htons(FIRST_PORT + i % PORTS);
    receivers[i] = must(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0), "socket");
    must(bind(receivers[i], (void *)&receiver_addrs[i], sizeof receiver_addrs[i]), "bind");
  }
}

static long sockets_solo(void) {
  static long to[BATCH];
  long sum = 0;
  for (int i = 0; i < BATCH; i++) {
    to[i] = next_receiver;
    next_receiver = (next_receiver + 7919) % count;
    out[i].msg_hdr.msg_name = &receiver_addrs[to[i]];
    out[i].msg_hdr.msg_namelen = sizeof receiver_addrs[0];
  }
  sent += must(sendmmsg(client, out, BATCH, 0), "sendmmsg");
  for (int i = 0; i < BATCH; i++) sum += recv(receivers[to[i]], sink, CHUNK, 0) > 0;
  *received += sum;
  return sum;
}

static long slab(void) {
  char line[128];
  long kib = 0;
  FILE *f = fopen("/proc/meminfo", "r");
  if (!f) die("/proc/meminfo");
  while (fgets(line, sizeof line, f))
    if (sscanf(line, "Slab: %ld kB", &kib) == 1) break;
  fclose(f);
  return kib * 1024;
}

static void idle(long warm, long amount) {
  long before = 0;
  count = warm + amount;
  many_files();
  for (long i = 0; i < count; i++) {
    if (i == warm) before = slab();
    connect_both(1);
  }
  printf("{\"units\":%.1f,\"wall\":1,\"cpu\":0,\"lost\":0}\n", (double)(slab() - before) / amount);
}

int main(int argc, char **argv) {
  if (argc != 10) {
    fprintf(stderr, "usage: netbench bulk|rr|busy|conn|udp|spread|sockets|idle pair|solo CLIENT-NETNS SERVER-NETNS SERVER-ADDRESS WARM-UP AMOUNT SIZE COUNT\n");
    return 2;
  }
  const char *row = argv[1];
  int solo = !strcmp(argv[2], "solo"), by_count = !strcmp(row, "conn"), is_busy = !strcmp(row, "busy");
  int spread = !strcmp(row, "spread"), sockets = !strcmp(row, "sockets"), udp = spread || sockets || !strcmp(row, "udp");
  client_ns = argv[3];
  server_ns = argv[4];
  server_addr = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(PORT) };
  if (inet_pton(AF_INET, argv[5], &server_addr.sin_addr) != 1) die(argv[5]);
  double warm = atof(argv[6]), amount = atof(argv[7]);
  size = atoi(argv[8]);
  count = atol(argv[9]);
  if (size < 1 || size > 2048 || (is_busy && count < BATCH) || (sockets && count < BATCH)) return 2;

  signal(SIGPIPE, SIG_IGN);
  find_ksoftirqd();
  prepare_batches();
  received = mmap(NULL, sizeof *received, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (received == MAP_FAILED) die("mmap");

  if (solo) {
    enter(server_ns);
    if (sockets) prepare_sockets();
    else if (udp) server = udp_receiver(spread);
    else listener = tcp_listener(0);
  } else {
    serve(row);
  }
  enter(client_ns);
  if (!strcmp(row, "idle")) {
    idle(warm, amount);
    return 0;
  }

  long (*unit)(void) = NULL;
  if (!strcmp(row, "bulk")) unit = solo ? bulk_solo : bulk_pair;
  else if (!strcmp(row, "rr")) unit = solo ? rr_solo : rr_pair;
  else if (by_count) unit = solo ? conn_solo : conn_pair;
  else if (is_busy) unit = busy;
  else if (spread) unit = solo ? spread_solo : spread_pair;
  else if (sockets) unit = sockets_solo;
  else if (udp) unit = solo ? udp_solo : udp_pair;
  else return 2;
  if (spread) prepare_spread();
  if (spread || sockets) client = must(socket(AF_INET, SOCK_DGRAM, 0), "socket");
  else if (udp) client = udp_sender();
  else if (is_busy) prepare_busy(solo);
  else if (!by_count) connect_both(solo);
  if (!strcmp(row, "rr")) {
    nodelay(client);
    if (solo) nodelay(server);
  }
  if (!strcmp(row, "bulk") && solo) {
    nonblock(client);
    nonblock(server);
  }

  long done = 0;
  double end = now() + warm;
  while (by_count ? done < warm : now() < end) done += unit();
  done = 0;
  sent = 0;
  long received0 = *received;
  double cpu0 = cpu(), wall0 = now(), wall;
  end = wall0 + amount;
  while (by_count ? done < amount : now() < end) done += unit();
  wall = now() - wall0;
  double used = cpu() - cpu0;
  if (udp) done = *received - received0;
  long lost = udp && sent > done ? sent - done : 0;
  printf("{\"units\":%ld,\"wall\":%.6f,\"cpu\":%.6f,\"lost\":%ld}\n", done, wall, used, lost);
  if (server_pid) kill(server_pid, SIGKILL);
  return 0;
}

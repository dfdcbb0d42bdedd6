// The control connection: one a process, made when it is first needed, renewed after fork and when somebody closed it.
#include "files.h"
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/un.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int control = -1;                 // the connection; a number that programs hardly reach
static int door = -1;                    // the socket's place (O_PATH): who has dropped privileges since may still go in
static dev_t control_dev;
static ino_t control_ino;
static char path[108];
static uint64_t home_ino;                // this real namespace stands for the Linnet one below
static char home_name[256];
static int has_home, setup_done;

// Answers are read in one go, mostly; what came too much waits here.
static char in[64 << 10];
static size_t in_at, in_end;

static void after_fork(void) {
  // The parent goes on using the connection; the child takes one of its own.
  pthread_mutex_init(&lock, NULL);
  if (control >= 0) REAL(close)(control);
  control = -1;
  in_at = in_end = 0;
}

static void setup(void) {
  if (setup_done) return;
  setup_done = 1;
  const char *p = getenv("LINNET_CONTROL"), *h = getenv("LINNET_HOME");
  if (p == NULL || strlen(p) >= sizeof path) return;
  strcpy(path, p);
  if (h != NULL) {
    char *end;
    home_ino = strtoull(h, &end, 10);
    if (*end == '/') {
      has_home = 1;
      strncpy(home_name, end + 1, sizeof home_name - 1);
    }
  }
  pthread_atfork(NULL, NULL, after_fork);
}

int linnet_on(void) {
  setup();
  return path[0] != 0;
}
const char *control_path(void) { return path; }
int is_hidden(int fd) { return fd >= 0 && (fd == control || fd == door); }

// Our own descriptors, the lower first. How many.
int hidden_fds(int out[2]) {
  int n = 0;
  if (control >= 0) out[n++] = control;
  if (door >= 0) out[n++] = door;
  if (n == 2 && out[0] > out[1]) out[0] = door, out[1] = control;
  return n;
}

void fill_who(struct who *w) {
  struct stat st;
  memset(w, 0, sizeof *w);
  w->magic = WIRE_MAGIC;
  w->version = WIRE_VERSION;
  w->pid = (uint32_t)getpid();
  if (real_stat(AT_FDCWD, "/proc/thread-self/ns/net", &st, 0) == 0) w->ino = st.st_ino;
  if (has_home && w->ino == home_ino) {
    w->flags = WHO_HOME;
    memcpy(w->netns, home_name, sizeof w->netns);
  }
}

int send_all(int fd, struct iovec *v, int n) {
  while (n > 0) {
    struct msghdr m = { .msg_iov = v, .msg_iovlen = (size_t)(n > 1024 ? 1024 : n) };
    ssize_t k = REAL(sendmsg)(fd, &m, MSG_NOSIGNAL);
    if (k < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN) return -1;
      struct pollfd p = { fd, POLLOUT, 0 };
      REAL(poll)(&p, 1, -1);
      continue;
    }
    while (n > 0 && (size_t)k >= v->iov_len) k -= (ssize_t)v->iov_len, v++, n--;
    if (n > 0) v->iov_base = (char *)v->iov_base + k, v->iov_len -= (size_t)k;
  }
  return 0;
}

int recv_all(int fd, void *buf, size_t n) {
  size_t got = 0;
  while (got < n) {
    ssize_t k = REAL(recv)(fd, (char *)buf + got, n - got, 0);
    if (k < 0 && errno == EINTR) continue;
    if (k < 0 && errno == EAGAIN) {
      struct pollfd p = { fd, POLLIN, 0 };
      REAL(poll)(&p, 1, -1);
      continue;
    }
    if (k <= 0) return -1;
    got += (size_t)k;
  }
  return 0;
}

static int connect_to_machine(void) {
  struct sockaddr_un un = { .sun_family = AF_UNIX };
  int fd = REAL(socket)(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  memcpy(un.sun_path, path, sizeof path);
  while (REAL(connect)(fd, (struct sockaddr *)&un, sizeof un) != 0) {
    if (errno == EINTR) continue;
    if (errno == EACCES && door >= 0 && strncmp(un.sun_path, "/proc/self/", 11) != 0) {
      snprintf(un.sun_path, sizeof un.sun_path, "/proc/self/fd/%d", door);
      continue;
    }
    REAL(close)(fd);
    errno = ENETDOWN;
    return -1;
  }
  return fd;
}

// Moves a descriptor of ours out of the programs' way.
static int hide(int fd) {
  struct rlimit rl;
  int high = 900;
  if (getrlimit(RLIMIT_NOFILE, &rl) == 0 && rl.rlim_cur < 1000) high = (int)rl.rlim_cur - 20;
  int up = REAL(fcntl)(fd, F_DUPFD_CLOEXEC, high > 0 ? high : 3);
  if (up < 0) return fd;
  REAL(close)(fd);
  return up;
}

// The program wants this number: ours goes elsewhere.
void make_way(int fd) {
  sigset_t all, mask;
  if (!is_hidden(fd) || borrowed()) return;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &mask);
  pthread_mutex_lock(&lock);
  int up = is_hidden(fd) ? REAL(fcntl)(fd, F_DUPFD_CLOEXEC, fd + 1) : -1;
  if (up < 0 && is_hidden(fd)) up = REAL(fcntl)(fd, F_DUPFD_CLOEXEC, 3);
  if (fd == control) control = up;
  if (fd == door) door = up;
  pthread_mutex_unlock(&lock);
  pthread_sigmask(SIG_SETMASK, &mask, NULL);
}

static int open_control(void) {
  struct request q = { sizeof q - 4 + sizeof(struct who), OP_HELLO, 0, 0, 0, 0, 0 };
  struct who w;
  struct reply r = { 0 };
  int fd = connect_to_machine();
  if (fd < 0) return -1;
  fd = hide(fd);
  if (door < 0 && (door = REAL(open)(path, O_PATH | O_CLOEXEC)) >= 0) door = hide(door);
  fill_who(&w);
  struct iovec v[2] = { { &q, sizeof q }, { &w, sizeof w } };
  if (send_all(fd, v, 2) != 0 || recv_all(fd, &r, sizeof r) != 0 || r.rc < 0) {
    if (r.rc == -EPROTO) dprintf(2, "linnet: the machine speaks version %u of the protocol, this library %u: use the same version of linnet for both\n", r.a, WIRE_VERSION);
    REAL(close)(fd);
    errno = ENETDOWN;
    return -1;
  }
  struct stat st;
  if (fstat(fd, &st) != 0) { REAL(close)(fd); return -1; }
  control = fd;
  control_dev = st.st_dev;
  control_ino = st.st_ino;
  in_at = in_end = 0;
  return 0;
}

static int ensure_control(void) {
  struct stat st;
  // A program that closes whatever it has inherited may have closed this, too, past us; its number may mean something else by now.
  if (control >= 0 && (fstat(control, &st) != 0 || st.st_ino != control_ino || st.st_dev != control_dev)) control = -1;
  return control >= 0 ? 0 : open_control();
}

static void lost(void) {
  if (control >= 0) REAL(close)(control);
  control = -1;
}

static void unlock(struct call *c) {
  int e = errno;
  pthread_mutex_unlock(&lock);
  pthread_sigmask(SIG_SETMASK, &c->mask, NULL);
  pthread_setcancelstate(c->cancel, NULL);
  errno = e;
}

int call_begin(struct call *c, struct request *q, const struct iovec *iov, int n) {
  struct iovec few[8], *v = few;
  sigset_t all;
  size_t len = sizeof *q - 4;
  for (int i = 0; i < n; i++) len += iov[i].iov_len;
  if (len + 4 > MAX_FRAME) { errno = EMSGSIZE; return -1; }
  q->len = (uint32_t)len;
  q->zero = 0;
  // A handler that leaves by longjmp, or calls us again, must not find half a call; nor may a thread end in it.
  pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &c->cancel);
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &c->mask);
  pthread_mutex_lock(&lock);
  if (ensure_control() != 0) goto failed;
  if (n > 6) v = alloca(sizeof *v * (size_t)(n + 1));
  v[0] = (struct iovec){ q, sizeof *q };
  if (n > 0) memcpy(v + 1, iov, sizeof *v * (size_t)n);
  if (send_all(control, v, n + 1) != 0) { lost(); errno = ENETDOWN; goto failed; }
  in_at = in_end = 0;
  c->left = sizeof c->rep;
  if (call_read(c, &c->rep, sizeof c->rep) != sizeof c->rep) { errno = ENETDOWN; goto failed; }
  c->left = c->rep.len + 4 - sizeof c->rep;
  return 0;
failed:
  unlock(c);
  return -1;
}

size_t call_read(struct call *c, void *buf, size_t n) {
  size_t got = 0;
  if (n > c->left) n = c->left;
  while (got < n) {
    if (in_at < in_end) {
      size_t k = in_end - in_at < n - got ? in_end - in_at : n - got;
      memcpy((char *)buf + got, in + in_at, k);
      in_at += k, got += k;
      continue;
    }
    // Much goes straight to its place.
    ssize_t k = n - got >= sizeof in ? REAL(recv)(control, (char *)buf + got, n - got, 0) : REAL(recv)(control, in, sizeof in, 0);
    if (k < 0 && errno == EINTR) continue;
    if (k <= 0) { lost(); break; }
    if (n - got >= sizeof in) got += (size_t)k;
    else in_at = 0, in_end = (size_t)k;
  }
  c->left -= got;
  if (got < n) c->left = 0;
  return got;
}

void call_end(struct call *c) {
  char waste[4096];
  int e = errno;
  while (c->left > 0) if (call_read(c, waste, sizeof waste) == 0) break;
  errno = e;
  unlock(c);
}

int dial(const struct request *q, const struct iovec *iov, int n, struct reply *rep, void *payload, size_t cap) {
  struct request head = *q;
  struct who w;
  struct stat st;
  struct iovec v[4] = { { &head, sizeof head }, { &w, sizeof w } };
  size_t len = sizeof head - 4 + sizeof w;
  int fd = connect_to_machine();
  if (fd < 0) return -1;
  fill_who(&w);
  if (fstat(fd, &st) == 0) w.sock_ino = st.st_ino;
  for (int i = 0; i < n && i < 2; i++) v[2 + i] = iov[i], len += iov[i].iov_len;
  head.len = (uint32_t)len;
  if (send_all(fd, v, 2 + n) != 0 || recv_all(fd, rep, sizeof *rep) != 0) { REAL(close)(fd); errno = ENETDOWN; return -1; }
  size_t left = rep->len + 4 - sizeof *rep;
  if (left > cap || recv_all(fd, payload, left) != 0) { REAL(close)(fd); errno = EPROTO; return -1; }
  return fd;
}

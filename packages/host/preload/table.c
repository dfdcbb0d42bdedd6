// Which descriptors are sockets of the machine. The kernel knows it, too: each is bound to an abstract name that says what it is, so that a program
// that inherits one, by fork, exec or over a Unix socket, finds out.
#include "linnet.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/un.h>
#include <unistd.h>

#define MAX_FDS 65536
static struct sock *volatile table[MAX_FDS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct sock *spare;               // never given back to malloc: another thread may look at one that was closed
static volatile int used;
static pid_t owner;                      // whose memory this is

int borrowed(void) { return owner != 0 && getpid() != owner; }

int table_limit(void) { return MAX_FDS; }
int table_any(void) { return used > 0; }

// Machines are told apart by the hash (FNV-1a) of where they are reached.
static uint64_t machine_hash(void) {
  uint64_t h = 0xcbf29ce484222325u;
  for (const char *p = control_path(); *p != 0; p++) h = (h ^ (unsigned char)*p) * 0x100000001b3u;
  return h;
}

static void put(struct sock *s) {
  if (--s->refs > 0) return;
  if (s->ring != NULL) ring_free(s->ring);
  s->ring = NULL;
  *(struct sock **)s = spare;
  spare = s;
  used--;
}

struct sock *sock_fast(int fd) { return (unsigned)fd < MAX_FDS ? table[fd] : NULL; }

struct sock *sock_of(int fd) {
  struct stat st;
  struct sock *s = sock_fast(fd);
  if (s == NULL) return NULL;
  int e = errno;
  if (fstat(fd, &st) == 0 && st.st_ino == s->ino && st.st_dev == s->dev) { errno = e; return s; }
  errno = e;
  table_close(fd);
  return NULL;
}

struct sock *sock_new(int fd, uint32_t id, int stream, int domain, int type, int proto) {
  struct stat st;
  if ((unsigned)fd >= MAX_FDS || fstat(fd, &st) != 0) { errno = EMFILE; return NULL; }
  table_close(fd);
  pthread_mutex_lock(&lock);
  struct sock *s = spare;
  if (s != NULL) spare = *(struct sock **)s;
  else s = malloc(sizeof *s);
  if (s != NULL) {
    memset(s, 0, sizeof *s);
    s->refs = 1;
    s->id = id;
    s->stream = stream;
    s->domain = domain, s->type = type, s->proto = proto;
    s->dev = st.st_dev, s->ino = st.st_ino;
    used++;
    table[fd] = s;
  }
  pthread_mutex_unlock(&lock);
  return s;
}

void sock_bind_name(int fd, struct sock *s) {
  struct sockaddr_un un = { .sun_family = AF_UNIX };
  int n = snprintf(un.sun_path + 1, sizeof un.sun_path - 1, "linnet/%016llx/%x/%x/%x/%x/%x", (unsigned long long)machine_hash(), s->id, s->stream, s->domain, s->type, s->proto);
  int e = errno;
  REAL(bind)(fd, (struct sockaddr *)&un, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n));
  errno = e;
}

void adopt_fd(int fd) {
  struct sockaddr_un un;
  socklen_t len = sizeof un;
  unsigned long long hash;
  unsigned id, stream, domain, type, proto;
  char name[sizeof un.sun_path + 1];
  int e = errno;
  memset(&un, 0, sizeof un);
  if (sock_fast(fd) == NULL && REAL(getsockname)(fd, (struct sockaddr *)&un, &len) == 0 && un.sun_family == AF_UNIX && len > 3 && un.sun_path[0] == 0) {
    memset(name, 0, sizeof name);
    memcpy(name, un.sun_path + 1, len - offsetof(struct sockaddr_un, sun_path) - 1);
    if (sscanf(name, "linnet/%llx/%x/%x/%x/%x/%x", &hash, &id, &stream, &domain, &type, &proto) == 6 && hash == machine_hash()) {
      struct sock *s = sock_new(fd, id, (int)stream, (int)domain, (int)type, (int)proto);
      // Is it connected by now?
      if (s != NULL && stream) simple_call(fd, s, OP_INFO, 0, 0, 0, NULL, 0, NULL, NULL, NULL);
    }
  }
  errno = e;
}

void adopt_cmsgs(const struct msghdr *m) {
  if (!linnet_on() || m->msg_control == NULL) return;
  for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR((struct msghdr *)m, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
    int n = (int)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int)), fd;
    for (int i = 0; i < n; i++) {
      memcpy(&fd, CMSG_DATA(c) + (size_t)i * sizeof fd, sizeof fd);
      adopt_fd(fd);
    }
  }
}

void table_dup(int from, int to) {
  struct sock *s = sock_fast(from);
  if (from == to || ((s != NULL || sock_fast(to) != NULL) && borrowed())) return;
  table_close(to);
  if (s == NULL || (unsigned)to >= MAX_FDS) return;
  pthread_mutex_lock(&lock);
  s->refs++;
  table[to] = s;
  pthread_mutex_unlock(&lock);
}

void table_close(int fd) {
  if (sock_fast(fd) == NULL || borrowed()) return;
  pthread_mutex_lock(&lock);
  struct sock *s = table[fd];
  table[fd] = NULL;
  if (s != NULL) put(s);
  pthread_mutex_unlock(&lock);
}

static void child(void) {
  pthread_mutex_init(&lock, NULL);
  owner = getpid();
}

// What this program was started with.
__attribute__((constructor)) static void adopt_all(void) {
  if (!linnet_on()) return;
  owner = getpid();
  pthread_atfork(NULL, NULL, child);
  DIR *d = REAL(opendir)("/proc/self/fd");
  if (d == NULL) {
    for (int fd = 0; fd < 256; fd++) adopt_fd(fd);
    return;
  }
  for (struct dirent *e; (e = readdir(d)) != NULL;) if (e->d_name[0] != '.') adopt_fd(atoi(e->d_name));
  closedir(d);
}

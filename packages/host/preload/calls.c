// The socket calls that are not about data: socket, bind, connect, listen, accept, names, options, shutdown.
#include "linnet.h"
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#ifndef NETLINK_SELINUX
#define NETLINK_SELINUX 7
#endif

void after_reply(int fd, struct sock *s, const struct reply *r) {
  char waste[64];
  int e = errno;
  for (unsigned left = r->drop; left > 0;) {
    ssize_t k = REAL(recv)(fd, waste, left < sizeof waste ? left : sizeof waste, MSG_DONTWAIT);
    if (k <= 0) break;
    left -= (unsigned)k;
  }
  if (r->flags & REPLY_RAW) s->raw = 1;
  if (r->flags & REPLY_PLUG) plug(fd, s);
  errno = e;
}

int simple_call(int fd, struct sock *s, int op, uint32_t a, uint32_t b, uint32_t c, const void *in, size_t n, void *out, size_t *outlen, struct reply *rep) {
  struct request q = { .op = (uint16_t)op, .id = s->id, .a = a, .b = b, .c = c };
  struct iovec v = { (void *)in, n };
  struct call call;
  if (call_begin(&call, &q, &v, n > 0 ? 1 : 0) != 0) return -1;
  if (outlen != NULL) *outlen = call_read(&call, out, *outlen);
  struct reply r = call.rep;
  call_end(&call);
  if (rep != NULL) *rep = r;
  after_reply(fd, s, &r);
  if (r.rc < 0) { errno = -r.rc; return -1; }
  return r.rc;
}

// IPT_SO_SET_REPLACE and IP6T_SO_SET_REPLACE.
#define XT_SO_SET_REPLACE 64

// Fills the descriptor until poll would not find it writable; the machine throws the bytes away once the socket can be written to.
int plug(int fd, struct sock *s) {
  static char junk[16 << 10];
  struct pollfd p = { fd, POLLOUT, 0 };
  uint32_t n = 0;
  for (int i = 0; i < 64 && REAL(poll)(&p, 1, 0) == 1 && (p.revents & POLLOUT); i++) {
    ssize_t k = REAL(send)(fd, junk, sizeof junk, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (k <= 0) break;
    n += (uint32_t)k;
  }
  return simple_call(fd, s, OP_PLUGGED, n, 0, 0, NULL, 0, NULL, NULL, NULL);
}

int raw_syscall_blocking(int fd) { return (REAL(fcntl)(fd, F_GETFL) & O_NONBLOCK) == 0; }

static int timeout_of(int fd, int opt) {
  struct timeval tv;
  socklen_t n = sizeof tv;
  if (REAL(getsockopt)(fd, SOL_SOCKET, opt, &tv, &n) != 0 || (tv.tv_sec == 0 && tv.tv_usec == 0)) return -1;
  return (int)(tv.tv_sec * 1000 + (tv.tv_usec + 999) / 1000);
}

// 0 once it can be written to; -1 with EAGAIN when SO_SNDTIMEO is over, or EINTR.
int wait_writable(int fd) {
  struct pollfd p = { fd, POLLOUT, 0 };
  int n = REAL(poll)(&p, 1, timeout_of(fd, SO_SNDTIMEO));
  if (n == 0) errno = EAGAIN;
  return n > 0 ? 0 : -1;
}

// 0 once there is a token. The kernel's own waiting: it knows O_NONBLOCK, SO_RCVTIMEO, and which signals restart a call.
int wait_readable(int fd, int flags) {
  char token;
  ssize_t k = REAL(recv)(fd, &token, 1, MSG_PEEK | (flags & MSG_DONTWAIT));
  if (k == 0) errno = ENETDOWN;
  return k == 1 ? 0 : -1;
}

static int carried_family(int domain, int type, int proto) {
  (void)type;
  switch (domain) {
    case AF_UNIX:
      return getenv("LINNET_UNIX") != NULL;
    case AF_ALG:
    case AF_VSOCK:
      return 0;
    case AF_NETLINK:
      // These are about the real system, not about its network.
      return proto != NETLINK_AUDIT && proto != NETLINK_SELINUX && proto != NETLINK_KOBJECT_UEVENT && proto != NETLINK_CRYPTO;
    default:
      return 1;
  }
}

static int finish_fd(int fd, int flags) {
  if (!(flags & SOCK_CLOEXEC)) REAL(fcntl)(fd, F_SETFD, 0);
  if (flags & SOCK_NONBLOCK) REAL(fcntl)(fd, F_SETFL, O_RDWR | O_NONBLOCK);
  return fd;
}

EXPORT int socket(int domain, int type, int proto) {
  if (!linnet_on() || !carried_family(domain, type, proto)) return REAL(socket)(domain, type, proto);
  struct request q = { .op = OP_SOCKET, .a = (uint32_t)domain, .b = (uint32_t)(type & ~(SOCK_CLOEXEC | SOCK_NONBLOCK)), .c = (uint32_t)proto };
  struct reply r;
  char waste[256];
  int fd = dial(&q, NULL, 0, &r, waste, sizeof waste);
  if (fd < 0) return -1;
  if (r.rc < 0) { REAL(close)(fd); errno = -r.rc; return -1; }
  struct sock *s = sock_new(fd, r.a, r.b == KIND_STREAM, domain, type & 0xf, proto);
  if (s == NULL) { REAL(close)(fd); return -1; }
  sock_bind_name(fd, s);
  return finish_fd(fd, type);
}

// /dev/net/tun is a descriptor of the same kind: what is read from and written to it is carried frame by frame.
int open_tun(int flags) {
  struct request q = { .op = OP_TUN };
  struct reply r;
  int fd = dial(&q, NULL, 0, &r, NULL, 0);
  if (fd < 0) return -1;
  if (r.rc < 0) { REAL(close)(fd); errno = -r.rc; return -1; }
  struct sock *s = sock_new(fd, r.a, 0, DOMAIN_TUN, 0, 0);
  if (s == NULL) { REAL(close)(fd); return -1; }
  sock_bind_name(fd, s);
  return finish_fd(fd, (flags & O_CLOEXEC ? SOCK_CLOEXEC : 0) | (flags & O_NONBLOCK ? SOCK_NONBLOCK : 0));
}

EXPORT int bind(int fd, const struct sockaddr *sa, socklen_t len) {
  struct sock *s = sock_of(fd);
  if (s == NULL) return REAL(bind)(fd, sa, len);
  return simple_call(fd, s, OP_BIND, 0, 0, 0, sa, len, NULL, NULL, NULL);
}

EXPORT int connect(int fd, const struct sockaddr *sa, socklen_t len) {
  struct sock *s = sock_of(fd);
  if (s == NULL) return REAL(connect)(fd, sa, len);
  int rc = simple_call(fd, s, OP_CONNECT, 0, 0, 0, sa, len, NULL, NULL, NULL);
  if (rc == 0 || errno != EINPROGRESS || !raw_syscall_blocking(fd)) return rc;
  if (wait_writable(fd) != 0) {
    if (errno == EAGAIN) errno = EINPROGRESS;
    return -1;
  }
  // The call that waits is the one that ends it, well or not: from then on the socket is connected (EISCONN).
  return simple_call(fd, s, OP_CONNECT, 0, 0, 0, sa, len, NULL, NULL, NULL);
}

EXPORT int listen(int fd, int backlog) {
  struct sock *s = sock_of(fd);
  if (s == NULL) return REAL(listen)(fd, backlog);
  return simple_call(fd, s, OP_LISTEN, (uint32_t)backlog, 0, 0, NULL, 0, NULL, NULL, NULL);
}

static void give_name(const void *name, size_t n, struct sockaddr *sa, socklen_t *len) {
  if (sa == NULL || len == NULL) return;
  memcpy(sa, name, *len < n ? *len : n);
  *len = (socklen_t)n;
}

EXPORT int accept4(int fd, struct sockaddr *sa, socklen_t *len, int flags) {
  struct sock *s = sock_of(fd);
  if (s == NULL) return REAL(accept4)(fd, sa, len, flags);
  if (flags & ~(SOCK_CLOEXEC | SOCK_NONBLOCK)) { errno = EINVAL; return -1; }
  if (s->raw) { errno = EINVAL; return -1; }
  for (;;) {
    struct request q = { .op = OP_ACCEPT, .id = s->id };
    struct reply r;
    char name[256];
    // Without a token nobody waits; but what is no listening socket shall hear so.
    int waiting = wait_readable(fd, MSG_DONTWAIT) == 0;
    if (!waiting && errno != EAGAIN) return -1;
    if (!waiting) {
      int on = 0;
      size_t n = sizeof on;
      if (simple_call(fd, s, OP_GETSOCKOPT, SOL_SOCKET, SO_ACCEPTCONN, sizeof on, NULL, 0, &on, &n, NULL) == 0 && !on) {
        errno = s->type == SOCK_STREAM || s->type == SOCK_SEQPACKET ? EINVAL : EOPNOTSUPP;
        return -1;
      }
      if (wait_readable(fd, 0) != 0) return -1;
    }
    int got = dial(&q, NULL, 0, &r, name, sizeof name);
    if (got < 0) return -1;
    struct reply listening = { .drop = r.drop };
    after_reply(fd, s, &listening);
    if (r.rc < 0) {
      REAL(close)(got);
      errno = -r.rc;
      if (errno == EAGAIN && raw_syscall_blocking(fd)) continue;
      return -1;
    }
    struct sock *t = sock_new(got, r.a, r.b == KIND_STREAM, s->domain, s->type, s->proto);
    if (t == NULL) { REAL(close)(got); return -1; }
    t->raw = t->stream;
    sock_bind_name(got, t);
    give_name(name, r.len + 4 - sizeof r, sa, len);
    return finish_fd(got, flags);
  }
}

EXPORT int accept(int fd, struct sockaddr *sa, socklen_t *len) {
  return sock_fast(fd) != NULL ? accept4(fd, sa, len, 0) : REAL(accept)(fd, sa, len);
}

static int name_of(int fd, struct sock *s, uint32_t peer, struct sockaddr *sa, socklen_t *len) {
  char name[256];
  size_t n = sizeof name;
  if (simple_call(fd, s, OP_GETNAME, peer, 0, 0, NULL, 0, name, &n, NULL) != 0) return -1;
  give_name(name, n, sa, len);
  return 0;
}

EXPORT int getsockname(int fd, struct sockaddr *sa, socklen_t *len) {
  struct sock *s = sock_of(fd);
  return s == NULL ? REAL(getsockname)(fd, sa, len) : name_of(fd, s, 0, sa, len);
}

EXPORT int getpeername(int fd, struct sockaddr *sa, socklen_t *len) {
  struct sock *s = sock_of(fd);
  return s == NULL ? REAL(getpeername)(fd, sa, len) : name_of(fd, s, 1, sa, len);
}

EXPORT int shutdown(int fd, int how) {
  struct sock *s = sock_of(fd);
  if (s == NULL) return REAL(shutdown)(fd, how);
  // The descriptor itself stays whole, so that the machine sees when the last one is closed.
  int rc = simple_call(fd, s, OP_SHUTDOWN, (uint32_t)how, 0, 0, NULL, 0, NULL, NULL, NULL);
  if (rc == 0 && how != SHUT_RD && s->stream) s->shut_wr = 1;
  return rc;
}

// Replacing a table of x_tables (struct ipt_replace, ip6t_replace) also reads: the old counters come back to where a pointer inside says. For the machine the pointer is the offset behind the value.
static int replace_table(int fd, struct sock *s, int level, int opt, const void *val, socklen_t len) {
  uint32_t n;
  uint64_t to, at = len;
  memcpy(&n, (const char *)val + 84, sizeof n);
  memcpy(&to, (const char *)val + 88, sizeof to);
  size_t room = n < (MAX_FRAME >> 5) ? (size_t)n * 16 : 0;
  char *copy = malloc(len + room);
  if (copy == NULL) { errno = ENOMEM; return -1; }
  memcpy(copy, val, len);
  memcpy(copy + 88, &at, sizeof at);
  size_t got = room;
  int rc = simple_call(fd, s, OP_SETSOCKOPT, (uint32_t)level, (uint32_t)opt, (uint32_t)room, copy, len, copy + len, &got, NULL);
  if (rc == 0 && to != 0 && got == room) memcpy((void *)(uintptr_t)to, copy + len, room);
  free(copy);
  return rc;
}

EXPORT int setsockopt(int fd, int level, int opt, const void *val, socklen_t len) {
  struct sock *s = sock_of(fd);
  int handled = 0;
  if (s == NULL) return REAL(setsockopt)(fd, level, opt, val, len);
  if (level == SOL_PACKET) {
    int rc = ring_setsockopt(fd, s, opt, val, len, &handled);
    if (handled) return rc;
  }
  if (level == SOL_SOCKET && (opt == SO_ATTACH_FILTER || opt == SO_ATTACH_REUSEPORT_CBPF) && len >= sizeof(struct sock_fprog)) {
    // What the pointer points at takes its place.
    const struct sock_fprog *f = val;
    return simple_call(fd, s, OP_SETSOCKOPT, (uint32_t)level, (uint32_t)opt, 0, f->filter, (size_t)f->len * sizeof *f->filter, NULL, NULL, NULL);
  }
  if ((level == SOL_IP || level == SOL_IPV6) && opt == XT_SO_SET_REPLACE && val != NULL && len >= 96) return replace_table(fd, s, level, opt, val, len);
  if (level == SOL_SOCKET && opt == SO_ZEROCOPY && s->stream) { errno = EOPNOTSUPP; return -1; }   // nobody would tell when the memory is free again
  // Waiting is the kernel's work: it is to know how long.
  if (level == SOL_SOCKET && (opt == SO_RCVTIMEO || opt == SO_SNDTIMEO || opt == SO_RCVLOWAT)) {
    if (REAL(setsockopt)(fd, level, opt, val, len) != 0) return -1;
    if (opt == SO_RCVLOWAT && !s->stream) { int one = 1; REAL(setsockopt)(fd, level, opt, &one, sizeof one); }
  }
  return simple_call(fd, s, OP_SETSOCKOPT, (uint32_t)level, (uint32_t)opt, 0, val, val == NULL ? 0 : len, NULL, NULL, NULL);
}

EXPORT int getsockopt(int fd, int level, int opt, void *val, socklen_t *len) {
  struct sock *s = sock_of(fd);
  int handled = 0;
  if (s == NULL) return REAL(getsockopt)(fd, level, opt, val, len);
  if (level == SOL_PACKET) {
    int rc = ring_getsockopt(fd, s, opt, val, len, &handled);
    if (handled) return rc;
  }
  // A source filter says itself how many sources there is room for behind it; the kernel does not look at the length for more than what is in front of them.
  int filter = (level == SOL_IP && opt == IP_MSFILTER) || ((level == SOL_IP || level == SOL_IPV6) && opt == MCAST_MSFILTER);
  size_t n = filter ? MAX_FRAME : *len;
  struct reply r;
  if (simple_call(fd, s, OP_GETSOCKOPT, (uint32_t)level, (uint32_t)opt, *len, val, val == NULL ? 0 : *len, val, &n, &r) != 0) return -1;
  *len = (socklen_t)(r.len + 4 - sizeof r);
  return 0;
}

ALSO(__connect, connect);

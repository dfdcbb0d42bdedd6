// Sending and receiving. A raw stream is the kernel's own business, but for what its end means; everything else is carried message by message.
#include "linnet.h"
#include <fcntl.h>
#include <limits.h>
#include <linux/net_tstamp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/sendfile.h>
#include <time.h>
#include <unistd.h>

#define SCRATCH (16 << 10)

static size_t iov_total(const struct iovec *v, size_t n) {
  size_t sum = 0;
  for (size_t i = 0; i < n; i++) sum += v[i].iov_len;
  return sum;
}

// A stream that is at its end: did an error end it? The errno is told once.
static int ended(int fd, struct sock *s) {
  int e = errno;
  int rc = simple_call(fd, s, OP_ENDED, 0, 0, 0, NULL, 0, NULL, NULL, NULL);
  int err = rc < 0 && errno != ENETDOWN && errno != EBADF ? errno : 0;
  s->dead = 1;
  errno = e;
  return err;
}

static ssize_t broken_pipe(int flags) {
  if (!(flags & MSG_NOSIGNAL)) raise(SIGPIPE);
  errno = EPIPE;
  return -1;
}

// The kernel said n (with errno) to a read of a raw stream.
static ssize_t read_end(int fd, struct sock *s, ssize_t n, size_t wanted, int flags) {
  if (n > 0 || (n == 0 && wanted == 0)) return n;
  if (n < 0 && errno != ECONNRESET && errno != EPIPE) return n;
  if (flags & MSG_PEEK) return 0;
  int err = ended(fd, s);
  if (err == 0) return 0;
  errno = err;
  return -1;
}

static ssize_t write_end(int fd, struct sock *s, ssize_t n, int flags) {
  if (n >= 0 || (errno != EPIPE && errno != ECONNRESET)) return n;
  int err = ended(fd, s);
  if (err == 0 || err == EPIPE) return broken_pipe(flags);
  errno = err;
  return -1;
}

// ---- sending -------------------------------------------------------------------------------------------------------

static ssize_t raw_sendmsg(int fd, struct sock *s, const struct msghdr *m, int flags) {
  if (s->shut_wr) return broken_pipe(flags);
  // The address and the control messages of a connected stream mean nothing to us; the kernel would take them for its own.
  struct msghdr plain = { .msg_iov = m->msg_iov, .msg_iovlen = m->msg_iovlen };
  return write_end(fd, s, REAL(sendmsg)(fd, &plain, (flags & (MSG_DONTWAIT | MSG_MORE)) | MSG_NOSIGNAL), flags);
}

// Descriptors cannot travel through the machine, whose processes are not there: better an error than a message without them.
static int has_rights(const struct msghdr *m) {
  if (m->msg_control == NULL) return 0;
  for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR((struct msghdr *)m, c)) if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) return 1;
  return 0;
}

ssize_t carried_sendmsg(int fd, struct sock *s, const struct msghdr *m, int flags) {
  if (s->domain == AF_UNIX && has_rights(m)) { errno = EOPNOTSUPP; return -1; }
  if (s->raw && !(flags & MSG_OOB)) return raw_sendmsg(fd, s, m, flags);
  size_t total = iov_total(m->msg_iov, m->msg_iovlen);
  if (m->msg_iovlen > IOV_MAX) { errno = EMSGSIZE; return -1; }
  struct iovec *v = alloca(sizeof *v * (m->msg_iovlen + 2));
  for (;;) {
    struct request q = { .op = OP_SENDMSG, .id = s->id, .a = (uint32_t)flags };
    struct call c;
    int n = 0;
    if (m->msg_name != NULL && m->msg_namelen > 0) v[n++] = (struct iovec){ m->msg_name, q.b = m->msg_namelen };
    if (m->msg_control != NULL && m->msg_controllen > 0) v[n++] = (struct iovec){ m->msg_control, q.c = (uint32_t)m->msg_controllen };
    for (size_t i = 0; i < m->msg_iovlen; i++) v[n++] = m->msg_iov[i];
    // A stream that is not connected sends nothing; it need not carry it there to hear that. (MSG_FASTOPEN would.)
    if (total > MAX_FRAME - 65536) { errno = EMSGSIZE; return -1; }
    if (call_begin(&c, &q, v, n) != 0) return -1;
    struct reply r = c.rep;
    call_end(&c);
    after_reply(fd, s, &r);
    if (r.rc >= 0) return r.rc;
    if (s->raw && !(flags & MSG_OOB) && (r.rc == -EAGAIN || r.rc == -EINPROGRESS)) return raw_sendmsg(fd, s, m, flags);
    errno = -r.rc;
    if (errno == EPIPE && s->stream) return broken_pipe(flags);
    if (errno != EAGAIN || (flags & MSG_DONTWAIT) || !raw_syscall_blocking(fd)) return -1;
    if (wait_writable(fd) != 0) return -1;
  }
}

// ---- receiving -----------------------------------------------------------------------------------------------------

static ssize_t raw_recvmsg(int fd, struct sock *s, struct msghdr *m, int flags) {
  struct msghdr plain = { .msg_iov = m->msg_iov, .msg_iovlen = m->msg_iovlen };
  size_t total = iov_total(m->msg_iov, m->msg_iovlen);
  ssize_t n;
  if ((flags & MSG_TRUNC) && !(flags & MSG_PEEK)) {
    // TCP throws away what it is asked for so (tcp(7)).
    char waste[SCRATCH];
    n = REAL(recv)(fd, waste, total < sizeof waste ? total : sizeof waste, flags & (MSG_DONTWAIT | MSG_WAITALL));
  } else {
    n = REAL(recvmsg)(fd, &plain, flags & (MSG_DONTWAIT | MSG_WAITALL | MSG_PEEK | MSG_CMSG_CLOEXEC));
  }
  m->msg_namelen = 0;
  m->msg_controllen = 0;
  m->msg_flags = 0;
  return read_end(fd, s, n, total, flags);
}

static void scatter(struct call *c, struct iovec *v, size_t n, size_t len) {
  for (size_t i = 0; i < n && len > 0; i++) {
    size_t k = v[i].iov_len < len ? v[i].iov_len : len;
    if (call_read(c, v[i].iov_base, k) != k) return;
    len -= k;
  }
}

ssize_t carried_recvmsg(int fd, struct sock *s, struct msghdr *m, int flags) {
  size_t total = iov_total(m->msg_iov, m->msg_iovlen);
  int direct = (flags & (MSG_ERRQUEUE | MSG_OOB)) != 0;
  for (;;) {
    if (s->raw && !direct) return raw_recvmsg(fd, s, m, flags);
    // A stream that is neither connected nor on its way has no tokens and must hear so, as must a TUN without a device; all others wait for one.
    if (!direct && !s->stream && s->domain != DOMAIN_TUN && wait_readable(fd, flags) != 0) return -1;
    size_t control = m->msg_control == NULL ? 0 : m->msg_controllen;
    if (control > 65536) control = 65536;
    size_t cap = total < MAX_FRAME - 65536 ? total : MAX_FRAME - 65536;
    struct request q = { .op = OP_RECVMSG, .id = s->id, .a = (uint32_t)(flags & ~(MSG_WAITALL | MSG_CMSG_CLOEXEC)), .b = (uint32_t)cap, .c = (uint32_t)control };
    struct call c;
    if (call_begin(&c, &q, NULL, 0) != 0) return -1;
    struct reply r = c.rep;
    if (r.rc >= 0) {
      char name[256];
      size_t data = c.left - r.b - r.c, k;
      scatter(&c, m->msg_iov, m->msg_iovlen, data);
      k = call_read(&c, name, r.b < sizeof name ? r.b : sizeof name);
      if (m->msg_name != NULL) memcpy(m->msg_name, name, m->msg_namelen < k ? m->msg_namelen : k);
      m->msg_namelen = (socklen_t)k;
      m->msg_controllen = control > 0 ? call_read(&c, m->msg_control, r.c < control ? r.c : control) : 0;
      m->msg_flags = (int)r.a;
    }
    call_end(&c);
    after_reply(fd, s, &r);
    if (r.rc >= 0) return r.rc;
    if (s->raw && !direct) continue;
    errno = -r.rc;
    if (errno != EAGAIN || direct || (flags & MSG_DONTWAIT) || !raw_syscall_blocking(fd)) return -1;
    if (s->stream) {
      // On its way: when it is connected the plug goes, and with it what kept it from being written to.
      if (wait_writable(fd) != 0) return -1;
    } else if (s->domain == DOMAIN_TUN && wait_readable(fd, flags) != 0) {
      return -1;
    }
  }
}

// ---- the many names of these two -----------------------------------------------------------------------------------

EXPORT ssize_t sendmsg(int fd, const struct msghdr *m, int flags) {
  struct sock *s = sock_of(fd);
  return s == NULL ? REAL(sendmsg)(fd, m, flags) : carried_sendmsg(fd, s, m, flags);
}

static ssize_t send_one(int fd, struct sock *s, const void *buf, size_t n, int flags, const struct sockaddr *sa, socklen_t len) {
  struct iovec v = { (void *)buf, n };
  struct msghdr m = { .msg_name = (void *)sa, .msg_namelen = sa == NULL ? 0 : len, .msg_iov = &v, .msg_iovlen = 1 };
  return carried_sendmsg(fd, s, &m, flags);
}

EXPORT ssize_t sendto(int fd, const void *buf, size_t n, int flags, const struct sockaddr *sa, socklen_t len) {
  struct sock *s = sock_of(fd);
  return s == NULL ? REAL(sendto)(fd, buf, n, flags, sa, len) : send_one(fd, s, buf, n, flags, sa, len);
}

EXPORT ssize_t send(int fd, const void *buf, size_t n, int flags) {
  struct sock *s = sock_of(fd);
  return s == NULL ? REAL(send)(fd, buf, n, flags) : send_one(fd, s, buf, n, flags, NULL, 0);
}

EXPORT ssize_t write(int fd, const void *buf, size_t n) {
  struct sock *s = sock_fast(fd);
  if (s == NULL) return is_written_file(fd) ? file_write(fd, buf, n) : REAL(write)(fd, buf, n);
  if (s->raw && !s->shut_wr) {
    // The number may have come to mean a file that is no socket.
    ssize_t k = REAL(send)(fd, buf, n, MSG_NOSIGNAL);
    if (k >= 0 || errno != ENOTSOCK) return write_end(fd, s, k, 0);
  }
  s = sock_of(fd);
  return s == NULL ? REAL(write)(fd, buf, n) : send_one(fd, s, buf, n, 0, NULL, 0);
}

EXPORT ssize_t writev(int fd, const struct iovec *v, int n) {
  struct sock *s = sock_of(fd);
  if (s == NULL) return REAL(writev)(fd, v, n);
  struct msghdr m = { .msg_iov = (struct iovec *)v, .msg_iovlen = (size_t)n };
  return carried_sendmsg(fd, s, &m, 0);
}

EXPORT int sendmmsg(int fd, struct mmsghdr *v, unsigned n, int flags) {
  struct sock *s = sock_of(fd);
  if (s == NULL) return REAL(sendmmsg)(fd, v, n, flags);
  for (unsigned i = 0; i < n; i++) {
    ssize_t k = carried_sendmsg(fd, s, &v[i].msg_hdr, flags);
    if (k < 0) return i > 0 ? (int)i : -1;
    v[i].msg_len = (unsigned)k;
  }
  return (int)n;
}

EXPORT ssize_t recvmsg(int fd, struct msghdr *m, int flags) {
  struct sock *s = sock_of(fd);
  if (s != NULL) return carried_recvmsg(fd, s, m, flags);
  ssize_t n = REAL(recvmsg)(fd, m, flags);
  if (n >= 0) adopt_cmsgs(m);
  return n;
}

static ssize_t recv_one(int fd, struct sock *s, void *buf, size_t n, int flags, struct sockaddr *sa, socklen_t *len) {
  struct iovec v = { buf, n };
  struct msghdr m = { .msg_name = sa, .msg_namelen = sa != NULL && len != NULL ? *len : 0, .msg_iov = &v, .msg_iovlen = 1 };
  ssize_t k = carried_recvmsg(fd, s, &m, flags);
  if (k >= 0 && sa != NULL && len != NULL) *len = m.msg_namelen;
  return k;
}

EXPORT ssize_t recvfrom(int fd, void *buf, size_t n, int flags, struct sockaddr *sa, socklen_t *len) {
  struct sock *s = sock_of(fd);
  return s == NULL ? REAL(recvfrom)(fd, buf, n, flags, sa, len) : recv_one(fd, s, buf, n, flags, sa, len);
}

EXPORT ssize_t recv(int fd, void *buf, size_t n, int flags) {
  struct sock *s = sock_of(fd);
  return s == NULL ? REAL(recv)(fd, buf, n, flags) : recv_one(fd, s, buf, n, flags, NULL, NULL);
}

EXPORT ssize_t read(int fd, void *buf, size_t n) {
  struct sock *s = sock_fast(fd);
  if (s == NULL) return REAL(read)(fd, buf, n);
  if (s->raw) {
    ssize_t k = REAL(read)(fd, buf, n);
    if (k > 0 || (k < 0 && errno == EAGAIN)) return k;
    int e = errno;
    s = sock_of(fd);
    errno = e;
    return s == NULL ? k : read_end(fd, s, k, n, 0);
  }
  s = sock_of(fd);
  return s == NULL ? REAL(read)(fd, buf, n) : recv_one(fd, s, buf, n, 0, NULL, NULL);
}

EXPORT ssize_t readv(int fd, const struct iovec *v, int n) {
  struct sock *s = sock_of(fd);
  if (s == NULL) return REAL(readv)(fd, v, n);
  struct msghdr m = { .msg_iov = (struct iovec *)v, .msg_iovlen = (size_t)n };
  return carried_recvmsg(fd, s, &m, 0);
}

EXPORT int recvmmsg(int fd, struct mmsghdr *v, unsigned n, int flags, struct timespec *timeout) {
  struct sock *s = sock_of(fd);
  if (s == NULL) return REAL(recvmmsg)(fd, v, n, flags, timeout);
  struct timespec end = { 0, 0 }, now;
  if (timeout != NULL) {
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += timeout->tv_sec;
    end.tv_nsec += timeout->tv_nsec;
    if (end.tv_nsec >= 1000000000) end.tv_sec++, end.tv_nsec -= 1000000000;
  }
  for (unsigned i = 0; i < n; i++) {
    ssize_t k = carried_recvmsg(fd, s, &v[i].msg_hdr, flags & ~MSG_WAITFORONE);
    if (k < 0) return i > 0 ? (int)i : -1;
    v[i].msg_len = (unsigned)k;
    if (flags & MSG_WAITFORONE) flags |= MSG_DONTWAIT;
    // As the man page says of the kernel's own: time is looked at after each datagram.
    if (timeout != NULL && clock_gettime(CLOCK_MONOTONIC, &now) == 0 && (now.tv_sec > end.tv_sec || (now.tv_sec == end.tv_sec && now.tv_nsec >= end.tv_nsec))) return (int)i + 1;
  }
  return (int)n;
}

// ---- without and with bounds that the compiler checks --------------------------------------------------------------

EXPORT ssize_t __recv_chk(int fd, void *buf, size_t n, size_t room, int flags) {
  if (n > room) abort();
  return recv(fd, buf, n, flags);
}
EXPORT ssize_t __recvfrom_chk(int fd, void *buf, size_t n, size_t room, int flags, struct sockaddr *sa, socklen_t *len) {
  if (n > room) abort();
  return recvfrom(fd, buf, n, flags, sa, len);
}
EXPORT ssize_t __read_chk(int fd, void *buf, size_t n, size_t room) {
  if (n > room) abort();
  return read(fd, buf, n);
}

ALSO(__send, send);
ALSO(__sendmmsg, sendmmsg);
ALSO(__read, read);
ALSO(__write, write);

// ---- files into sockets and back -----------------------------------------------------------------------------------

EXPORT ssize_t sendfile(int out, int in, off_t *at, size_t n) {
  struct sock *s = sock_of(out);
  if (s == NULL) return REAL(sendfile)(out, in, at, n);
  char buf[SCRATCH];
  size_t done = 0;
  while (done < n) {
    size_t want = n - done < sizeof buf ? n - done : sizeof buf;
    ssize_t got = at != NULL ? pread(in, buf, want, *at) : REAL(read)(in, buf, want);
    if (got <= 0) return done > 0 ? (ssize_t)done : got;
    ssize_t sent = send_one(out, s, buf, (size_t)got, 0, NULL, 0);
    if (at == NULL && sent < got) lseek(in, (sent < 0 ? 0 : sent) - got, SEEK_CUR);
    if (sent < 0) return done > 0 ? (ssize_t)done : -1;
    if (at != NULL) *at += sent;
    done += (size_t)sent;
    if (sent < got) break;
  }
  return (ssize_t)done;
}
EXPORT ssize_t sendfile64(int out, int in, off64_t *at, size_t n) { return sendfile(out, in, (off_t *)at, n); }

// What is carried call by call is copied: there is nothing of it in the descriptor.
EXPORT ssize_t splice(int in, off64_t *in_at, int out, off64_t *out_at, size_t n, unsigned flags) {
  struct sock *si = sock_of(in), *so = sock_of(out);
  if ((si == NULL || si->raw) && (so == NULL || so->raw)) return REAL(splice)(in, in_at, out, out_at, n, flags);
  char buf[SCRATCH];
  int nowait = flags & SPLICE_F_NONBLOCK ? MSG_DONTWAIT : 0;
  if (si != NULL && so != NULL) { errno = EINVAL; return -1; }          // one of the two is a pipe
  if (in_at != NULL || out_at != NULL) { errno = ESPIPE; return -1; }
  if (n > sizeof buf) n = sizeof buf;
  if (so != NULL) {
    struct pollfd p = { in, POLLIN, 0 };
    if (nowait && REAL(poll)(&p, 1, 0) == 0) { errno = EAGAIN; return -1; }
    ssize_t got = REAL(read)(in, buf, n);
    return got <= 0 ? got : send_one(out, so, buf, (size_t)got, nowait, NULL, 0);
  }
  // Nothing is taken from the socket that the pipe has no room for.
  struct pollfd p = { out, POLLOUT, 0 };
  int ready = REAL(poll)(&p, 1, nowait ? 0 : -1);
  if (ready <= 0) { if (ready == 0) errno = EAGAIN; return -1; }
  if (n > PIPE_BUF) n = PIPE_BUF;
  ssize_t got = recv_one(in, si, buf, n, nowait, NULL, NULL);
  return got <= 0 ? got : REAL(write)(out, buf, (size_t)got);
}

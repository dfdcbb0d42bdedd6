// Waiting. The descriptors are real and mirror their sockets, so the kernel does the waiting; what is added is the kind of readiness (a token says POLLERR where the
// descriptor can only be readable) and the frames of a packet ring, which somebody has to put there.
#include "linnet.h"
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <time.h>

// What the last token says, as POLL* bits. A stream is asked about: what there is to read may be its first bytes already, and where nothing is connected the descriptor can always be written to.
static short token_bits(int fd, struct sock *s, short real) {
  unsigned char t[64];
  if (s->stream) {
    int mask = simple_call(fd, s, OP_POLL, 0, 0, 0, NULL, 0, NULL, NULL, NULL);
    return s->raw || mask < 0 ? real : (short)(mask & (real | ~POLLOUT));
  }
  ssize_t n = REAL(recv)(fd, t, sizeof t, MSG_PEEK | MSG_DONTWAIT);
  if (n <= 0) return real;
  unsigned char last = t[n - 1];
  short bits = (short)(real & ~(POLLIN | POLLRDNORM | POLLRDHUP | POLLPRI));
  if (last & TOKEN_IN) bits |= POLLIN | POLLRDNORM;
  if (last & TOKEN_ERR) bits |= POLLERR;
  if ((last & TOKEN_ERR) && s->domain == DOMAIN_TUN) bits &= (short)~(POLLOUT | POLLWRNORM);
  if (last & TOKEN_HUP) bits |= POLLHUP;
  if (last & TOKEN_RDHUP) bits |= POLLRDHUP;
  if (last & TOKEN_PRI) bits |= POLLPRI;
  return bits;
}

static int refine(struct pollfd *p, nfds_t n, int rc) {
  if (rc <= 0) return rc;
  int left = 0, e = errno;
  for (nfds_t i = 0; i < n; i++) {
    struct sock *s = p[i].revents != 0 && !(p[i].revents & POLLNVAL) ? sock_of(p[i].fd) : NULL;
    if (s != NULL && !s->raw && (p[i].revents & (POLLIN | POLLRDNORM | POLLRDHUP | (s->stream ? POLLOUT | POLLWRNORM : 0)))) {
      if (s->ring != NULL) {
        ring_fill(p[i].fd, s);
        p[i].revents = (short)(p[i].revents & ~(POLLIN | POLLRDNORM));
        if (ring_ready(p[i].fd, s)) p[i].revents |= (short)(p[i].events & (POLLIN | POLLRDNORM));
      } else {
        p[i].revents = (short)(token_bits(p[i].fd, s, p[i].revents) & (p[i].events | POLLERR | POLLHUP));
      }
    }
    if (p[i].revents != 0) left++;
  }
  errno = e;
  return left;
}

// A mirror becomes readable for errors too, also for one who asked only for POLLERR or POLLPRI: ask the kernel for both.
static short *widen(struct pollfd *p, nfds_t n, short *saved, nfds_t room) {
  for (nfds_t i = 0; i < n; i++) {
    struct sock *s = sock_fast(p[i].fd);
    if (s == NULL || s->raw || (p[i].events & POLLIN)) continue;
    if (n > room) return NULL;
    for (nfds_t k = 0; k < n; k++) saved[k] = p[k].events;
    for (nfds_t k = i; k < n; k++) if ((s = sock_fast(p[k].fd)) != NULL && !s->raw && !s->stream) p[k].events |= POLLIN;
    return saved;
  }
  return NULL;
}

static void narrow(struct pollfd *p, nfds_t n, const short *saved) {
  if (saved == NULL) return;
  for (nfds_t i = 0; i < n; i++) p[i].events = saved[i];
}

static int rings_ready(struct pollfd *p, nfds_t n) {
  int ready = 0;
  if (rings == 0) return 0;
  for (nfds_t i = 0; i < n; i++) {
    struct sock *s = sock_of(p[i].fd);
    if (s == NULL || s->ring == NULL || !(p[i].events & (POLLIN | POLLRDNORM)) || !ring_ready(p[i].fd, s)) continue;
    ready = 1;
  }
  return ready;
}

// Frames that wait in a ring are nothing that the kernel sees.
static int with_rings(struct pollfd *p, nfds_t n) {
  int rc = 0;
  REAL(poll)(p, n, 0);
  for (nfds_t i = 0; i < n; i++) {
    struct sock *s = sock_of(p[i].fd);
    if (s != NULL && s->ring != NULL && (p[i].events & (POLLIN | POLLRDNORM)) && ring_ready(p[i].fd, s)) p[i].revents |= (short)(p[i].events & (POLLIN | POLLRDNORM));
    if (p[i].revents != 0) rc++;
  }
  return rc;
}

static long long now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (long long)t.tv_sec * 1000000000 + t.tv_nsec;
}

// What poll, ppoll and their checked forms come down to. A negative limit waits for ever.
static int wait_for(struct pollfd *p, nfds_t n, long long limit, const sigset_t *mask) {
  short room[64];
  long long end = limit < 0 ? 0 : now_ns() + limit;
  if (!table_any() || p == NULL) {
    struct timespec t = { limit / 1000000000, limit % 1000000000 };
    return REAL(ppoll)(p, n, limit < 0 ? NULL : &t, mask);
  }
  for (;;) {
    if (rings_ready(p, n)) return with_rings(p, n);
    long long left = limit < 0 ? -1 : end - now_ns();
    if (limit >= 0 && left < 0) left = 0;
    struct timespec t = { left / 1000000000, left % 1000000000 };
    short *saved = widen(p, n, room, 64);
    int rc = REAL(ppoll)(p, n, limit < 0 ? NULL : &t, mask);
    narrow(p, n, saved);
    if (rc <= 0) return rc;
    rc = refine(p, n, rc);
    // A token that says nothing of what is waited for (readable, and only errors are asked for): wait on, but do not spin on it.
    if (rc > 0 || (limit >= 0 && left == 0)) return rc;
    struct timespec pause = { 0, 1000000 };
    nanosleep(&pause, NULL);
  }
}

EXPORT int poll(struct pollfd *p, nfds_t n, int ms) {
  if (!table_any()) return REAL(poll)(p, n, ms);
  return wait_for(p, n, ms < 0 ? -1 : (long long)ms * 1000000, NULL);
}

EXPORT int ppoll(struct pollfd *p, nfds_t n, const struct timespec *t, const sigset_t *mask) {
  if (!table_any()) return REAL(ppoll)(p, n, t, mask);
  return wait_for(p, n, t == NULL ? -1 : (long long)t->tv_sec * 1000000000 + t->tv_nsec, mask);
}

EXPORT int __poll_chk(struct pollfd *p, nfds_t n, int ms, size_t room) {
  if (room / sizeof *p < n) abort();
  return poll(p, n, ms);
}

EXPORT int __ppoll_chk(struct pollfd *p, nfds_t n, const struct timespec *t, const sigset_t *mask, size_t room) {
  if (room / sizeof *p < n) abort();
  return ppoll(p, n, t, mask);
}

// select and epoll see the mirror as it is; only rings need somebody to fill them.
static void fill_set(int n, const fd_set *set) {
  if (rings == 0 || set == NULL) return;
  for (int fd = 0; fd < n && fd < FD_SETSIZE; fd++) {
    struct sock *s = FD_ISSET(fd, set) ? sock_of(fd) : NULL;
    if (s != NULL && s->ring != NULL) ring_fill(fd, s);
  }
}

// Is a frame waiting in a ring that is asked about? Then only those are told of.
static int ring_in_set(int n, fd_set *r, fd_set *w, fd_set *e) {
  int ready = 0;
  if (rings == 0 || r == NULL) return 0;
  fd_set found;
  FD_ZERO(&found);
  for (int fd = 0; fd < n && fd < FD_SETSIZE; fd++) {
    struct sock *s = FD_ISSET(fd, r) ? sock_of(fd) : NULL;
    if (s != NULL && s->ring != NULL && ring_ready(fd, s)) FD_SET(fd, &found), ready++;
  }
  if (ready == 0) return 0;
  *r = found;
  if (w != NULL) FD_ZERO(w);
  if (e != NULL) FD_ZERO(e);
  return ready;
}

EXPORT int select(int n, fd_set *r, fd_set *w, fd_set *e, struct timeval *t) {
  int ready = ring_in_set(n, r, w, e);
  if (ready > 0) return ready;
  int rc = REAL(select)(n, r, w, e, t);
  if (rc > 0) fill_set(n, r);
  return rc;
}

EXPORT int pselect(int n, fd_set *r, fd_set *w, fd_set *e, const struct timespec *t, const sigset_t *mask) {
  int ready = ring_in_set(n, r, w, e);
  if (ready > 0) return ready;
  int rc = REAL(pselect)(n, r, w, e, t, mask);
  if (rc > 0) fill_set(n, r);
  return rc;
}

ALSO(__poll, poll);
ALSO(__select, select);

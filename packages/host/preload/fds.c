// What becomes of descriptors: dup, close, fcntl. Forking and executing need nothing: the kernel hands the descriptors on, and they know what they are.
#include "linnet.h"
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

// What is to be told to the machine once the descriptor is closed; its number, 0 for nothing.
struct farewell { int op; uint32_t id; };

static struct farewell closing(int fd) {
  struct farewell f = { 0, 0 };
  struct sock *s = sock_fast(fd);
  if (s != NULL && s->refs == 1 && !borrowed() && (s = sock_of(fd)) != NULL) {
    // The machine sees the end of a connection by itself, but for one that it has cut. And who closes a socket that had a port may want it again at once:
    // wait until it is free. (A stream goes on by itself; as on Linux, nobody waits for it.)
    f.op = s->dead ? OP_FORGET : s->raw ? 0 : OP_CLOSED;
    f.id = s->id;
  }
  table_close(fd);
  return f;
}

static void bid(struct farewell f) {
  struct request q = { .op = (uint16_t)f.op, .id = f.id };
  struct call c;
  int e = errno;
  if (f.op != 0 && call_begin(&c, &q, NULL, 0) == 0) call_end(&c);
  errno = e;
}

EXPORT int close(int fd) {
  if (is_hidden(fd)) { errno = EBADF; return -1; }
  int written = file_written(fd), e = errno;
  file_closed(fd);
  struct farewell f = closing(fd);
  int rc = REAL(close)(fd);
  bid(f);
  if (written != 0) { errno = e; return -1; }
  return rc;
}

EXPORT int dup(int fd) {
  int to = REAL(dup)(fd);
  if (to >= 0) table_dup(fd, to), file_dup(fd, to);
  return to;
}

EXPORT int dup2(int from, int to) {
  if (is_hidden(from)) { errno = EBADF; return -1; }
  if (from != to) file_written(to);
  make_way(to);
  int rc = REAL(dup2)(from, to);
  if (rc >= 0 && from != to) table_dup(from, to), file_dup(from, to);
  return rc;
}

EXPORT int dup3(int from, int to, int flags) {
  if (is_hidden(from)) { errno = EBADF; return -1; }
  file_written(to);
  make_way(to);
  int rc = REAL(dup3)(from, to, flags);
  if (rc >= 0) table_dup(from, to), file_dup(from, to);
  return rc;
}

static int do_fcntl(int (*real)(int, int, ...), int fd, int cmd, void *arg) {
  if (is_hidden(fd)) { errno = EBADF; return -1; }
  int rc = real(fd, cmd, arg);
  if (rc >= 0 && (cmd == F_DUPFD || cmd == F_DUPFD_CLOEXEC)) table_dup(fd, rc), file_dup(fd, rc);
  return rc;
}

EXPORT int fcntl(int fd, int cmd, ...) {
  va_list ap;
  va_start(ap, cmd);
  void *arg = va_arg(ap, void *);
  va_end(ap);
  return do_fcntl(REAL(fcntl), fd, cmd, arg);
}

EXPORT int fcntl64(int fd, int cmd, ...) {
  va_list ap;
  va_start(ap, cmd);
  void *arg = va_arg(ap, void *);
  va_end(ap);
  return do_fcntl(REAL(fcntl), fd, cmd, arg);
}

static void forget_range(unsigned first, unsigned last) {
  for (unsigned fd = first; fd <= last && fd < (unsigned)table_limit(); fd++) {
    if (is_hidden((int)fd)) continue;
    file_written((int)fd);
    file_closed((int)fd);
    table_close((int)fd);
  }
}

// Around our own.
static int close_range_but_ours(int (*real)(unsigned, unsigned, int), unsigned first, unsigned last, int flags) {
  int ours[2], n = hidden_fds(ours);
  for (int i = 0; i < n; i++) {
    unsigned at = (unsigned)ours[i];
    if (first > at || last < at) continue;
    if (first < at && real(first, at - 1, flags) != 0) return -1;
    if (at == last) return 0;
    first = at + 1;
  }
  return real(first, last, flags);
}

EXPORT int close_range(unsigned first, unsigned last, int flags) {
  int (*real)(unsigned, unsigned, int) = dlsym(RTLD_NEXT, "close_range");
  if (real == NULL) { errno = ENOSYS; return -1; }
  if (first <= last && !(flags & 4 /* CLOSE_RANGE_CLOEXEC */)) forget_range(first, last);
  return close_range_but_ours(real, first, last, flags);
}

EXPORT void closefrom(int low) {
  if (low < 0) low = 0;
  for (int fd = low; fd < table_limit(); fd++) if (sock_fast(fd) != NULL) close(fd);
  int (*real)(unsigned, unsigned, int) = dlsym(RTLD_NEXT, "close_range");
  if (real != NULL && close_range_but_ours(real, (unsigned)low, ~0u, 0) == 0) return;
  for (int fd = low; fd < 65536; fd++) if (!is_hidden(fd)) REAL(close)(fd);
}

EXPORT int fclose(FILE *f) {
  int fd = fileno(f), flushed = fflush(f), e = errno;
  int written = fd < 0 ? 0 : file_written(fd);
  if (written != 0) e = errno;
  struct farewell bye = { 0, 0 };
  if (fd >= 0) {
    file_closed(fd);
    bye = closing(fd);
  }
  int rc = REAL(fclose)(f);
  bid(bye);
  if (flushed == 0 && written == 0) return rc;
  errno = e;
  return EOF;
}

ALSO(__close, close);
ALSO(__fcntl, fcntl);
EXPORT int __dup2(int from, int to) { return dup2(from, to); }

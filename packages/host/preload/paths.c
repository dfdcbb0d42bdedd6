// Which paths are the machine's, and asking it about them.
#include "files.h"
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

int real_stat(int dir, const char *path, struct stat *st, int flags) { return (int)syscall(SYS_newfstatat, dir, path, st, flags); }

// Is `path` the folder `dir`, or below it?
static int below(const char *path, const char *dir) {
  size_t n = strlen(dir);
  return strncmp(path, dir, n) == 0 && (path[n] == 0 || path[n] == '/');
}

static int served(const char *p) {
  char self[32];
  if (p[0] != '/') return 0;
  if (below(p, "/proc/net") || below(p, "/proc/sys/net") || below(p, "/sys/class/net") || below(p, "/sys/devices/virtual/net")) return 1;
  if (below(p, "/proc/self/net") || below(p, "/proc/thread-self/net")) return 1;
  if (strncmp(p, "/proc/", 6) != 0 || p[6] < '1' || p[6] > '9') return 0;
  snprintf(self, sizeof self, "/proc/%d/net", (int)getpid());
  return below(p, self);
}

const char *carried_path(int dir, const char *path, char *buf, size_t room) {
  if (path == NULL || !linnet_on()) return NULL;
  if (path[0] != '/') {
    // Below a folder that we made up?
    const char *base = dir == AT_FDCWD ? NULL : folder_of(dir);
    if (base == NULL || (size_t)snprintf(buf, room, "%s/%s", base, path) >= room) return NULL;
    return buf;
  }
  if (!served(path)) return NULL;
  // The process is ours, not the machine's: whatever it calls itself, there it is /proc/self.
  const char *net = strncmp(path, "/proc/", 6) == 0 ? strstr(path, "/net") : NULL;
  if (net == NULL || below(path, "/proc/net") || below(path, "/proc/sys/net")) return path;
  return (size_t)snprintf(buf, room, "/proc/self%s", net) < room ? buf : NULL;
}

int path_call(int op, const char *path, uint32_t a, const void *data, size_t n, char **text, size_t *len, struct reply *rep) {
  struct request q = { .op = (uint16_t)op, .a = a };
  struct who w;
  struct iovec v[3] = { { &w, sizeof w }, { (void *)path, strlen(path) }, { (void *)data, n } };
  struct call c;
  if (op == OP_WRITEFILE) q.a = (uint32_t)v[1].iov_len;
  fill_who(&w);
  if (call_begin(&c, &q, v, n > 0 ? 3 : 2) != 0) return -1;
  struct reply r = c.rep;
  if (text != NULL && r.rc >= 0) {
    *len = c.left;
    *text = malloc(*len + 1);
    if (*text != NULL) (*text)[*len = call_read(&c, *text, *len)] = 0;
  }
  call_end(&c);
  if (rep != NULL) *rep = r;
  if (r.rc < 0) { errno = -r.rc; return -1; }
  if (text != NULL && *text == NULL) { errno = ENOMEM; return -1; }
  return 0;
}

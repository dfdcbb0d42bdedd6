// Asking about files of the machine: stat in its many forms, access, readlink.
#include "files.h"
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

static int stat_carried(const char *path, int follow, struct stat *st) {
  struct reply r;
  if (path_call(OP_STAT, path, follow ? 1 : 0, NULL, 0, NULL, NULL, &r) != 0) return -1;
  memset(st, 0, sizeof *st);
  st->st_mode = r.a;
  st->st_ino = r.b;
  st->st_size = (off_t)r.c;
  st->st_dev = makedev(0, 0x4c);
  st->st_nlink = S_ISDIR(r.a) ? 2 : 1;
  st->st_blksize = 4096;
  st->st_uid = 0;
  return 0;
}

static int stat_at(int dir, const char *path, struct stat *st, int flags) {
  char buf[PATH_MAX];
  const char *ours = carried_path(dir, path, buf, sizeof buf);
  return ours != NULL ? stat_carried(ours, !(flags & AT_SYMLINK_NOFOLLOW), st) : real_stat(dir, path, st, flags);
}

EXPORT int stat(const char *path, struct stat *st) { return stat_at(AT_FDCWD, path, st, 0); }
EXPORT int lstat(const char *path, struct stat *st) { return stat_at(AT_FDCWD, path, st, AT_SYMLINK_NOFOLLOW); }
EXPORT int fstatat(int dir, const char *path, struct stat *st, int flags) { return stat_at(dir, path, st, flags); }
#if defined(__LP64__)
EXPORT int stat64(const char *path, struct stat64 *st) { return stat_at(AT_FDCWD, path, (struct stat *)st, 0); }
EXPORT int lstat64(const char *path, struct stat64 *st) { return stat_at(AT_FDCWD, path, (struct stat *)st, AT_SYMLINK_NOFOLLOW); }
EXPORT int fstatat64(int dir, const char *path, struct stat64 *st, int flags) { return stat_at(dir, path, (struct stat *)st, flags); }
// The names that programs built before glibc 2.33 use.
EXPORT int __xstat(int v, const char *path, struct stat *st) { (void)v; return stat_at(AT_FDCWD, path, st, 0); }
EXPORT int __lxstat(int v, const char *path, struct stat *st) { (void)v; return stat_at(AT_FDCWD, path, st, AT_SYMLINK_NOFOLLOW); }
EXPORT int __fxstatat(int v, int dir, const char *path, struct stat *st, int flags) { (void)v; return stat_at(dir, path, st, flags); }
EXPORT int __xstat64(int v, const char *path, struct stat64 *st) { (void)v; return stat_at(AT_FDCWD, path, (struct stat *)st, 0); }
EXPORT int __lxstat64(int v, const char *path, struct stat64 *st) { (void)v; return stat_at(AT_FDCWD, path, (struct stat *)st, AT_SYMLINK_NOFOLLOW); }
EXPORT int __fxstatat64(int v, int dir, const char *path, struct stat64 *st, int flags) { (void)v; return stat_at(dir, path, (struct stat *)st, flags); }
#endif

EXPORT int statx(int dir, const char *restrict path, int flags, unsigned mask, struct statx *restrict out) {
  char buf[PATH_MAX];
  struct stat st;
  const char *ours = carried_path(dir, path, buf, sizeof buf);
  if (ours == NULL) return REAL(statx)(dir, path, flags, mask, out);
  if (stat_carried(ours, !(flags & AT_SYMLINK_NOFOLLOW), &st) != 0) return -1;
  memset(out, 0, sizeof *out);
  out->stx_mask = STATX_TYPE | STATX_MODE | STATX_NLINK | STATX_UID | STATX_GID | STATX_INO | STATX_SIZE;
  out->stx_mode = (uint16_t)st.st_mode;
  out->stx_nlink = (uint32_t)st.st_nlink;
  out->stx_ino = st.st_ino;
  out->stx_size = (uint64_t)st.st_size;
  out->stx_blksize = 4096;
  out->stx_dev_minor = 0x4c;
  return 0;
}

static int access_carried(const char *path, int mode) {
  struct stat st;
  if (stat_carried(path, 1, &st) != 0) return -1;
  if (((mode & W_OK) && !(st.st_mode & 0222)) || ((mode & X_OK) && !(st.st_mode & 0111))) { errno = EACCES; return -1; }
  return 0;
}

EXPORT int access(const char *path, int mode) {
  char buf[PATH_MAX];
  const char *ours = carried_path(AT_FDCWD, path, buf, sizeof buf);
  return ours != NULL ? access_carried(ours, mode) : REAL(access)(path, mode);
}

EXPORT int faccessat(int dir, const char *path, int mode, int flags) {
  char buf[PATH_MAX];
  const char *ours = carried_path(dir, path, buf, sizeof buf);
  return ours != NULL ? access_carried(ours, mode) : REAL(faccessat)(dir, path, mode, flags);
}

static ssize_t readlink_carried(const char *path, char *out, size_t room) {
  char *to;
  size_t len;
  if (path_call(OP_READLINK, path, 0, NULL, 0, &to, &len, NULL) != 0) return -1;
  if (len > room) len = room;
  memcpy(out, to, len);
  free(to);
  return (ssize_t)len;
}

EXPORT ssize_t readlink(const char *restrict path, char *restrict out, size_t room) {
  char buf[PATH_MAX];
  const char *ours = carried_path(AT_FDCWD, path, buf, sizeof buf);
  return ours != NULL ? readlink_carried(ours, out, room) : REAL(readlink)(path, out, room);
}

EXPORT ssize_t readlinkat(int dir, const char *restrict path, char *restrict out, size_t room) {
  char buf[PATH_MAX];
  const char *ours = carried_path(dir, path, buf, sizeof buf);
  return ours != NULL ? readlink_carried(ours, out, room) : REAL(readlinkat)(dir, path, out, room);
}

// The C library's own asks the system about each folder on the way, past us. Of our paths only those of devices go through a link that matters: /sys/class/net/NAME.
static char *resolve_carried(const char *path, char *out) {
  struct stat st;
  char at[PATH_MAX] = "";
  size_t n = 0;
  if (stat_carried(path, 1, &st) != 0) return NULL;
  for (const char *p = path; *p != 0;) {
    while (*p == '/') p++;
    size_t k = strcspn(p, "/");
    if (k == 2 && p[0] == '.' && p[1] == '.') while (n > 0 && at[--n] != '/') ;
    else if (k > 0 && !(k == 1 && *p == '.')) {
      if (n + 1 + k >= sizeof at) { errno = ENAMETOOLONG; return NULL; }
      at[n++] = '/';
      memcpy(at + n, p, k);
      n += k;
    }
    at[n] = 0;
    p += k;
  }
  static const char links[] = "/sys/class/net/", to[] = "/sys/devices/virtual/net/";
  int linked = n >= sizeof links && memcmp(at, links, sizeof links - 1) == 0;
  if (linked && n + sizeof to - sizeof links >= PATH_MAX) { errno = ENAMETOOLONG; return NULL; }
  if (out == NULL && (out = malloc(PATH_MAX)) == NULL) return NULL;
  if (linked) {
    strcpy(out, to);
    strcat(out, at + sizeof links - 1);
  } else {
    strcpy(out, at);
  }
  return out;
}

EXPORT char *realpath(const char *restrict path, char *restrict out) {
  char buf[PATH_MAX];
  const char *ours = carried_path(AT_FDCWD, path, buf, sizeof buf);
  return ours != NULL ? resolve_carried(ours, out) : REAL(realpath)(path, out);
}

EXPORT char *__realpath_chk(const char *path, char *out, size_t room) {
  if (room < PATH_MAX) abort();
  return realpath(path, out);
}

EXPORT char *canonicalize_file_name(const char *path) { return realpath(path, NULL); }

// ls and others ask for attributes beyond these: there are none.
static int no_attributes(const char *path) {
  struct stat st;
  if (stat_carried(path, 0, &st) == 0) errno = ENOTSUP;
  return -1;
}

#define XATTR(name, args, call) \
  EXPORT ssize_t name args { \
    char buf[PATH_MAX]; \
    const char *ours = carried_path(AT_FDCWD, path, buf, sizeof buf); \
    return ours != NULL ? no_attributes(ours) : REAL(name) call; \
  }
XATTR(getxattr, (const char *path, const char *name, void *value, size_t size), (path, name, value, size))
XATTR(lgetxattr, (const char *path, const char *name, void *value, size_t size), (path, name, value, size))
XATTR(listxattr, (const char *path, char *list, size_t size), (path, list, size))
XATTR(llistxattr, (const char *path, char *list, size_t size), (path, list, size))

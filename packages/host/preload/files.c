// Opening files of the machine: reading gives a snapshot in memory, writing goes to the machine at once, or, where the C library's own buffers wrote past us, when the
// descriptor is closed.
#include "files.h"
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define NAME "linnet:"
#define MAX_WRITTEN 64

// Descriptors that are open for writing. Few at a time.
static struct written { int fd; char *path; char *was; } written[MAX_WRITTEN];
static volatile int writers;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void files_lock(void) { pthread_mutex_lock(&lock); }
void files_unlock(void) { pthread_mutex_unlock(&lock); }

// A child is not to find it held by a thread that it has not got.
__attribute__((constructor)) static void keep_over_fork(void) {
  if (linnet_on()) pthread_atfork(files_lock, files_unlock, files_unlock);
}

static struct written *find(int fd) {
  if (writers == 0 || borrowed()) return NULL;
  for (int i = 0; i < MAX_WRITTEN; i++) if (written[i].path != NULL && written[i].fd == fd) return &written[i];
  return NULL;
}

static int remember(int fd, const char *path, const char *was) {
  int i = 0;
  files_lock();
  while (i < MAX_WRITTEN && written[i].path != NULL) i++;
  if (i < MAX_WRITTEN && (written[i].path = strdup(path)) != NULL) {
    written[i].was = was == NULL ? NULL : strdup(was);
    written[i].fd = fd;
    writers++;
  } else {
    errno = i < MAX_WRITTEN ? ENOMEM : EMFILE;
    i = -1;
  }
  files_unlock();
  return i < 0 ? -1 : 0;
}

int is_written_file(int fd) { return find(fd) != NULL; }

void file_closed(int fd) {
  folder_closed(fd);
  if (writers == 0) return;
  files_lock();
  struct written *w = find(fd);
  if (w != NULL) {
    free(w->path);
    free(w->was);
    w->path = w->was = NULL;
    writers--;
  }
  files_unlock();
}

void file_dup(int from, int to) {
  struct written *w = find(from);
  file_closed(to);
  folder_dup(from, to);
  if (w != NULL) remember(to, w->path, w->was);
}

ssize_t file_write(int fd, const void *buf, size_t n) {
  struct written *w = find(fd);
  if (w == NULL) return REAL(write)(fd, buf, n);
  return path_call(OP_WRITEFILE, w->path, 0, buf, n, NULL, NULL, NULL) == 0 ? (ssize_t)n : -1;
}

// What was written past us is in the memory file.
int file_written(int fd) {
  struct written *w = find(fd);
  struct stat st;
  int rc = 0;
  if (w == NULL || fstat(fd, &st) != 0 || st.st_size == 0) return 0;
  char *text = malloc((size_t)st.st_size + 1);
  if (text == NULL) return -1;
  ssize_t n = pread(fd, text, (size_t)st.st_size, 0);
  if (n > 0) {
    text[n] = 0;
    if (w->was == NULL || strcmp(w->was, text) != 0) rc = path_call(OP_WRITEFILE, w->path, 0, text, (size_t)n, NULL, NULL, NULL);
  }
  int e = errno;
  free(text);
  if (ftruncate(fd, 0) == 0) lseek(fd, 0, SEEK_SET);
  errno = e;
  return rc;
}

__attribute__((destructor)) static void write_all(void) {
  for (int i = 0; i < MAX_WRITTEN && writers > 0; i++) if (written[i].path != NULL) file_written(written[i].fd);
}

// A program that was started with such a descriptor as its output.
__attribute__((constructor)) static void adopt_written(void) {
  char link[PATH_MAX], at[64];
  if (!linnet_on()) return;
  for (int fd = 0; fd < 3; fd++) {
    snprintf(at, sizeof at, "/proc/self/fd/%d", fd);
    ssize_t n = REAL(readlink)(at, link, sizeof link - 1);
    if (n <= 0) continue;
    link[n] = 0;
    char *path = strstr(link, "/memfd:" NAME), *end = strstr(link, " (deleted)");
    if (path == NULL || end == NULL) continue;
    *end = 0;
    path += strlen("/memfd:" NAME);
    if (*path == '/') remember(fd, path, NULL);
  }
}

static int open_carried(const char *path, int flags) {
  struct reply st;
  char *text = NULL, name[256];
  size_t len = 0;
  int mode = flags & O_ACCMODE;
  if (path_call(OP_STAT, path, 1, NULL, 0, NULL, NULL, &st) != 0) return -1;
  if (S_ISDIR(st.a)) {
    if (mode != O_RDONLY) { errno = EISDIR; return -1; }
    return open_folder(path, flags);
  }
  if (flags & O_DIRECTORY) { errno = ENOTDIR; return -1; }
  if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL)) { errno = EEXIST; return -1; }
  if (mode != O_RDONLY && !(st.a & 0222)) { errno = EACCES; return -1; }
  if (mode != O_WRONLY && path_call(OP_READFILE, path, 0, NULL, 0, &text, &len, NULL) != 0) return -1;
  snprintf(name, 250, NAME "%s", mode == O_RDONLY ? "" : path);
  int fd = memfd_create(name, flags & O_CLOEXEC ? MFD_CLOEXEC : 0);
  for (size_t at = 0; fd >= 0 && at < len;) {
    ssize_t k = REAL(write)(fd, text + at, len - at);
    if (k <= 0) break;
    at += (size_t)k;
  }
  if (fd >= 0) lseek(fd, 0, SEEK_SET);
  if (fd >= 0 && mode != O_RDONLY && remember(fd, path, text) != 0) { REAL(close)(fd); fd = -1; }
  free(text);
  return fd;
}

static int is_tun(const char *path) { return path != NULL && strcmp(path, "/dev/net/tun") == 0 && linnet_on(); }

static int open_at(int (*real)(int, const char *, int, ...), int dir, const char *path, int flags, mode_t mode) {
  char buf[PATH_MAX];
  if (is_tun(path)) return open_tun(flags);
  const char *ours = carried_path(dir, path, buf, sizeof buf);
  return ours != NULL ? open_carried(ours, flags) : real(dir, path, flags, mode);
}

static int open_it(int (*real)(const char *, int, ...), const char *path, int flags, mode_t mode) {
  char buf[PATH_MAX];
  if (is_tun(path)) return open_tun(flags);
  const char *ours = carried_path(AT_FDCWD, path, buf, sizeof buf);
  return ours != NULL ? open_carried(ours, flags) : real(path, flags, mode);
}

#define MODE(flags) ({ mode_t m_ = 0; if ((flags) & (O_CREAT | O_TMPFILE)) { va_list ap_; va_start(ap_, flags); m_ = va_arg(ap_, mode_t); va_end(ap_); } m_; })

EXPORT int open(const char *path, int flags, ...) { return open_it(REAL(open), path, flags, MODE(flags)); }
EXPORT int open64(const char *path, int flags, ...) { return open_it(REAL(open64), path, flags, MODE(flags)); }
EXPORT int openat(int dir, const char *path, int flags, ...) { return open_at(REAL(openat), dir, path, flags, MODE(flags)); }
EXPORT int openat64(int dir, const char *path, int flags, ...) { return open_at(REAL(openat64), dir, path, flags, MODE(flags)); }
EXPORT int __open_2(const char *path, int flags) { return open(path, flags); }
EXPORT int __open64_2(const char *path, int flags) { return open64(path, flags); }
EXPORT int __openat_2(int dir, const char *path, int flags) { return openat(dir, path, flags); }
EXPORT int __openat64_2(int dir, const char *path, int flags) { return openat64(dir, path, flags); }
EXPORT int creat(const char *path, mode_t mode) { return open(path, O_WRONLY | O_CREAT | O_TRUNC, mode); }

static FILE *fopen_it(FILE *(*real)(const char *, const char *), const char *path, const char *mode) {
  char buf[PATH_MAX];
  const char *ours = carried_path(AT_FDCWD, path, buf, sizeof buf);
  if (ours == NULL) return real(path, mode);
  int flags = strchr(mode, '+') != NULL ? O_RDWR : mode[0] == 'r' ? O_RDONLY : O_WRONLY;
  if (strchr(mode, 'e') != NULL) flags |= O_CLOEXEC;
  int fd = open_carried(ours, flags);
  if (fd < 0) return NULL;
  FILE *f = fdopen(fd, mode);
  if (f == NULL) close(fd);
  return f;
}

EXPORT FILE *fopen(const char *path, const char *mode) { return fopen_it(REAL(fopen), path, mode); }
EXPORT FILE *fopen64(const char *path, const char *mode) { return fopen_it(REAL(fopen64), path, mode); }

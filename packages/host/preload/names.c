// opendir and its kin for folders of the machine: the names are in memory, and nothing is left behind by a program that never closes what it opened.
#include "files.h"
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

struct names {
  struct names *next;
  char *path, *list;
  size_t len, at;
  int fd;                                      // a real folder, once somebody has asked for a descriptor
  struct dirent entry;
};

static struct names *volatile all;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static struct names *names_of(DIR *d) {
  if (all == NULL) return NULL;
  pthread_mutex_lock(&lock);
  struct names *n = all;
  while (n != NULL && (DIR *)n != d) n = n->next;
  pthread_mutex_unlock(&lock);
  return n;
}

static void take(void) { pthread_mutex_lock(&lock); }
static void give(void) { pthread_mutex_unlock(&lock); }
__attribute__((constructor)) static void keep_over_fork(void) {
  if (linnet_on()) pthread_atfork(take, give, give);
}

static DIR *open_names(const char *path) {
  struct names *n = calloc(1, sizeof *n);
  if (n == NULL) return NULL;
  if (path_call(OP_LIST, path, 0, NULL, 0, &n->list, &n->len, NULL) != 0) { free(n); return NULL; }
  n->path = strdup(path);
  n->fd = -1;
  pthread_mutex_lock(&lock);
  n->next = all;
  all = n;
  pthread_mutex_unlock(&lock);
  return (DIR *)n;
}

static struct dirent *next_name(struct names *n) {
  size_t index = 0, at = 0;
  const char *name = NULL;
  unsigned char type = DT_DIR;
  // The two that every folder has come first; then each entry is a byte for its type, its name, and a NUL.
  if (n->at == 0) name = ".";
  else if (n->at == 1) name = "..";
  for (index = 2; name == NULL && at + 2 <= n->len; index++) {
    if (index == n->at) type = (unsigned char)n->list[at], name = n->list + at + 1;
    at += strnlen(n->list + at + 1, n->len - at - 1) + 2;
  }
  if (name == NULL || strlen(name) >= sizeof n->entry.d_name) return NULL;
  n->at++;
  memset(&n->entry, 0, sizeof n->entry);
  n->entry.d_ino = n->at;
  n->entry.d_off = (off_t)n->at;
  n->entry.d_reclen = sizeof n->entry;
  n->entry.d_type = type;
  strcpy(n->entry.d_name, name);
  return &n->entry;
}

EXPORT DIR *opendir(const char *path) {
  char buf[PATH_MAX];
  const char *ours = carried_path(AT_FDCWD, path, buf, sizeof buf);
  return ours != NULL ? open_names(ours) : REAL(opendir)(path);
}

EXPORT struct dirent *readdir(DIR *d) {
  struct names *n = names_of(d);
  return n != NULL ? next_name(n) : REAL(readdir)(d);
}

EXPORT int closedir(DIR *d) {
  struct names *n = names_of(d);
  if (n == NULL) {
    folder_closed(dirfd(d));
    return REAL(closedir)(d);
  }
  pthread_mutex_lock(&lock);
  for (struct names *volatile *p = &all; *p != NULL; p = (struct names *volatile *)&(*p)->next) if (*p == n) { *p = n->next; break; }
  pthread_mutex_unlock(&lock);
  if (n->fd >= 0) close(n->fd);
  free(n->path);
  free(n->list);
  free(n);
  return 0;
}

EXPORT void rewinddir(DIR *d) {
  struct names *n = names_of(d);
  if (n == NULL) REAL(rewinddir)(d);
  else n->at = 0;
}

EXPORT long telldir(DIR *d) {
  struct names *n = names_of(d);
  return n != NULL ? (long)n->at : REAL(telldir)(d);
}

EXPORT void seekdir(DIR *d, long at) {
  struct names *n = names_of(d);
  if (n == NULL) REAL(seekdir)(d, at);
  else n->at = (size_t)at;
}

EXPORT int dirfd(DIR *d) {
  struct names *n = names_of(d);
  if (n == NULL) return REAL(dirfd)(d);
  if (n->fd < 0) n->fd = open_folder(n->path, O_CLOEXEC);
  return n->fd;
}

// The C library's own opens the folder past us.
static int scan(const char *path, struct dirent ***out, int (*take)(const struct dirent *), int (*cmp)(const struct dirent **, const struct dirent **)) {
  DIR *d = opendir(path);
  struct dirent **list = NULL;
  size_t n = 0;
  if (d == NULL) return -1;
  for (struct dirent *e; (e = readdir(d)) != NULL;) {
    if (take != NULL && !take(e)) continue;
    struct dirent **more = realloc(list, (n + 1) * sizeof *list), *copy = malloc(sizeof *copy);
    if (more != NULL) list = more;
    if (more == NULL || copy == NULL) { free(copy); break; }
    *copy = *e;
    list[n++] = copy;
  }
  closedir(d);
  if (cmp != NULL && n > 1) qsort(list, n, sizeof *list, (int (*)(const void *, const void *))cmp);
  *out = list;
  return (int)n;
}

EXPORT int scandir(const char *path, struct dirent ***out, int (*take)(const struct dirent *), int (*cmp)(const struct dirent **, const struct dirent **)) {
  char buf[PATH_MAX];
  return carried_path(AT_FDCWD, path, buf, sizeof buf) == NULL ? REAL(scandir)(path, out, take, cmp) : scan(path, out, take, cmp);
}

#if defined(__LP64__)
EXPORT struct dirent64 *readdir64(DIR *d) {
  struct names *n = names_of(d);
  return n != NULL ? (struct dirent64 *)next_name(n) : REAL(readdir64)(d);
}

EXPORT int scandir64(const char *path, struct dirent64 ***out, int (*take)(const struct dirent64 *), int (*cmp)(const struct dirent64 **, const struct dirent64 **)) {
  return scandir(path, (struct dirent ***)out, (int (*)(const struct dirent *))take, (int (*)(const struct dirent **, const struct dirent **))cmp);
}
#endif

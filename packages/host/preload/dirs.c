// Folders of the machine. Whoever opens one as a descriptor gets a real folder with the names in it, so that every way of using one works; it goes when it is closed.
#include "files.h"
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#define MAX_FOLDERS 64
static struct folder { int fd; char *path, *real; pid_t maker; } folders[MAX_FOLDERS];   // whoever made the real one takes it away
static volatile int open_folders;

const char *folder_of(int fd) {
  if (open_folders == 0) return NULL;
  for (int i = 0; i < MAX_FOLDERS; i++) if (folders[i].path != NULL && folders[i].fd == fd) return folders[i].path;
  return NULL;
}

// A flat folder of files, links and empty folders that we have made.
static void discard(const char *dir) {
  char at[PATH_MAX];
  DIR *d = REAL(opendir)(dir);
  if (d != NULL) {
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
      if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) continue;
      if ((size_t)snprintf(at, sizeof at, "%s/%s", dir, e->d_name) >= sizeof at) continue;
      if (unlink(at) != 0) rmdir(at);
    }
    REAL(closedir)(d);
  }
  rmdir(dir);
}

void folder_closed(int fd) {
  if (open_folders == 0 || borrowed()) return;
  files_lock();
  for (int i = 0; i < MAX_FOLDERS; i++) {
    if (folders[i].path == NULL || folders[i].fd != fd) continue;
    int e = errno, others = 0;
    for (int k = 0; k < MAX_FOLDERS; k++) if (k != i && folders[k].path != NULL && strcmp(folders[k].real, folders[i].real) == 0) others++;
    if (others == 0 && folders[i].maker == getpid()) discard(folders[i].real);
    free(folders[i].path);
    free(folders[i].real);
    folders[i].path = folders[i].real = NULL;
    open_folders--;
    errno = e;
  }
  files_unlock();
}

// Takes over both names. -1 when there is no place, or no memory, for them.
static int keep(int fd, char *path, char *real, pid_t maker) {
  int i = 0;
  files_lock();
  while (i < MAX_FOLDERS && folders[i].path != NULL) i++;
  if (i < MAX_FOLDERS && path != NULL && real != NULL) {
    folders[i] = (struct folder){ fd, path, real, maker };
    open_folders++;
  } else {
    i = -1;
    free(path);
    free(real);
  }
  files_unlock();
  return i < 0 ? -1 : 0;
}

void folder_dup(int from, int to) {
  if (open_folders == 0 || borrowed()) return;
  for (int i = 0; i < MAX_FOLDERS; i++) {
    if (folders[i].path == NULL || folders[i].fd != from) continue;
    keep(to, strdup(folders[i].path), strdup(folders[i].real), folders[i].maker);
    return;
  }
}

__attribute__((destructor)) static void discard_all(void) {
  for (int i = 0; i < MAX_FOLDERS && open_folders > 0; i++) if (folders[i].path != NULL) folder_closed(folders[i].fd);
}

static void put_entry(const char *dir, const char *of, unsigned char type, const char *name) {
  char at[PATH_MAX], from[PATH_MAX], *to = NULL;
  size_t len;
  if (strchr(name, '/') != NULL || (size_t)snprintf(at, sizeof at, "%s/%s", dir, name) >= sizeof at) return;
  if (type == DT_DIR) {
    mkdir(at, 0700);
  } else if (type == DT_LNK && (size_t)snprintf(from, sizeof from, "%s/%s", of, name) < sizeof from && path_call(OP_READLINK, from, 0, NULL, 0, &to, &len, NULL) == 0) {
    (void)!symlink(to, at);
    free(to);
  } else {
    int fd = REAL(open)(at, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    if (fd >= 0) REAL(close)(fd);
  }
}

int open_folder(const char *path, int flags) {
  char *list, dir[PATH_MAX];
  size_t len;
  const char *tmp = getenv("TMPDIR");
  if (path_call(OP_LIST, path, 0, NULL, 0, &list, &len, NULL) != 0) return -1;
  int n = snprintf(dir, sizeof dir - 6, "%s/linnet-", tmp != NULL ? tmp : "/tmp");
  if ((size_t)n >= sizeof dir - 6) { free(list); errno = ENAMETOOLONG; return -1; }
  memset(dir + n, 'X', 6);                     // for mkdtemp
  dir[n + 6] = 0;
  if (mkdtemp(dir) == NULL) { free(list); return -1; }
  for (size_t at = 0; at + 2 <= len;) {
    put_entry(dir, path, (unsigned char)list[at], list + at + 1);
    at += strnlen(list + at + 1, len - at - 1) + 2;
  }
  free(list);
  int fd = REAL(open)(dir, (flags & O_CLOEXEC) | O_RDONLY | O_DIRECTORY);
  if (fd < 0) { discard(dir); return -1; }
  if (keep(fd, strdup(path), strdup(dir), getpid()) == 0) return fd;
  REAL(close)(fd);
  discard(dir);
  errno = EMFILE;
  return -1;
}

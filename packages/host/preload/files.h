// What the files about files share: /proc/net, /proc/sys/net and /sys/class/net of the machine.
#ifndef LINNET_FILES_H
#define LINNET_FILES_H
#include "linnet.h"
#include <dirent.h>
#include <stdio.h>

own void files_lock(void);                                // the tables of files and folders are for one thread at a time
own void files_unlock(void);
own const char *carried_path(int dir, const char *path, char *buf, size_t room);   // the machine's path for one that it serves, or NULL
own int path_call(int op, const char *path, uint32_t a, const void *data, size_t n, char **text, size_t *len, struct reply *rep);   // *text is malloc'ed
own int real_stat(int dir, const char *path, struct stat *st, int flags);
own int open_folder(const char *path, int flags);        // a real folder with the names of one of the machine's
own const char *folder_of(int fd);                       // what such a folder stands for, or NULL
own void folder_closed(int fd);
own void folder_dup(int from, int to);

#endif

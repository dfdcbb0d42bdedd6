/**
 * File status and descriptor flags: open(2), fcntl(2).
 */

// Open flags

/** Flag of open(2): largefile. @public */
export const O_LARGEFILE = 0x0;
/** open(2): read only. @public */
export const O_RDONLY = 0x0;
/** open(2): write only. @public */
export const O_WRONLY = 0x1;
/** open(2): read and write. @public */
export const O_RDWR = 0x2;
/** Flag of open(2): accmode. @public */
export const O_ACCMODE = 0x3;
/** Flag of open(2): creat. @public */
export const O_CREAT = 0x40;
/** Flag of open(2): excl. @public */
export const O_EXCL = 0x80;
/** Flag of open(2): noctty. @public */
export const O_NOCTTY = 0x100;
/** Flag of open(2): trunc. @public */
export const O_TRUNC = 0x200;
/** open(2): writes go to the end. @public */
export const O_APPEND = 0x400;
/** Flag of open(2): ndelay. @public */
export const O_NDELAY = 0x800;
/** open(2), fcntl(2): calls do not block. @public */
export const O_NONBLOCK = 0x800;
/** Flag of open(2): dsync. @public */
export const O_DSYNC = 0x1000;
/** Flag of open(2): async. @public */
export const O_ASYNC = 0x2000;
/** Flag of open(2): direct. @public */
export const O_DIRECT = 0x4000;
/** Flag of open(2): directory. @public */
export const O_DIRECTORY = 0x10000;
/** Flag of open(2): nofollow. @public */
export const O_NOFOLLOW = 0x20000;
/** Flag of open(2): noatime. @public */
export const O_NOATIME = 0x40000;
/** open(2): close on execve(2). @public */
export const O_CLOEXEC = 0x80000;
/** Flag of open(2): fsync. @public */
export const O_FSYNC = 0x101000;
/** Flag of open(2): rsync. @public */
export const O_RSYNC = 0x101000;
/** Flag of open(2): sync. @public */
export const O_SYNC = 0x101000;
/** Flag of open(2): path. @public */
export const O_PATH = 0x200000;
/** Flag of open(2): tmpfile. @public */
export const O_TMPFILE = 0x410000;

// fcntl(2) commands

/** fcntl(2): duplicate the descriptor. @public */
export const F_DUPFD = 0;
/** fcntl(2): descriptor flags. @public */
export const F_GETFD = 1;
/** fcntl(2): set descriptor flags. @public */
export const F_SETFD = 2;
/** fcntl(2): file status flags. @public */
export const F_GETFL = 3;
/** fcntl(2): set file status flags. @public */
export const F_SETFL = 4;
/** Command of fcntl(2): setown. @public */
export const F_SETOWN = 8;
/** Command of fcntl(2): getown. @public */
export const F_GETOWN = 9;
/** Command of fcntl(2): setsig. @public */
export const F_SETSIG = 10;
/** Command of fcntl(2): getsig. @public */
export const F_GETSIG = 11;
/** Command of fcntl(2): setown ex. @public */
export const F_SETOWN_EX = 15;
/** Command of fcntl(2): getown ex. @public */
export const F_GETOWN_EX = 16;
/** Command of fcntl(2): dupfd cloexec. @public */
export const F_DUPFD_CLOEXEC = 1030;
/** Command of fcntl(2): setpipe sz. @public */
export const F_SETPIPE_SZ = 1031;
/** Command of fcntl(2): getpipe sz. @public */
export const F_GETPIPE_SZ = 1032;

// Descriptor flags

/** Descriptor flag: close on execve(2). @public */
export const FD_CLOEXEC = 1;

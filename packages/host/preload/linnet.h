// What the files of the preload library share. docs/preload.md tells the whole story; src/control/wire.ts is the other side of the wire.
#ifndef LINNET_H
#define LINNET_H
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>

// Only the interposed functions are seen from outside; `own` marks what the files share among themselves.
#define EXPORT __attribute__((visibility("default")))
#define own __attribute__((visibility("hidden")))
// The C library's other name for one of its functions, which other libraries use.
#define ALSO(name, of) EXPORT __typeof__(of) name __attribute__((alias(#of)))

// The function that would have been called without us. Each place keeps its own pointer.
#define REAL(fn) ({ static __typeof__(fn) *p_; if (p_ == NULL) p_ = (__typeof__(fn) *)dlsym(RTLD_NEXT, #fn); p_; })

// ---- the wire ------------------------------------------------------------------------------------------------------
#define WIRE_MAGIC 0x31544e4cu
#define WIRE_VERSION 1u
#define WHO_HOME 1u
enum {
  OP_HELLO = 1, OP_SOCKET, OP_ACCEPT, OP_BIND, OP_CONNECT, OP_LISTEN, OP_GETNAME, OP_SHUTDOWN, OP_SETSOCKOPT, OP_GETSOCKOPT, OP_SENDMSG, OP_RECVMSG,
  OP_IOCTL, OP_PLUGGED, OP_POLL, OP_ENDED, OP_INFO, OP_FORGET, OP_READFILE, OP_WRITEFILE, OP_STAT, OP_LIST, OP_RECVMANY, OP_READLINK, OP_CLOSED, OP_TUN,
};
#define REPLY_RAW 1u
#define REPLY_PLUG 2u
#define KIND_CALLS 0u
#define KIND_STREAM 1u
#define MAX_FRAME (4u << 20)

struct request { uint32_t len; uint16_t op, zero; uint32_t id, a, b, c; };
struct reply { uint32_t len; int32_t rc; uint16_t drop, flags; uint32_t a, b, c; };
struct who { uint32_t magic, version, pid, flags; uint64_t ino, sock_ino; char netns[256]; };

// The family that /dev/net/tun has in the table: no socket's.
#define DOMAIN_TUN 0x7fff

// Bits of a token, the byte that makes a descriptor readable.
#define TOKEN_IN 1
#define TOKEN_ERR 2
#define TOKEN_HUP 4
#define TOKEN_RDHUP 8
#define TOKEN_PRI 16

// ---- wire.c: one control connection a process ----------------------------------------------------------------------
// A call that is under way: signals are blocked and the connection is locked from call_begin (which sends) to call_end.
struct call { struct reply rep; size_t left; sigset_t mask; int cancel; };

own int linnet_on(void);                       // is there a machine to talk to?
own const char *control_path(void);
own void fill_who(struct who *w);
own int call_begin(struct call *c, struct request *q, const struct iovec *iov, int n);   // 0, or -1 with errno: the machine is gone
own size_t call_read(struct call *c, void *buf, size_t n);                               // the next bytes of the reply's payload
own void call_end(struct call *c);                                                       // what is left of the payload is thrown away
own int dial(const struct request *q, const struct iovec *iov, int n, struct reply *rep, void *payload, size_t cap);   // a data connection
own int is_hidden(int fd);                     // our own descriptor, which the program must not close
own int hidden_fds(int out[2]);
own void make_way(int fd);                     // dup2 onto one of ours: it moves
own int send_all(int fd, struct iovec *v, int n);
own int recv_all(int fd, void *buf, size_t n);

// ---- table.c: what the process's descriptors are -------------------------------------------------------------------
struct ring;
struct sock {
  int refs;
  uint32_t id;
  int stream;                                  // carries a stream once it is connected
  volatile int raw;                            // it is connected: the descriptor carries the stream itself
  volatile int shut_wr, dead;
  int domain, type, proto;
  uint64_t dev, ino;                           // of the descriptor, to notice that its number means something else by now
  struct ring *ring;                           // PACKET_RX_RING
};

own struct sock *sock_of(int fd);              // the socket behind a descriptor, or NULL
own struct sock *sock_fast(int fd);            // the same without asking the kernel whether the number still means it
own void sock_bind_name(int fd, struct sock *s);
own struct sock *sock_new(int fd, uint32_t id, int stream, int domain, int type, int proto);
own void table_dup(int from, int to);
own void table_close(int fd);
own void adopt_fd(int fd);                     // an inherited or received descriptor: is it one of ours?
own void adopt_cmsgs(const struct msghdr *m);
own int table_any(void);                       // are there any sockets?
own int table_limit(void);
own int borrowed(void);                        // a child of vfork, in its parent's memory: what it does to its descriptors is not the parent's affair

// ---- files.c -------------------------------------------------------------------------------------------------------
own int file_written(int fd);                  // a descriptor for a file of /proc/sys is about to be closed: 0 or -1 with errno
own void file_closed(int fd);
own void file_dup(int from, int to);
own int is_written_file(int fd);
own ssize_t file_write(int fd, const void *buf, size_t n);

// ---- calls.c, io.c -------------------------------------------------------------------------------------------------
own int simple_call(int fd, struct sock *s, int op, uint32_t a, uint32_t b, uint32_t c, const void *in, size_t n, void *out, size_t *outlen, struct reply *rep);
own void after_reply(int fd, struct sock *s, const struct reply *r);
own int open_tun(int flags);
own int raw_syscall_blocking(int fd);
own ssize_t carried_sendmsg(int fd, struct sock *s, const struct msghdr *m, int flags);
own ssize_t carried_recvmsg(int fd, struct sock *s, struct msghdr *m, int flags);
own int plug(int fd, struct sock *s);
own int wait_writable(int fd);
own int wait_readable(int fd, int flags);

// ---- ring.c --------------------------------------------------------------------------------------------------------
own int ring_setsockopt(int fd, struct sock *s, int opt, const void *val, socklen_t len, int *handled);
own int ring_getsockopt(int fd, struct sock *s, int opt, void *val, socklen_t *len, int *handled);
own int ring_ready(int fd, struct sock *s);    // frames that the program has not taken yet?
own void ring_fill(int fd, struct sock *s);
own void ring_free(struct ring *r);
extern own int rings;                                 // how many there are

#endif

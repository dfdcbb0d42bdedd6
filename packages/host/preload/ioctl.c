// ioctl: the structure and what a pointer in it leads to are carried as bytes; what has changed is written back.
#include "linnet.h"
#include <linux/ethtool.h>
#include <linux/if_bridge.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/route.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define MAX_DATA 8192

// Reads memory of our own that may not all be there. How much was.
static size_t peek(const void *from, void *to, size_t n) {
  struct iovec l = { to, n }, r = { (void *)from, n };
  if (n == 0) return 0;
  ssize_t k = process_vm_readv(getpid(), &l, 1, &r, 1, 0);
  if (k >= 0) return (size_t)k;
  if (errno == EFAULT) {
    // It stops at a page's end: take what is before.
    size_t part = 4096 - ((uintptr_t)from & 4095);
    if (part >= n) return 0;
    r.iov_len = l.iov_len = part;
    k = process_vm_readv(getpid(), &l, 1, &r, 1, 0);
    return k > 0 ? (size_t)k : 0;
  }
  memcpy(to, from, n);   // not allowed here: trust the program
  return n;
}

static void poke(void *to, const unsigned char *was, const unsigned char *is, size_t n) {
  for (size_t i = 0; i < n; i++) if (was[i] != is[i]) ((unsigned char *)to)[i] = is[i];
}

// Those of /dev/net/tun whose argument is the number itself.
static int by_value(unsigned long cmd) {
  return cmd == TUNSETNOCSUM || cmd == TUNSETDEBUG || cmd == TUNSETPERSIST || cmd == TUNSETOWNER || cmd == TUNSETLINK || cmd == TUNSETGROUP || cmd == TUNSETOFFLOAD;
}

static size_t struct_size(struct sock *s, unsigned long cmd) {
  // Their numbers say that they take an int: the structure came later.
  if (s->domain == DOMAIN_TUN) return cmd == TUNSETIFF || cmd == TUNGETIFF || cmd == TUNSETQUEUE || cmd == SIOCGIFHWADDR || cmd == SIOCSIFHWADDR ? sizeof(struct ifreq) : sizeof(int);
  if (cmd > 0xffff && _IOC_SIZE(cmd) > 0) return _IOC_SIZE(cmd);
  switch (cmd) {
    case FIONREAD: case TIOCOUTQ: case SIOCATMARK: return sizeof(int);
    case SIOCGIFCONF: return sizeof(struct ifconf);
    case SIOCADDRT: case SIOCDELRT: return s->domain == AF_INET6 ? 80 : sizeof(struct rtentry);
    case SIOCSARP: case SIOCGARP: case SIOCDARP: return 68;
    case 0x8906: case 0x8907: return 16;              // SIOCGSTAMP, SIOCGSTAMPNS
    case SIOCGIFVLAN: case SIOCSIFVLAN: return 56;
    case SIOCBRADDBR: case SIOCBRDELBR: return IFNAMSIZ;
    case SIOCGIFBR: case SIOCSIFBR: return 3 * sizeof(long);
    case SIOCSIFADDR: case SIOCDIFADDR: case SIOCSIFDSTADDR: return s->domain == AF_INET6 ? 24 : sizeof(struct ifreq);
    case 0x89e1: return s->domain == AF_INET6 ? 80 : sizeof(struct ifreq);  // SIOCGETSGCNT_IN6
    default: return sizeof(struct ifreq);
  }
}

static size_t ethtool_size(const void *data) {
  uint32_t h[12] = { 0 };
  size_t n = peek(data, h, sizeof h);
  if (n < 4) return 0;
  switch (h[0]) {
    case ETHTOOL_GSTRINGS: return 12 + (size_t)h[2] * ETH_GSTRING_LEN;
    case ETHTOOL_GSTATS: case ETHTOOL_GPHYSTATS: return 8 + (size_t)h[1] * 8;
    case ETHTOOL_GPERMADDR: return 8 + (size_t)h[1];
    case ETHTOOL_GFEATURES: return 8 + (size_t)h[1] * 16;
    case ETHTOOL_SFEATURES: return 8 + (size_t)h[1] * 8;
    case ETHTOOL_GSSET_INFO: return 16 + 64 * 4;
    case ETHTOOL_GEEPROM: case ETHTOOL_SEEPROM: case ETHTOOL_GMODULEEEPROM: return 16 + (size_t)h[3];
    case ETHTOOL_GREGS: return 12 + (size_t)h[2];
    default: return 256;
  }
}

// What the structure points at: where, and how much of it at most.
static void *pointed(struct sock *s, unsigned long cmd, unsigned char *arg, size_t *n) {
  void *p = NULL;
  *n = 0;
  switch (cmd) {
    case SIOCGIFCONF:
      memcpy(&p, arg + offsetof(struct ifconf, ifc_ifcu), sizeof p);
      if (p != NULL) { int len; memcpy(&len, arg, sizeof len); *n = len < 0 ? 0 : (size_t)len; }
      return p;
    case SIOCETHTOOL:
      memcpy(&p, arg + offsetof(struct ifreq, ifr_ifru), sizeof p);
      if (p != NULL) *n = ethtool_size(p);
      return p;
    case SIOCADDRT: case SIOCDELRT:
      if (s->domain == AF_INET6) return NULL;
      memcpy(&p, arg + offsetof(struct rtentry, rt_dev), sizeof p);
      if (p != NULL) *n = IFNAMSIZ;
      return p;
    case 0x89b0: case 0x89b1:                          // SIOCSHWTSTAMP, SIOCGHWTSTAMP
      *n = 12;
      break;
    default:
      if (cmd < SIOCDEVPRIVATE || cmd > SIOCDEVPRIVATE + 15) return NULL;
      *n = 256;                                        // tunnels: struct ip_tunnel_parm and its kin
  }
  memcpy(&p, arg + offsetof(struct ifreq, ifr_ifru), sizeof p);
  if (p == NULL) *n = 0;
  return p;
}

static int carried_ioctl(int fd, struct sock *s, unsigned long cmd, void *arg) {
  unsigned char was[256] = { 0 }, is[256], *data = NULL, *back = NULL;
  size_t size = struct_size(s, cmd), room = 0, extra = 0;
  if (size > sizeof was) { errno = EINVAL; return -1; }
  size_t have = peek(arg, was, size);
  if (have == 0) { errno = EFAULT; return -1; }
  void *p = pointed(s, cmd, was, &room);
  if (room > MAX_DATA) room = MAX_DATA;
  if (room > 0 && (data = malloc(2 * room)) != NULL) back = data + room, extra = peek(p, data, room);
  struct request q = { .op = OP_IOCTL, .id = s->id, .a = (uint32_t)cmd };
  struct iovec v[2] = { { was, size }, { data, extra } };
  struct call c;
  if (call_begin(&c, &q, v, extra > 0 ? 2 : 1) != 0) { free(data); return -1; }
  struct reply r = c.rep;
  if (r.rc >= 0) {
    memcpy(is, was, size);
    call_read(&c, is, size);
    // The pointer in it is the program's.
    if (p != NULL) {
      size_t at = cmd == SIOCGIFCONF ? offsetof(struct ifconf, ifc_ifcu) : cmd == SIOCADDRT || cmd == SIOCDELRT ? offsetof(struct rtentry, rt_dev) : offsetof(struct ifreq, ifr_ifru);
      memcpy(is + at, was + at, sizeof p);
    }
    poke(arg, was, is, have);
    if (extra > 0) {
      memcpy(back, data, extra);
      call_read(&c, back, extra);
      poke(p, data, back, extra);
    }
  }
  call_end(&c);
  free(data);
  after_reply(fd, s, &r);
  if (r.rc < 0) { errno = -r.rc; return -1; }
  return r.rc;
}

EXPORT int ioctl(int fd, unsigned long cmd, ...) {
  va_list ap;
  va_start(ap, cmd);
  void *arg = va_arg(ap, void *);
  va_end(ap);
  struct sock *s = sock_of(fd);
  if (s == NULL) return REAL(ioctl)(fd, cmd, arg);
  cmd &= 0xffffffffu;
  if (s->domain == DOMAIN_TUN && by_value(cmd)) {
    int value = (int)(intptr_t)arg;
    return carried_ioctl(fd, s, cmd, &value);
  }
  switch (cmd) {
    case FIONBIO: case FIOASYNC: case FIOCLEX: case FIONCLEX: case FIOSETOWN: case FIOGETOWN: case SIOCSPGRP: case SIOCGPGRP:
      return REAL(ioctl)(fd, cmd, arg);
    case FIONREAD:
      if (s->raw) return REAL(ioctl)(fd, cmd, arg);
      break;
    case TIOCOUTQ: {
      // What has not reached the machine counts as well.
      int here = 0, there = 0;
      if (!s->raw) break;
      if (carried_ioctl(fd, s, cmd, &there) != 0) return -1;
      if (REAL(ioctl)(fd, cmd, &here) != 0) here = 0;
      *(int *)arg = here + there;
      return 0;
    }
    default:
      break;
  }
  return carried_ioctl(fd, s, cmd, arg);
}

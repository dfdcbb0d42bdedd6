// if_nametoindex, if_indextoname, if_nameindex and getifaddrs: the C library answers them with sockets of its own, past us.
#include "files.h"
#include <ifaddrs.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

// Asked as files, over the connection that is there: a program that has dropped its privileges may not be able to make sockets.
static unsigned index_of(const char *name) {
  char path[64], *text;
  size_t len;
  if (strchr(name, '/') != NULL || name[0] == 0 || (size_t)snprintf(path, sizeof path, "/sys/class/net/%s/ifindex", name) >= sizeof path) return 0;
  if (path_call(OP_READFILE, path, 0, NULL, 0, &text, &len, NULL) != 0) return 0;
  unsigned n = (unsigned)strtoul(text, NULL, 10);
  free(text);
  return n;
}

static int ask(unsigned long cmd, struct ifreq *r) {
  int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (fd < 0) return -1;
  int rc = ioctl(fd, cmd, r), e = errno;
  close(fd);
  errno = e;
  return rc;
}

EXPORT unsigned if_nametoindex(const char *name) {
  struct ifreq r;
  if (!linnet_on()) return REAL(if_nametoindex)(name);
  unsigned n = index_of(name);
  if (n != 0) return n;
  // An alternative name?
  memset(&r, 0, sizeof r);
  if (strlen(name) >= IFNAMSIZ) { errno = ENODEV; return 0; }
  strcpy(r.ifr_name, name);
  return ask(SIOCGIFINDEX, &r) == 0 ? (unsigned)r.ifr_ifindex : 0;
}

EXPORT char *if_indextoname(unsigned index, char name[IF_NAMESIZE]) {
  char *list;
  size_t len, at = 0;
  int found = 0;
  if (!linnet_on()) return REAL(if_indextoname)(index, name);
  if (path_call(OP_LIST, "/sys/class/net", 0, NULL, 0, &list, &len, NULL) != 0) return NULL;
  while (!found && at + 2 <= len) {
    const char *one = list + at + 1;
    size_t n = strnlen(one, len - at - 1);
    if (n < IF_NAMESIZE && index_of(one) == index) strcpy(name, one), found = 1;
    at += n + 2;
  }
  free(list);
  if (found) return name;
  errno = ENXIO;
  return NULL;
}

// One dump over rtnetlink; `take` gets each message. 0, or -1 with errno.
static int dump(int type, size_t header, int (*take)(const struct nlmsghdr *, void *), void *to) {
  struct { struct nlmsghdr h; char body[32]; } q;
  memset(&q, 0, sizeof q);
  q.h.nlmsg_len = (uint32_t)NLMSG_LENGTH(header);
  q.h.nlmsg_type = (uint16_t)type;
  q.h.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  q.h.nlmsg_seq = 1;
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), rc = -1;
  if (fd < 0) return -1;
  char *buf = malloc(65536);
  if (buf != NULL && send(fd, &q, q.h.nlmsg_len, 0) >= 0) {
    for (int more = 1; more;) {
      ssize_t n = recv(fd, buf, 65536, 0);
      if (n <= 0) break;
      for (struct nlmsghdr *h = (struct nlmsghdr *)buf; more && NLMSG_OK(h, (size_t)n); h = NLMSG_NEXT(h, n)) {
        if (h->nlmsg_type == NLMSG_DONE) rc = 0, more = 0;
        else if (h->nlmsg_type == NLMSG_ERROR || take(h, to) != 0) more = 0;
      }
    }
  }
  int e = errno;
  free(buf);
  close(fd);
  errno = e;
  return rc;
}

// An entry and all that it points at, in one piece of memory.
struct entry {
  struct ifaddrs ifa;
  int index;
  char name[IFNAMSIZ];
  struct sockaddr_storage addr, mask, other;
  struct rtnl_link_stats stats;
};
struct list { struct entry *first, *last; };

static struct entry *append(struct list *l) {
  struct entry *e = calloc(1, sizeof *e);
  if (e == NULL) return NULL;
  e->ifa.ifa_name = e->name;
  if (l->last != NULL) l->last->ifa.ifa_next = &e->ifa;
  else l->first = e;
  l->last = e;
  return e;
}

static int take_link(const struct nlmsghdr *h, void *to) {
  const struct ifinfomsg *i = NLMSG_DATA(h);
  if (h->nlmsg_type != RTM_NEWLINK) return 0;
  struct entry *e = append(to);
  if (e == NULL) return -1;
  struct sockaddr_ll *ll = (struct sockaddr_ll *)&e->addr, *brd = (struct sockaddr_ll *)&e->other;
  e->index = i->ifi_index;
  e->ifa.ifa_flags = i->ifi_flags;
  ll->sll_family = brd->sll_family = AF_PACKET;
  ll->sll_ifindex = brd->sll_ifindex = i->ifi_index;
  ll->sll_hatype = brd->sll_hatype = i->ifi_type;
  e->ifa.ifa_addr = (struct sockaddr *)ll;
  int n = (int)IFLA_PAYLOAD(h);
  for (struct rtattr *a = IFLA_RTA(i); RTA_OK(a, n); a = RTA_NEXT(a, n)) {
    size_t k = RTA_PAYLOAD(a);
    if (a->rta_type == IFLA_IFNAME) snprintf(e->name, sizeof e->name, "%.*s", (int)k, (char *)RTA_DATA(a));
    else if (a->rta_type == IFLA_ADDRESS && k <= 8) memcpy(ll->sll_addr, RTA_DATA(a), k), ll->sll_halen = (unsigned char)k;
    else if (a->rta_type == IFLA_BROADCAST && k <= 8) {
      memcpy(brd->sll_addr, RTA_DATA(a), k), brd->sll_halen = (unsigned char)k;
      if (i->ifi_flags & IFF_BROADCAST) e->ifa.ifa_broadaddr = (struct sockaddr *)brd;
    } else if (a->rta_type == IFLA_STATS) {
      memcpy(&e->stats, RTA_DATA(a), k < sizeof e->stats ? k : sizeof e->stats);
      e->ifa.ifa_data = &e->stats;
    }
  }
  return 0;
}

static void put_addr(struct sockaddr_storage *to, int family, const void *bytes, size_t n, int index) {
  if (family == AF_INET && n >= 4) {
    struct sockaddr_in *in = (struct sockaddr_in *)to;
    in->sin_family = AF_INET;
    memcpy(&in->sin_addr, bytes, 4);
  } else if (family == AF_INET6 && n >= 16) {
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)to;
    in6->sin6_family = AF_INET6;
    memcpy(&in6->sin6_addr, bytes, 16);
    if (IN6_IS_ADDR_LINKLOCAL(&in6->sin6_addr) || IN6_IS_ADDR_MC_LINKLOCAL(&in6->sin6_addr)) in6->sin6_scope_id = (uint32_t)index;
  }
}

static int take_addr(const struct nlmsghdr *h, void *to) {
  const struct ifaddrmsg *i = NLMSG_DATA(h);
  struct list *l = to;
  unsigned char mask[16] = { 0 };
  if (h->nlmsg_type != RTM_NEWADDR || (i->ifa_family != AF_INET && i->ifa_family != AF_INET6)) return 0;
  struct entry *e = append(l), *link;
  if (e == NULL) return -1;
  for (link = l->first; link != NULL && link->index != (int)i->ifa_index; link = (struct entry *)link->ifa.ifa_next) if (link->ifa.ifa_next == NULL) { link = NULL; break; }
  if (link != NULL) strcpy(e->name, link->name), e->ifa.ifa_flags = link->ifa.ifa_flags;
  int n = (int)IFA_PAYLOAD(h), local = 0;
  for (struct rtattr *a = IFA_RTA(i); RTA_OK(a, n); a = RTA_NEXT(a, n)) {
    size_t k = RTA_PAYLOAD(a);
    if (a->rta_type == IFA_LOCAL) {
      // On a link between two, IFA_ADDRESS is the other's.
      if (e->ifa.ifa_addr != NULL && (e->ifa.ifa_flags & IFF_POINTOPOINT)) e->other = e->addr, e->ifa.ifa_dstaddr = (struct sockaddr *)&e->other;
      put_addr(&e->addr, i->ifa_family, RTA_DATA(a), k, (int)i->ifa_index);
      e->ifa.ifa_addr = (struct sockaddr *)&e->addr;
      local = 1;
    } else if (a->rta_type == IFA_ADDRESS) {
      struct sockaddr_storage *at = local ? &e->other : &e->addr;
      put_addr(at, i->ifa_family, RTA_DATA(a), k, (int)i->ifa_index);
      if (!local) e->ifa.ifa_addr = (struct sockaddr *)at;
      else if (e->ifa.ifa_flags & IFF_POINTOPOINT) e->ifa.ifa_dstaddr = (struct sockaddr *)at;
    } else if (a->rta_type == IFA_BROADCAST) {
      put_addr(&e->other, i->ifa_family, RTA_DATA(a), k, (int)i->ifa_index);
      e->ifa.ifa_broadaddr = (struct sockaddr *)&e->other;
    } else if (a->rta_type == IFA_LABEL && k <= sizeof e->name) {
      snprintf(e->name, sizeof e->name, "%.*s", (int)k, (char *)RTA_DATA(a));
    }
  }
  for (int b = 0; b < i->ifa_prefixlen && b < 128; b++) mask[b / 8] |= (unsigned char)(0x80 >> (b % 8));
  put_addr(&e->mask, i->ifa_family, mask, sizeof mask, 0);
  e->ifa.ifa_netmask = (struct sockaddr *)&e->mask;
  return 0;
}

static void free_list(struct ifaddrs *p) {
  while (p != NULL) {
    struct ifaddrs *next = p->ifa_next;
    free(p);
    p = next;
  }
}

EXPORT int getifaddrs(struct ifaddrs **out) {
  struct list l = { NULL, NULL };
  if (!linnet_on()) return REAL(getifaddrs)(out);
  if (dump(RTM_GETLINK, sizeof(struct ifinfomsg), take_link, &l) != 0 || dump(RTM_GETADDR, sizeof(struct ifaddrmsg), take_addr, &l) != 0) {
    free_list(l.first == NULL ? NULL : &l.first->ifa);
    return -1;
  }
  *out = l.first == NULL ? NULL : &l.first->ifa;
  return 0;
}

EXPORT void freeifaddrs(struct ifaddrs *p) {
  if (!linnet_on()) REAL(freeifaddrs)(p);
  else free_list(p);
}

EXPORT struct if_nameindex *if_nameindex(void) {
  struct list l = { NULL, NULL };
  size_t n = 0;
  if (!linnet_on()) return REAL(if_nameindex)();
  if (dump(RTM_GETLINK, sizeof(struct ifinfomsg), take_link, &l) != 0) { free_list(l.first == NULL ? NULL : &l.first->ifa); return NULL; }
  for (struct entry *e = l.first; e != NULL; e = (struct entry *)e->ifa.ifa_next) n++;
  struct if_nameindex *out = calloc(n + 1, sizeof *out);
  n = 0;
  for (struct entry *e = l.first; out != NULL && e != NULL; e = (struct entry *)e->ifa.ifa_next, n++) {
    out[n].if_index = (unsigned)e->index;
    out[n].if_name = strdup(e->name);
  }
  free_list(l.first == NULL ? NULL : &l.first->ifa);
  return out;
}

EXPORT void if_freenameindex(struct if_nameindex *p) {
  if (!linnet_on()) { REAL(if_freenameindex)(p); return; }
  for (struct if_nameindex *i = p; i != NULL && i->if_name != NULL; i++) free(i->if_name);
  free(p);
}

// PACKET_RX_RING (packet(7), TPACKET_V1 to V3): the ring is plain memory of this process, filled from the socket whenever the program waits.
#include "linnet.h"
#include <linux/if_arp.h>
#include <linux/if_packet.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define BATCH 32

int rings;

// A packet between the socket and the ring.
struct packet {
  struct packet *next;
  uint32_t len, full, status;
  uint16_t vlan_tci, vlan_tpid;
  struct timespec time;
  struct sockaddr_ll from;
  unsigned char data[];
};

struct ring {
  int version;                         // TPACKET_V1, V2 or V3
  unsigned reserve;
  struct tpacket_req3 req;
  unsigned char *base;                 // the program's mapping
  size_t size;
  unsigned frames, at;                 // frames (or blocks), and the one to be filled next
  uint64_t seq;
  struct packet *first, *last;
  pthread_mutex_t lock;
};

static struct ring *ring_of(struct sock *s) {
  if (s->ring == NULL && (s->ring = calloc(1, sizeof *s->ring)) != NULL) {
    pthread_mutex_init(&s->ring->lock, NULL);
    rings++;
  }
  return s->ring;
}

static void drop_packets(struct ring *r) {
  while (r->first != NULL) {
    struct packet *p = r->first;
    r->first = p->next;
    free(p);
  }
  r->last = NULL;
}

void ring_free(struct ring *r) {
  drop_packets(r);
  free(r);
  rings--;
}

static int set_option(int fd, struct sock *s, int level, int opt, int val) {
  return simple_call(fd, s, OP_SETSOCKOPT, (uint32_t)level, (uint32_t)opt, 0, &val, sizeof val, NULL, NULL, NULL);
}

static int set_ring(int fd, struct sock *s, struct ring *r, const void *val, socklen_t len) {
  struct tpacket_req3 q;
  size_t need = r->version == TPACKET_V3 ? sizeof q : sizeof(struct tpacket_req);
  memset(&q, 0, sizeof q);
  if (len < need) { errno = EINVAL; return -1; }
  memcpy(&q, val, need);
  if (q.tp_block_nr == 0) {
    drop_packets(r);
    r->frames = 0;
    r->req = q;
    return 0;
  }
  size_t least = r->version == TPACKET_V3 ? TPACKET3_HDRLEN : r->version == TPACKET_V2 ? TPACKET2_HDRLEN : TPACKET_HDRLEN;
  if (q.tp_block_size == 0 || q.tp_block_size % (unsigned)getpagesize() != 0 || q.tp_frame_size < least + r->reserve || q.tp_frame_size % TPACKET_ALIGNMENT != 0 ||
      q.tp_block_size < q.tp_frame_size || (r->version == TPACKET_V3 && (uint64_t)q.tp_sizeof_priv + 8 + sizeof(struct tpacket_block_desc) + 256 > q.tp_block_size) || q.tp_block_size / q.tp_frame_size * q.tp_block_nr != q.tp_frame_nr) {
    errno = EINVAL;
    return -1;
  }
  if (r->frames != 0) { errno = EBUSY; return -1; }
  r->req = q;
  r->frames = r->version == TPACKET_V3 ? q.tp_block_nr : q.tp_frame_nr;
  r->at = 0;
  // What the ring shows beside the packets comes as control messages.
  set_option(fd, s, SOL_PACKET, PACKET_AUXDATA, 1);
  set_option(fd, s, SOL_SOCKET, SO_TIMESTAMPNS, 1);
  return 0;
}

int ring_setsockopt(int fd, struct sock *s, int opt, const void *val, socklen_t len, int *handled) {
  int v = 0;
  if (s->domain != AF_PACKET) return 0;
  if (len >= sizeof v) memcpy(&v, val, sizeof v);
  switch (opt) {
    case PACKET_VERSION:
    case PACKET_RESERVE:
    case PACKET_RX_RING:
    case PACKET_TX_RING:
      break;
    default:
      return 0;
  }
  *handled = 1;
  struct ring *r = ring_of(s);
  if (r == NULL || opt == PACKET_TX_RING) { errno = r == NULL ? ENOMEM : EOPNOTSUPP; return -1; }
  if (opt == PACKET_RX_RING) return set_ring(fd, s, r, val, len);
  if (len < sizeof v || v < 0 || (opt == PACKET_VERSION && v > TPACKET_V3)) { errno = EINVAL; return -1; }
  if (r->frames != 0) { errno = EBUSY; return -1; }
  if (opt == PACKET_VERSION) r->version = v;
  else r->reserve = (unsigned)v;
  return 0;
}

int ring_getsockopt(int fd, struct sock *s, int opt, void *val, socklen_t *len, int *handled) {
  int v = 0;
  if (s->domain != AF_PACKET) return 0;
  switch (opt) {
    case PACKET_VERSION:
      v = s->ring == NULL ? TPACKET_V1 : s->ring->version;
      break;
    case PACKET_RESERVE:
      v = s->ring == NULL ? 0 : (int)s->ring->reserve;
      break;
    case PACKET_HDRLEN:
      if (*len < sizeof v) { *handled = 1; errno = EINVAL; return -1; }
      memcpy(&v, val, sizeof v);
      v = v == TPACKET_V1 ? (int)sizeof(struct tpacket_hdr) : v == TPACKET_V2 ? (int)sizeof(struct tpacket2_hdr) : v == TPACKET_V3 ? (int)sizeof(struct tpacket3_hdr) : -1;
      if (v < 0) { *handled = 1; errno = EINVAL; return -1; }
      break;
    case PACKET_STATISTICS: {
      struct tpacket_stats_v3 st;
      size_t n = sizeof st;
      if (s->ring == NULL || s->ring->version != TPACKET_V3) return 0;
      memset(&st, 0, sizeof st);
      *handled = 1;
      if (simple_call(fd, s, OP_GETSOCKOPT, SOL_PACKET, PACKET_STATISTICS, sizeof st, NULL, 0, &st, &n, NULL) != 0) return -1;
      if (*len > sizeof st) *len = sizeof st;
      memcpy(val, &st, *len);
      return 0;
    }
    default:
      return 0;
  }
  *handled = 1;
  if (*len > sizeof v) *len = sizeof v;
  memcpy(val, &v, *len);
  return 0;
}

// ---- from the socket -----------------------------------------------------------------------------------------------

static void read_control(struct packet *p, unsigned char *control, size_t n) {
  struct msghdr m = { .msg_control = control, .msg_controllen = n };
  for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c != NULL; c = CMSG_NXTHDR(&m, c)) {
    if (c->cmsg_level == SOL_PACKET && c->cmsg_type == PACKET_AUXDATA && c->cmsg_len >= CMSG_LEN(sizeof(struct tpacket_auxdata))) {
      struct tpacket_auxdata a;
      memcpy(&a, CMSG_DATA(c), sizeof a);
      p->status = a.tp_status;
      p->vlan_tci = a.tp_vlan_tci;
      p->vlan_tpid = a.tp_vlan_tpid;
    } else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_TIMESTAMPNS && c->cmsg_len >= CMSG_LEN(sizeof p->time)) {
      memcpy(&p->time, CMSG_DATA(c), sizeof p->time);
    }
  }
}

// Takes some packets from the socket. How many.
static int fetch(int fd, struct sock *s, struct ring *r) {
  unsigned most = r->version == TPACKET_V3 ? r->req.tp_block_size : r->req.tp_frame_size;
  struct request q = { .op = OP_RECVMANY, .id = s->id, .a = BATCH, .b = most < 65536 ? most : 65536 };
  struct call c;
  int got = 0;
  if (call_begin(&c, &q, NULL, 0) != 0) return 0;
  struct reply rep = c.rep;
  for (; rep.rc > 0 && got < rep.rc; got++) {
    uint32_t h[4];
    unsigned char waste[256], control[512] __attribute__((aligned(8)));
    if (call_read(&c, h, sizeof h) != sizeof h || h[0] > MAX_FRAME || h[2] > sizeof waste || h[3] > sizeof control) break;
    struct packet *p = calloc(1, sizeof *p + h[0]);
    if (p == NULL) break;
    p->len = h[0];
    p->full = h[1];
    call_read(&c, p->data, h[0]);
    call_read(&c, waste, h[2]);
    memcpy(&p->from, waste, h[2] < sizeof p->from ? h[2] : sizeof p->from);
    call_read(&c, control, h[3]);
    clock_gettime(CLOCK_REALTIME, &p->time);
    read_control(p, control, h[3]);
    if (r->last != NULL) r->last->next = p;
    else r->first = p;
    r->last = p;
  }
  call_end(&c);
  after_reply(fd, s, &rep);
  return got;
}

// ---- into the ring -------------------------------------------------------------------------------------------------

static unsigned header_len(struct ring *r) { return r->version == TPACKET_V3 ? TPACKET3_HDRLEN : r->version == TPACKET_V2 ? TPACKET2_HDRLEN : TPACKET_HDRLEN; }

// Where in its frame a packet's link layer and network header go (tpacket_rcv; TPACKET's documentation gives the picture).
static void offsets(struct sock *s, struct ring *r, const struct packet *p, unsigned *mac, unsigned *net) {
  unsigned link = p->from.sll_hatype == ARPHRD_ETHER || p->from.sll_hatype == ARPHRD_LOOPBACK ? 14 : 0;
  if (s->type == SOCK_DGRAM) {
    *mac = *net = TPACKET_ALIGN(header_len(r)) + 16 + r->reserve;
    return;
  }
  *net = TPACKET_ALIGN(header_len(r) + (link < 16 ? 16 : link)) + r->reserve;
  *mac = *net - link;
}

static uint32_t status_of(const struct packet *p) {
  return TP_STATUS_USER | (p->status & ~(uint32_t)TP_STATUS_COPY);
}

static unsigned char *frame_at(struct ring *r, unsigned i) {
  if (r->version == TPACKET_V3) return r->base + (size_t)i * r->req.tp_block_size;
  unsigned per = r->req.tp_block_size / r->req.tp_frame_size;
  return r->base + (size_t)(i / per) * r->req.tp_block_size + (size_t)(i % per) * r->req.tp_frame_size;
}

// Does the frame or block belong to the program? The word that says so is its own.
static volatile uint32_t *owner_word(struct ring *r, unsigned i) {
  unsigned char *f = frame_at(r, i);
  if (r->version == TPACKET_V3) return &((struct tpacket_block_desc *)f)->hdr.bh1.block_status;
  return (volatile uint32_t *)f;
}

static int is_users(struct ring *r, unsigned i) {
  if (r->version == TPACKET_V1) return (*(volatile unsigned long *)frame_at(r, i) & TP_STATUS_USER) != 0;
  return (*owner_word(r, i) & TP_STATUS_USER) != 0;
}

static struct packet *shift(struct ring *r) {
  struct packet *p = r->first;
  r->first = p->next;
  if (r->first == NULL) r->last = NULL;
  return p;
}

static void put_frame(struct sock *s, struct ring *r, struct packet *p) {
  unsigned mac, net;
  unsigned char *f = frame_at(r, r->at);
  offsets(s, r, p, &mac, &net);
  uint32_t room = r->req.tp_frame_size > mac ? r->req.tp_frame_size - mac : 0, snap = p->len < room ? p->len : room;
  memcpy(f + mac, p->data, snap);
  if (r->version == TPACKET_V2) {
    struct tpacket2_hdr *h = (struct tpacket2_hdr *)f;
    h->tp_len = p->full, h->tp_snaplen = snap;
    h->tp_mac = (uint16_t)mac, h->tp_net = (uint16_t)net;
    h->tp_sec = (uint32_t)p->time.tv_sec, h->tp_nsec = (uint32_t)p->time.tv_nsec;
    h->tp_vlan_tci = p->vlan_tci, h->tp_vlan_tpid = p->vlan_tpid;
    memcpy(f + TPACKET_ALIGN(sizeof *h), &p->from, sizeof p->from);
    __atomic_store_n(&h->tp_status, status_of(p), __ATOMIC_RELEASE);
  } else {
    struct tpacket_hdr *h = (struct tpacket_hdr *)f;
    h->tp_len = p->full, h->tp_snaplen = snap;
    h->tp_mac = (unsigned short)mac, h->tp_net = (unsigned short)net;
    h->tp_sec = (unsigned)p->time.tv_sec, h->tp_usec = (unsigned)(p->time.tv_nsec / 1000);
    memcpy(f + TPACKET_ALIGN(sizeof *h), &p->from, sizeof p->from);
    __atomic_store_n(&h->tp_status, (unsigned long)status_of(p), __ATOMIC_RELEASE);
  }
  r->at = (r->at + 1) % r->frames;
}

// As many packets as there are and fit, into one block, which is the program's at once: nobody waits for it to be full.
static void put_block(struct sock *s, struct ring *r) {
  unsigned char *b = frame_at(r, r->at);
  struct tpacket_block_desc *d = (struct tpacket_block_desc *)b;
  struct tpacket_hdr_v1 *h = &d->hdr.bh1;
  struct tpacket3_hdr *last = NULL;
  size_t at = sizeof *d + ((r->req.tp_sizeof_priv + 7u) & ~7u);
  d->version = TPACKET_V3;
  d->offset_to_priv = sizeof *d;
  h->num_pkts = 0;
  h->offset_to_first_pkt = (uint32_t)at;
  h->seq_num = ++r->seq;
  while (r->first != NULL) {
    struct packet *p = r->first;
    unsigned mac, net;
    offsets(s, r, p, &mac, &net);
    if (at + mac > r->req.tp_block_size) break;
    size_t room = r->req.tp_block_size - at - mac;
    uint32_t snap = p->len;
    if (snap > room) {
      if (h->num_pkts > 0) break;
      snap = (uint32_t)room;
    }
    struct tpacket3_hdr *f = (struct tpacket3_hdr *)(b + at);
    memset(f, 0, mac);
    memcpy(b + at + mac, p->data, snap);
    f->tp_sec = (uint32_t)p->time.tv_sec, f->tp_nsec = (uint32_t)p->time.tv_nsec;
    f->tp_snaplen = snap, f->tp_len = p->full;
    f->tp_status = status_of(p);
    f->tp_mac = (uint16_t)mac, f->tp_net = (uint16_t)net;
    f->hv1.tp_vlan_tci = p->vlan_tci, f->hv1.tp_vlan_tpid = p->vlan_tpid;
    memcpy(b + at + TPACKET_ALIGN(sizeof *f), &p->from, sizeof p->from);
    size_t size = (mac + snap + 7u) & ~(size_t)7;
    f->tp_next_offset = (uint32_t)size;
    if (h->num_pkts++ == 0) h->ts_first_pkt.ts_sec = f->tp_sec, h->ts_first_pkt.ts_nsec = f->tp_nsec;
    h->ts_last_pkt.ts_sec = f->tp_sec, h->ts_last_pkt.ts_nsec = f->tp_nsec;
    last = f;
    at += size;
    free(shift(r));
    if (at >= r->req.tp_block_size) break;
  }
  if (last != NULL) last->tp_next_offset = 0;
  h->blk_len = (uint32_t)at;
  __atomic_store_n(&h->block_status, TP_STATUS_USER | TP_STATUS_BLK_TMO, __ATOMIC_RELEASE);
  r->at = (r->at + 1) % r->frames;
}

int ring_ready(int fd, struct sock *s) {
  struct ring *r = s->ring;
  (void)fd;
  return r != NULL && r->base != NULL && r->frames > 0 && is_users(r, (r->at + r->frames - 1) % r->frames);
}

// What the ring has no room for waits in the socket, whose own limit then counts the losses.
void ring_fill(int fd, struct sock *s) {
  struct ring *r = s->ring;
  if (r == NULL || r->base == NULL || r->frames == 0) return;
  pthread_mutex_lock(&r->lock);
  while (!is_users(r, r->at)) {
    if (r->first == NULL && fetch(fd, s, r) == 0) break;
    if (r->version == TPACKET_V3) {
      put_block(s, r);
    } else {
      struct packet *p = shift(r);
      put_frame(s, r, p);
      free(p);
    }
  }
  pthread_mutex_unlock(&r->lock);
}

// ---- the mapping ---------------------------------------------------------------------------------------------------

static void *map(void *(*real)(void *, size_t, int, int, int, off_t), void *at, size_t len, int prot, int flags, int fd, off_t off) {
  struct sock *s = fd >= 0 && rings > 0 ? sock_of(fd) : NULL;
  if (s == NULL || s->ring == NULL || s->ring->frames == 0) return real(at, len, prot, flags, fd, off);
  struct ring *r = s->ring;
  if (off != 0 || len != (size_t)r->req.tp_block_size * r->req.tp_block_nr) { errno = EINVAL; return MAP_FAILED; }
  void *p = real(at, len, prot, (flags & MAP_FIXED) | MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (p != MAP_FAILED) r->base = p, r->size = len, r->at = 0;
  return p;
}

EXPORT void *mmap(void *at, size_t len, int prot, int flags, int fd, off_t off) { return map(REAL(mmap), at, len, prot, flags, fd, off); }
EXPORT void *mmap64(void *at, size_t len, int prot, int flags, int fd, off64_t off) {
  return map((void *(*)(void *, size_t, int, int, int, off_t))REAL(mmap64), at, len, prot, flags, fd, off);
}

EXPORT int munmap(void *at, size_t len) {
  if (rings > 0) {
    for (int fd = 0; fd < table_limit(); fd++) {
      struct sock *s = sock_fast(fd);
      if (s != NULL && s->ring != NULL && s->ring->base == at) s->ring->base = NULL;
    }
  }
  return REAL(munmap)(at, len);
}

/** The attacks. Each runs in a process of its own, in virtual time; an honest client asks the server in between. */
import { EAGAIN, EINPROGRESS } from '@linnet/kernel';
import { AF_INET, SOCK_STREAM, sockaddrIn } from '@linnet/uapi';
import { must } from '../linnet/machine.ts';
import { ACK, PSH, RST, sackOption, SYN, synOptions } from './frames.ts';
import { Stranger } from './stranger.ts';
import { addr, PORT, SERVER, World } from './world.ts';

/** Bounds that a run must keep. */
export interface Bounds {
  /** Growth of heap and array buffers, bytes. */
  readonly heap: number;
  /** Microseconds of an event, the mean. */
  readonly micros: number;
  /** Milliseconds of virtual time of the honest client's slowest exchange; Infinity: none is promised. */
  readonly honest: number;
}

export interface Scenario {
  readonly id: string;
  readonly title: string;
  readonly about: string;
  readonly events: number;
  readonly quick: number;
  readonly bounds: Bounds;
  /** Makes the world, with what has to be there before the clock and the scales start. */
  readonly setUp: () => World;
  /** The attack; what it tells beside memory and time. */
  readonly run: (w: World, events: number) => Record<string, number>;
}

const MIB = 1 << 20;
/** Strangers: any address outside of the server's link. */
const BASE = addr('20.0.0.0');

/** mulberry32. */
function rng(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let x = Math.imul(a ^ (a >>> 15), 1 | a);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) / 4294967296;
  };
}

/** A hundred thousand SYNs a second from random addresses; the client asks ten times in a million. */
function synFlood(w: World, events: number): Record<string, number> {
  const rand = rng(1);
  const opts = synOptions(1460, true, 7);
  const syn = (): void => w.attack(w.frame.make((BASE + rand() * 0x1000000) | 0, 1024 + Math.floor(rand() * 60000), PORT, (rand() * 0x100000000) | 0, 0, SYN, 65535, 0, opts));
  let left = events;
  const burst = (): void => {
    for (let i = 0; i < 100 && left > 0; i++, left--) syn();
  };
  const every = Math.max(1000, Math.floor(events / 10));
  for (let next = events - 5000; left > 0; ) {
    burst();
    w.pass(1);
    if (left > 0 && left <= next) {
      next = left - every;
      w.ask(burst);
    }
  }
  const { server } = w;
  return { cookies: server.ext('SyncookiesSent'), dropped: server.ext('TCPReqQFullDrop'), replies: w.replies };
}

/** One connection of a stranger whose program does not read, with the largest buffer that autotuning gives. */
function hoard(w: World): Stranger {
  const s = new Stranger(w, BASE + 1, 5000, { scale: 14 });
  w.serve();
  // What it announces is what the kernel would.
  return s;
}

/** The receive window that the server gives to a stranger grows only while the program reads: read for a while. */
function fatten(w: World, s: Stranger, bytes: number): void {
  const { sys } = w.server.task;
  const buf = new Uint8Array(1 << 20);
  const fd = w.accepted[0]!;
  for (let sent = 0; sent < bytes; ) {
    for (let i = 0; i < 40; i++) {
      s.send(s.seq, s.ack, 1400, undefined, ACK | PSH);
      s.seq = (s.seq + 1400) | 0;
      sent += 1400;
    }
    while (sys.recv(fd, buf) > 0);
    w.pass(1);
  }
}

/** Asks `times` times over a loop of `events`, and lets a millisecond pass for every hundred of them. */
function between(w: World, events: number, times: number, one: (i: number) => void): void {
  const every = Math.max(1, Math.floor(events / times));
  for (let i = 0; i < events; i++) {
    one(i);
    if (i % 100 === 99) w.pass(1);
    if (i % every === every - 1) w.ask();
  }
}

/** Segments of one byte that never touch, in the order that `place` says. */
function bomb(place: (i: number, n: number) => number): (w: World, events: number) => Record<string, number> {
  return (w, events) => {
    const s = hoard(w);
    fatten(w, s, 8 * MIB);
    w.begin();
    // Inside of any window there is.
    const n = 30_000;
    between(w, events, 10, (i) => s.send((s.seq + 2 + 2 * place(i % n, n)) | 0, s.ack, 1));
    return { pruned: w.server.ext('OfoPruned'), collapsed: w.server.ext('TCPRcvCollapsed'), dropped: w.server.ext('TCPOFODrop') };
  };
}

const world = (): World => new World();
/** Nothing may take longer than a fresh connection whose first SYN met a full queue by chance. */
const SOON = 10;

export const SCENARIOS: readonly Scenario[] = [
  {
    id: 'syn-cookies', title: 'SYN flood, with cookies', events: 1_000_000, quick: 20_000, setUp: world, run: synFlood,
    about: 'A million SYNs from random addresses, 100,000 a second, with the default `tcp_syncookies` = 1.',
    bounds: { heap: 16 * MIB, micros: 30, honest: SOON },
  },
  {
    id: 'syn-plain', title: 'SYN flood, without cookies', events: 1_000_000, quick: 20_000, setUp: () => new World(4096, { tcp_syncookies: '0' }), run: synFlood,
    about: 'The same with `tcp_syncookies` = 0: the queue of requests is full all the time, and who comes then waits for a request to time out. Nothing is promised to the client. (Linux leaves the last quarter of the queue to hosts that have connected before; Linnet does not.)',
    bounds: { heap: 16 * MIB, micros: 30, honest: Infinity },
  },
  {
    id: 'idle', title: 'idle connections', events: 100_000, quick: 3000, setUp: world,
    about: 'Strangers who connect (three segments each, `events` counts connections), are accepted and say nothing more.',
    bounds: { heap: 600 * MIB, micros: 200, honest: SOON },
    run(w, events) {
      between(w, events, 10, (i) => {
        void new Stranger(w, (BASE + (i >>> 4)) | 0, 2000 + (i & 15));
        if (i % 100 === 0) w.serve();
      });
      w.serve();
      w.events = events;
      return { accepted: w.accepted.length };
    },
  },
  {
    id: 'churn', title: 'connects and closes in a row', events: 100_000, quick: 2000, setUp: world,
    about: 'One client connects and closes, again and again, to four ports; its own closed connections wait in TIME-WAIT for a minute (1,000 connections a second of virtual time, so 60,000 of them).',
    bounds: { heap: 128 * MIB, micros: 300, honest: SOON },
    run(w, events) {
      const ports = [81, 82, 83, 84];
      const listeners = ports.map((p) => w.listen(p, 4096));
      const a = w.client.task.sys;
      const b = w.server.task.sys;
      const one = new Uint8Array(1);
      let tw = 0;
      for (let i = 0; i < events; i++) {
        const fd = must(a.socket(AF_INET, SOCK_STREAM), 'socket');
        const err = a.connect(fd, sockaddrIn(SERVER, ports[i & 3]!));
        if (err !== -EINPROGRESS) must(err, 'connect');
        let peer = b.accept(listeners[i & 3]!);
        for (let n = 0; peer === -EAGAIN && n < 1000; n++) {
          w.pass(1);
          peer = b.accept(listeners[i & 3]!);
        }
        must(peer, 'accept');
        a.close(fd);
        must(b.recv(peer, one), 'recv');
        b.close(peer);
        w.events++;
        w.pass(1);
        tw = Math.max(tw, w.client.tn.hashinfo.twCount);
        if (i % Math.floor(events / 10) === 0) w.ask();
      }
      w.pass(61_000);
      return { 'TIME-WAIT at most': tw, 'left after a minute': w.client.tn.hashinfo.count + w.server.tn.hashinfo.count };
    },
  },
  {
    id: 'ofo-random', title: 'out-of-order bomb, shuffled', events: 200_000, quick: 3000, setUp: world,
    about: 'One stranger sends single bytes that never touch, at shuffled places of its window, over and over (SegmentSmack).',
    bounds: { heap: 32 * MIB, micros: 30, honest: SOON },
    run: bomb((i, n) => (i * 7919) % n),
  },
  {
    id: 'ofo-down', title: 'out-of-order bomb, from the end', events: 200_000, quick: 3000, setUp: world,
    about: 'The same from the end of the window to its beginning.',
    bounds: { heap: 32 * MIB, micros: 30, honest: SOON },
    run: bomb((i, n) => n - 1 - i),
  },
  {
    id: 'ofo-zigzag', title: 'out-of-order bomb, both ends', events: 200_000, quick: 3000, setUp: world,
    about: 'The same from both ends in turns, so that the last place is never near the next.',
    bounds: { heap: 32 * MIB, micros: 30, honest: SOON },
    run: bomb((i, n) => ((i & 1) === 0 ? i >> 1 : n - 1 - (i >> 1))),
  },
  {
    id: 'bytes', title: 'a buffer full of single bytes', events: 200_000, quick: 3000, setUp: world,
    about: 'One stranger sends single bytes in order, to a program that does not read: each takes a packet buffer at first.',
    bounds: { heap: 32 * MIB, micros: 30, honest: SOON },
    run(w, events) {
      const s = hoard(w);
      between(w, events, 10, () => {
        s.send(s.seq, s.ack, 1);
        s.seq = (s.seq + 1) | 0;
      });
      return { collapsed: w.server.ext('TCPRcvCollapsed'), dropped: w.server.ext('TCPRcvQDrop') + w.server.ext('TCPZeroWindowDrop') };
    },
  },
  {
    id: 'sack', title: 'SACK panic: blocks that split everything', events: 100_000, quick: 2000, setUp: world,
    about: 'The server has a full send buffer for a stranger who announced an MSS of 48 bytes and a large window, and who selectively acknowledges single segments far from each other, in another order with each ACK (CVE-2019-11477 to 11479).',
    bounds: { heap: 64 * MIB, micros: 100, honest: SOON },
    run(w, events) {
      const s = new Stranger(w, BASE + 1, 5000, { mss: 48, scale: 14 });
      w.serve();
      const { sys } = w.server.task;
      const fd = w.accepted[0]!;
      const chunk = new Uint8Array(1 << 18);
      const fill = (): void => {
        while (sys.send(fd, chunk) > 0);
      };
      fill();
      // Open the congestion window first, as long as it takes.
      for (let round = 0; round < 12; round++) {
        s.ack = s.sentEnd;
        s.send(s.seq, s.ack, 0);
        w.pass(1);
        fill();
      }
      w.begin();
      const mss = 48;
      const from = s.ack;
      const segs = Math.max(8, Math.floor(((s.sentEnd - from) | 0) / mss));
      const rand = rng(2);
      let most = 0;
      const sock = [...w.server.tn.sockets].find((x) => x.dport === 5000)!;
      between(w, events, 10, () => {
        const blocks: [number, number][] = [];
        for (let b = 0; b < 4; b++) {
          const start = (from + mss * (1 + Math.floor(rand() * (segs - 2)))) | 0;
          blocks.push([start, (start + mss) | 0]);
        }
        s.send(s.seq, s.ack, 0, sackOption(blocks));
        if (sock.wmemQueued > most) most = sock.wmemQueued;
      });
      return { 'segments outstanding': segs, 'send queue, bytes at most': most, 'send buffer': sock.sndbuf, refused: w.server.ext('TCPWqueueTooBig') };
    },
  },
  {
    id: 'tiny-mss', title: 'tiny MSS', events: 50, quick: 5, setUp: world,
    about: 'Strangers announce an MSS of 1 byte and take 256 KiB each (`events` counts connections): the server may not be made to send a packet for each byte (`tcp_min_snd_mss`).',
    bounds: { heap: 64 * MIB, micros: 200_000, honest: SOON },
    run(w, events) {
      const { sys } = w.server.task;
      const chunk = new Uint8Array(1 << 18);
      let segments = 0;
      let bytes = 0;
      for (let i = 0; i < events; i++) {
        const s = new Stranger(w, (BASE + i) | 0, 5000, { mss: 1 });
        w.serve();
        const fd = w.accepted.pop()!;
        let left = chunk.length;
        for (let idle = 0; idle < 100 && (left > 0 || ((s.sentEnd - s.ack) | 0) > 0); ) {
          const n = left > 0 ? sys.send(fd, chunk.subarray(0, left)) : 0;
          if (n > 0) left -= n;
          const before = s.ack;
          s.send(s.seq, s.sentEnd, 0);
          s.ack = s.sentEnd;
          if (s.ack === before) idle++;
          else idle = 0;
          w.pass(1);
        }
        segments += s.dataSegments;
        bytes += s.dataBytes;
        sys.close(fd);
        if (i % 10 === 0) w.ask();
      }
      w.events = events;
      return { 'bytes in a segment': Math.round((10 * bytes) / segments) / 10 };
    },
  },
  {
    id: 'persist', title: 'zero windows', events: 10_000, quick: 300, setUp: world,
    about: 'Strangers ask, shut their windows and keep answering the probes (`events` counts connections); the program answers with 16 KiB each and closes, so that nobody but the stack holds them (Sockstress).',
    bounds: { heap: 512 * MIB, micros: 3000, honest: SOON },
    run(w, events) {
      const { sys } = w.server.task;
      const page = new Uint8Array(16384);
      w.onAccept = (fd) => {
        sys.send(fd, page);
        sys.close(fd);
      };
      between(w, events, 10, (i) => {
        const s = new Stranger(w, (BASE + (i >>> 4)) | 0, 2000 + (i & 15));
        w.serve();
        s.win = 0;
        s.send(s.seq, s.ack, 0);
      });
      const held = w.server.tn.orphans;
      w.events = events;
      w.onReply = (view, _u8, ip, th) => {
        // Each probe is answered: the window is still shut.
        if ((view.getUint8(th + 13) & (SYN | RST)) !== 0) return;
        const len = w.frame.make(view.getInt32(ip + 16), view.getUint16(th + 2), PORT, view.getInt32(th + 8), view.getInt32(th + 4), ACK, 0);
        w.server.receive(w.frame.u8, 0, len);
      };
      let minutes = 0;
      while (w.server.tn.orphans > 0 && minutes < 60) {
        w.pass(60_000);
        minutes++;
        if (minutes % 5 === 0) w.ask();
      }
      return { 'held at most': held, 'minutes until all are gone': w.server.tn.orphans === 0 ? minutes : Infinity };
    },
  },
  {
    id: 'rst', title: 'RST storm into a connection', events: 500_000, quick: 5000, setUp: world,
    about: 'RSTs in the window of an established connection, but not at its edge (RFC 5961): the connection stays, and answers are few.',
    bounds: { heap: 8 * MIB, micros: 15, honest: SOON },
    run(w, events) {
      const s = hoard(w);
      const before = w.replies;
      const rand = rng(3);
      between(w, events, 10, () => s.send((s.seq + 1 + Math.floor(rand() * 30000)) | 0, s.ack, 0, undefined, RST));
      const alive = [...w.server.tn.sockets].some((x) => x.dport === 5000 && x.state === 1);
      return { answers: w.replies - before, 'connection alive': alive ? 1 : 0 };
    },
  },
  {
    id: 'ack', title: 'ACK storm into a connection', events: 500_000, quick: 5000, setUp: world,
    about: 'ACKs of data that was never sent, into an established connection: two machines that both answered each would never end.',
    bounds: { heap: 8 * MIB, micros: 15, honest: SOON },
    run(w, events) {
      const s = hoard(w);
      const before = w.replies;
      between(w, events, 10, (i) => s.send(s.seq, (s.ack + 1000 + (i & 1023)) | 0, 0));
      return { answers: w.replies - before };
    },
  },
  {
    id: 'stray', title: 'ACKs and data for nobody', events: 500_000, quick: 5000, setUp: world,
    about: 'Segments of random addresses that belong to no connection, to an open port: each is answered with a RST, and nothing is kept.',
    bounds: { heap: 8 * MIB, micros: 15, honest: SOON },
    run(w, events) {
      const rand = rng(4);
      between(w, events, 10, () => w.attack(w.frame.make((BASE + rand() * 0x1000000) | 0, 1024 + Math.floor(rand() * 60000), PORT, (rand() * 0x100000000) | 0, (rand() * 0x100000000) | 0, ACK | PSH, 65535, 10)));
      return { answers: w.replies };
    },
  },
];

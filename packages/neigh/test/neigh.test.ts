import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { VirtualClock, createKernel, sec } from '@linnet/kernel';
import type { Kernel } from '@linnet/kernel';
import { devClose } from '@linnet/netdev';
import { FakeDevice } from '@linnet/netdev/testing';
import { DROP, allocSkb, kfreeSkbReason, skbPut, skbReserve, skbStats } from '@linnet/skbuff';
import type { Skb } from '@linnet/skbuff';
import {
  ETH_P_IP, NUD_DELAY, NUD_FAILED, NUD_INCOMPLETE, NUD_NOARP, NUD_NONE, NUD_PERMANENT, NUD_PROBE, NUD_REACHABLE, NUD_STALE, RTM_DELNEIGH, RTM_NEWNEIGH,
} from '@linnet/uapi';
import {
  NEIGH, NEIGH_UPDATE_F_ADMIN, NEIGH_UPDATE_F_OVERRIDE, NEIGH_UPDATE_F_WEAK_OVERRIDE, neigh, neighCarrierDown, neighChangeaddr, neighConfirm,
  neighConnectedOutput, neighDelete, neighEventNs, neighEventSend, neighIfdown, neighOutput, neighResolveOutput, neighStatShow, neighSysctlRegister, neighUpdate,
} from '../src/index.ts';
import type { NeighOps, NeighParms, NeighTable, Neighbour } from '../src/index.ts';

const MAC_A = new Uint8Array([2, 0, 0, 0, 0, 0xa]);
const MAC_B = new Uint8Array([2, 0, 0, 0, 0, 0xb]);

let clock: VirtualClock;
let k: Kernel;
let tbl: NeighTable;
let wire: FakeDevice;
let parms: NeighParms;
/** What the machine did: probes (with the waiting packet's first byte), reports, announcements. */
let log: string[];
let failed: number;

const ops: NeighOps = {
  family: 2,
  solicit(n: Neighbour, skb: Skb | null): void {
    const unicast = n.probes < n.parms.ucastProbes;
    const app = !unicast && n.probes < n.parms.ucastProbes + n.parms.appProbes;
    log.push(`${at()} ${unicast ? 'unicast' : app ? 'app' : 'broadcast'}${skb === null ? '' : ` for ${skb.u8[skb.data]}`}`);
  },
  errorReport(_n: Neighbour, skb: Skb): void {
    failed++;
    kfreeSkbReason(skb, DROP.NEIGH_FAILED);
  },
  output: neighResolveOutput,
  connectedOutput: neighConnectedOutput,
};

function at(): string {
  return `${(clock.now() / 1e9).toFixed(1)}s`;
}

beforeEach(() => {
  clock = new VirtualClock();
  k = createKernel({
    modules: [
      {
        name: 'fake',
        requires: [neigh],
        init: (kk) => {
          kk.get(NEIGH).add({
            family: 2, protocol: ETH_P_IP, id: 'fake_cache', sysctlDir: 'ipv4', keyWords: 1, ops,
            construct: (n) => {
              if (n.key0 === 13) return -22;
              if (n.key0 >>> 28 === 14) {
                n.nudState = NUD_NOARP;
                n.output = n.ops.connectedOutput;
              }
              return 0;
            },
            parms: () => parms ?? null,
            isMulticast: (n) => n.key0 >>> 28 === 14,
          });
        },
      },
    ],
    clock,
    seed: 7,
  });
  tbl = k.get(NEIGH).byFamily(2)!;
  wire = new FakeDevice(k.initNet, { name: 'eth0', noQueue: true });
  parms = tbl.allocParms(wire.dev);
  parms.reachableTime = 30_000;
  log = [];
  failed = 0;
  tbl.notify = (n, type): void => {
    log.push(`${at()} ${type === RTM_NEWNEIGH ? 'new' : type === RTM_DELNEIGH ? 'del' : '?'} ${state(n)}`);
  };
});

afterEach(() => {
  k.shutdown();
  expect(skbStats(k).live).toBe(0);
});

const NAMES = new Map([
  [NUD_NONE, 'NONE'], [NUD_INCOMPLETE, 'INCOMPLETE'], [NUD_REACHABLE, 'REACHABLE'], [NUD_STALE, 'STALE'], [NUD_DELAY, 'DELAY'], [NUD_PROBE, 'PROBE'], [NUD_FAILED, 'FAILED'],
  [NUD_NOARP, 'NOARP'], [NUD_PERMANENT, 'PERMANENT'],
]);
function state(n: Neighbour): string {
  return NAMES.get(n.nudState)!;
}

function make(key = 1): Neighbour {
  const n = tbl.create(wire.dev, key);
  if (typeof n === 'number') throw new Error(`create: ${n}`);
  return n;
}

function packet(mark: number, size = 100): Skb {
  const skb = allocSkb(wire.dev.pool, size + 64);
  skbReserve(skb, 64);
  const p = skbPut(skb, size);
  skb.u8[p] = mark;
  skb.networkHeader = p;
  skb.protocol = ETH_P_IP;
  skb.dev = wire.dev;
  return skb;
}

function send(n: Neighbour, mark = 1): void {
  k.run(() => neighOutput(n, packet(mark)));
}

function learn(n: Neighbour, mac: Uint8Array, st: number, flags = NEIGH_UPDATE_F_OVERRIDE): number {
  return k.run(() => neighUpdate(n, mac, 0, st, flags, null));
}

function until(s: number): void {
  clock.advanceTo(sec(s));
}

/** The destination and the mark of each frame that left. */
function frames(): string[] {
  return wire.take().map((f) => `${f.bytes[5]!.toString(16)}:${f.bytes[14]}`);
}

describe('resolution', () => {
  it('asks three times, a second apart, then reports each waiting packet and fails', () => {
    const n = make();
    send(n, 1);
    send(n, 2);
    expect(state(n)).toBe('INCOMPLETE');
    until(2.9);
    expect(log).toEqual(['0.0s broadcast for 1', '1.0s broadcast for 1', '2.0s broadcast for 1']);
    expect(failed).toBe(0);
    until(3.1);
    expect(state(n)).toBe('FAILED');
    expect(log.at(-1)).toBe('3.0s new FAILED');
    expect(failed).toBe(2);
    expect(tbl.stats.resFailed).toBe(1);
    expect(frames()).toEqual([]);
    // A later packet tries again from the beginning.
    log.length = 0;
    send(n, 3);
    expect(log).toEqual(['3.1s broadcast for 3']);
    expect(state(n)).toBe('INCOMPLETE');
  });

  it('sends what waited, in order, when the answer comes, then uses the cached header', () => {
    const n = make();
    send(n, 1);
    send(n, 2);
    expect(learn(n, MAC_A, NUD_REACHABLE)).toBe(0);
    send(n, 3);
    expect(frames()).toEqual(['a:1', 'a:2', 'a:3']);
    expect(n.hh.len).toBe(14);
    expect(n.arpQueueLenBytes).toBe(0);
    expect(state(n)).toBe('REACHABLE');
    expect(log).toEqual(['0.0s broadcast for 1', '0.0s new REACHABLE']);
  });

  it('bounds the queue by bytes and drops the oldest', () => {
    parms.queueLenBytes = 2 * packetTruesize();
    const n = make();
    for (let i = 1; i <= 5; i++) send(n, i);
    expect(n.arpQueue.qlen).toBe(2);
    expect(tbl.stats.unresDiscards).toBe(3);
    expect(skbStats(k).drops[DROP.NEIGH_QUEUEFULL]).toBe(3);
    learn(n, MAC_A, NUD_REACHABLE);
    expect(frames()).toEqual(['a:4', 'a:5']);
  });

  function packetTruesize(): number {
    const skb = packet(0);
    const t = skb.truesize;
    kfreeSkbReason(skb, DROP.NOT_SPECIFIED);
    return t;
  }

  it('fails at once where no probe is allowed', () => {
    parms.mcastProbes = 0;
    const n = make();
    send(n);
    expect(state(n)).toBe('FAILED');
    expect(skbStats(k).drops[DROP.NEIGH_FAILED]).toBe(1);
  });

  it('lets a daemon have its probes between the unicast and the broadcast ones', () => {
    parms.appProbes = 2;
    const n = make();
    send(n);
    until(10);
    expect(log.map((l) => l.split(' ')[1])).toEqual(['app', 'app', 'broadcast', 'broadcast', 'broadcast', 'new']);
  });
});

describe('reachability (RFC 4861 7.3)', () => {
  it('goes stale unused, delays, probes by unicast and fails', () => {
    const n = make();
    learn(n, MAC_A, NUD_REACHABLE);
    until(30.5);
    expect(state(n)).toBe('STALE');
    log.length = 0;
    until(100);
    expect(log).toEqual([]);
    expect(k.nextEvent()).toBe(Infinity);
    send(n, 9);
    expect(frames()).toEqual(['a:9']); // a stale neighbour is used at once
    expect(state(n)).toBe('DELAY');
    until(104.9);
    expect(state(n)).toBe('DELAY');
    until(110);
    expect(log).toEqual(['105.0s unicast', '105.0s new PROBE', '106.0s unicast', '107.0s unicast', '108.0s new FAILED']);
  });

  it('tries broadcasts after the unicast probes where mcast_resolicit says so', () => {
    parms.mcastReprobes = 2;
    const n = make();
    learn(n, MAC_A, NUD_STALE);
    send(n);
    until(20);
    expect(log.filter((l) => !l.includes('new')).map((l) => l.split(' ')[1])).toEqual(['unicast', 'unicast', 'unicast', 'broadcast', 'broadcast']);
  });

  it('goes from DELAY back to REACHABLE when an upper layer confirms', () => {
    const n = make();
    learn(n, MAC_A, NUD_STALE);
    send(n);
    until(3);
    k.run(() => {
      neighConfirm(n);
    });
    until(5.5);
    expect(state(n)).toBe('REACHABLE');
    // And on for the reachable time since the confirmation.
    until(32.9);
    expect(state(n)).toBe('REACHABLE');
    until(33.1);
    expect(state(n)).toBe('STALE');
  });

  it('goes from REACHABLE to DELAY, not STALE, when it was used lately', () => {
    const n = make();
    learn(n, MAC_A, NUD_REACHABLE);
    until(28);
    k.run(() => {
      n.used = k.jiffies;
    });
    until(30.5);
    expect(state(n)).toBe('DELAY');
  });

  it('stays REACHABLE while it is confirmed', () => {
    const n = make();
    learn(n, MAC_A, NUD_REACHABLE);
    for (let s = 10; s <= 200; s += 10) {
      until(s);
      k.run(() => {
        neighConfirm(n);
      });
      expect(state(n)).toBe('REACHABLE');
    }
  });

  it('is REACHABLE again when a probe is answered', () => {
    const n = make();
    learn(n, MAC_A, NUD_STALE);
    send(n);
    until(6.5);
    expect(state(n)).toBe('PROBE');
    learn(n, MAC_A, NUD_REACHABLE);
    expect(state(n)).toBe('REACHABLE');
    expect(n.output).toBe(neighConnectedOutput);
  });

  it('draws reachable times between half and one and a half of the base', () => {
    const seen = new Set<number>();
    for (let i = 0; i < 200; i++) {
      parms.redraw(0);
      expect(parms.reachableTime).toBeGreaterThanOrEqual(15_000);
      expect(parms.reachableTime).toBeLessThan(45_000);
      seen.add(parms.reachableTime);
    }
    expect(seen.size).toBeGreaterThan(100);
  });
});

describe('updates', () => {
  it('keeps the known address unless told to override', () => {
    const n = make();
    learn(n, MAC_A, NUD_REACHABLE);
    learn(n, MAC_B, NUD_REACHABLE, 0);
    expect(n.ha[5]).toBe(0xa);
    expect(state(n)).toBe('REACHABLE');
    learn(n, MAC_B, NUD_REACHABLE, NEIGH_UPDATE_F_WEAK_OVERRIDE);
    expect(n.ha[5]).toBe(0xa);
    expect(state(n)).toBe('STALE');
    learn(n, MAC_B, NUD_STALE, NEIGH_UPDATE_F_OVERRIDE);
    expect(n.ha[5]).toBe(0xb);
    expect(state(n)).toBe('STALE');
  });

  it('rewrites the cached header when the address changes', () => {
    const n = make();
    learn(n, MAC_A, NUD_REACHABLE);
    send(n, 1);
    learn(n, MAC_B, NUD_REACHABLE);
    send(n, 2);
    expect(frames()).toEqual(['a:1', 'b:2']);
  });

  it('does not lose reachability by hearing the same address again', () => {
    const n = make();
    learn(n, MAC_A, NUD_REACHABLE);
    learn(n, MAC_A, NUD_STALE);
    expect(state(n)).toBe('REACHABLE');
  });

  it('lets only the administrator change a permanent entry', () => {
    const n = make();
    expect(learn(n, MAC_A, NUD_PERMANENT, NEIGH_UPDATE_F_OVERRIDE | NEIGH_UPDATE_F_ADMIN)).toBe(0);
    expect(learn(n, MAC_B, NUD_REACHABLE)).toBe(-1);
    until(1000);
    expect(state(n)).toBe('PERMANENT');
    expect(learn(n, MAC_B, NUD_REACHABLE, NEIGH_UPDATE_F_OVERRIDE | NEIGH_UPDATE_F_ADMIN)).toBe(0);
    expect(state(n)).toBe('REACHABLE');
  });

  it('needs an address for a valid state', () => {
    const n = make();
    expect(k.run(() => neighUpdate(n, null, 0, NUD_STALE, NEIGH_UPDATE_F_ADMIN, null))).toBe(-22);
  });

  it('learns from a question for us: a new entry is STALE, and a waiting packet goes out', () => {
    const n = k.run(() => neighEventNs(tbl, MAC_A, 0, wire.dev, 5))!;
    expect(state(n)).toBe('STALE');
    const m = make(6);
    send(m, 4);
    k.run(() => neighEventNs(tbl, MAC_B, 0, wire.dev, 6));
    expect(frames()).toEqual(['b:4']);
    expect(k.run(() => neighEventNs(tbl, MAC_B, 0, wire.dev, 13))).toBeNull();
  });

  it('deletes with the packets that wait', () => {
    const n = make();
    send(n);
    k.run(() => neighDelete(n, null));
    expect(n.dead).toBe(true);
    expect(tbl.lookup(1, wire.dev)).toBeNull();
    expect(failed).toBe(1);
    expect(k.run(() => neighEventSend(n, packet(1)))).toBe(true);
    expect(k.run(() => neighOutput(n, packet(1)))).toBeLessThan(0);
  });
});

describe('the table', () => {
  it('finds by key and device, through growth', () => {
    const other = new FakeDevice(k.initNet, { name: 'eth1', noQueue: true });
    const made = [];
    for (let i = 100; i < 200; i++) made.push(make(i));
    const twin = tbl.create(other.dev, 150) as Neighbour;
    expect(tbl.lookup(150, wire.dev)).toBe(made[50]);
    expect(tbl.lookup(150, other.dev)).toBe(twin);
    expect(tbl.lookup(99, wire.dev)).toBeNull();
    expect(tbl.stats.hashGrows).toBeGreaterThan(0);
    expect(tbl.entries).toBe(101);
    expect(tbl.list(k.initNet).map((n) => n.key0).slice(0, 3)).toEqual([100, 101, 102]);
  });

  it('refuses what the protocol refuses', () => {
    expect(tbl.create(wire.dev, 13)).toBe(-22);
    expect(tbl.entries).toBe(0);
  });

  it('makes room by force at the hard limit, and refuses when all are in use', () => {
    tbl.gcThresh1 = 4;
    tbl.gcThresh2 = 8;
    tbl.gcThresh3 = 12;
    for (let i = 100; i < 111; i++) send(make(i));
    // All resolving: their timers run, none may go.
    expect(tbl.create(wire.dev, 200)).toBe(-105);
    expect(tbl.stats.tableFulls).toBe(1);
    until(4);
    // All failed: the oldest go.
    expect(typeof tbl.create(wire.dev, 200)).toBe('object');
    expect(tbl.gcEntries).toBe(9);
    expect(tbl.stats.forcedGcRuns).toBeGreaterThan(1);
  });

  it('does not count permanent entries', () => {
    tbl.gcThresh2 = 4;
    tbl.gcThresh3 = 4;
    for (let i = 100; i < 120; i++) {
      const n = tbl.insert(wire.dev, i, 0, 0, 0, true, false, false) as Neighbour;
      learn(n, MAC_A, NUD_PERMANENT, NEIGH_UPDATE_F_OVERRIDE | NEIGH_UPDATE_F_ADMIN);
    }
    expect(tbl.entries).toBe(20);
    expect(tbl.gcEntries).toBe(0);
    expect(typeof tbl.create(wire.dev, 1)).toBe('object');
  });

  it('collects what was not used for gc_stale_time, and sleeps when little is left', () => {
    tbl.gcThresh1 = 2;
    for (let i = 100; i < 110; i++) learn(make(i), MAC_A, NUD_STALE);
    until(59);
    expect(tbl.entries).toBe(10);
    until(200);
    expect(tbl.entries).toBeLessThanOrEqual(2);
    expect(tbl.stats.periodicGcRuns).toBeGreaterThan(0);
    expect(k.nextEvent()).toBe(Infinity);
  });

  it('forgets a device that goes down, changes its address or loses its carrier', () => {
    const n1 = make(1);
    learn(n1, MAC_A, NUD_PERMANENT, NEIGH_UPDATE_F_OVERRIDE | NEIGH_UPDATE_F_ADMIN);
    send(make(2), 1);
    k.run(() => {
      neighCarrierDown(tbl, wire.dev);
    });
    expect(tbl.list(k.initNet).map((n) => n.key0)).toEqual([1]);
    expect(skbStats(k).drops[DROP.NEIGH_DEAD]).toBe(1);
    k.run(() => {
      neighChangeaddr(tbl, wire.dev);
    });
    expect(tbl.entries).toBe(0);
    make(3);
    k.run(() => {
      neighIfdown(tbl, wire.dev);
    });
    expect(tbl.entries).toBe(0);
    devClose(wire.dev);
  });

  it('keeps permanent proxy entries of a device that lost its carrier, none of one that goes down', () => {
    const { dev } = wire;
    tbl.proxies.create(k.initNet, dev, 1).permanent = true;
    tbl.proxies.create(k.initNet, dev, 2);
    tbl.proxies.create(k.initNet, null, 3);
    const keys = (): number[] => tbl.proxies.list(k.initNet).map((e) => e.key0).sort();
    k.run(() => { neighCarrierDown(tbl, dev); });
    expect(keys()).toEqual([1, 3]);
    k.run(() => { neighIfdown(tbl, dev); });
    expect(keys()).toEqual([3]);
    expect(tbl.proxies.remove(k.initNet, null, 3)).toBe(true);
    devClose(dev);
  });

  it('shows its statistics and settings', () => {
    neighSysctlRegister(tbl, parms);
    const { sysctl } = k.initNet;
    expect(sysctl.read('net/ipv4/neigh/eth0/base_reachable_time_ms')).toBe('30000');
    expect(sysctl.read('net/ipv4/neigh/eth0/retrans_time')).toBe('100');
    expect(sysctl.read('net/ipv4/neigh/eth0/unres_qlen')).toBe('101');
    expect(sysctl.read('net/ipv4/neigh/default/gc_thresh3')).toBe('1024');
    expect(sysctl.write('net/ipv4/neigh/eth0/mcast_solicit', '1')).toBe(0);
    const n = make();
    send(n);
    until(1.5);
    expect(state(n)).toBe('FAILED');
    const text = k.initNet.proc.read('net/stat/fake_cache')!;
    expect(text).toBe(neighStatShow(tbl));
    expect(text.split('\n')[1]!.split(/\s+/).slice(0, 3)).toEqual(['00000001', '00000001', '00000000']);
  });

  it('passes new defaults on to devices that have no value of their own', () => {
    const { sysctl } = k.initNet;
    neighSysctlRegister(tbl, parms);
    expect(sysctl.write('net/ipv4/neigh/default/proxy_qlen', '65')).toBe(0);
    expect(parms.proxyQlen).toBe(65);
    sysctl.write('net/ipv4/neigh/eth0/proxy_qlen', '66');
    sysctl.write('net/ipv4/neigh/default/proxy_qlen', '67');
    expect([tbl.parms.proxyQlen, parms.proxyQlen]).toEqual([67, 66]);
    // From its first address on, all is its own.
    parms.ownAll = true;
    sysctl.write('net/ipv4/neigh/default/ucast_solicit', '9');
    expect([tbl.parms.ucastProbes, parms.ucastProbes]).toEqual([9, 3]);
  });

  it('keeps multicast entries connected without a question', () => {
    const n = make(0xe0000001 | 0);
    send(n, 7);
    expect(log).toEqual([]);
    expect(frames()).toEqual(['0:7']);
  });
});

describe('keys of four words', () => {
  it('finds, lists and tells apart', () => {
    const wide = k.get(NEIGH).add({ ...tbl.ops, family: 10, id: 'wide_cache', sysctlDir: 'ipv6', keyWords: 4 });
    const keys: [number, number, number, number][] = [];
    for (let i = 0; i < 40; i++) keys.push([0xfe800000 | 0, i & 3, i >> 2, 1]);
    for (const key of keys) expect(typeof wide.create(wire.dev, ...key)).toBe('object');
    for (const key of keys) {
      const n = wide.lookup4(...key, wire.dev)!;
      expect([n.key0, n.key1, n.key2, n.key3]).toEqual(key);
    }
    expect(wide.lookup4(0xfe800000 | 0, 9, 9, 1, wire.dev)).toBeNull();
    expect(wide.list(k.initNet)).toHaveLength(40);
    expect(tbl.entries).toBe(0);
    const { lookups, hits } = wide.stats;
    expect(k.run(() => neighEventNs(wide, MAC_A, 0, wire.dev, ...keys[3]!))!.ha[5]).toBe(0xa);
    // Control packets are counted.
    expect([wide.stats.lookups - lookups, wide.stats.hits - hits]).toEqual([1, 1]);
  });
});

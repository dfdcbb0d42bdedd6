import { afterEach, describe, expect, it } from 'vitest';
import { ms, sec } from '@linnet/kernel';
import { netifCarrierOff } from '@linnet/netdev';
import { FakeDevice } from '@linnet/netdev/testing';
import { neighOutput } from '@linnet/neigh';
import { DROP, allocSkb, skbPut, skbReserve, skbStats } from '@linnet/skbuff';
import type { Skb } from '@linnet/skbuff';
import { ETH_P_ARP, ETH_P_IP, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, NUD_DELAY, NUD_REACHABLE, NUD_STALE, in4ToString } from '@linnet/uapi';
import { arpAnnounce } from '../src/arp.ts';
import { inetAddrAdd } from '../src/devinet.ts';
import { IPV4 } from '../src/ipv4-net.ts';
import { ipNeighForGw, ipRouteOutputFlow } from '../src/route.ts';
import { Flowi } from '@linnet/inet';
import { RtKernel, addRoute, ip } from './rt-kernel.ts';

const OUR_MAC = [2, 0, 0, 0, 0, 1];
const HIS_MAC = [2, 0, 0, 0, 0, 2];
const OTHER_MAC = [2, 0, 0, 0, 0, 3];
const ALL = [255, 255, 255, 255, 255, 255];

let t: RtKernel;
let eth: FakeDevice;

afterEach(() => {
  t.k.shutdown();
  expect(t.live()).toBe(0);
});

function start(): void {
  t = new RtKernel();
  eth = new FakeDevice(t.net, { name: 'eth0', mac: Uint8Array.from(OUR_MAC), noQueue: true });
  addr('10.0.0.1/24');
}

function addr(text: string): void {
  const [a, l] = text.split('/') as [string, string];
  t.k.run(() => inetAddrAdd(t.net, eth.dev, { local: ip(a), prefixlen: Number(l) }));
}

function conf(name: string, value: string): void {
  expect(t.net.sysctl.write(`net/ipv4/conf/eth0/${name}`, value)).toBe(0);
}

interface Arp {
  op: number;
  sha?: number[];
  sip: string;
  tha?: number[];
  tip: string;
  dst?: number[];
}

function bytesOf(s: string): number[] {
  return s.split('.').map(Number);
}

function frame(a: Arp): Uint8Array {
  const sha = a.sha ?? HIS_MAC;
  return Uint8Array.from([
    ...(a.dst ?? ALL), ...sha, 8, 6, 0, 1, 8, 0, 6, 4, 0, a.op, ...sha, ...bytesOf(a.sip), ...(a.tha ?? [0, 0, 0, 0, 0, 0]), ...bytesOf(a.tip),
    ...new Array<number>(18).fill(0),
  ]);
}

function inject(a: Arp): void {
  eth.inject(frame(a));
}

/** What was sent: operation, who, whom, and where the frame goes. */
function sent(): string[] {
  return eth.take().map((f) => {
    const v = new DataView(f.bytes.buffer);
    if (v.getUint16(12) !== ETH_P_ARP) return `type ${v.getUint16(12).toString(16)} to ${f.bytes[5]}`;
    return `${v.getUint16(20) === 1 ? 'who-has' : 'is-at'} ${in4ToString(v.getInt32(28))}(${f.bytes[27]}) -> ${in4ToString(v.getInt32(38))}(${f.bytes[37]}) to ${f.bytes[5]}`;
  });
}

function entry(a: string): string {
  const n = t.n4.arpTbl.lookup(ip(a), eth.dev);
  return n === null ? 'none' : `${n.nudState === NUD_REACHABLE ? 'reachable' : n.nudState === NUD_STALE ? 'stale' : n.nudState === NUD_DELAY ? 'delay' : n.nudState} ${n.ha[5]}`;
}

function packetTo(dst: string, src = '10.0.0.1'): { skb: Skb; send: () => number } {
  const skb = allocSkb(eth.dev.pool, 128);
  skbReserve(skb, 64);
  const at = skbPut(skb, 28);
  skb.view.setUint8(at, 0x45);
  skb.view.setInt32(at + 12, ip(src));
  skb.view.setInt32(at + 16, ip(dst));
  skb.networkHeader = at;
  skb.protocol = ETH_P_IP;
  const fl = new Flowi();
  fl.daddr = ip(dst);
  const rt = ipRouteOutputFlow(t.net, fl, null);
  if (rt === null) throw new Error(`no route to ${dst}: ${fl.error}`);
  skb.dst = rt;
  skb.dev = rt.dev;
  return { skb, send: () => t.k.run(() => neighOutput(ipNeighForGw(rt, skb)!, skb)) };
}

describe('answering', () => {
  it('answers for its address, and learns the asker as STALE', () => {
    start();
    inject({ op: 1, sip: '10.0.0.2', tip: '10.0.0.1' });
    expect(sent()).toEqual(['is-at 10.0.0.1(1) -> 10.0.0.2(2) to 2']);
    expect(entry('10.0.0.2')).toBe('stale 2');
  });

  it('says nothing for other addresses and learns nothing', () => {
    start();
    inject({ op: 1, sip: '10.0.0.2', tip: '10.0.0.3' });
    expect(sent()).toEqual([]);
    expect(entry('10.0.0.2')).toBe('none');
  });

  it('answers on one interface for the address of another, unless arp_ignore says no', () => {
    start();
    const eth1 = new FakeDevice(t.net, { name: 'eth1', noQueue: true });
    t.k.run(() => inetAddrAdd(t.net, eth1.dev, { local: ip('10.0.1.1'), prefixlen: 24 }));
    inject({ op: 1, sip: '10.0.0.2', tip: '10.0.1.1' });
    expect(sent()).toEqual(['is-at 10.0.1.1(1) -> 10.0.0.2(2) to 2']);
    conf('arp_ignore', '1');
    inject({ op: 1, sip: '10.0.0.2', tip: '10.0.1.1' });
    expect(sent()).toEqual([]);
    inject({ op: 1, sip: '10.0.0.2', tip: '10.0.0.1' });
    expect(sent()).toHaveLength(1);
    conf('arp_ignore', '2');
    addr('10.2.0.1/24');
    inject({ op: 1, sip: '10.0.0.2', tip: '10.2.0.1' });
    expect(sent()).toEqual([]);
    conf('arp_ignore', '8');
    inject({ op: 1, sip: '10.0.0.2', tip: '10.0.0.1' });
    expect(sent()).toEqual([]);
  });

  it('filters by the way back with arp_filter', () => {
    start();
    const eth1 = new FakeDevice(t.net, { name: 'eth1', noQueue: true });
    t.k.run(() => inetAddrAdd(t.net, eth1.dev, { local: ip('10.0.1.1'), prefixlen: 24 }));
    conf('arp_filter', '1');
    inject({ op: 1, sip: '10.0.1.9', tip: '10.0.0.1' });
    expect(sent()).toEqual([]);
    inject({ op: 1, sip: '10.0.0.9', tip: '10.0.0.1' });
    expect(sent()).toHaveLength(1);
  });

  it('defends its address against a probe (RFC 5227)', () => {
    start();
    inject({ op: 1, sip: '0.0.0.0', tip: '10.0.0.1' });
    expect(sent()).toEqual(['is-at 10.0.0.1(1) -> 0.0.0.0(2) to 2']);
    expect(t.n4.arpTbl.entries).toBe(0);
    inject({ op: 1, sip: '0.0.0.0', tip: '10.0.0.7' });
    expect(sent()).toEqual([]);
  });

  it('answers for hosts behind it with proxy_arp', () => {
    start();
    const eth1 = new FakeDevice(t.net, { name: 'eth1', noQueue: true });
    t.k.run(() => inetAddrAdd(t.net, eth1.dev, { local: ip('10.0.1.1'), prefixlen: 24 }));
    t.net.sysctl.write('net/ipv4/ip_forward', '1');
    inject({ op: 1, sip: '10.0.0.2', tip: '10.0.1.9' });
    expect(sent()).toEqual([]);
    conf('proxy_arp', '1');
    inject({ op: 1, sip: '10.0.0.2', tip: '10.0.1.9' });
    // The host itself may answer first.
    expect(sent()).toEqual([]);
    t.clock.advance(ms(800));
    expect(sent()).toEqual(['is-at 10.0.1.9(1) -> 10.0.0.2(2) to 2']);
    inject({ op: 1, sip: '10.0.0.2', tip: '10.0.0.9' });
    t.clock.advance(ms(800));
    expect(sent()).toEqual([]);
  });

  it('answers for the addresses of proxy entries, at once without a delay', () => {
    start();
    const eth1 = new FakeDevice(t.net, { name: 'eth1', noQueue: true });
    t.k.run(() => inetAddrAdd(t.net, eth1.dev, { local: ip('10.0.1.1'), prefixlen: 24 }));
    t.net.sysctl.write('net/ipv4/ip_forward', '1');
    const { arpTbl } = t.net.get(IPV4);
    arpTbl.proxies.create(t.net, eth.dev, ip('10.0.1.9'));
    inject({ op: 1, sip: '10.0.0.2', tip: '10.0.1.9' });
    t.clock.advance(ms(800));
    expect(sent()).toEqual(['is-at 10.0.1.9(1) -> 10.0.0.2(2) to 2']);
    t.net.sysctl.write(`net/ipv4/neigh/${eth.dev.name}/proxy_delay`, '0');
    inject({ op: 1, sip: '10.0.0.2', tip: '10.0.1.9' });
    expect(sent()).toEqual(['is-at 10.0.1.9(1) -> 10.0.0.2(2) to 2']);
    expect(arpTbl.proxies.remove(t.net, eth.dev, ip('10.0.1.9'))).toBe(true);
    inject({ op: 1, sip: '10.0.0.2', tip: '10.0.1.9' });
    expect(sent()).toEqual([]);
  });
});

describe('asking', () => {
  it('asks everybody with the source of the waiting packet, then sends it', () => {
    start();
    packetTo('10.0.0.2').send();
    expect(sent()).toEqual(['who-has 10.0.0.1(1) -> 10.0.0.2(0) to 255']);
    inject({ op: 2, sip: '10.0.0.2', tip: '10.0.0.1', tha: OUR_MAC, dst: OUR_MAC });
    expect(entry('10.0.0.2')).toBe('reachable 2');
    expect(sent()).toEqual(['type 800 to 2']);
    packetTo('10.0.0.2').send();
    expect(sent()).toEqual(['type 800 to 2']);
  });

  it('asks for the gateway', () => {
    start();
    addRoute(t.net, { to: '0.0.0.0/0', via: '10.0.0.254' });
    packetTo('8.8.8.8').send();
    expect(sent()).toEqual(['who-has 10.0.0.1(1) -> 10.0.0.254(0) to 255']);
  });

  it('chooses its source by arp_announce', () => {
    start();
    addr('10.5.0.1/24');
    packetTo('10.0.0.2', '10.5.0.1').send();
    expect(sent()).toEqual(['who-has 10.5.0.1(1) -> 10.0.0.2(0) to 255']);
    conf('arp_announce', '1');
    packetTo('10.0.0.3', '10.5.0.1').send();
    expect(sent()).toEqual(['who-has 10.0.0.1(1) -> 10.0.0.3(0) to 255']);
    conf('arp_announce', '2');
    packetTo('10.0.0.4', '10.5.0.1').send();
    expect(sent()).toEqual(['who-has 10.0.0.1(1) -> 10.0.0.4(0) to 255']);
  });

  it('gives up after three seconds: host unreachable', () => {
    start();
    packetTo('10.0.0.2').send();
    t.clock.advanceTo(sec(2.5));
    expect(sent()).toHaveLength(3);
    expect(t.icmp).toEqual([]);
    t.clock.advanceTo(sec(3.5));
    expect(t.icmp).toEqual([{ type: ICMP_DEST_UNREACH, code: ICMP_HOST_UNREACH, info: 0 }]);
    expect(skbStats(t.k).drops[DROP.NEIGH_FAILED]).toBe(1);
    expect(t.net.proc.read('net/arp')).toBe(
      'IP address       HW type     Flags       HW address            Mask     Device\n10.0.0.2         0x1         0x0         00:00:00:00:00:00     *        eth0\n',
    );
  });

  it('asks the known address again, by unicast, before it gives up', () => {
    start();
    inject({ op: 1, sip: '10.0.0.2', tip: '10.0.0.1' });
    sent();
    packetTo('10.0.0.2').send();
    expect(sent()).toEqual(['type 800 to 2']);
    t.clock.advanceTo(sec(5.5));
    expect(sent()).toEqual(['who-has 10.0.0.1(1) -> 10.0.0.2(0) to 2']);
    inject({ op: 2, sip: '10.0.0.2', tip: '10.0.0.1', tha: OUR_MAC, dst: OUR_MAC });
    expect(entry('10.0.0.2')).toBe('reachable 2');
    expect(t.net.proc.read('net/arp')).toContain('10.0.0.2         0x1         0x2         02:00:00:00:00:02     *        eth0\n');
  });

  it('needs no question for groups and broadcasts', () => {
    start();
    packetTo('10.0.0.255').send();
    expect(sent()).toEqual(['type 800 to 255']);
    expect(t.net.proc.read('net/arp')!.split('\n')).toHaveLength(2);
  });
});

describe('learning', () => {
  it('takes the first of several answers, and another one after locktime', () => {
    start();
    packetTo('10.0.0.2').send();
    const reply = { op: 2, sip: '10.0.0.2', tip: '10.0.0.1', tha: OUR_MAC, dst: OUR_MAC };
    inject(reply);
    inject({ ...reply, sha: OTHER_MAC });
    expect(entry('10.0.0.2')).toBe('reachable 2');
    t.clock.advance(sec(1.5));
    inject({ ...reply, sha: OTHER_MAC });
    expect(entry('10.0.0.2')).toBe('reachable 3');
  });

  it('takes unsolicited answers only as STALE when broadcast, and only for known entries', () => {
    start();
    const garp = { op: 2, sip: '10.0.0.2', tip: '10.0.0.2', tha: HIS_MAC };
    inject(garp);
    expect(entry('10.0.0.2')).toBe('none');
    packetTo('10.0.0.2').send();
    inject(garp);
    expect(entry('10.0.0.2')).toBe('delay 2'); // it was STALE, and the waiting packet went out
    inject({ ...garp, sha: OTHER_MAC, tha: OTHER_MAC });
    expect(entry('10.0.0.2')).toBe('stale 3'); // a gratuitous one overrides at once
  });

  it('makes entries of gratuitous packets with arp_accept, and drops them with drop_gratuitous_arp', () => {
    start();
    conf('arp_accept', '1');
    inject({ op: 1, sip: '10.0.0.5', tip: '10.0.0.5' });
    expect(entry('10.0.0.5')).toBe('stale 2');
    conf('drop_gratuitous_arp', '1');
    inject({ op: 1, sip: '10.0.0.6', tip: '10.0.0.6' });
    expect(entry('10.0.0.6')).toBe('none');
    expect(skbStats(t.k).drops[DROP.ARP_FILTER]).toBe(1);
  });

  it('announces with a request for itself', () => {
    start();
    t.k.run(() => {
      arpAnnounce(eth.dev, ip('10.0.0.1'));
    });
    expect(sent()).toEqual(['who-has 10.0.0.1(1) -> 10.0.0.1(0) to 255']);
  });

  it('forgets all when the link loses its carrier', () => {
    start();
    inject({ op: 1, sip: '10.0.0.2', tip: '10.0.0.1' });
    expect(t.n4.arpTbl.entries).toBe(1);
    t.k.run(() => {
      netifCarrierOff(eth.dev);
    });
    t.clock.advance(sec(2));
    expect(t.n4.arpTbl.entries).toBe(0);
  });
});

describe('bad frames', () => {
  const cases: [string, (f: Uint8Array) => Uint8Array | void, keyof typeof DROP][] = [
    ['too short', (f) => f.slice(0, 14 + 27), 'PKT_TOO_SMALL'],
    ['hardware address length', (f) => void (f[18] = 5), 'ARP_HDR'],
    ['protocol address length', (f) => void (f[19] = 16), 'ARP_HDR'],
    ['hardware type', (f) => void (f[15] = 7), 'ARP_HDR'],
    ['protocol type', (f) => void (f[17] = 1), 'ARP_HDR'],
    ['operation', (f) => void (f[21] = 3), 'ARP_HDR'],
    ['target a group', (f) => void (f[38] = 224), 'ARP_FILTER'],
    ['target a loopback address', (f) => void (f[38] = 127), 'ARP_FILTER'],
    ['to somebody else', (f) => void f.set(OTHER_MAC, 0), 'OTHERHOST'],
  ];
  it.each(cases)('drops: %s', (_name, change, reason) => {
    start();
    const f = frame({ op: 1, sip: '10.0.0.2', tip: '10.0.0.1' });
    const before = skbStats(t.k).drops[DROP[reason]]!;
    eth.inject(change(f) ?? f);
    expect(skbStats(t.k).drops[DROP[reason]]! - before).toBe(1);
    expect(sent()).toEqual([]);
    expect(t.n4.arpTbl.entries).toBe(0);
  });
});

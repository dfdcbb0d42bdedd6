import { expect, test } from 'vitest';
import { Machine, Sk, Wire, icmp6Ok, pattern, PEER_LL } from './harness.ts';
import { NF_ACCEPT, NF_INET_LOCAL_OUT, NFPROTO_IPV6, nfRegisterNetHook } from '@linnet/netdev';
import { MSG_PROBE, SO_PRIORITY, SOCK_DGRAM, SOCK_RAW, SOL_SOCKET } from '@linnet/uapi';

test('a device gets a link-local address after detection of duplicates', () => {
  const m = new Machine();
  const w = new Wire(m.net);
  expect(m.addrs(w)).toHaveLength(1);
  m.advance(5);
  expect(m.addrs(w)).toEqual(['fe80::ff:fe00:1/64 80']);
  expect(w.takeControl(135).map((p) => `${p.src} ${p.dst} ${p.hops}`)).toEqual([':: ff02::1:ff00:1 255']);
  expect(m.routes()).toEqual(['fe80::/64 dev eth0 metric 256']);
  expect(m.routes(255)).toEqual(['::1/128 dev lo metric 0', 'fe80::ff:fe00:1/128 dev eth0 metric 0', 'ff00::/8 dev eth0 metric 256']);
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('echo requests are answered', () => {
  const m = new Machine();
  const w = m.wire('fd00::1/64');
  w.icmp({}, 128, 0, 0x12340001, pattern(56));
  const [r] = w.take();
  expect(r!.src).toBe('fd00::1');
  expect(r!.dst).toBe('fd00::2');
  expect(r!.payload[0]).toBe(129);
  expect(icmp6Ok(r!)).toBe(true);
  expect(r!.payload.slice(8)).toEqual(pattern(56));
  w.icmp({ dst: 'ff02::1', src: PEER_LL }, 128, 0, 0x12340001, pattern(10));
  expect(w.take()[0]!.src).toBe('fe80::ff:fe00:1');
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('ping and raw sockets', () => {
  const m = new Machine();
  const w = m.wire('fd00::1/64');
  const ping = new Sk(m, SOCK_DGRAM, 58);
  const msg = new Uint8Array(64);
  msg[0] = 128;
  msg[7] = 1;
  expect(ping.send(msg, 'fd00::2')).toBe(64);
  expect(ping.send(msg, 'fd00::2', { flags: MSG_PROBE })).toBe(64);
  const out = w.take();
  expect(out).toHaveLength(1);
  const [p] = out;
  expect(p!.payload[0]).toBe(128);
  expect(icmp6Ok(p!)).toBe(true);
  w.icmp({}, 129, 0, new DataView(p!.payload.buffer, p!.payload.byteOffset).getInt32(4), p!.payload.slice(8));
  expect(ping.got().from).toBe('fd00::2');
  const raw = new Sk(m, SOCK_RAW, 58);
  expect(raw.send(msg, 'fd00::1')).toBe(64);
  expect(raw.got().data[0]).toBe(128);
  expect(raw.got().data[0]).toBe(129);
  expect(raw.send(msg, '::1')).toBe(64);
  expect(raw.got().from).toBe('::1');
  raw.send(new Uint8Array(3000).fill(1).fill(128, 0, 1), 'fd00::9');
  const fr = w.take();
  expect(fr.map((f) => [f.next, f.payload.length])).toEqual([[44, 1456], [44, 1456], [44, 112]]);
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('SO_PRIORITY of one message', () => {
  const m = new Machine();
  m.wire('fd00::1/64');
  const seen: number[] = [];
  const s = new Sk(m, SOCK_RAW, 200);
  nfRegisterNetHook(m.net, { pf: NFPROTO_IPV6, hooknum: NF_INET_LOCAL_OUT, priority: 0, hook: (_p, skb) => {
    if (skb.u8[skb.networkHeader + 6] === 200) seen.push(skb.priority);
    return NF_ACCEPT;
  } });
  s.send(pattern(8), 'fd00::2');
  s.send(pattern(8), 'fd00::2', { control: [{ level: SOL_SOCKET, type: SO_PRIORITY, data: new Uint8Array([5, 0, 0, 0]) }] });
  expect(seen).toEqual([0, 5]);
  m.end();
});

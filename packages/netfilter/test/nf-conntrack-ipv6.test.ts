/** Tracking of IPv6 packets, given to it as its hooks get them. */
import { expect, test } from 'vitest';
import { NF_ACCEPT, NF_INET_LOCAL_OUT, NFPROTO_IPV6, NfState } from '@linnet/netdev';
import { allocSkb, consumeSkb, SKB, skbPut, skbReserve, type Skb } from '@linnet/skbuff';
import { in6FromString } from '@linnet/uapi';
import { IP_CT_ESTABLISHED_REPLY, IP_CT_NEW, IP_CT_RELATED_REPLY, IP_CT_UNTRACKED, nfConntrackConfirm, nfConntrackIn } from '../src/index.ts';
import { Router } from './harness.ts';

const A = '2001:db8::2';
const B = '2001:db8:1::9';

/** The sixteen bytes of an address. */
function bytes6(a: string): number[] {
  return Array.from(in6FromString(a)!).flatMap((w) => [(w >>> 24) & 0xff, (w >>> 16) & 0xff, (w >>> 8) & 0xff, w & 0xff]);
}
function ip6(src: string, dst: string, next: number, payload: readonly number[]): number[] {
  return [0x60, 0, 0, 0, payload.length >> 8, payload.length & 0xff, next, 64, ...bytes6(src), ...bytes6(dst), ...payload];
}
const udp = (sport: number, dport: number): number[] => [sport >> 8, sport & 0xff, dport >> 8, dport & 0xff, 0, 8, 0, 0];

test('flows behind extension headers, errors, neighbour discovery', () => {
  const r = new Router();
  const state = new NfState();
  state.pf = NFPROTO_IPV6;
  state.hook = NF_INET_LOCAL_OUT;
  state.net = r.net;
  const track = (bytes: number[]): { info: number; entry: boolean } => {
    const skb: Skb = allocSkb(r.kernel.get(SKB), 256);
    skbReserve(skb, 32);
    skb.u8.set(bytes, skbPut(skb, bytes.length));
    skb.networkHeader = skb.data;
    const v = r.kernel.run(() => (nfConntrackIn(r.cn, skb, state) === NF_ACCEPT ? nfConntrackConfirm(skb) : -1));
    expect(v).toBe(NF_ACCEPT);
    const got = { info: skb.nfctInfo, entry: skb.nfct !== null };
    consumeSkb(skb);
    return got;
  };
  const out = ip6(A, B, 17, udp(4000, 53));
  expect(track(out)).toEqual({ info: IP_CT_NEW, entry: true });
  // A hop-by-hop header of eight bytes before the answer.
  expect(track(ip6(B, A, 0, [17, 0, 1, 4, 0, 0, 0, 0, ...udp(53, 4000)]))).toEqual({ info: IP_CT_ESTABLISHED_REPLY, entry: true });
  expect(track(ip6(B, A, 58, [1, 4, 0, 0, 0, 0, 0, 0, ...out]))).toEqual({ info: IP_CT_RELATED_REPLY, entry: true });
  expect(track(ip6(A, B, 58, [128, 0, 0, 0, 0, 7, 0, 1]))).toEqual({ info: IP_CT_NEW, entry: true });
  expect(track(ip6(A, B, 58, [135, 0, 0, 0, 0, 0, 0, 0]))).toEqual({ info: IP_CT_UNTRACKED, entry: false });
  expect(track(ip6(A, B, 44, [17, 0, 0, 8, 0, 0, 0, 1, ...udp(1, 2)]))).toEqual({ info: 0, entry: false });
  expect(r.table()).toEqual([
    'ipv6     10 icmpv6   58 30 src=2001:0db8:0000:0000:0000:0000:0000:0002 dst=2001:0db8:0001:0000:0000:0000:0000:0009 type=128 code=0 id=7 [UNREPLIED] src=2001:0db8:0001:0000:0000:0000:0000:0009 dst=2001:0db8:0000:0000:0000:0000:0000:0002 type=129 code=0 id=7 mark=0 zone=0 use=2',
    'ipv6     10 udp      17 30 src=2001:0db8:0000:0000:0000:0000:0000:0002 dst=2001:0db8:0001:0000:0000:0000:0000:0009 sport=4000 dport=53 src=2001:0db8:0001:0000:0000:0000:0000:0009 dst=2001:0db8:0000:0000:0000:0000:0000:0002 sport=53 dport=4000 mark=0 zone=0 use=2',
  ]);
  expect(r.end()).toBe(0);
});

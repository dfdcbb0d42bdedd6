import { INET } from '@linnet/inet';
import { devGetByName } from '@linnet/netdev';
import { allocSkb, consumeSkb, PACKET_BROADCAST, skbPut, type Skb } from '@linnet/skbuff';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LOCAL, PEER, tcp, TcpTest, type TestSock } from './harness.ts';

describe('early demux', () => {
  let t: TcpTest;
  let s: TestSock;
  beforeEach(() => {
    t = new TcpTest();
    s = t.established();
  });
  afterEach(() => t.done());

  /** What is found for a segment of `len` transport bytes; `data` is at its IP header. */
  function find(saddr: number, sport: number, dport: number, len: number = 20, change?: (skb: Skb) => void): object | null {
    const dev = devGetByName(t.net, 'lo')!;
    const skb = allocSkb(dev.pool, 20 + len);
    const at = skbPut(skb, 20 + len);
    skb.view.setInt32(at + 12, saddr);
    skb.view.setInt32(at + 16, LOCAL);
    if (len >= 4) {
      skb.view.setUint16(at + 20, sport);
      skb.view.setUint16(at + 22, dport);
    }
    skb.networkHeader = at;
    skb.transportHeader = at + 20;
    skb.dev = dev;
    change?.(skb);
    const sk = t.call(() => t.kernel.get(INET).protos[6]!.earlyDemux!(skb));
    consumeSkb(skb);
    return sk;
  }

  it('finds a connection by all of its four-tuple, and nothing else', () => {
    const { num } = s.sk;
    expect(find(PEER, 80, num)).toBe(s.sk);
    expect([find(PEER + 1, 80, num), find(PEER, 81, num), find(PEER, 80, num + 1)]).toEqual([null, null, null]);
    expect(find(PEER, 80, num, 19)).toBeNull();
    expect(find(PEER, 80, num, 20, (skb) => { skb.pktType = PACKET_BROADCAST; })).toBeNull();
    expect(t.net.sysctl.write('net/ipv4/tcp_early_demux', '0')).toBe(0);
    expect(find(PEER, 80, num)).toBeNull();
  });

  it('finds neither listeners, nor requests, nor TIME-WAITs', () => {
    const listener = t.listen(8080);
    expect(find(PEER, 90, 8080)).toBeNull();
    t.inject(tcp({ flags: 'S', seq: 0, sport: 90, dport: 8080 }));
    t.take();
    expect(find(PEER, 90, 8080)).toBeNull();
    listener.close();
  });

  it('without it a segment finds its connection all the same', () => {
    expect(t.net.sysctl.write('net/ipv4/tcp_early_demux', '0')).toBe(0);
    t.inject(tcp({ flags: 'PA', seq: 1, ack: 1, data: 'hello' }));
    expect(s.recvText(10)).toBe('hello');
  });
});

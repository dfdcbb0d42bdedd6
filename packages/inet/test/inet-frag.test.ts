import { describe, expect, test } from 'vitest';
import { createKernel, EPROTONOSUPPORT, VirtualClock } from '@linnet/kernel';
import { netdev } from '@linnet/netdev';
import { IPPROTO_ICMP, IPPROTO_UDP, SOCK_DGRAM } from '@linnet/uapi';
import { FragDir, fragSysctls, INET_PROTOSW_NAMED, inetFindProtosw, type InetProtosw } from '../src/index.ts';

describe('limits of reassembly', () => {
  // As Linux 6.18 takes them, for both families.
  test('neither passes the other', () => {
    const k = createKernel({ modules: [netdev], clock: new VirtualClock(), seed: 1 });
    const { sysctl } = k.initNet;
    fragSysctls(new FragDir(k.initNet, 1, 30_000), 'net/test/frag');
    const set = (name: string, v: number): string => `${sysctl.write(`net/test/frag_${name}`, String(v)) === 0 ? 'ok' : 'refused'} ${sysctl.read(`net/test/frag_${name}`)}`;
    expect(sysctl.read('net/test/frag_time')).toBe('30');
    expect([0, -1, 3145727, 3145728, 5000000, 9999999999].map((v) => set('high_thresh', v))).toEqual([
      'refused 4194304', 'refused 4194304', 'refused 4194304', 'ok 3145728', 'ok 5000000', 'ok 9999999999',
    ]);
    set('high_thresh', 4194304);
    expect([0, -1, 4194304, 4194305].map((v) => set('low_thresh', v))).toEqual(['ok 0', 'refused 0', 'ok 4194304', 'refused 4194304']);
    k.shutdown();
  });
});

describe('the kind of a socket', () => {
  const kind = (protocol: number, flags: number): InetProtosw => ({ type: SOCK_DGRAM, protocol, flags }) as InetProtosw;
  // With ICMP first a datagram socket of protocol 0 was a ping socket, in stacks that name UDP before the family.
  test.each([[[kind(IPPROTO_ICMP, INET_PROTOSW_NAMED), kind(IPPROTO_UDP, 0)]], [[kind(IPPROTO_UDP, 0), kind(IPPROTO_ICMP, INET_PROTOSW_NAMED)]]])('of no protocol is never that of ICMP, in whatever order they came', (list) => {
    expect(inetFindProtosw(list, SOCK_DGRAM, 0)).toMatchObject({ protocol: IPPROTO_UDP });
    expect(inetFindProtosw(list, SOCK_DGRAM, IPPROTO_ICMP)).toMatchObject({ protocol: IPPROTO_ICMP });
    expect(inetFindProtosw(list.filter((p) => p.protocol === IPPROTO_ICMP), SOCK_DGRAM, 0)).toBe(-EPROTONOSUPPORT);
  });
});

import { describe, expect, it } from 'vitest';
import { cable, createKernel, createNetns, impair, inetStack, ipRoute, ms, VirtualClock } from '../src/index.ts';

describe('a cable', () => {
  it('joins two namespaces, with or without faults, and says what is wrong', () => {
    const clock = new VirtualClock();
    const k = createKernel({ modules: inetStack, clock, seed: 1 });
    const a = createNetns(k, 'a');
    const b = createNetns(k, 'b');
    const [left, right] = cable(a, 'eth0', b, 'eth1', { delay: 5 });
    expect([left.name, left.net, right.name, right.net]).toEqual(['eth0', a, 'eth1', b]);
    expect([left.qdiscSleeping.ops.id, right.qdiscSleeping.ops.id]).toEqual(['netem', 'netem']);
    expect(cable(a, 'eth2', b, 'eth2')[0].qdiscSleeping.ops.id).not.toBe('netem');
    ipRoute(a).link.up('eth0');
    ipRoute(b).link.up('eth1');
    clock.advance(ms(1));
    expect(ipRoute(a).link.get('eth0').operstate).toBe('UP');
    impair(a, 'eth2', { loss: 0.5 });
    expect(() => cable(a, 'eth0', b, 'eth9')).toThrow(expect.objectContaining({ code: 'EEXIST' }));
    expect(() => impair(a, 'nope', {})).toThrow(expect.objectContaining({ code: 'ENODEV' }));
    expect(() => impair(a, 'eth0', { loss: 5 })).toThrow(/EINVAL.*"loss":5/);
    k.shutdown();
  });
});

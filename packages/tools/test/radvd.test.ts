import { describe, expect, it } from 'vitest';
import { createKernel, VirtualClock } from '@linnet/kernel';
import { netns } from '@linnet/netns';
import { Task } from '@linnet/posix';
import { radvd } from '../src/index.ts';
import { ConfError, radvdConf } from '../src/radvd-conf.ts';

const FULL = `
# a router
interface eth0 {
  AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 10;
  AdvManagedFlag on; AdvOtherConfigFlag off;
  AdvLinkMTU 1400; AdvReachableTime 30000; AdvRetransTimer 500; AdvCurHopLimit 33;
  AdvDefaultLifetime 60; AdvDefaultPreference high; AdvSourceLLAddress off;
  prefix 2001:db8::1/64 { AdvOnLink off; AdvAutonomous on; AdvValidLifetime infinity; AdvPreferredLifetime 600; };
  prefix fd00::/64 { };
  route 2001:db8:f::/48 { AdvRoutePreference low; AdvRouteLifetime 77; };
  RDNSS 2001:db8::53 2001:db8::54 { AdvRDNSSLifetime 30; };
  DNSSL example.org a.example { };
};
interface eth1 { };
`;

describe('radvd.conf', () => {
  it('is read with the defaults of radvd.conf(5)', () => {
    const [eth0, eth1] = radvdConf(FULL);
    expect(eth0).toMatchObject({
      name: 'eth0', sendAdvert: true, minInterval: 3, maxInterval: 10, managed: true, other: false, mtu: 1400, reachableMs: 30000, retransMs: 500, hopLimit: 33, lifetime: 60, preference: 1,
      sourceLladdr: false,
    });
    expect(eth0!.prefixes).toMatchObject([{ plen: 64, onLink: false, autonomous: true, valid: 0xffffffff, preferred: 600 }, { onLink: true, autonomous: true, valid: 86400, preferred: 14400 }]);
    expect(eth0!.routes).toMatchObject([{ plen: 48, lifetime: 77, preference: 3 }]);
    expect(eth0!.rdnss).toMatchObject([{ lifetime: 30, servers: [{ length: 4 }, { length: 4 }] }]);
    expect(eth0!.dnssl).toEqual([{ domains: ['example.org', 'a.example'], lifetime: 20 }]);
    expect(eth1).toMatchObject({ name: 'eth1', sendAdvert: false, maxInterval: 600, minInterval: 198, lifetime: 1800, preference: 0, hopLimit: 64, mtu: 0, sourceLladdr: true });
  });

  it.each([
    ['interfaces eth0 { };', /line 1: expected 'interface'/], ['interface eth0 {\n Adv on; };', /line 2: unknown setting 'Adv'/], ['interface eth0 { AdvSendAdvert yes; };', /neither on nor off/],
    ['interface eth0 { AdvCurHopLimit 256; };', /out of range/], ['interface eth0 { AdvLinkMTU 1000; };', /1280/], ['interface eth0 { AdvDefaultPreference best; };', /no preference/],
    ['interface eth0 { prefix 2001:db8::/129 { }; };', /no prefix/], ['interface eth0 { prefix 2001:db8:: { }; };', /no prefix/], ['interface eth0 { MaxRtrAdvInterval 3; };', /4 or more/],
    ['interface eth0 { MaxRtrAdvInterval 10; MinRtrAdvInterval 8; };', /at most/], ['interface eth0 { MaxRtrAdvInterval 100; AdvDefaultLifetime 99; };', /AdvDefaultLifetime/],
    ['interface eth0 { RDNSS x { }; };', /no address/], ['interface eth0 { DNSSL a..b { }; };', /no domain/], ['interface eth0 { AdvSendAdvert on;', /unexpected end/],
    ['interface eth0 { prefix fd00::/64 { AdvValidLifetime 10; }; };', /must not be less/], ['interface eth0 { } interface', /expected ';'/],
  ])('says what is wrong with %s', (text, why) => {
    expect(() => radvdConf(text)).toThrow(ConfError);
    expect(() => radvdConf(text)).toThrow(why);
  });
});

describe('radvd', () => {
  async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
    const k = createKernel({ modules: [netns], clock: new VirtualClock(), seed: 1 });
    let out = '';
    let err = '';
    const code = await radvd(new Task(k), args, { out: (t) => void (out += t), err: (t) => void (err += t), readFile: (p) => (p === '/etc/radvd.conf' ? FULL : p === 'bad' ? 'x' : null) });
    k.shutdown();
    return { code, out, err };
  }

  it('checks its file', async () => {
    expect(await run('-c')).toEqual({ code: 0, out: '', err: '' });
    expect(await run('-c', '-C', 'bad')).toEqual({ code: 1, out: '', err: "radvd: bad: line 1: expected 'interface' before 'x'\n" });
    expect(await run('-C', 'none')).toMatchObject({ code: 1, err: "radvd: can't open none\n" });
    expect(await run('-x')).toMatchObject({ code: 1, err: expect.stringContaining('usage: radvd') });
  });

  it('says which interface it cannot use', async () => {
    const r = await run();
    expect(r.code).toBe(1);
    expect(r.err).toMatch(/^radvd: eth0: /);
  });

  it('says that an interface does not exist, and leaves no socket open', async () => {
    const k = createKernel({ modules: [netns], clock: new VirtualClock(), seed: 1 });
    const task = new Task(k);
    // The kernel here has no IPv6; any socket knows what devices there are.
    task.socket = () => Task.prototype.socket.call(task, 16, 3, 0);
    let err = '';
    const io = { out: () => undefined, err: (t: string) => void (err += t), readFile: () => 'interface l9 { AdvSendAdvert on; };' };
    expect([await radvd(task, [], io), err, task.fds.list().length]).toEqual([1, 'radvd: interface l9 does not exist\n', 0]);
    k.shutdown();
  });
});

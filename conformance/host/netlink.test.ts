// The typed client against the real kernel: in a namespace of its own it lists and changes links, addresses, routes, rules, next hops and neighbours, and hears of changes. The same
// program does the same to a Linnet machine, by way of the kernel and of a task.
import { HostError, hostNetlink } from '@linnet/host';
import { ipv4 } from '@linnet/ipv4';
import { createKernel, VirtualClock } from '@linnet/kernel';
import { veth } from '@linnet/netdevs';
import { genlHeader, type IpEvent, ipRoute, type IpRoute, NetlinkError } from '@linnet/net';
import { netns } from '@linnet/netns';
import { Task } from '@linnet/posix';
import { tcp } from '@linnet/tcp';
import { CTRL_ATTRS, CTRL_CMD_GETFAMILY, GENL_ID_CTRL, IFINFOMSG_LEN, LINK_ATTRS, NETLINK_GENERIC, NLM_F_CREATE, RTM_NEWLINK } from '@linnet/uapi';
import { describe, expect, it } from 'vitest';
import { have } from '../needs.mjs';
import { eventually } from '../lib/exec.ts';
import { TestNetns } from './netns.ts';

interface Place {
  readonly ip: IpRoute;
  /** Somebody without rights, where there is one. */
  readonly nobody: IpRoute | null;
  sh(command: string): string | null;
  end(): void;
}

const PLACES: Readonly<Record<string, () => Place>> = {
  'the real kernel': () => {
    const ns = new TestNetns();
    return { ip: ipRoute(hostNetlink({ netns: ns.name })), nobody: null, sh: (command) => ns.sh(command), end: () => ns.delete() };
  },
  'a Linnet machine': () => {
    const kernel = createKernel({ modules: [ipv4, tcp, veth, netns], clock: new VirtualClock(), seed: 1 });
    const ip = ipRoute(kernel);
    ip.link.up('lo');
    const task = new Task(kernel);
    task.setuid(1000);
    return { ip, nobody: ipRoute(task), sh: () => null, end: () => kernel.shutdown() };
  },
  'a task of a Linnet machine': () => {
    const kernel = createKernel({ modules: [ipv4, tcp, veth, netns], clock: new VirtualClock(), seed: 1 });
    const ip = ipRoute(new Task(kernel));
    ip.link.up('lo');
    return { ip, nobody: null, sh: () => null, end: () => kernel.shutdown() };
  },
};

function refused(fn: () => unknown): NetlinkError {
  try {
    fn();
  } catch (error) {
    if (error instanceof NetlinkError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

/** Two ends up, an address on the first. */
function setUp(ip: IpRoute): void {
  ip.link.add({ kind: 'veth', name: 'v0', address: '02:00:00:00:00:0a', mtu: 1400, peer: { name: 'v1', address: '02:00:00:00:00:0b', up: true } });
  ip.link.up('v0');
  ip.addr.add({ dev: 'v0', address: '10.0.0.1/24', broadcast: '+' });
}

for (const [where, make] of Object.entries(PLACES)) {
  describe.skipIf(where === 'the real kernel' && !have('root', 'ip'))(where, () => {
    const test = (name: string, fn: (place: Place) => void | Promise<void>): void => {
      it(name, async () => {
        const place = make();
        try {
          await fn(place);
        } finally {
          place.end();
        }
      });
    };

    test('links', ({ ip, sh }) => {
      setUp(ip);
      expect(ip.link.list().map((l) => l.name).sort()).toEqual(['lo', 'v0', 'v1']);
      const v0 = ip.link.get('v0');
      expect(v0).toMatchObject({ kind: 'veth', type: 'ether', mtu: 1400, address: '02:00:00:00:00:0a', up: true, carrier: true, operstate: 'UP', broadcast: 'ff:ff:ff:ff:ff:ff' });
      expect(v0.link).toBe(ip.link.get('v1').index);
      ip.link.set('v1', { name: 'far', txqlen: 77, alias: 'the other one', multicast: false });
      expect(ip.link.get(ip.link.get('v0').link!)).toMatchObject({ name: 'far', txqlen: 77, alias: 'the other one' });
      const shown = sh('ip -o link show far');
      if (shown !== null) expect(shown).toMatch(/far@v0.*qlen 77.*alias the other one/);
      ip.link.down('far');
      expect(ip.link.get('v0')).toMatchObject({ carrier: false, operstate: 'LOWERLAYERDOWN' });
      ip.link.del('v0');
      expect(ip.link.list().map((l) => l.name)).toEqual(['lo']);
    });

    test('addresses', ({ ip, sh }) => {
      setUp(ip);
      ip.addr.add({ dev: 'v0', address: '10.0.0.2/24', label: 'v0:x', validLifetime: 600, preferredLifetime: 300 });
      expect(ip.addr.list({ dev: 'v0', family: 2 }).map((a) => [a.address, a.broadcast, a.label, a.flags, a.scope])).toEqual([
        ['10.0.0.1/24', '10.0.0.255', 'v0', ['permanent'], 'global'], ['10.0.0.2/24', undefined, 'v0:x', ['secondary'], 'global'],
      ]);
      const shown = sh('ip -4 -o addr show dev v0');
      if (shown !== null) expect(shown).toContain('10.0.0.2/24 scope global secondary dynamic v0:x');
      ip.addr.del({ dev: 'v0', address: '10.0.0.2/24' });
      expect(ip.addr.list({ dev: 'v0', family: 2 })).toHaveLength(1);
      expect(refused(() => ip.addr.add({ dev: 'v0', address: '10.0.0.1/24' })).code).toBe('EEXIST');
    });

    test('routes', ({ ip, sh }) => {
      setUp(ip);
      ip.route.add({ dst: 'default', via: '10.0.0.9', dev: 'v0', protocol: 'static' });
      ip.route.add({ dst: '192.168.0.0/16', via: '10.0.0.8', metric: 7, metrics: { mtu: 1300 } });
      ip.route.add({ dst: '192.168.9.0/24', nexthops: [{ via: '10.0.0.7', dev: 'v0', weight: 2 }, { via: '10.0.0.6', dev: 'v0' }], table: 100 });
      ip.route.add({ dst: '172.16.0.0/12', type: 'unreachable' });
      expect(ip.route.list()).toEqual([
        { dst: 'default', via: '10.0.0.9', dev: 'v0', table: 'main', scope: 'global', protocol: 'static', type: 'unicast' },
        { dst: '10.0.0.0/24', dev: 'v0', src: '10.0.0.1', table: 'main', scope: 'link', protocol: 'kernel', type: 'unicast' },
        { dst: '172.16.0.0/12', table: 'main', scope: 'global', protocol: 'boot', type: 'unreachable' },
        { dst: '192.168.0.0/16', via: '10.0.0.8', dev: 'v0', metric: 7, metrics: { mtu: 1300 }, table: 'main', scope: 'global', protocol: 'boot', type: 'unicast' },
      ]);
      expect(ip.route.list({ table: 100 })[0]).toMatchObject({ nexthops: [{ via: '10.0.0.7', dev: 'v0', weight: 2 }, { via: '10.0.0.6', dev: 'v0', weight: 1 }] });
      expect(ip.route.get('192.168.1.1')).toMatchObject({ dst: '192.168.1.1', via: '10.0.0.8', dev: 'v0', src: '10.0.0.1' });
      expect(refused(() => ip.route.get('172.16.0.1')).code).toBe('EHOSTUNREACH');
      const shown = sh('ip route show table 100');
      if (shown !== null) expect(shown).toContain('nexthop via 10.0.0.7 dev v0 weight 2');
      ip.route.replace({ dst: 'default', via: '10.0.0.5' });
      expect(ip.route.list()[0]).toMatchObject({ dst: 'default', via: '10.0.0.5' });
      ip.route.del({ dst: 'default' });
      expect(ip.route.list()[0]!.dst).toBe('10.0.0.0/24');
      expect(refused(() => ip.route.del({ dst: 'default' })).code).toBe('ESRCH');
    });

    test('rules', ({ ip, sh }) => {
      const first = ip.rule.list();
      expect(first.map((r) => [r.priority, r.table, r.action])).toEqual([[0, 'local', 'lookup'], [32766, 'main', 'lookup'], [32767, 'default', 'lookup']]);
      ip.rule.add({ priority: 100, from: '10.0.0.0/8', fwmark: 5, fwmask: 0xff, table: 1000 });
      ip.rule.add({ priority: 200, to: '192.168.1.1', iif: 'lo', tos: 0x10, action: 'prohibit', invert: true });
      ip.rule.add({ priority: 300, ipproto: 6, dport: [80, 90], sport: 1024, uidrange: [0, 1000], table: 'main', suppressPrefixlength: 0 });
      ip.rule.add({ priority: 50, goto: 300 });
      ip.rule.add({ from: '10.9.9.9', table: 7 });
      expect(ip.rule.list().map(({ family: _family, protocol: _protocol, ...rest }) => rest)).toEqual([
        { priority: 0, action: 'lookup', table: 'local' },
        { priority: 49, from: '10.9.9.9', action: 'lookup', table: '7' },
        { priority: 50, action: 'goto', goto: 300 },
        { priority: 100, from: '10.0.0.0/8', fwmark: 5, fwmask: 255, action: 'lookup', table: '1000' },
        { priority: 200, to: '192.168.1.1', iif: 'lo', tos: 16, invert: true, action: 'prohibit' },
        { priority: 300, ipproto: 6, sport: 1024, dport: [80, 90], uidrange: [0, 1000], action: 'lookup', table: 'main', suppressPrefixlength: 0 },
        { priority: 32766, action: 'lookup', table: 'main' },
        { priority: 32767, action: 'lookup', table: 'default' },
      ]);
      const shown = sh('ip rule');
      if (shown !== null) expect(shown).toContain('fwmark 0x5/0xff lookup 1000');
      expect(refused(() => ip.rule.add({ priority: 100, from: '10.0.0.0/8', fwmark: 5, fwmask: 0xff, table: 1000 })).code).toBe('EEXIST');
      ip.rule.del({ priority: 200 });
      ip.rule.del({ from: '10.9.9.9' });
      expect(ip.rule.list().map((r) => r.priority)).toEqual([0, 50, 100, 300, 32766, 32767]);
      expect(refused(() => ip.rule.del({ priority: 1 })).code).toBe('ENOENT');
    });

    test('next hops', ({ ip, sh }) => {
      setUp(ip);
      ip.nexthop.add({ id: 1, via: '10.0.0.9', dev: 'v0' });
      ip.nexthop.add({ id: 2, via: '10.0.0.8', dev: 'v0', protocol: 'static' });
      ip.nexthop.add({ id: 3, blackhole: true });
      ip.nexthop.add({ id: 4, dev: 'v1' });
      ip.nexthop.add({ id: 10, group: [{ id: 1, weight: 3 }, { id: 2 }] });
      expect(ip.nexthop.list()).toEqual([
        { id: 1, via: '10.0.0.9', dev: 'v0', protocol: 'boot', scope: 'link' },
        { id: 2, via: '10.0.0.8', dev: 'v0', protocol: 'static', scope: 'link' },
        { id: 3, blackhole: true, protocol: 'boot', scope: 'global' },
        { id: 4, dev: 'v1', protocol: 'boot', scope: 'link' },
        { id: 10, group: [{ id: 1, weight: 3 }, { id: 2, weight: 1 }], protocol: 'boot', scope: 'global' },
      ].map((n) => (n.id === 4 ? { ...n, scope: ip.nexthop.get(4).scope } : n)));
      ip.nexthop.replace({ id: 2, via: '10.0.0.7', dev: 'v0' });
      expect(ip.nexthop.get(2).via).toBe('10.0.0.7');
      const shown = sh('ip nexthop');
      if (shown !== null) expect(shown).toContain('id 10 group 1,3/2');
      ip.route.add({ dst: '10.99.0.0/16', nhid: 2 });
      expect(ip.route.list().find((r) => r.dst === '10.99.0.0/16')).toEqual({
        dst: '10.99.0.0/16', via: '10.0.0.7', dev: 'v0', nhid: 2, table: 'main', scope: 'global', protocol: 'boot', type: 'unicast',
      });
      const both = refused(() => ip.route.add({ dst: '10.98.0.0/16', nhid: 2, via: '10.0.0.7' }));
      expect([both.code, both.extack]).toEqual(['EINVAL', 'Nexthop specification and nexthop id are mutually exclusive']);
      ip.route.del({ dst: '10.99.0.0/16', nhid: 2 });
      expect(ip.route.list().some((r) => r.nhid === 2)).toBe(false);
      ip.nexthop.del(1);
      expect(ip.nexthop.get(10).group).toEqual([{ id: 2, weight: 1 }]);
      expect(refused(() => ip.nexthop.get(1)).code).toBe('ENOENT');
      expect(refused(() => ip.nexthop.add({ id: 2, blackhole: true })).code).toBe('EEXIST');
    });

    test('neighbours', ({ ip }) => {
      setUp(ip);
      ip.neigh.add({ dst: '10.0.0.9', dev: 'v0', lladdr: '02:00:00:00:00:99' });
      expect(ip.neigh.list({ dev: 'v0', family: 2 })).toEqual([expect.objectContaining({ dst: '10.0.0.9', dev: 'v0', lladdr: '02:00:00:00:00:99', state: 'permanent' })]);
      ip.neigh.replace({ dst: '10.0.0.9', dev: 'v0', lladdr: '02:00:00:00:00:98', state: 'stale' });
      expect(ip.neigh.list({ dev: 'v0', family: 2 })[0]).toMatchObject({ lladdr: '02:00:00:00:00:98', state: 'stale' });
      ip.neigh.del({ dst: '10.0.0.9', dev: 'v0' });
      expect(ip.neigh.list({ dev: 'v0', family: 2 }).filter((n) => n.state !== 'failed')).toEqual([]);
    });

    test('what the kernel says against a request, and where', ({ ip, nobody }) => {
      const kind = refused(() => ip.link.add({ kind: 'nonsense', name: 'x' }));
      expect(kind).toMatchObject({ code: 'EOPNOTSUPP', syscall: 'RTM_NEWLINK', extack: 'Unknown device type' });
      setUp(ip);
      const mtu = refused(() => ip.link.set('v0', { mtu: 1 }));
      expect([mtu.code, mtu.extack]).toEqual(['EINVAL', 'mtu less than device minimum']);
      // A name that is too long: the attribute is named by where it stands, behind 16 bytes of nlmsghdr and 16 of ifinfomsg.
      const name = refused(() => ip.netlink.do({
        type: RTM_NEWLINK, name: 'RTM_NEWLINK', flags: NLM_F_CREATE, header: new Uint8Array(IFINFOMSG_LEN), table: LINK_ATTRS, attrs: { IFLA_MTU: 1500, IFLA_IFNAME: 'much-too-long-for-a-name' },
      }));
      expect([name.code, name.offset]).toEqual(['ERANGE', 40]);
      if (nobody !== null) {
        expect(nobody.link.list()).toHaveLength(3);
        expect(refused(() => nobody.link.down('v0')).code).toBe('EPERM');
      }
    });

    test('generic netlink', ({ ip }) => {
      const ctrl = ip.netlink.family('nlctrl');
      expect([ctrl.id, Object.keys(ctrl.groups)]).toEqual([GENL_ID_CTRL, ['notify']]);
      const all = ip.netlink.dump({ protocol: NETLINK_GENERIC, type: GENL_ID_CTRL, header: genlHeader(CTRL_CMD_GETFAMILY, 2), table: CTRL_ATTRS });
      expect(all.map((m) => m.attrs['CTRL_ATTR_FAMILY_NAME'])).toContain('nlctrl');
      expect(refused(() => ip.netlink.family('none')).code).toBe('ENOENT');
    });

    test('what changes is told', async ({ ip }) => {
      const heard: string[] = [];
      const name = (e: IpEvent): string => {
        const what = e.kind === 'link' ? `${e.value.name} ${e.value.up ? 'up' : 'down'}` : e.kind === 'addr' ? `${e.value.address} on ${e.value.dev}` : e.kind === 'route' ? `${e.value.dst} ${e.value.table}` : e.kind === 'rule' ? `${e.value.priority}` : '';
        return `${e.deleted ? '-' : '+'}${e.kind} ${what}`;
      };
      const monitor = ip.monitor((e) => void heard.push(name(e)), { kinds: ['link', 'addr', 'route', 'rule'] });
      setUp(ip);
      ip.rule.add({ priority: 9, table: 9 });
      ip.route.add({ dst: '10.9.0.0/16', via: '10.0.0.9' });
      ip.link.del('v0');
      await eventually('the last event', () => heard.some((e) => e.startsWith('-link v1')) && heard.some((e) => e.startsWith('-link v0')));
      for (const e of ['+link v0 down', '+link v1 up', '+link v0 up', '+addr 10.0.0.1/24 on v0', '+route 10.0.0.0/24 main', '+route 10.0.0.1 local', '+rule 9', '+route 10.9.0.0/16 main', '-addr 10.0.0.1/24 on v0']) {
        expect(heard).toContain(e);
      }
      const before = heard.length;
      monitor.close();
      monitor.close();
      ip.rule.del({ priority: 9 });
      await new Promise((resolve) => setImmediate(resolve));
      expect(heard).toHaveLength(before);
    });
  });
}

describe.skipIf(!have('root', 'ip'))('hostNetlink', () => {
  it('says what is wrong with a namespace', () => {
    expect(() => hostNetlink({ netns: 'there-is-none' })).toThrow(HostError);
    const ns = new TestNetns();
    const ip = ipRoute(hostNetlink({ netns: ns.name }));
    expect(ip.link.list().map((l) => l.name)).toEqual(['lo']);
    expect(ip.net).toBeNull();
    ns.delete();
    expect(refused(() => ip.link.list()).code).toBe('ENOENT');
  });

  it('lists a few thousand routes', () => {
    const ns = new TestNetns();
    const ip = ipRoute(hostNetlink({ netns: ns.name }));
    for (let i = 0; i < 3000; i++) ip.route.add({ dst: `10.${i >> 8}.${i & 255}.0/24`, dev: 'lo' });
    expect(ip.route.list()).toHaveLength(3000);
    ns.delete();
  });

  it('moves links between namespaces, by process and by descriptor', () => {
    const a = new TestNetns();
    const b = new TestNetns();
    const ipA = ipRoute(hostNetlink({ netns: a.name }));
    const ipB = ipRoute(hostNetlink({ netns: b.name }));
    ipA.link.add({ kind: 'veth', name: 'v0', peer: { name: 'v1' } });
    expect(refused(() => ipA.link.set('v1', { netns: { pid: 0x3fffffff } })).code).toBe('ESRCH');
    expect(refused(() => ipA.link.set('v1', { netns: { fd: 9999 } })).code).toBe('EBADF');
    a.sh(`ip link set v1 netns ${b.name}`);
    expect(ipB.link.list().map((l) => l.name)).toEqual(['lo', 'v1']);
    expect(ipB.link.get('v1').linkNetnsid).toBeTypeOf('number');
    a.delete();
    b.delete();
  });
});

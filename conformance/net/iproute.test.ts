// The typed client against the real handlers.
import { ipv4 } from '@linnet/ipv4';
import { ipv6 } from '@linnet/ipv6';
import { createKernel, VirtualClock, type Kernel } from '@linnet/kernel';
import { veth } from '@linnet/netdevs';
import { createNetns } from '@linnet/netns';
import { AF_INET, AF_INET6 } from '@linnet/uapi';
import { ipRoute, NetlinkError, type IpRoute } from '@linnet/net';
import { beforeEach, describe, expect, it } from 'vitest';
import { lab, type Lab } from './lab.ts';

let l: Lab;
let k: Kernel;
let ip: IpRoute;
beforeEach(() => {
  l = lab(new VirtualClock());
  k = l.kernel;
  ip = l.serverIp;
});

function refused(fn: () => unknown): NetlinkError {
  try {
    fn();
  } catch (error) {
    if (error instanceof NetlinkError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('link', () => {
  it('lists devices with what ip(8) shows of them', () => {
    const links = ip.link.list();
    expect(links.map((x) => x.name)).toEqual(['lo', 'eth0']);
    expect(links[0]).toMatchObject({ index: 1, type: 'loopback', mtu: 65536, up: true, carrier: true, address: '00:00:00:00:00:00', operstate: 'UNKNOWN' });
    expect(links[0]!.flags).toEqual(expect.arrayContaining(['UP', 'LOOPBACK', 'LOWER_UP']));
    const eth0 = ip.link.get('eth0');
    expect(eth0).toMatchObject({ type: 'ether', kind: 'veth', mtu: 1500, up: true, carrier: true, operstate: 'UP', broadcast: 'ff:ff:ff:ff:ff:ff' });
    expect(eth0.linkNetnsid).toBeGreaterThanOrEqual(0);
    expect(ip.link.get(eth0.index).name).toBe('eth0');
    expect(eth0.stats['rx_packets']).toBeGreaterThanOrEqual(0);
  });

  it('changes name, address, mtu, queue length, alias and flags', () => {
    ip.link.down('eth0');
    ip.link.set('eth0', { name: 'wan', address: '02:00:00:00:00:09', mtu: 9000, txqlen: 77, alias: 'to the world' });
    expect(ip.link.get('wan')).toMatchObject({ up: false, address: '02:00:00:00:00:09', mtu: 9000, txqlen: 77, alias: 'to the world' });
    ip.link.set('wan', { promisc: true, arp: false, up: true });
    expect(ip.link.get('wan').flags).toEqual(expect.arrayContaining(['UP', 'PROMISC', 'NOARP']));
    ip.link.set('wan', { promisc: false, arp: true });
    expect(ip.link.get('wan').flags).not.toContain('NOARP');
    expect(refused(() => ip.link.get('eth0')).code).toBe('ENODEV');
  });

  it('makes pairs across namespaces, moves a device, and removes both ends', () => {
    const far = ipRoute(createNetns(k, 'far'));
    ip.link.add({ kind: 'veth', name: 'va', mtu: 1400, address: '02:00:00:00:0a:0a', peer: { name: 'vb', mtu: 1300, netns: far.net!, address: '02:00:00:00:0b:0b' } });
    expect(ip.link.get('va')).toMatchObject({ mtu: 1400, address: '02:00:00:00:0a:0a', kind: 'veth' });
    expect(far.link.get('vb')).toMatchObject({ mtu: 1300, address: '02:00:00:00:0b:0b' });
    ip.link.set('va', { netns: far.net! });
    expect(far.link.list().map((x) => x.name).sort()).toEqual(['lo', 'va', 'vb']);
    expect(refused(() => ip.link.get('va')).code).toBe('ENODEV');
    far.link.del('va');
    expect(far.link.list().map((x) => x.name)).toEqual(['lo']);
  });

  it('chooses a name', () => {
    ip.link.add({ kind: 'veth' });
    expect(ip.link.list().map((x) => x.name)).toEqual(['lo', 'eth0', expect.stringMatching(/^veth\d$/), expect.stringMatching(/^veth\d$/)]);
  });

  it('says what was refused, and why', () => {
    const error = refused(() => ip.link.add({ kind: 'veth', name: 'eth0' }));
    expect(error).toMatchObject({ code: 'EEXIST', errno: -17, syscall: 'RTM_NEWLINK', name: 'NetlinkError' });
    expect(error.message).toContain('eth0');
    const kind = refused(() => ip.link.add({ kind: 'nonsense', name: 'x' }));
    expect(kind).toMatchObject({ code: 'EOPNOTSUPP', extack: 'Unknown device type' });
    expect(kind.message).toBe('RTM_NEWLINK EOPNOTSUPP x: Unknown device type: Operation not supported');
    expect(refused(() => ip.link.set('eth0', { mtu: 1 })).code).toBe('EINVAL');
    expect(refused(() => ip.link.up('none')).code).toBe('ENODEV');
    expect(() => ip.link.get('')).toThrow('dev: ""');
    expect(() => ip.link.add({ kind: 'dummy', peer: {} })).toThrow('a dummy has none');
  });
});

describe('addr', () => {
  it('adds, lists and removes', () => {
    ip.addr.add({ dev: 'eth0', address: '192.168.7.1/30', broadcast: '+', label: 'eth0:x' });
    ip.addr.add({ dev: 'lo', address: '10.255.0.1' });
    const list = ip.addr.list();
    expect(list.map((a) => `${a.dev} ${a.address}`)).toEqual(['lo 127.0.0.1/8', 'lo 10.255.0.1/32', 'eth0 10.0.0.1/24', 'eth0 192.168.7.1/30']);
    expect(list[0]).toMatchObject({ scope: 'host', flags: ['permanent'], label: 'lo', validLifetime: Infinity });
    expect(list[3]).toMatchObject({ broadcast: '192.168.7.3', label: 'eth0:x', scope: 'global' });
    expect(ip.addr.list({ dev: 'eth0', family: AF_INET })).toHaveLength(2);
    ip.addr.del({ dev: 'eth0', address: '192.168.7.1/30' });
    expect(ip.addr.list({ dev: 'eth0' }).map((a) => a.address)).toEqual(['10.0.0.1/24']);
    expect(refused(() => ip.addr.add({ dev: 'eth0', address: '10.0.0.1/24' })).code).toBe('EEXIST');
    expect(refused(() => ip.addr.del({ dev: 'eth0', address: '10.0.0.9/24' })).code).toBe('EADDRNOTAVAIL');
    expect(() => ip.addr.add({ dev: 'eth0', address: '10.0.0.300/24' })).toThrow('ipRoute EINVAL address: "10.0.0.300"');
    expect(() => ip.addr.add({ dev: 'eth0', address: '10.0.0.3/33' })).toThrow('10.0.0.3/33');
  });

  it('knows lifetimes, peers and secondary addresses', () => {
    ip.addr.add({ dev: 'eth0', address: '10.0.0.8/24', validLifetime: 60, preferredLifetime: 30 });
    ip.addr.add({ dev: 'eth0', address: '10.9.0.1', peer: '10.9.0.2' });
    const list = ip.addr.list({ dev: 'eth0' });
    const timed = list.find((a) => a.address === '10.0.0.8/24')!;
    expect(timed.flags).toContain('secondary');
    expect(timed).toMatchObject({ validLifetime: 60, preferredLifetime: 30 });
    expect(list.find((a) => a.address === '10.9.0.1/32')).toMatchObject({ peer: '10.9.0.2' });
    ip.addr.replace({ dev: 'eth0', address: '10.0.0.8/24', validLifetime: 600 });
    expect(ip.addr.list({ dev: 'eth0' }).find((a) => a.address === '10.0.0.8/24')!.validLifetime).toBe(600);
  });
});

describe('route', () => {
  it('adds, lists, asks and removes', () => {
    ip.route.add({ dst: '10.1.0.0/16', via: '10.0.0.2', metric: 20, metrics: { mtu: 1400 } });
    ip.route.add({ dst: 'default', via: '10.0.0.2', dev: 'eth0', protocol: 'static' });
    ip.route.add({ dst: '10.2.0.0/16', type: 'blackhole' });
    ip.route.add({ dst: '10.3.0.1', dev: 'eth0', src: '10.0.0.1', table: 100 });
    const list = ip.route.list();
    expect(list.find((r) => r.dst === '10.0.0.0/24')).toEqual({ dst: '10.0.0.0/24', dev: 'eth0', src: '10.0.0.1', table: 'main', scope: 'link', protocol: 'kernel', type: 'unicast' });
    expect(list.find((r) => r.dst === '10.1.0.0/16')).toMatchObject({ via: '10.0.0.2', dev: 'eth0', metric: 20, scope: 'global', protocol: 'boot', metrics: { mtu: 1400 } });
    expect(list.find((r) => r.dst === 'default')).toMatchObject({ via: '10.0.0.2', protocol: 'static' });
    expect(list.find((r) => r.dst === '10.2.0.0/16')).toMatchObject({ type: 'blackhole' });
    expect(ip.route.list({ table: 100 })).toEqual([{ dst: '10.3.0.1', dev: 'eth0', src: '10.0.0.1', table: '100', scope: 'link', protocol: 'boot', type: 'unicast' }]);
    expect(ip.route.list({ table: 'local' }).map((r) => r.dst)).toEqual(expect.arrayContaining(['10.0.0.1', '127.0.0.1', '10.0.0.255']));
    expect(ip.route.get('10.1.2.3')).toMatchObject({ dst: '10.1.2.3', via: '10.0.0.2', dev: 'eth0', src: '10.0.0.1' });
    expect(ip.route.get('10.0.0.1')).toMatchObject({ type: 'local', dev: 'lo' });
    ip.route.del({ dst: '10.1.0.0/16' });
    ip.route.replace({ dst: 'default', via: '10.0.0.3' });
    expect(ip.route.get('10.1.2.3')).toMatchObject({ via: '10.0.0.3' });
    expect(refused(() => ip.route.get('10.2.0.1')).code).toBe('EINVAL');
  });

  it('several ways', () => {
    const nexthops = [{ via: '10.0.0.2', dev: 'eth0', weight: 1 }, { via: '10.0.0.3', dev: 'eth0', weight: 5 }];
    ip.route.add({ dst: '10.5.0.0/16', nexthops });
    expect(ip.route.list().find((r) => r.dst === '10.5.0.0/16')!.nexthops).toEqual(nexthops);
  });

  it('goes over a gateway of the other family', () => {
    expect(refused(() => ip.route.add({ dst: '10.97.0.0/16', via: 'fe80::1', dev: 'eth0' }))).toMatchObject({ code: 'EAFNOSUPPORT', extack: 'IPv6 support not enabled in kernel' });
    const both = createKernel({ modules: [ipv4, ipv6, veth], clock: new VirtualClock(), seed: 1 });
    ip = ipRoute(both.initNet);
    ip.link.add({ kind: 'veth', name: 'eth0', peer: { name: 'eth1' } });
    for (const dev of ['eth0', 'eth1']) ip.link.up(dev);
    ip.addr.add({ dev: 'eth0', address: '10.0.0.1/24' });
    ip.route.add({ dst: '10.97.0.0/16', via: 'fe80::1', dev: 'eth0' });
    expect(ip.route.list().find((r) => r.dst === '10.97.0.0/16')).toMatchObject({ via: 'fe80::1', dev: 'eth0', scope: 'global' });
    ip.route.add({ dst: '10.96.0.0/16', nexthops: [{ via: '10.0.0.2', dev: 'eth0' }, { via: 'fe80::2', dev: 'eth0' }] });
    expect(ip.route.list().find((r) => r.dst === '10.96.0.0/16')!.nexthops!.map((hop) => hop.via)).toEqual(['10.0.0.2', 'fe80::2']);
    ip.nexthop.add({ id: 7, via: 'fe80::7', dev: 'eth0' });
    ip.route.add({ dst: 'default', family: AF_INET6, nhid: 7 });
    expect(ip.route.list({ family: AF_INET6 }).find((r) => r.dst === 'default')).toMatchObject({ nhid: 7, via: 'fe80::7' });
    both.shutdown();
  });

  it('goes over a next hop by its id', () => {
    ip.nexthop.add({ id: 2, via: '10.0.0.2', dev: 'eth0' });
    ip.route.add({ dst: '10.99.0.0/16', nhid: 2 });
    expect(ip.route.list().find((r) => r.dst === '10.99.0.0/16')).toMatchObject({ nhid: 2, via: '10.0.0.2', dev: 'eth0', scope: 'global' });
    expect(refused(() => ip.route.add({ dst: '10.98.0.0/16', nhid: 3 })).code).toBe('EINVAL');
    ip.nexthop.del(2);
    expect(ip.route.list().some((r) => r.dst === '10.99.0.0/16')).toBe(false);
  });

  it('says what was refused, and why', () => {
    const bad = refused(() => ip.route.add({ dst: '10.1.0.0/16', via: '192.168.99.1' }));
    expect(bad).toMatchObject({ code: 'ENETUNREACH', syscall: 'RTM_NEWROUTE', extack: 'Nexthop has invalid gateway' });
    expect(bad.message).toContain('10.1.0.0/16: Nexthop has invalid gateway');
    ip.route.add({ dst: '10.1.0.0/16', via: '10.0.0.2' });
    expect(refused(() => ip.route.add({ dst: '10.1.0.0/16', via: '10.0.0.2' })).code).toBe('EEXIST');
    expect(refused(() => ip.route.del({ dst: '10.77.0.0/16' })).code).toBe('ESRCH');
    expect(refused(() => ip.route.get('11.0.0.1')).code).toBe('ENETUNREACH');
    expect(refused(() => ip.route.add({ dst: '10.9.0.0/16', dev: 'nope' })).code).toBe('ENODEV');
    expect(() => ip.route.add({ dst: 'nonsense', via: '10.0.0.2' })).toThrow('dst: "nonsense"');
    expect(() => ip.route.add({ dst: '10.9.0.0/16' })).toThrow('one of via, dev, nexthops, nhid is needed');
    expect(() => ip.route.add({ dst: '10.9.0.0/16', via: '10.0.0.2', table: 'nonsense' })).toThrow('table: "nonsense"');
  });
});

describe('neigh', () => {
  it('adds, lists, changes and removes', () => {
    ip.neigh.add({ dst: '10.0.0.50', dev: 'eth0', lladdr: '02:00:00:00:00:50' });
    expect(ip.neigh.list({ dev: 'eth0' }).find((n) => n.dst === '10.0.0.50')).toMatchObject({ dev: 'eth0', lladdr: '02:00:00:00:00:50', state: 'permanent', flags: [] });
    ip.neigh.replace({ dst: '10.0.0.50', dev: 'eth0', lladdr: '02:00:00:00:00:51', state: 'stale' });
    expect(ip.neigh.list().find((n) => n.dst === '10.0.0.50')).toMatchObject({ lladdr: '02:00:00:00:00:51', state: 'stale' });
    expect(refused(() => ip.neigh.add({ dst: '10.0.0.50', dev: 'eth0', lladdr: '02:00:00:00:00:50' })).code).toBe('EEXIST');
    ip.neigh.del({ dst: '10.0.0.50', dev: 'eth0' });
    expect(ip.neigh.list().filter((n) => n.dst === '10.0.0.50' && n.state !== 'failed')).toEqual([]);
    expect(refused(() => ip.neigh.del({ dst: '10.0.0.99', dev: 'eth0' })).code).toBe('ENOENT');
  });

  it('shows who was asked for', async () => {
    const sock = l.server.createSocket('udp4');
    const clock = k.clock as VirtualClock;
    await clock.run(() => new Promise<void>((resolve) => sock.send('x', 9, '10.0.0.2', () => sock.close(resolve))));
    expect(ip.neigh.list({ dev: 'eth0' })).toEqual([expect.objectContaining({ dst: '10.0.0.2', lladdr: l.clientIp.link.get('eth0').address })]);
  });
});

// What the typed client refuses by itself, and the messages that it makes; what kernels answer is tested in conformance/net.
import { createKernel } from '@linnet/kernel';
import { AF_INET, AF_INET6, type NetlinkTransport, NLMSG_ERROR, ROUTE_ATTRS, RT_SCOPE_UNIVERSE, rtmsgRead, RTMSG_LEN } from '@linnet/uapi';
import { describe, expect, it } from 'vitest';
import { type IpRoute, ipRoute } from '../src/index.ts';

/** A kernel that acknowledges everything, and keeps what it was sent. */
function yes(): { readonly ip: IpRoute; readonly sent: Uint8Array[] } {
  const sent: Uint8Array[] = [];
  const transport: NetlinkTransport = {
    name: 'yes',
    open: () => ({
      setOption: () => 0,
      send: (b) => sent.push(b.slice()),
      recv: (buf) => {
        const asked = sent.at(-1)!;
        const view = new DataView(buf.buffer, buf.byteOffset);
        view.setUint32(0, 36, true);
        view.setUint16(4, NLMSG_ERROR, true);
        view.setUint16(6, 0, true);
        view.setUint32(8, new DataView(asked.buffer).getUint32(8, true), true);
        view.setInt32(16, 0, true);
        return 36;
      },
      watch: () => undefined,
      close: () => undefined,
    }),
  };
  return { ip: ipRoute(transport), sent };
}

/** As from a program that no compiler looked at. */
const any = (o: object): never => o as never;

describe('a key that is unknown', () => {
  it.each<readonly [string, (ip: IpRoute) => unknown, string]>([
    ['rule.add', (ip) => ip.rule.add(any({ src: '10.0.0.3', table: 100, priority: 5 })), 'src: unknown, there are priority, from, to,'],
    ['rule.del', (ip) => ip.rule.del(any({ prio: 5 })), 'prio: unknown, there are priority,'],
    ['rule.list', (ip) => ip.rule.list(any({ table: 5 })), 'table: unknown, there are family'],
    ['link.set', (ip) => ip.link.set('e0', any({ upp: true })), 'upp: unknown, there are up, mtu,'],
    ['link.add', (ip) => ip.link.add(any({ kind: 'dummy', nam: 'x' })), 'nam: unknown, there are kind, name,'],
    ['link.add, the peer', (ip) => ip.link.add({ kind: 'veth', peer: any({ nam: 'x' }) }), 'peer.nam: unknown'],
    ['link.set, the namespace', (ip) => ip.link.set(1, { netns: any({ id: 3 }) }), 'netns: a Net, or one of nsid, pid, fd is needed'],
    ['addr.add', (ip) => ip.addr.add(any({ dev: 'e0', address: '10.0.0.1/24', valid_lft: 5 })), 'valid_lft: unknown, there are dev, address,'],
    ['addr.replace', (ip) => ip.addr.replace(any({ dev: 'e0', address: '10.0.0.1/24', nodad: true })), 'nodad: unknown'],
    ['addr.del', (ip) => ip.addr.del(any({ device: 'e0', address: '10.0.0.1/24' })), 'device: unknown'],
    ['addr.list', (ip) => ip.addr.list(any({ link: 'e0' })), 'link: unknown, there are dev, family'],
    ['route.add', (ip) => ip.route.add(any({ dst: 'default', gateway: '10.0.0.1', dev: 'e0' })), 'gateway: unknown, there are dst, via,'],
    ['route.add, a way', (ip) => ip.route.add({ dst: 'default', nexthops: [any({ via: '10.0.0.1', wieght: 2 })] }), 'nexthops.wieght: unknown'],
    ['route.del', (ip) => ip.route.del(any({ dst: 'default', prio: 5 })), 'prio: unknown'],
    ['route.get', (ip) => ip.route.get('10.0.0.1', any({ src: '10.0.0.3' })), 'src: unknown, there are from, oif,'],
    ['route.list', (ip) => ip.route.list(any({ dev: 'e0' })), 'dev: unknown, there are table, family'],
    ['neigh.add', (ip) => ip.neigh.add(any({ dst: '10.0.0.3', dev: 'e0', mac: '02:00:00:00:00:01' })), 'mac: unknown, there are dst, dev, lladdr,'],
    ['neigh.del', (ip) => ip.neigh.del(any({ dst: '10.0.0.3', dev: 'e0', prox: true })), 'prox: unknown'],
    ['neigh.list', (ip) => ip.neigh.list(any({ state: 'stale' })), 'state: unknown, there are dev, family'],
    ['nexthop.add', (ip) => ip.nexthop.add(any({ id: 1, gw: '10.0.0.1' })), 'gw: unknown, there are id, via,'],
    ['nexthop.add, a member', (ip) => ip.nexthop.add({ group: [any({ nhid: 1 })] }), 'group.nhid: unknown'],
    ['monitor', (ip) => ip.monitor(() => undefined, any({ kind: ['link'] })), 'kind: unknown, there are kinds, lost'],
    ['a kind of the monitor', (ip) => ip.monitor(() => undefined, { kinds: any(['links']) }), 'kinds: links is unknown, there are link, addr,'],
  ])('is refused by %s, before anything is sent', (_name, call, why) => {
    const { ip, sent } = yes();
    expect(() => call(ip)).toThrow(expect.objectContaining({ code: 'EINVAL', message: expect.stringContaining(`ipRoute EINVAL ${why}`) }));
    expect(sent).toEqual([]);
  });

  it('is no key of Object.prototype either, and an object is needed', () => {
    expect(() => yes().ip.rule.add(any({ toString: 1 }))).toThrow('toString: unknown');
    expect(() => yes().ip.rule.add(any(null as unknown as object))).toThrow('an object is needed, not null');
  });
});

describe('a family', () => {
  it.each([6, 4, 7, 'inet6'])('%j is none', (family) => {
    const { ip, sent } = yes();
    const filter = { family } as never;
    for (const call of [() => ip.route.list(filter), () => ip.rule.list(filter), () => ip.addr.list(filter), () => ip.neigh.list(filter), () => ip.rule.add({ table: 5, family: family as never })])
      expect(call).toThrow(`family: ${family} is unknown, there are AF_INET (2) and AF_INET6 (10)`);
    expect(sent).toEqual([]);
  });
});

describe('a route', () => {
  it('goes over a next hop by its id (RTA_NH_ID), with the scope of a gateway', () => {
    const { ip, sent } = yes();
    ip.route.add({ dst: '10.99.0.0/16', nhid: 2 });
    const m = sent[0]!;
    expect(rtmsgRead(new DataView(m.buffer, 16), 0)).toMatchObject({ family: 2, dstLen: 16, scope: RT_SCOPE_UNIVERSE });
    expect(ROUTE_ATTRS.toObject(ROUTE_ATTRS.decode(m, 16 + RTMSG_LEN, m.length - 16 - RTMSG_LEN))).toEqual({ RTA_DST: '10.99.0.0', RTA_NH_ID: 2 });
  });
});

describe('a family that is not the one of the addresses', () => {
  const told = (m: Uint8Array): { family: number; attrs: unknown } => ({
    family: rtmsgRead(new DataView(m.buffer, 16), 0).family, attrs: ROUTE_ATTRS.toObject(ROUTE_ATTRS.decode(m, 16 + RTMSG_LEN, m.length - 16 - RTMSG_LEN)),
  });

  it('is that of a default route over a next hop', () => {
    const { ip, sent } = yes();
    ip.route.add({ dst: 'default', family: AF_INET6, nhid: 2 });
    ip.route.del({ dst: 'default', family: AF_INET6, nhid: 2 });
    expect(sent.map(told)).toEqual([{ family: AF_INET6, attrs: { RTA_NH_ID: 2 } }, { family: AF_INET6, attrs: { RTA_NH_ID: 2 } }]);
  });

  it('stands beside a gateway of the other (RTA_VIA)', () => {
    const { ip, sent } = yes();
    const via = Uint8Array.of(10, 0, 0xfe, 0x80, ...new Array<number>(13).fill(0), 1);
    ip.route.add({ dst: '10.0.0.0/8', via: 'fe80::1' });
    ip.route.add({ dst: 'default', family: AF_INET, via: 'fe80::1' });
    ip.route.add({ dst: '2001:db8::/32', via: 'fe80::1' });
    expect(sent.map(told)).toEqual([
      { family: AF_INET, attrs: { RTA_DST: '10.0.0.0', RTA_VIA: via } }, { family: AF_INET, attrs: { RTA_VIA: via } }, { family: AF_INET6, attrs: { RTA_DST: '2001:db8::', RTA_GATEWAY: 'fe80::1' } },
    ]);
  });

  it('is refused when it contradicts the destination', () => {
    const { ip, sent } = yes();
    expect(() => ip.route.add({ dst: '10.0.0.0/8', family: AF_INET6, via: 'fe80::1' })).toThrow('family: 10.0.0.0 is of another');
    expect(sent).toEqual([]);
  });
});

describe('what is said', () => {
  it.each<readonly [(ip: IpRoute) => unknown, string]>([
    [(ip) => ip.route.add({ dst: '10.1.0.0/16' }), 'ipRoute EINVAL one of via, dev, nexthops, nhid is needed: Invalid argument'],
    [(ip) => ip.nexthop.add({ id: 1 }), 'ipRoute EINVAL one of via and dev, blackhole, group is needed: Invalid argument'],
    [(ip) => ip.neigh.add(any({ dev: 'e0' })), 'ipRoute EINVAL dst: missing: Invalid argument'],
    [(ip) => ip.addr.add(any({ dev: 'e0' })), 'ipRoute EINVAL address: missing: Invalid argument'],
    [(ip) => ip.addr.add(any({ address: '10.0.0.1/8' })), 'ipRoute EINVAL dev: missing: Invalid argument'],
    [(ip) => ip.link.add(any({})), 'ipRoute EINVAL kind: missing: Invalid argument'],
    [(ip) => ip.link.add({ kind: 'dummy', peer: {} }), 'ipRoute EINVAL peer: a dummy has none: Invalid argument'],
    [(ip) => ip.link.add({ kind: 'veth', peer: { up: true } }), 'ipRoute EINVAL peer.up needs peer.name: Invalid argument'],
  ])('%s', (call, text) => {
    expect(() => call(yes().ip)).toThrow(expect.objectContaining({ message: text }));
  });

  it('names the module that a machine lacks', () => {
    const k = createKernel({ modules: [] });
    expect(() => ipRoute(k).link.list()).toThrow(/^RTM_GETLINK EAFNOSUPPORT .*give createKernel a module that brings it, as netlink of @linnet\/netlink or ipv4 of @linnet\/ipv4/);
    k.shutdown();
  });
});

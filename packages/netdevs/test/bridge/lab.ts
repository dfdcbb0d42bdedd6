/** A bridge with fake devices for ports, and frames for them. */
import { createKernel, VirtualClock, type Kernel, type KernelModule } from '@linnet/kernel';
import { devOpen, type NetDevice } from '@linnet/netdev';
import { FakeDevice, type FakeDeviceOptions } from '@linnet/netdev/testing';
import { NlTestClient, nlIfinfo, nlKind } from '@linnet/netlink/testing';
import { IFLA_AF_SPEC, IFLA_BRIDGE_VLAN_INFO, IFLA_PROTINFO, type NlWriter, PF_BRIDGE, RTM_DELLINK, RTM_NEWLINK, RTM_SETLINK } from '@linnet/uapi';
import { bridge, bridgeNewlink, bridgeSetPort, veth, vlan } from '../../src/index.ts';

export const mac = (s: string): Uint8Array => Uint8Array.from(s.split(':').map((x) => parseInt(x, 16)));
export const macOf = (n: number): Uint8Array => new Uint8Array([2, 0, 0, 0, 1, n]);
export const BROADCAST = mac('ff:ff:ff:ff:ff:ff');
export const STP_GROUP = mac('01:80:c2:00:00:00');

export class Lab {
  readonly clock: VirtualClock;
  readonly k: Kernel;
  readonly br: NetDevice;
  readonly ports: FakeDevice[];
  constructor(nports: number, opts: { modules?: KernelModule[]; port?: FakeDeviceOptions; mtu?: number } = {}) {
    this.clock = new VirtualClock();
    this.k = createKernel({ modules: [bridge, vlan, veth, ...(opts.modules ?? [])], clock: this.clock, seed: 7, debug: true });
    const br = bridgeNewlink(this.k.initNet, 'br0');
    if (typeof br === 'number') throw new Error(`bridge: ${br}`);
    this.br = br;
    this.ports = [];
    for (let i = 0; i < nports; i++) {
      const p = new FakeDevice(this.k.initNet, { name: `p${i}`, mac: macOf(0xf0 + i), noQueue: true, ...opts.port });
      this.ports.push(p);
      const err = bridgeSetPort(p.dev, br);
      if (err !== 0) throw new Error(`port: ${err}`);
    }
    this.k.run(() => devOpen(br));
  }
  /** Injects a frame at a port and returns who sent what: the ports' numbers with the frames. */
  send(port: number, f: Uint8Array): [number, string][] {
    this.take();
    this.ports[port]!.inject(f);
    return this.take();
  }
  take(): [number, string][] {
    return this.ports.flatMap((p, i) => p.take().map((s): [number, string] => [i, hex(s.bytes)]));
  }
  /** The ports to which a frame goes. */
  to(port: number, f: Uint8Array): number[] {
    return this.send(port, f).map(([i]) => i).sort();
  }
}
export const hex = (u8: Uint8Array): string => Buffer.from(u8).toString('hex');
export const bytes = (s: string): Uint8Array => new Uint8Array(Buffer.from(s.replace(/\s/g, ''), 'hex'));

/** An Ethernet frame, with a tag when `vid` is given. */
export function frame(dst: Uint8Array, src: Uint8Array, opts: { vid?: number; prio?: number; tpid?: number; type?: number; payload?: Uint8Array } = {}): Uint8Array {
  const payload = opts.payload ?? new Uint8Array(46).fill(0x5a);
  const tag = opts.vid === undefined ? [] : [(opts.tpid ?? 0x8100) >> 8, (opts.tpid ?? 0x8100) & 255, ((opts.prio ?? 0) << 5) | (opts.vid >> 8), opts.vid & 255];
  const type = opts.type ?? 0x88b5;
  return Uint8Array.from([...dst.subarray(0, 6), ...src.subarray(0, 6), ...tag, type >> 8, type & 255, ...payload]);
}

/** Sets IFLA_BRPORT_* of a port by netlink; throws when it is refused. */
export function setPort(lab: Lab, port: number, fill: (w: NlWriter) => void): void {
  const c = new NlTestClient(lab.k.initNet);
  const a = c.ack(RTM_SETLINK, 0, nlIfinfo({ index: lab.ports[port]!.dev.ifindex, family: PF_BRIDGE }, (w) => {
    w.nestStart(IFLA_PROTINFO);
    fill(w);
    w.nestEnd();
  }));
  c.close();
  if (a.errno !== 0) throw new Error(`port ${port}: ${a.errno} ${a.msg}`);
}
/** Sets IFLA_BR_* of the bridge by netlink; returns errno and text. */
export function setBridge(lab: Lab, fill: (w: NlWriter) => void): { errno: number; msg: string } {
  const c = new NlTestClient(lab.k.initNet);
  const { errno, msg } = c.ack(RTM_NEWLINK, 0, nlIfinfo({ index: lab.br.ifindex }, (w) => nlKind(w, 'bridge', fill)));
  c.close();
  return { errno, msg };
}
/** `bridge vlan add` and `del` of a device; returns errno and text. */
export function setVlan(lab: Lab, dev: NetDevice, vid: number, flags: number, opts: { end?: number; del?: boolean; self?: boolean } = {}): { errno: number; msg: string } {
  const c = new NlTestClient(lab.k.initNet);
  const info = (w: NlWriter, v: number, f: number): void => {
    const o = w.reserveAttr(IFLA_BRIDGE_VLAN_INFO, 4);
    w.view.setUint16(o, f, true);
    w.view.setUint16(o + 2, v, true);
  };
  const { errno, msg } = c.ack(opts.del === true ? RTM_DELLINK : RTM_SETLINK, 0, nlIfinfo({ index: dev.ifindex, family: PF_BRIDGE }, (w) => {
    w.nestStartNoflag(IFLA_AF_SPEC);
    if (opts.self === true) w.putU16(0, 2);
    if (opts.end === undefined) info(w, vid, flags);
    else {
      info(w, vid, flags | 8);
      info(w, opts.end, flags | 16);
    }
    w.nestEnd();
  }));
  c.close();
  return { errno, msg };
}
export const PVID = 2;
export const UNTAGGED = 4;

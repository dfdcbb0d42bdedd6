import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { attachTap, captureDevice, captureEpoch, HostError, openPcapngFile, openTap } from '@linnet/host';
import type { AttachedTap, AttachTapOptions } from '@linnet/host';
import { createKernel } from '@linnet/kernel';
import type { Kernel } from '@linnet/kernel';
import { devAddPack, devGetByName, devOpen, devQueueXmit, PacketType } from '@linnet/netdev';
import type { NetDevice } from '@linnet/netdev';
import { tap as tapModule } from '@linnet/netdevs';
import { allocSkb, consumeSkb, skbCopyBits, skbPut, skbStats } from '@linnet/skbuff';
import type { Skb } from '@linnet/skbuff';
import { ETH_P_ARP, ETH_P_IP } from '@linnet/uapi';
import { ADDRESS, answer, HOST_ADDRESS, MAC } from './frames.ts';
import { have } from '../needs.mjs';
import { run, TestNetns } from './netns.ts';

function failure(fn: () => unknown): HostError {
  try {
    fn();
  } catch (error) {
    expect(error).toBeInstanceOf(HostError);
    return error as HostError;
  }
  throw new Error('expected it to throw');
}

/** ARP and echo above a Linnet device: answers what the real kernel asks. */
function serve(k: Kernel): void {
  const func = (skb: Skb, dev: NetDevice): number => {
    const frame = new Uint8Array(14 + skb.len);
    frame.set(skb.u8.subarray(skb.macHeader, skb.macHeader + 14));
    skbCopyBits(skb, 0, frame, 14, skb.len);
    consumeSkb(skb);
    if (!answer(frame, 0)) return 0;
    const reply = allocSkb(dev.pool, frame.length);
    reply.u8.set(frame, skbPut(reply, frame.length));
    reply.dev = dev;
    reply.protocol = ((frame[12] ?? 0) << 8) | (frame[13] ?? 0);
    devQueueXmit(reply);
    return 0;
  };
  for (const type of [ETH_P_ARP, ETH_P_IP]) devAddPack(k, new PacketType({ type, func }));
}

describe.skipIf(!have('root', 'ip', 'ping'))('a Linnet device on a TAP', () => {
  let ns: TestNetns;
  let k: Kernel;
  let made: AttachedTap[];

  beforeEach(() => {
    ns = new TestNetns();
    k = createKernel({ modules: [tapModule] });
    made = [];
  });
  afterEach(() => {
    for (const each of made) each.close();
    expect(skbStats(k).live).toBe(0);
    k.shutdown();
    ns.delete();
  });

  function attach(options: AttachTapOptions = {}): AttachedTap {
    const attached = attachTap(k.initNet, { name: 'tap0', netns: ns.name, mac: Uint8Array.from(MAC), ...options });
    made.push(attached);
    return attached;
  }

  function up(attached: AttachedTap): void {
    expect(devOpen(attached.dev)).toBe(0);
    ns.sh(`ip address add ${HOST_ADDRESS}/24 dev ${attached.tap.name} && ip link set ${attached.tap.name} up`);
  }

  for (const [shape, options] of [['with', {}], ['with 12 bytes of', { vnetHdrSize: 12 }], ['without', { vnetHdr: false }]] as const) {
    it(`carries frames both ways, ${shape} virtio headers`, async () => {
      serve(k);
      const attached = attach(options);
      const { dev } = attached;
      up(attached);
      const ping = await ns.run('ping', '-c', '50', '-i', '0.01', '-s', '1400', '-W', '2', ADDRESS);
      expect(ping.stdout).toContain('50 packets transmitted, 50 received, 0% packet loss');
      expect(dev.stats.rxPackets).toBeGreaterThanOrEqual(51);
      expect(dev.stats.txPackets).toBeGreaterThanOrEqual(51);
      expect([dev.stats.rxErrors, dev.stats.rxDropped, dev.stats.txDropped]).toEqual([0, 0, 0]);
    });
  }

  it('counts what the real interface does not take while it is down', () => {
    const { dev } = attach();
    expect(devOpen(dev)).toBe(0);
    const skb = allocSkb(dev.pool, 60);
    skbPut(skb, 60);
    skb.dev = dev;
    k.run(() => devQueueXmit(skb));
    expect(dev.stats.txDropped).toBe(1);
  });

  it('is refused with what was wrong, and leaves no TAP behind', () => {
    attach({ device: 'eth0' });
    const taken = failure(() => attach({ name: 'tap1', device: 'eth0' }));
    expect(taken).toMatchObject({ code: 'EEXIST' });
    expect(taken.message).toMatch(/refuses the device eth0/);
    expect(failure(() => attach({ name: 'tap1', mtu: 10 })).code).toBe('EINVAL');
    expect(failure(() => attach({ name: 'tap1', mac: new Uint8Array(5) })).message).toMatch(/mac: expected 6 bytes, got 5/);
    expect(failure(() => attach({ name: 'tap0' })).code).toBe('EBUSY');
    openTap({ name: 'tap1', netns: ns.name }).close();
  });

  it('goes with close, on both sides', () => {
    const attached = attach({ device: 'eth0' });
    up(attached);
    attached.close();
    attached.close();
    expect(devGetByName(k.initNet, 'eth0')).toBeNull();
    expect(ns.sh('ip -br link')).not.toContain('tap0');
  });

  it('loses its carrier when the real interface is deleted', async () => {
    let told: (error: HostError) => void = () => undefined;
    const failed = new Promise<HostError>((resolve) => { told = resolve; });
    const attached = attach({ onError: (error) => told(error) });
    up(attached);
    expect(attached.dev.carrier).toBe(true);
    ns.sh('ip link delete tap0');
    expect((await failed).code).toBe('EBADFD');
    expect(attached.dev.carrier).toBe(false);
  });

  it.skipIf(!have('tshark'))('is captured with finished checksums, in both directions', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'linnet-capture-'));
    try {
      serve(k);
      const attached = attach({ device: 'eth0' });
      const path = join(folder, 'a.pcapng');
      const file = openPcapngFile(path, { epoch: captureEpoch(k) });
      const before = Date.now() / 1_000;
      const capture = captureDevice(attached.dev, file.writer, { description: 'to the real kernel' });
      up(attached);
      const ping = await ns.run('ping', '-c', '5', '-i', '0.01', '-W', '2', ADDRESS);
      expect(ping.stdout).toContain('5 received');
      // The real kernel leaves these two sums to the device.
      const udp = await ns.run('bash', '-c', `echo a datagram > /dev/udp/${ADDRESS}/9; timeout 0.2 bash -c ': > /dev/tcp/${ADDRESS}/80'; true`);
      expect(udp.code).toBe(0);
      capture.stop();
      capture.stop();
      await ns.run('ping', '-c', '1', '-W', '2', ADDRESS);
      file.close();
      const { stdout } = await run('tshark', '-r', path, '-n', '-T', 'fields', '-E', 'separator=|', '-o', 'udp.check_checksum:TRUE', '-o', 'tcp.check_checksum:TRUE', '-o', 'ip.check_checksum:TRUE',
        ...['_ws.col.Protocol', 'frame.packet_flags_direction', 'ip.checksum.status', 'icmp.checksum.status', 'udp.checksum.status', 'tcp.checksum.status', 'frame.interface_name', '_ws.malformed', 'frame.time_epoch'].flatMap((field) => ['-e', field]));
      const rows = stdout.trimEnd().split('\n').map((line) => line.split('|'));
      expect(rows.filter(([protocol]) => protocol === 'ICMP').map((row) => row.slice(1, 4))).toEqual(Array.from({ length: 10 }, (_, i) => [i % 2 === 0 ? '0x00000001' : '0x00000002', '1', '1']));
      expect(rows.filter(([, , , , udpStatus]) => udpStatus !== '').map((row) => row.slice(1, 6))).toEqual([['0x00000001', '1', '', '1', '']]);
      expect(rows.filter(([protocol]) => protocol === 'TCP').map((row) => row.slice(1, 6))[0]).toEqual(['0x00000001', '1', '', '', '1']);
      for (const row of rows) {
        expect(row.slice(6, 8)).toEqual(['eth0', '']);
        expect(Math.abs(Number(row[8]) - before)).toBeLessThan(60);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

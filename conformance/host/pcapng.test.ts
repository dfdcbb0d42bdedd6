import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LINKTYPE_RAW, openPcapngFile, openTap, PCAPNG_INBOUND, PCAPNG_OUTBOUND, readPcapng } from '@linnet/host';
import { ADDRESS, answer, HOST_ADDRESS } from './frames.ts';
import { have } from '../needs.mjs';
import { run, TestNetns } from './netns.ts';

let folder: string;
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'linnet-capture-')); });
afterEach(() => rmSync(folder, { recursive: true }));

async function tshark(path: string, ...fields: string[]): Promise<string[][]> {
  const { code, stdout, stderr } = await run('tshark', '-r', path, '-n', '-T', 'fields', '-E', 'separator=|', ...fields.flatMap((field) => ['-e', field]));
  expect({ code, stderr: stderr.replace(/^Running as user "root".*\n/, '') }).toEqual({ code: 0, stderr: '' });
  return stdout.trimEnd().split('\n').map((line) => line.split('|'));
}

describe.skipIf(!have('tshark', 'capinfos'))('tshark as the judge of a capture', () => {
  it('reads what was written, with capinfos', async () => {
    const path = join(folder, 'a.pcapng');
    const file = openPcapngFile(path, { application: 'linnet test', os: 'Linnet', hardware: 'none', comment: 'a section', epoch: 1_795_000_000_000_000_000n });
    const w = file.writer;
    const eth = w.addInterface({ name: 'veth0', description: 'the left one', snapLen: 80, macAddress: Uint8Array.of(2, 0, 0, 0, 0, 1) });
    const tun = w.addInterface({ name: 'tun0', linkType: LINKTYPE_RAW, snapLen: 0 });
    const frame = new Uint8Array(60);
    frame.set([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 0x88, 0xb5]);
    // A super-segment as TSO leaves it: an IPv4 header whose length is 65,535.
    const big = new Uint8Array(65_535);
    big.set([0x45, 0, 0xff, 0xff, 0, 0, 0x40, 0, 64, 253, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
    w.packet(eth, 1, PCAPNG_OUTBOUND, frame);
    w.packet(tun, 999_999_999, PCAPNG_INBOUND, big);
    w.packet(eth, 3_600_000_000_001, 0, new Uint8Array(200).fill(0xaa), 0, 200, 'dropped: no route');
    w.drop(eth, 7);
    file.close();

    expect(await tshark(path, 'frame.time_epoch', 'frame.interface_name', 'frame.interface_description', 'frame.packet_flags_direction', 'frame.len', 'frame.cap_len', 'frame.comment', 'frame.encap_type')).toEqual([
      ['1795000000.000000001', 'veth0', 'the left one', '0x00000002', '60', '60', '', '1'],
      ['1795000000.999999999', 'tun0', '', '0x00000001', '65535', '65535', '', '7'],
      ['1795003600.000000001', 'veth0', 'the left one', '', '200', '80', 'dropped: no route', '1'],
    ]);
    const info = await run('capinfos', '-M', path);
    expect(info).toMatchObject({ code: 0, stderr: '' });
    for (const line of [
      /File type:\s+pcapng/, /Number of packets:\s+3/, /File timestamp precision:\s+nanoseconds \(9\)/, /Capture hardware:\s+none/,
      /Capture oper-sys:\s+Linnet/, /Capture application:\s+linnet test/, /Capture comment:\s+a section/, /Number of interfaces in file: 2/,
      /Name = veth0/, /Encapsulation = Ethernet/, /Capture length = 80/, /Time precision = nanoseconds \(9\)/, /Name = tun0/, /Encapsulation = Raw IP/, /Number of stat entries = 1/,
    ]) expect(info.stdout).toMatch(line);
    expect(readPcapng(readFileSync(path)).interfaces).toMatchObject([{ received: 9, dropped: 7 }, { received: 1, dropped: 0 }]);
  });

  it('reads a file of many chunks to its end, and one that was cut at a flush', async () => {
    const path = join(folder, 'b.pcapng');
    const file = openPcapngFile(path, { chunkSize: 4_096 });
    const id = file.writer.addInterface({ name: 'eth0' });
    const frame = new Uint8Array(1_514).fill(0xaa);
    for (let i = 0; i < 5_000; i++) file.writer.packet(id, i * 1_000, PCAPNG_INBOUND, frame, 0, 60 + (i * 7) % 1_455, i % 100 === 0 ? `packet ${i}` : undefined);
    file.writer.flush();
    const open = await run('capinfos', '-Mc', path);
    expect(open.stdout).toMatch(/Number of packets:\s+5000/);
    file.close();
    const frames = await tshark(path, 'frame.number', 'frame.len', 'frame.comment');
    expect(frames).toHaveLength(5_000);
    expect(frames[4_900]).toEqual(['4901', String(60 + (4_900 * 7) % 1_455), 'packet 4900']);
  });
});

describe.skipIf(!have('root', 'ip', 'ping', 'tshark'))('a capture on a TAP', () => {
  it('shows the pings of the kernel and the answers, with good checksums', async () => {
    const ns = new TestNetns();
    const tap = openTap({ name: 'tap0', netns: ns.name });
    const path = join(folder, 'tap.pcapng');
    const file = openPcapngFile(path, { application: 'linnet test' });
    try {
      ns.sh(`ip address add ${HOST_ADDRESS}/24 dev tap0 && ip link set tap0 up`);
      const id = file.writer.addInterface({ name: 'tap0' });
      const now = (): number => Number(process.hrtime.bigint());
      tap.onReadable(() => {
        tap.drain((u8, off, n) => {
          const at = off + tap.vnetHdrSize;
          file.writer.packet(id, now(), PCAPNG_INBOUND, u8, at, n - tap.vnetHdrSize);
          if (!answer(u8, at)) return;
          u8.fill(0, off, at);
          tap.write(u8, off, n);
          file.writer.packet(id, now(), PCAPNG_OUTBOUND, u8, at, n - tap.vnetHdrSize);
        });
      });
      tap.start();
      const ping = await ns.run('ping', '-c', '10', '-i', '0.01', '-s', '1000', ADDRESS);
      expect(ping.stdout).toContain('10 received');
      await ns.run('ping', '-c', '1', '-W', '1', '-s', '0', ADDRESS);
    } finally {
      tap.close();
      file.close();
      ns.delete();
    }
    const frames = await tshark(path, '_ws.malformed', 'frame.packet_flags_direction', 'icmp.type', 'icmp.checksum.status', 'icmp.resp_to');
    expect(frames.filter(([malformed]) => malformed !== '')).toEqual([]);
    const echoes = frames.filter(([, , type]) => type === '8');
    const replies = frames.filter(([, , type]) => type === '0');
    expect([echoes.length, replies.length]).toEqual([11, 11]);
    for (const [, direction, , checksum] of echoes) expect([direction, checksum]).toEqual(['0x00000001', '1']);
    for (const [, direction, , checksum, to] of replies) expect([direction, checksum, to !== '']).toEqual(['0x00000002', '1', true]);
  });
});

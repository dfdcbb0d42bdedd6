// The judge itself: it must find what is wrong, or all its verdicts are worth nothing.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PCAPNG_INBOUND, PCAPNG_OUTBOUND, PcapngWriter } from '@linnet/host';
import { arp, build, eth, icmp, ip, payload, tcp, udp } from '@linnet/testing';
import type { IpLayer, Layer } from '@linnet/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { have } from '../needs.mjs';
import { judge } from './tshark.ts';
import type { JudgeOptions, Verdict } from './tshark.ts';

const LINNET = '10.0.0.2';
const PEER = '10.0.0.1';
const ETH = eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' });

const packet = (over: Partial<IpLayer>, ...layers: Layer[]): Uint8Array => build(ETH, ip({ src: LINNET, dst: PEER, ...over }), ...layers);
const data = payload('some data');

describe.skipIf(!have('tshark'))('the judge', () => {
  const folder = mkdtempSync(join(tmpdir(), 'linnet-judge-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  function verdict(frames: readonly Uint8Array[], options: { direction?: number; cut?: number } & Partial<JudgeOptions> = {}): Promise<Verdict> {
    const chunks: Uint8Array[] = [];
    const writer = new PcapngWriter((chunk) => chunks.push(Uint8Array.from(chunk)));
    const id = writer.addInterface({ snapLen: options.cut ?? 0 });
    frames.forEach((frame, i) => writer.packet(id, i * 1e6, options.direction ?? PCAPNG_OUTBOUND, frame));
    writer.end();
    const file = join(folder, 'a.pcapng');
    writeFileSync(file, Buffer.concat(chunks));
    return judge(file, { linnet: LINNET, ...options });
  }

  it('counts the checksums of right frames', async () => {
    const frames = [
      build(ETH, arp({ op: 2, sha: '02:00:00:00:00:02', spa: LINNET, tpa: PEER })), packet({}, icmp({ echoId: 1 }), data), packet({}, udp({ sport: 1, dport: 2 }), data),
      packet({}, tcp({ sport: 80, dport: 4000 }), payload('HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc')), packet({}, tcp({ sport: 445, dport: 53 }), data),
    ];
    expect(await verdict(frames)).toEqual({ frames: 5, sent: 5, own: 5, good: { ip: 4, tcp: 2, udp: 1, icmp: 1, icmpv6: 0 } });
  });

  it('counts those of ICMPv6, and finds wrong ones', async () => {
    const frame = (sum: number): Uint8Array => Uint8Array.from([
      2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x86, 0xdd, 0x60, 0, 0, 0, 0, 8, 58, 64, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
      128, 0, sum >> 8, sum & 0xff, 0, 1, 0, 1,
    ]);
    // fd00 + 2 + fd00 + 1 + 8 + 58 + 8000 + 1 + 1 is 0x27a47, folded 0x7a49: its complement is the checksum.
    expect(await verdict([frame(0x85b6)], { linnet6: ['fd00::2'] })).toEqual({ frames: 1, sent: 1, own: 1, good: { ip: 0, tcp: 0, udp: 0, icmp: 0, icmpv6: 1 } });
    await expect(verdict([frame(0x85b7)])).rejects.toThrow(/fd00::2.*bad icmpv6 checksum/);
  });

  const WRONG: readonly [string, Uint8Array, RegExp][] = [
    ['an IPv4 header checksum', packet({ check: 0x1234 }, icmp(), data), /bad ip checksum/],
    ['a TCP checksum', packet({}, tcp({ check: 0x1234 }), data), /bad tcp checksum/],
    ['a UDP checksum', packet({}, udp({ sport: 1, dport: 2, check: 0x1234 }), data), /bad udp checksum/],
    ['an ICMP checksum', packet({}, icmp({ check: 0x1234 }), data), /bad icmp checksum/],
    ['a TCP header that is cut off', packet({ protocol: 6 }, payload(new Uint8Array(12))), /malformed|expert error/],
    ['an IPv4 header length below 20', packet({ version: 4, totLen: 10 }, icmp()), /expert error|malformed/],
  ];
  for (const [what, frame, why] of WRONG) {
    it(`finds ${what}`, async () => {
      await expect(verdict([packet({}, icmp(), data), frame])).rejects.toThrow(why);
    });
  }

  it('looks at what came in only when it is told to', async () => {
    const frame = packet({ src: PEER, dst: LINNET }, tcp({ check: 0x1234 }), data);
    expect(await verdict([frame], { direction: PCAPNG_INBOUND })).toMatchObject({ frames: 1, sent: 0 });
    await expect(verdict([frame], { direction: PCAPNG_INBOUND, both: true })).rejects.toThrow(/frame 1 received.*bad tcp checksum/);
  });

  it('excuses the sums of what an ICMP error quotes, not its own', async () => {
    const quoted = build(ip({ src: PEER, dst: LINNET }), udp({ sport: 1, dport: 2, check: 0x1234 }), data);
    expect(await verdict([packet({}, icmp({ type: 3, code: 3 }), payload(quoted))])).toMatchObject({ good: { ip: 1, icmp: 1, udp: 0 } });
    await expect(verdict([packet({}, icmp({ type: 3, code: 3, check: 0x1234 }), payload(quoted))])).rejects.toThrow(/bad icmp checksum/);
  });

  it('wants whole frames, directions, and frames at all', async () => {
    await expect(verdict([packet({}, tcp(), payload(new Uint8Array(1000)))], { cut: 100 })).rejects.toThrow(/cut off|not verified/);
    await expect(verdict([packet({}, icmp())], { direction: 0 })).rejects.toThrow(/direction/);
    await expect(verdict([])).rejects.toThrow(/no frames/);
  });
});

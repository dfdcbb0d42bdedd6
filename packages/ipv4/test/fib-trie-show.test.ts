import { readFileSync } from 'node:fs';
import { VirtualClock, createKernel } from '@linnet/kernel';
import type { Net } from '@linnet/kernel';
import { devGetByName, devOpen } from '@linnet/netdev';
import { NlTestClient, nlPayload } from '@linnet/netlink/testing';
import { FRA_TABLE, FR_ACT_TO_TBL, RTM_NEWRULE, RTN_THROW, RTN_UNREACHABLE } from '@linnet/uapi';
import { describe, expect, test } from 'vitest';
import { ipv4 } from '../src/index.ts';
import { addRoute } from './rt-kernel.ts';

interface Case {
  readonly prefixes: readonly string[];
  readonly rules: boolean;
  readonly trie: string;
  readonly stat: string;
}
const cases = JSON.parse(readFileSync(new URL('golden/fib-trie.json', import.meta.url), 'utf8')) as Case[];

/** `ip rule add lookup 100`: from then on local and main are two tables. */
function ruleTo100(net: Net): void {
  const nl = new NlTestClient(net);
  const payload = nlPayload(12, (v, off) => {
    v.setUint8(off, 2);
    v.setUint8(off + 7, FR_ACT_TO_TBL);
  }, (w) => w.putU32(FRA_TABLE, 100));
  expect(nl.ack(RTM_NEWRULE, 0x600, payload).errno).toBe(0);
  nl.close();
}

describe('/proc/net/fib_trie as a real kernel shows it', () => {
  test.each(cases.map((c) => [`${c.prefixes.length} prefixes${c.rules ? ', rules' : ''}`, c] as const))('%s', (_name, c) => {
    const k = createKernel({ modules: [ipv4], clock: new VirtualClock(), seed: 1 });
    const net = k.initNet;
    if (c.rules) ruleTo100(net);
    devOpen(devGetByName(net, 'lo')!);
    for (const to of c.prefixes) expect(addRoute(net, { to, type: RTN_UNREACHABLE }).err).toBe(0);
    if (c.rules) expect(addRoute(net, { to: '10.0.0.0/8', type: RTN_THROW, tos: 0x10, table: 100 }).err).toBe(0);
    expect(net.proc.read('net/fib_trie')!.toString()).toBe(c.trie);
    expect(net.proc.read('net/fib_triestat')!.toString()).toBe(c.stat);
    k.shutdown();
  });
});

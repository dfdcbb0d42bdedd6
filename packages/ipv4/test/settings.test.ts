import { expect, test } from 'vitest';
import { icmpMessage, Machine } from './harness.ts';

// Read off a Linux 6.18 in a new namespace.
const DEFAULTS: Record<string, string> = {
  fwmark_reflect: '0', icmp_echo_ignore_all: '0', icmp_echo_ignore_broadcasts: '1', icmp_errors_use_inbound_ifaddr: '0', icmp_ignore_bogus_error_responses: '1',
  icmp_msgs_burst: '50', icmp_msgs_per_sec: '1000', icmp_ratelimit: '1000', icmp_ratemask: '6168', igmp_max_memberships: '20', igmp_max_msf: '10', ip_default_ttl: '64',
  ip_dynaddr: '0', ip_early_demux: '1', ip_forward: '0', ip_forward_update_priority: '1', ip_forward_use_pmtu: '0', ip_local_port_range: '32768\t60999', ip_no_pmtu_disc: '0',
  ip_nonlocal_bind: '0', ipfrag_high_thresh: '4194304', ipfrag_low_thresh: '3145728', ipfrag_max_dist: '64', ipfrag_time: '30', ping_group_range: '1\t0',
};

test('the settings begin as on Linux', () => {
  const m = new Machine();
  for (const [name, value] of Object.entries(DEFAULTS)) expect([name, m.net.sysctl.read(`net/ipv4/${name}`)]).toEqual([name, value]);
  m.end();
});

test('values out of range are refused', () => {
  const m = new Machine();
  const write = (name: string, v: string): number => m.kernel.run(() => m.net.sysctl.write(`net/ipv4/${name}`, v));
  expect(['0', '256', 'x', '65'].map((v) => write('ip_default_ttl', v))).toEqual([-22, -22, -22, 0]);
  expect(['5', '5 4', '0 x', '0 4294967296', '100 200'].map((v) => write('ping_group_range', v))).toEqual([0, 0, -22, -22, 0]);
  expect(m.net.sysctl.read('net/ipv4/ping_group_range')).toBe('100\t200');
  expect(write('ping_group_range', '7 3')).toBe(0);
  expect(m.net.sysctl.read('net/ipv4/ping_group_range')).toBe('1\t0');
  m.end();
});

test('each namespace has its own', () => {
  const m = new Machine();
  const other = m.kernel.createNet();
  m.sysctl('ip_default_ttl', 99);
  expect(other.sysctl.read('net/ipv4/ip_default_ttl')).toBe('64');
  m.end();
});

test('ip_default_ttl is used', () => {
  const m = new Machine();
  const w = m.wire('10.0.0.1/24');
  m.sysctl('ip_default_ttl', 99);
  w.inject({}, icmpMessage(8, 0, 1));
  expect(w.take()[0]!.ttl).toBe(99);
  m.end();
});

test('/proc/net/snmp and netstat have the columns of Linux', () => {
  const m = new Machine();
  const w = m.wire('10.0.0.1/24');
  const read = (file: string): string[] => (m.net.proc.read(file) as string).trim().split('\n');
  expect(read('net/snmp').map((l) => l.split(' ').length)).toEqual([21, 21, 30, 30]);
  expect(read('net/snmp')[0]).toBe(
    'Ip: Forwarding DefaultTTL InReceives InHdrErrors InAddrErrors ForwDatagrams InUnknownProtos InDiscards InDelivers OutRequests OutDiscards OutNoRoutes ReasmTimeout ReasmReqds ReasmOKs ReasmFails FragOKs FragFails FragCreates OutTransmits',
  );
  expect(read('net/snmp')[2]).toBe(
    'Icmp: InMsgs InErrors InCsumErrors InDestUnreachs InTimeExcds InParmProbs InSrcQuenchs InRedirects InEchos InEchoReps InTimestamps InTimestampReps InAddrMasks InAddrMaskReps OutMsgs OutErrors OutRateLimitGlobal OutRateLimitHost OutDestUnreachs OutTimeExcds OutParmProbs OutSrcQuenchs OutRedirects OutEchos OutEchoReps OutTimestamps OutTimestampReps OutAddrMasks OutAddrMaskReps',
  );
  expect(read('net/netstat').at(-2)).toBe(
    'IpExt: InNoRoutes InTruncatedPkts InMcastPkts OutMcastPkts InBcastPkts OutBcastPkts InOctets OutOctets InMcastOctets OutMcastOctets InBcastOctets OutBcastOctets InCsumErrors InNoECTPkts InECT1Pkts InECT0Pkts InCEPkts ReasmOverlaps',
  );
  w.inject({}, icmpMessage(8, 0, 1));
  expect(read('net/snmp').slice(4)).toEqual(['IcmpMsg: InType8 OutType0', 'IcmpMsg: 1 1']);
  m.end();
});

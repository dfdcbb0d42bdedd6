import { describe, expect, test } from 'vitest';
import { parseScript, ScriptError, type TcpSpec } from '../src/index.ts';

const one = (text: string, defines: Record<string, string> = {}) => parseScript('x.pkt', text, new Map(Object.entries(defines))).events[0]!;
const packet = (text: string): TcpSpec => {
  const { action } = one(`0 ${text}`);
  if (action.kind !== 'packet' || action.packet.proto !== 'tcp') throw new Error('no TCP packet');
  return action.packet;
};

describe('times', () => {
  test.each([
    ['0 `true`', { kind: 'absolute', at: 0, until: null }],
    ['1.5 `true`', { kind: 'absolute', at: 1.5, until: null }],
    ['+.1 `true`', { kind: 'relative', at: 0.1, until: null }],
    ['+0.2~+0.25 `true`', { kind: 'relative', at: 0.2, until: 0.25 }],
    ['1~2 `true`', { kind: 'absolute', at: 1, until: 2 }],
    ['* `true`', { kind: 'any', at: 0, until: null }],
  ])('%s', (text, time) => {
    expect(one(text).time).toEqual(time);
  });

  test('the end of a call that waits', () => {
    for (const text of ['+0...0.200 accept(3, ..., ...) = 4', '+.1 ... .2 accept(3, ..., ...) = 4', '+.05...0.2 accept(3, ..., ...) = 4']) {
      const { action } = one(text);
      expect(action.kind === 'call' && action.call.end).toBe(0.2);
    }
  });
});

describe('packets', () => {
  test('flags, numbers, options', () => {
    const p = packet('< [ect0] SEW. 5:15(10) ack 7 win 100 urg 3 <mss 1460,sackOK,TS val 1 ecr 2,nop,wscale 7,sack 1:2 5:9,FO 0a0b0c0d,md5 00ff,eol>');
    expect(p).toMatchObject({ inbound: true, flags: 2 | 16 | 64 | 128, seq: 5, length: 10, ack: 7, win: 100, urg: 3, ip: { ecn: 2 } });
    expect(p.options!.map((o) => o.kind)).toEqual(['mss', 'sackOK', 'TS', 'nop', 'wscale', 'sack', 'FO', 'md5', 'eol']);
    expect(p.options![5]).toEqual({ kind: 'sack', blocks: [[1, 2], [5, 9]] });
  });

  test('no flags, any options, ports', () => {
    expect(packet('> - 1:1(0) <...>')).toMatchObject({ inbound: false, flags: 0, options: null });
    expect(packet('> 8080 > 1234 . 1:1(0) ack 1')).toMatchObject({ ports: [8080, 1234], flags: 16, options: [] });
  });

  test('UDP and ICMP', () => {
    expect(one('0 < udp (100)').action).toMatchObject({ packet: { proto: 'udp', length: 100 } });
    expect(one('0 < icmp unreachable frag_needed mtu 800 [5:15(10)]').action).toMatchObject({
      packet: { proto: 'icmp', type: 'unreachable', code: 'frag_needed', mtu: 800, echoed: { proto: 'tcp', seq: 5, length: 10 } },
    });
    expect(one('0 < icmp unreachable CODE', { CODE: 'host_unreachable' }).action).toMatchObject({ packet: { code: 'host_unreachable' } });
  });
});

describe('calls', () => {
  test('arguments of all kinds', () => {
    const { action } = one(`0 recvmsg(3, {msg_name(...)=..., msg_iov(2)=[{..., 10}, {...,20}], msg_flags=MSG_A|MSG_B,
      msg_control=[{cmsg_level=SOL_TCP, cmsg_type=1, cmsg_data=-5}]}, 0x10) = -1 EAGAIN (Resource temporarily unavailable)`);
    expect(action).toMatchObject({ kind: 'call', call: { name: 'recvmsg', errno: 'EAGAIN', end: null, result: { value: -1 } } });
    const msg = action.kind === 'call' ? action.call.args[1]! : null;
    expect(msg?.kind === 'struct' && [...msg.fields.keys()]).toEqual(['msg_name', 'msg_iov', 'msg_flags', 'msg_control']);
  });

  test('strings and remarks', () => {
    const { action } = one('0 setsockopt(3, SOL_TCP, TCP_CONGESTION, "re\\x6eo", 4) = 0x2 (flags O_RDWR)');
    expect(action).toMatchObject({ call: { args: [{}, {}, {}, { text: 'reno' }, { value: 4 }], result: { value: 2 }, errno: null } });
  });
});

test('options, blocks and comments', () => {
  const s = parseScript('x.pkt', `// a comment
--tolerance_usecs=10000
--strict_segments /* another */
--define FOO=bar
\`first
 second\`
0 %{ assert x == 1 # why
}%
+0 \`between\`
\`last\``);
  expect([...s.options]).toEqual([['tolerance_usecs', '10000'], ['strict_segments', '']]);
  expect(s.defines.get('FOO')).toBe('bar');
  expect(s.init).toEqual({ line: 5, text: 'first\n second' });
  expect(s.events.map((e) => [e.line, e.action.kind])).toEqual([[7, 'code'], [9, 'command']]);
  expect(s.cleanup?.text).toBe('last');
});

test.each([
  ['0 foo(1', 1, 'expected'],
  ['0 socket(..., 1, 2) = 3\n+0 < X 1:1(0)', 2, 'TCP flags'],
  ['0 < . 1:5(2) ack 1', 1, 'inconsistent'],
  ['0 < . 1:1(0) <foo 1>', 1, 'unknown TCP option'],
  ['`a`\n0 `b`\n`c`\n+0 `d`', 4, 'nothing may follow'],
])('%j is refused', (text, line, why) => {
  try {
    parseScript('x.pkt', text);
    expect.fail('it was taken');
  } catch (error) {
    if (!(error instanceof ScriptError)) throw error;
    expect(error.line).toBe(line);
    expect(error.message).toContain(why);
  }
});

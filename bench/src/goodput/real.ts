/** In real time, through TAPs of the real kernel: both ends the kernel's, or a Linnet sender at the kernel's receiver. */
import { spawn, spawnSync, type ChildProcessByStdio } from 'node:child_process';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Readable } from 'node:stream';
import { openTap, type TapFd } from '@linnet/host';
import { HostClock } from '@linnet/kernel';
import type { Wire, WireEnd } from '@linnet/testing';
import { GOODPUT } from '../paths.ts';
import { bufferMax, type Cell } from './cells.ts';
import { End, makeWire, PORT, RECEIVER, SENDER, Senders, type Received } from './ends.ts';

function sh(command: string): void {
  const { status, stderr } = spawnSync('sh', ['-c', command], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command}: ${stderr.trim()}`);
}

/** A namespace with an address on a TAP whose other side is an end of the wire. */
class Namespace {
  readonly name: string;
  readonly tap: TapFd;
  private readonly remove = (): void => void spawnSync('ip', ['netns', 'del', this.name]);

  constructor(suffix: string, address: string, wire: Wire, end: WireEnd, max: number) {
    this.name = `linnet-goodput-${process.pid}-${suffix}`;
    sh(`ip netns add ${this.name}`);
    process.once('exit', this.remove);
    const inside = `ip netns exec ${this.name}`;
    sh(`${inside} sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 net.ipv4.tcp_no_metrics_save=1 net.ipv4.tcp_rmem='4096 131072 ${max}' net.ipv4.tcp_wmem='4096 16384 ${max}'`);
    const tap = openTap({ name: 'tap0', netns: this.name });
    this.tap = tap;
    // A frame of the wire that the kernel does not take must not look like loss on the path: it would be counted here.
    end.onFrame = (u8, off, len) => {
      if (tap.write(u8, off, len) < 0) refused++;
      return true;
    };
    const give = (u8: Uint8Array, off: number, len: number): void => end.send(u8, off, len);
    tap.onReadable(() => {
      wire.kernel.enter();
      tap.drain(give, 256);
      wire.kernel.exit();
    });
    sh(`ip -n ${this.name} link set tap0 txqueuelen 20000 up && ip -n ${this.name} addr add ${address}/24 dev tap0`);
    tap.start();
  }

  close(): void {
    this.tap.close();
    process.removeListener('exit', this.remove);
    this.remove();
  }
}

/** Before the wire, where that is allowed: a wire that spins must not keep the programs at its ends from running. */
const urgent = spawnSync('chrt', ['-r', '2', 'true']).status === 0 ? ['chrt', '-r', '2'] : [];

/** One of the kernel's ends. */
function program(args: readonly string[]): ChildProcessByStdio<null, Readable, null> {
  const [command, ...rest] = [...urgent, GOODPUT, ...args];
  return spawn(command!, rest, { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** Frames that a TAP refused. */
let refused = 0;

/** What a real run says beside the bytes. */
export interface RealRun extends Received {
  /** Packets that the wire lost by its loss and its queue, and that a TAP refused. */
  readonly dropped: number;
  readonly refused: number;
  /** The longest that the wire was late, milliseconds. */
  readonly stall: number;
  /** How much of a core the wire took: near 1 it was the limit itself. Absent where it spins. */
  readonly busy?: number;
}

/** On paths as short as this, milliseconds, the wire spins to be exact; on longer ones a host timer's millisecond is small beside the delay (the rate is exact all the same). */
const PRECISE_RTT = 10;

/** Runs a cell. `linnet`: the sender is Linnet. */
export async function runReal(c: Cell, seed: number, linnet: boolean): Promise<RealRun> {
  const late = monitorEventLoopDelay({ resolution: 5 });
  const precise = c.rtt <= PRECISE_RTT;
  const clock = new HostClock({ precise });
  const wire = makeWire(c, clock, seed);
  const max = bufferMax(c);
  const b = new Namespace('b', RECEIVER, wire, wire.b, max);
  const a = linnet ? null : new Namespace('a', SENDER, wire, wire.a, max);
  const limit = String(c.seconds);
  try {
    const recv = program(['recv', `/run/netns/${b.name}`, String(PORT), String(c.flows), limit]);
    let out = '';
    const ended = new Promise<number | null>((resolve) => recv.on('close', resolve));
    await new Promise<void>((resolve) => recv.stdout.setEncoding('utf8').on('data', (s: string) => {
      out += s;
      if (out.startsWith('listening')) resolve();
    }));
    const cpu = process.cpuUsage();
    const t = performance.now();
    late.enable();
    let stop = (): void => {};
    if (a === null) {
      const end = new End(clock, `a${seed}`, SENDER, wire.a, max);
      const tx = new Senders(end, c.cc, c.flows);
      let on = true;
      const turn = (): void => {
        if (on && tx.fill()) setTimeout(turn, 1);
      };
      turn();
      stop = () => {
        on = false;
      };
    } else {
      const send = program(['send', `/run/netns/${a.name}`, RECEIVER, String(PORT), String(c.flows), c.cc]);
      stop = () => void send.kill('SIGKILL');
    }
    const guard = setTimeout(() => recv.kill('SIGKILL'), (c.seconds + 20) * 1000);
    const code = await ended;
    clearTimeout(guard);
    stop();
    if (code !== 0) throw new Error(`the receiver ended with ${code}`);
    const used = process.cpuUsage(cpu);
    const got = JSON.parse(out.slice(out.indexOf('{'))) as Received;
    return { ...got, dropped: wire.stats().dropped, refused, stall: Math.round(late.max / 1e6), ...(precise ? {} : { busy: (used.user + used.system) / 1000 / (performance.now() - t) }) };
  } finally {
    a?.close();
    b.close();
    wire.close();
  }
}

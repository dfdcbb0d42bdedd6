/** The executor: one script against one new machine, in virtual time. */
import { errnoName, type KernelModule, type Net, strerror, us } from '@linnet/kernel';
import { SOL_TCP, TCP_CC_INFO, TCP_INFO } from '@linnet/uapi';
import { CallError, type CallContext, makeCall, MAKES_FD, number } from './calls.ts';
import { CodeError, type Names, runCode } from './code.ts';
import { type Connection, Connections } from './connections.ts';
import { inboundPacket } from './inject.ts';
import { address, Machine, type ToolRunner } from './machine.ts';
import { parseScript } from './parser.ts';
import { type CallSpec, type PacketSpec, type Script, ScriptError, type ScriptEvent } from './script.ts';
import { Shell } from './shell.ts';
import { symbol, tcpInfoFields } from './symbols.ts';
import { secondsText, seenText } from './text.ts';
import { merge, verify } from './verify.ts';
import type { Seen } from './wire.ts';

/**
 * How scripts are run.
 * @public
 */
export interface RunOptions {
  /** The machine's modules: those of a preset with TCP, UDP, TAP and the IP versions that are wanted. */
  readonly modules: readonly KernelModule[];
  /** Runs its programs: `runTool` of `@linnet/tools`. */
  readonly tool: ToolRunner;
  /** Options as they stand at a script's head; those of the script count more, but for the addresses' family. */
  readonly options?: ReadonlyMap<string, string>;
  /** `-D NAME=VALUE`. */
  readonly defines?: ReadonlyMap<string, string>;
  /** Forgets what TCP remembers of its peers, which `ip tcp_metrics flush` asks for. */
  readonly flushMetrics?: (net: Net) => void;
  /** Text of a file that a script names, or null. */
  readonly readFile?: (path: string) => string | null;
  /** Each event and packet as it happens. */
  readonly trace?: (line: string) => void;
  readonly seed?: number;
}

/**
 * How a script ended.
 * @public
 */
export interface RunResult {
  readonly ok: boolean;
  /** Why not: `file:line: ...`, with the packets in question. */
  readonly error: string | null;
  /** What its code printed. */
  readonly output: readonly string[];
  /** Every packet and call with its time. */
  readonly trace: readonly string[];
}

/** Addresses by IP version. */
const ADDRESSES: Readonly<Record<string, { local: string; prefix: number; remote: string }>> = {
  'ipv4': { local: '192.168.0.1', prefix: 16, remote: '192.0.2.1' },
  'ipv4-mapped-ipv6': { local: '192.168.0.1', prefix: 16, remote: '192.0.2.1' },
  'ipv6': { local: 'fd3d:fa7b:d17d::1', prefix: 48, remote: '2001:db8::1' },
};

/** What an event itself takes: no two things happen at the very same moment. */
const EVENT_NS = us(20);
/** So long a packet or the end of a call is waited for beyond its time, to say when it did come. */
const PATIENCE_NS = 5e9;

interface Blocked {
  readonly event: ScriptEvent;
  readonly call: CallSpec;
  readonly due: number;
  result: number | null;
  doneAt: number;
  error: unknown;
}

class Runner {
  private readonly script: Script;
  private readonly opts: RunOptions;
  private readonly machine: Machine;
  private readonly conns: Connections = new Connections();
  private readonly shell: Shell;
  private readonly cx: CallContext;
  private readonly names: Names = new Map();
  readonly output: string[] = [];
  readonly trace: string[] = [];
  private readonly toleranceNs: number;
  private readonly tolerancePart: number;
  private readonly local: Uint8Array;
  private readonly remote: Uint8Array;
  private start = 0;
  /** The time of the last event, from the start: as the script has it, or as it was where the script leaves it open. */
  private last = 0;
  private blocked: Blocked | null = null;

  constructor(script: Script, opts: RunOptions) {
    this.script = script;
    this.opts = opts;
    const get = (name: string): string | undefined => script.options.get(name) ?? opts.options?.get(name);
    const version = get('ip_version') ?? 'ipv4';
    const def = ADDRESSES[version];
    if (def === undefined) throw new ScriptError(script.name, 1, `bad --ip_version: ${version}`);
    // Addresses of the other family come from a caller that runs a script for all.
    const addr = (name: string, fallback: string): string => {
      const own = script.options.get(name);
      const v = own ?? opts.options?.get(name);
      return v !== undefined && v.includes(':') === fallback.includes(':') ? v : fallback;
    };
    this.toleranceNs = us(Number(get('tolerance_usecs') ?? 4000));
    this.tolerancePart = Number(get('tolerance_percent') ?? 12.5) / 100;
    this.local = address(addr('local_ip', def.local));
    this.remote = address(addr('remote_ip', def.remote));
    const dir = script.name.includes('/') ? script.name.replace(/\/[^/]*$/, '/') : '';
    this.machine = new Machine({
      modules: opts.modules, tool: opts.tool, seed: opts.seed ?? 1, mtu: Number(get('mtu') ?? (version === 'ipv6' ? 1520 : 1500)),
      local: addr('local_ip', def.local), prefix: def.prefix, remote: addr('remote_ip', def.remote),
      flushMetrics: opts.flushMetrics ?? ((): void => undefined),
      readScript: (path) => opts.readFile?.(path.startsWith('/') ? path : dir + path) ?? null,
    });
    this.shell = new Shell(this.machine);
    this.cx = {
      machine: this.machine, connections: this.conns, family: version as CallContext['family'], remote: this.remote, bindPort: Number(get('bind_port') ?? 8080),
      connectPort: Number(get('connect_port') ?? 8080), fds: new Map(), locals: new Map(), listeners: new Map(), wallStart: 0, toleranceNs: this.toleranceNs,
    };
    this.machine.onSent = (p): void => this.seen(p);
  }

  private now(): number {
    return this.machine.clock.now() - this.start;
  }

  private note(line: string): void {
    this.trace.push(line);
    this.opts.trace?.(line);
  }

  private seen(p: Seen): void {
    const c = this.conns.ofSent(p, this.remote);
    if (c === null) {
      this.machine.sent.splice(this.machine.sent.indexOf(p), 1);
      return;
    }
    if (p.tcp !== null && (p.tcp.flags & 2) !== 0) c.localIsn = p.tcp.seq;
    c.last = p;
    this.note(`${secondsText(p.at - this.start)} > ${this.seenText(p, c)}`);
  }

  private seenText(p: Seen, c: Connection | null): string {
    const syn = p.tcp !== null && (p.tcp.flags & 2) !== 0;
    return syn ? seenText(p, p.tcp?.seq ?? 0, 0) : seenText(p, c?.localIsn ?? 0, c?.remoteIsn ?? 0);
  }

  /** Lets promises that are settled go on. */
  private async turn(): Promise<void> {
    for (let i = 0; i < 8; i++) await Promise.resolve();
  }

  private fail(event: ScriptEvent, text: string): never {
    throw new ScriptError(this.script.name, event.line, text);
  }

  /** Goes on to a time from the start, unless it is past. */
  private async advanceTo(ns: number): Promise<void> {
    const { clock } = this.machine;
    const at = this.start + ns;
    await this.turn();
    while (clock.nextEvent() <= at) {
      clock.step();
      await this.turn();
    }
    if (clock.now() < at) clock.advanceTo(at);
  }

  /** When an event is due, from the start. */
  private due(event: ScriptEvent): { at: number; until: number | null; any: boolean } {
    const { time } = event;
    const base = time.kind === 'relative' ? this.last : 0;
    return { at: base + time.at * 1e9, until: time.until === null ? null : base + time.until * 1e9, any: time.kind === 'any' };
  }

  private tolerance(span: number): number {
    return Math.max(this.toleranceNs, this.tolerancePart * span);
  }

  async run(): Promise<void> {
    await this.machine.configure();
    for (const file of (this.opts.options?.get('init_scripts') ?? this.script.options.get('init_scripts') ?? '').split(',')) {
      if (file !== '') await this.command({ line: 1, text: file }, 'init script');
    }
    if (this.script.init !== null) await this.command(this.script.init, 'init command');
    this.start = this.machine.clock.now();
    (this.cx as { wallStart: number }).wallStart = this.machine.clock.wallNow();
    for (const event of this.script.events) await this.event(event);
    await this.finishBlocked();
    if (this.script.cleanup !== null) await this.command(this.script.cleanup, 'cleanup command');
  }

  close(): void {
    this.machine.close();
  }

  private async event(event: ScriptEvent): Promise<void> {
    const { action } = event;
    if (action.kind === 'packet' && !action.packet.inbound) return this.expectPacket(event, action.packet);
    const { at, any } = this.due(event);
    const before = this.last;
    if (!any) await this.advanceTo(at);
    this.last = any ? this.now() : at;
    if (action.kind === 'packet') this.inject(event, action.packet);
    else if (action.kind === 'call') await this.call(event, action.call, before);
    else if (action.kind === 'command') await this.command({ line: event.line, text: action.text }, 'command');
    else this.code(event, action.text);
    await this.advanceTo(this.now() + EVENT_NS);
  }

  private async command(c: { line: number; text: string }, what: string): Promise<void> {
    const r = await this.shell.run(c.text);
    this.note(`${secondsText(this.now())} \`${c.text.trim().replace(/\s*\n\s*/g, '; ')}\`${r.out === '' ? '' : `: ${r.out.trim()}`}`);
    if (r.status !== 0) throw new ScriptError(this.script.name, c.line, `error executing ${what}: non-zero status ${r.status}${r.err === '' ? '' : `: ${r.err.trim()}`}`);
  }

  private inject(event: ScriptEvent, packet: PacketSpec): void {
    const built = inboundPacket(packet, {
      conns: this.conns, local: this.local, remote: this.remote, listeners: this.cx.listeners, bindPort: this.cx.bindPort, scaledEcr: this.flag('tcp_ts_ecr_scaled'),
    });
    if (typeof built === 'string') this.fail(event, built);
    this.note(`${secondsText(this.now())} < ${packet.text}`);
    const mss = Number(this.script.options.get('mss') ?? this.opts.options?.get('mss') ?? 0);
    const gso = packet.proto === 'tcp' && mss > 0 && packet.length > mss ? mss : 0;
    const err = this.machine.inject(built, gso);
    if (err < 0) this.fail(event, `the packet cannot be injected: ${strerror(-err)}`);
  }

  private flag(name: string): boolean {
    return this.script.options.has(name) || this.opts.options?.has(name) === true;
  }

  /** Packets of other connections than the one that the script is about do not count. */
  private skipOthers(packet: PacketSpec): void {
    const { sent } = this.machine;
    const { current } = this.conns;
    if (current === null) return;
    const ports = packet.proto === 'icmp' ? null : packet.ports;
    for (let p = sent[0]; p !== undefined; p = sent[0]) {
      const mine = ports === null ? this.conns.ofSent(p, this.remote) === current : p.sport === ports[0] && p.dport === ports[1];
      if (mine || p.icmp !== null) return;
      sent.shift();
    }
  }

  private async expectPacket(event: ScriptEvent, packet: PacketSpec): Promise<void> {
    const { at, until, any } = this.due(event);
    const { clock, sent } = this.machine;
    const limit = (any ? clock.now() : this.start + Math.max(until ?? at, this.now())) + PATIENCE_NS + (any ? 60e9 : 0);
    const head = async (): Promise<boolean> => {
      await this.turn();
      this.skipOthers(packet);
      while (sent.length === 0 && clock.nextEvent() <= limit) {
        clock.step();
        await this.turn();
        this.skipOthers(packet);
      }
      return sent.length > 0;
    };
    if (!(await head())) {
      this.fail(event, `error handling packet: Timed out waiting for packet\nscript packet:  ${secondsText(at)} ${packet.text}`);
    }
    let p = sent.shift()!;
    const c = this.conns.ofSent(p, this.remote);
    // One packet of the script may come in several, unless it says not.
    while (packet.proto === 'tcp' && p.tcp !== null && !this.flag('strict_segments') && p.length < packet.length) {
      const next = sent[0];
      const joined = next === undefined ? null : merge(p, next);
      if (joined === null) break;
      p = joined;
      sent.shift();
    }
    const wrong = verify(packet, p, c, { scaleUs: Number(this.script.options.get('tcp_ts_tick_usecs') ?? this.opts.options?.get('tcp_ts_tick_usecs') ?? 0), toleranceNs: this.toleranceNs });
    const live = p.at - this.start;
    const tol = this.tolerance(Math.max(0, (until ?? at) - this.last));
    let timing: string | null = null;
    if (!any && until === null && Math.abs(live - at) > tol) {
      timing = `timing error: expected outbound packet at ${secondsText(at)} sec but happened at ${secondsText(live)} sec; tolerance ${secondsText(tol)} sec`;
    } else if (!any && until !== null && (live < at - tol || live > until + tol)) {
      timing = `timing error: expected outbound packet in time range ${secondsText(at)}~${secondsText(until)} sec but happened at ${secondsText(live)} sec; tolerance ${secondsText(tol)} sec`;
    }
    if (wrong !== null || timing !== null) {
      this.fail(event, `error handling packet: ${wrong ?? timing}\nscript packet:  ${secondsText(any ? live : at)} ${packet.text}\nactual packet:  ${secondsText(live)} ${this.seenText(p, c)}`);
    }
    if (c !== null) this.conns.current = c;
    this.last = any || until !== null ? live : at;
  }

  private async call(event: ScriptEvent, call: CallSpec, base: number): Promise<void> {
    await this.finishBlocked();
    const started = this.now();
    // The end stands on the footing of the start: from the event before, or from the script's beginning.
    const end = call.end === null ? null : (event.time.kind === 'relative' ? base : 0) + call.end * 1e9;
    const b: Blocked = { event, call, due: end ?? started, result: null, doneAt: 0, error: null };
    makeCall(this.cx, call).then((n) => {
      b.result = n;
      b.doneAt = this.now();
    }, (error: unknown) => {
      b.result = 0;
      b.error = error;
      b.doneAt = this.now();
    });
    await this.turn();
    this.blocked = b;
    if (end === null || b.result !== null) await this.finishBlocked();
    else this.note(`${secondsText(started)} ${call.name}() blocks`);
  }

  /** Waits for the end of the call that blocks, if one does, and looks at what it gave. */
  private async finishBlocked(): Promise<void> {
    const b = this.blocked;
    if (b === null) return;
    const { clock } = this.machine;
    const limit = this.start + Math.max(b.due, this.now()) + PATIENCE_NS;
    await this.turn();
    while (b.result === null && clock.nextEvent() <= limit) {
      clock.step();
      await this.turn();
    }
    this.blocked = null;
    const { event, call } = b;
    if (b.result === null) this.fail(event, `runtime error in ${call.name} call: it does not return`);
    if (b.error instanceof CallError) this.fail(event, `runtime error in ${call.name} call: ${b.error.message}`);
    if (b.error !== null) throw b.error;
    this.note(`${secondsText(b.doneAt)} ${call.name}() = ${b.result < 0 ? `-1 ${errnoName(b.result)}` : b.result}`);
    this.checkResult(event, call, b.result);
    const tol = this.tolerance(Math.max(0, b.due - this.last));
    if (Math.abs(b.doneAt - b.due) > tol) {
      this.fail(event, `timing error: expected system call return at ${secondsText(b.due)} sec but happened at ${secondsText(b.doneAt)} sec; tolerance ${secondsText(tol)} sec`);
    }
  }

  private checkResult(event: ScriptEvent, call: CallSpec, n: number): void {
    if (call.result.kind === 'ellipsis') return;
    const want = number(call.result);
    const got = n < 0 ? -1 : n;
    const errno = n < 0 ? ` with errno ${-n} (${strerror(-n)})` : '';
    if (MAKES_FD.has(call.name) && want >= 0) {
      if (n < 0) this.fail(event, `runtime error in ${call.name} call: Expected non-negative result but got -1${errno}`);
      if (!this.cx.locals.has(want)) this.cx.fds.set(want, n);
      return;
    }
    if (want !== got) this.fail(event, `runtime error in ${call.name} call: Expected result ${want} but got ${got}${errno}`);
    if (call.errno !== null) {
      const e = symbol(call.errno);
      if (e === null) this.fail(event, `unknown errno ${call.errno}`);
      if (n >= 0 || -n !== e) this.fail(event, `runtime error in ${call.name} call: Expected errno ${e} (${strerror(e)}) but got ${n < 0 ? -n : 0} (${strerror(n < 0 ? -n : 0)})`);
    }
  }

  /** What BBR says of itself (struct tcp_bbr_info), under the original's names. */
  private ccInfo(fd: number): void {
    const info = this.machine.task.sys.getsockopt(fd, SOL_TCP, TCP_CC_INFO, 64);
    if (typeof info === 'number' || info.length !== 20) return;
    const v = new DataView(info.buffer, info.byteOffset, info.length);
    const u32 = (i: number): number => v.getUint32(4 * i, true);
    for (const [i, name] of ['bw_lo', 'bw_hi', 'min_rtt', 'pacing_gain', 'cwnd_gain'].entries()) this.names.set(`bbr_${name}`, u32(i));
    this.names.set('bbr_bw', u32(0) + u32(1) * 2 ** 32);
  }

  private code(event: ScriptEvent, text: string): void {
    const { task } = this.machine;
    // The connection that packets were about last, or else the last that has a descriptor.
    const c = this.conns.current !== null && this.conns.current.fd >= 0 ? this.conns.current : this.conns.list.findLast((x) => x.fd >= 0);
    const info = c === undefined ? -1 : task.sys.getsockopt(c.fd, SOL_TCP, TCP_INFO, 1024);
    if (typeof info !== 'number') {
      const v = new DataView(info.buffer, info.byteOffset, info.length);
      for (const [name, off, size] of tcpInfoFields()) {
        if (off + size > info.length) continue;
        this.names.set(name, size === 8 ? v.getUint32(off, true) + v.getUint32(off + 4, true) * 2 ** 32 : size === 4 ? v.getUint32(off, true) : size === 2 ? v.getUint16(off, true) : info[off]!);
      }
      this.names.set('tcpi_snd_wscale', info[6]! & 15);
      this.names.set('tcpi_rcv_wscale', info[6]! >> 4);
      this.names.set('tcpi_delivery_rate_app_limited', info[7]! & 1);
      this.names.set('tcpi_fastopen_client_fail', (info[7]! >> 1) & 3);
    }
    if (c !== undefined) this.ccInfo(c.fd);
    for (const name of text.match(/\bTCPI?_[A-Za-z0-9_]+/g) ?? []) {
      const value = symbol(name);
      if (value !== null && !this.names.has(name)) this.names.set(name, value);
    }
    try {
      runCode(text, this.names, (t) => {
        this.output.push(t);
        this.note(`${secondsText(this.now())} ${t}`);
      });
    } catch (error) {
      if (error instanceof CodeError) this.fail(event, error.message);
      throw error;
    }
  }
}

/**
 * Runs a script, given as text, against a machine of its own. Never rejects for what the script says or the machine does: the result has it.
 * @public
 */
export async function runScript(file: string, text: string, opts: RunOptions): Promise<RunResult> {
  let runner: Runner | null = null;
  let error: string | null = null;
  try {
    runner = new Runner(parseScript(file, text, opts.defines ?? new Map()), opts);
    await runner.run();
  } catch (e) {
    if (e instanceof ScriptError || e instanceof CallError) error = e.message;
    else error = `${file}: ${e instanceof Error ? (e.stack ?? e.message) : String(e)}`;
  } finally {
    try {
      runner?.close();
    } catch (e) {
      error ??= `${file}: at the end: ${e instanceof Error ? (e.stack ?? e.message) : String(e)}`;
    }
  }
  return { ok: error === null, error, output: runner?.output ?? [], trace: runner?.trace ?? [] };
}

/**
 * An iperf3 server over any stream sockets: TCP tests in both directions, parallel streams, omit, by time or by bytes.
 *
 * The protocol is iperf3's own: one control connection that carries a cookie, JSON in frames with a 4-byte length, and single bytes that name the next state;
 * data connections begin with the same cookie.
 */
import type { Duplex } from 'node:stream';

const COOKIE_LEN = 37;
// States, one byte on the control connection.
const TEST_START = 1;
const TEST_RUNNING = 2;
const TEST_END = 4;
const PARAM_EXCHANGE = 9;
const CREATE_STREAMS = 10;
const SERVER_TERMINATE = 11;
const CLIENT_TERMINATE = 12;
const EXCHANGE_RESULTS = 13;
const DISPLAY_RESULTS = 14;
const IPERF_DONE = 16;
const ACCESS_DENIED = 0xff;
const SERVER_ERROR = 0xfe;
/** «an option you are trying to set is not implemented yet». */
const IEUNIMP = 13;
const MAX_JSON = 1 << 20;
const DEFAULT_LEN = 131072;

/** What a client asks for, as far as it matters here. */
interface Params {
  udp?: boolean;
  sctp?: boolean;
  parallel?: number;
  len?: number;
  num?: number;
  blockcount?: number;
  /** Bits a second of each stream; 0: as fast as it goes. */
  bandwidth?: number;
  omit?: number;
  reverse?: boolean;
  bidirectional?: boolean;
  nodelay?: boolean;
}

/** A finished test. */
export interface IperfReport {
  readonly seconds: number;
  readonly received: number;
  readonly sent: number;
  readonly streams: number;
}

/** Reads exactly so many bytes of a stream at a time. */
class Reader {
  private readonly stream: Duplex;
  constructor(stream: Duplex) {
    this.stream = stream;
  }

  async bytes(n: number): Promise<Uint8Array> {
    for (;;) {
      const chunk = this.stream.read(n) as Uint8Array | null;
      if (chunk !== null && chunk.length === n) return chunk;
      if (chunk !== null) this.stream.unshift(chunk);
      if (this.stream.readableEnded || this.stream.destroyed) throw new Error('the peer closed the connection');
      await new Promise<void>((resolve, reject) => {
        const done = (error?: Error): void => {
          this.stream.off('readable', done).off('end', done).off('error', done).off('close', done);
          if (error instanceof Error) reject(error);
          else resolve();
        };
        this.stream.on('readable', done).on('end', done).on('error', done).on('close', done);
      });
    }
  }

  async state(): Promise<number> {
    return (await this.bytes(1))[0]!;
  }

  async json(): Promise<unknown> {
    const b = await this.bytes(4);
    const n = new DataView(b.buffer, b.byteOffset, 4).getUint32(0);
    if (n > MAX_JSON) throw new Error(`a JSON frame of ${n} bytes`);
    return JSON.parse(new TextDecoder().decode(await this.bytes(n)));
  }
}

function sendJson(stream: Duplex, value: unknown): void {
  const text = new TextEncoder().encode(JSON.stringify(value));
  const frame = new Uint8Array(4 + text.length);
  new DataView(frame.buffer).setUint32(0, text.length);
  frame.set(text, 4);
  stream.write(frame);
}

/** One data connection: counts what comes, or sends as fast as it may. */
class DataStream {
  bytes = 0;
  readonly id: number;
  readonly sender: boolean;
  private readonly socket: Duplex;
  private stopped = false;
  private pause: ReturnType<typeof setTimeout> | null = null;

  constructor(socket: Duplex, id: number, sender: boolean) {
    this.socket = socket;
    this.id = id;
    this.sender = sender;
    socket.on('error', () => {}); // the control connection tells how the test ends
  }

  /** `rate` is in bytes a second, 0 for no limit; `mayGoOn` is asked before each block. */
  start(block: Uint8Array, rate: number, mayGoOn: () => boolean): void {
    if (!this.sender) {
      this.socket.on('data', (chunk: Uint8Array) => {
        if (!this.stopped) this.bytes += chunk.length;
      });
      return;
    }
    const started = performance.now();
    let sent = 0;
    const pump = (): void => {
      while (!this.stopped && !this.socket.destroyed && mayGoOn()) {
        const ahead = rate === 0 ? 0 : (sent / rate) * 1000 - (performance.now() - started);
        if (ahead > 0) {
          this.pause = setTimeout(pump, Math.max(ahead, 1));
          return;
        }
        sent += block.length;
        this.bytes += block.length;
        if (!this.socket.write(block)) {
          this.socket.once('drain', pump);
          return;
        }
      }
    };
    pump();
  }

  /** No more is sent, and what still comes does not count. */
  stop(): void {
    this.stopped = true;
    if (this.pause !== null) clearTimeout(this.pause);
    this.pause = null;
  }

  /** The test is over. A client that receives may be waiting for the rest of a block: the end of the stream lets it go on, as iperf3's own server does. */
  end(): void {
    this.stop();
    if (this.sender) this.socket.end();
    else this.socket.destroy();
  }

  close(): void {
    this.stop();
    this.socket.destroy();
  }
}

/**
 * Serves iperf3 clients, one test at a time: give each accepted connection to {@link Iperf3Server.accept}. A second client is told that the server is busy, as
 * iperf3 does.
 */
export class Iperf3Server {
  private readonly onReport: (report: IperfReport) => void;
  private test: Test | null = null;

  constructor(onReport: (report: IperfReport) => void = () => {}) {
    this.onReport = onReport;
  }

  /** Takes a connection: the control connection of a new test, or a data connection of the one that runs. Never throws. */
  async accept(socket: Duplex): Promise<void> {
    socket.on('error', () => {});
    const reader = new Reader(socket);
    try {
      const cookie = new TextDecoder().decode(await reader.bytes(COOKIE_LEN));
      if (this.test !== null) {
        if (this.test.cookie === cookie) this.test.addStream(socket);
        else socket.end(new Uint8Array([ACCESS_DENIED]));
        return;
      }
      const test = new Test(socket, reader, cookie);
      this.test = test;
      try {
        const report = await test.run();
        if (report !== null) this.onReport(report);
      } finally {
        this.test = null;
        test.close();
      }
    } catch {
      socket.destroy();
    }
  }
}

class Test {
  readonly cookie: string;
  private readonly control: Duplex;
  private readonly reader: Reader;
  private readonly streams: DataStream[] = [];
  private params: Params = {};
  private waiting: (() => void) | null = null;
  private timer: ReturnType<typeof setTimeout> | null = null;

  constructor(control: Duplex, reader: Reader, cookie: string) {
    this.control = control;
    this.reader = reader;
    this.cookie = cookie;
  }

  private say(state: number): void {
    this.control.write(new Uint8Array([state]));
  }

  private get wanted(): number {
    return (this.params.parallel ?? 1) * (this.params.bidirectional === true ? 2 : 1);
  }

  addStream(socket: Duplex): void {
    const n = this.streams.length;
    // Of a test both ways the second half of the connections are ours to send on.
    const sender = this.params.bidirectional === true ? n >= (this.params.parallel ?? 1) : this.params.reverse === true;
    // iperf3 numbers its streams 1, 3, 4, 5 ...
    this.streams.push(new DataStream(socket, n === 0 ? 1 : n + 2, sender));
    if (this.streams.length >= this.wanted) this.waiting?.();
  }

  async run(): Promise<IperfReport | null> {
    this.say(PARAM_EXCHANGE);
    this.params = (await this.reader.json()) as Params;
    if (this.params.udp === true || this.params.sctp === true) {
      const error = new Uint8Array(9);
      error[0] = SERVER_ERROR;
      new DataView(error.buffer).setUint32(1, IEUNIMP);
      this.control.end(error);
      return null;
    }
    const all = new Promise<null>((resolve) => {
      this.waiting = (): void => resolve(null);
    });
    this.say(CREATE_STREAMS);
    // What the client says next is that the test is over, or that it gives up: so does one that goes away before its streams have come.
    const next = this.reader.state();
    const early = await Promise.race([all, next]);
    if (early === CLIENT_TERMINATE) return null;
    if (early !== null) throw new Error(`state ${early} before the test`);
    this.say(TEST_START);
    const started = performance.now();
    let counted = started;
    const block = new Uint8Array(Math.min(Math.max(this.params.len ?? DEFAULT_LEN, 1), 1 << 20)).fill(0x2e);
    const limit = (this.params.num ?? 0) || (this.params.blockcount ?? 0) * block.length;
    const rate = (this.params.bandwidth ?? 0) / 8;
    const mayGoOn = (): boolean => limit === 0 || this.streams.reduce((n, s) => n + (s.sender ? s.bytes : 0), 0) < limit;
    for (const s of this.streams) s.start(block, rate, mayGoOn);
    this.say(TEST_RUNNING);
    const omit = this.params.omit ?? 0;
    if (omit > 0) {
      this.timer = setTimeout(() => {
        counted = performance.now();
        for (const s of this.streams) s.bytes = 0;
      }, omit * 1000);
    }
    const state = await next;
    if (state !== TEST_END) {
      if (state === CLIENT_TERMINATE) return null;
      throw new Error(`state ${state} where the end of the test was due`);
    }
    const seconds = (performance.now() - counted) / 1000;
    for (const s of this.streams) s.end();
    this.say(EXCHANGE_RESULTS);
    await this.reader.json();
    sendJson(this.control, {
      cpu_util_total: 0, cpu_util_user: 0, cpu_util_system: 0,
      sender_has_retransmits: 0, congestion_used: 'cubic',
      streams: this.streams.map((s) => ({ id: s.id, bytes: s.bytes, retransmits: 0, jitter: 0, errors: 0, packets: 0, start_time: 0, end_time: seconds })),
    });
    this.say(DISPLAY_RESULTS);
    const last = await this.reader.state();
    if (last !== IPERF_DONE && last !== CLIENT_TERMINATE) this.say(SERVER_TERMINATE);
    const sum = (sender: boolean): number => this.streams.reduce((n, s) => n + (s.sender === sender ? s.bytes : 0), 0);
    return { seconds, received: sum(false), sent: sum(true), streams: this.streams.length };
  }

  close(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    for (const s of this.streams) s.close();
    // What the client may still say is read and forgotten, so that its end is seen.
    this.control.resume();
    this.control.end();
  }
}

import { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { bytesText, rateText, timeText } from '../src/cli/format.ts';
import { Iperf3Server } from '../src/cli/iperf3.ts';
import { neighbourOf } from '../src/cli/up.ts';
import { addressOption, cidrOption, intOption, macOption, numberOption, percentOption, portsOption, serveOption } from '../src/cli/parse.ts';

describe('numbers for people', () => {
  it('have three digits and a unit', () => {
    expect([bytesText(0), bytesText(999), bytesText(1000), bytesText(12_345_678), bytesText(999e12)]).toEqual(['0 B', '999 B', '1.00 kB', '12.3 MB', '999 TB']);
    expect([rateText(125_000, 1), rateText(125e6, 1), rateText(1, 0)]).toEqual(['1.00 Mbit/s', '1.00 Gbit/s', '-']);
    expect([timeText(1.5e9), timeText(20.5e6), timeText(310e3)]).toEqual(['1.500 s', '20.5 ms', '310 us']);
  });
});

describe('options', () => {
  it('are read, and what is wrong is told what would be right', () => {
    expect(intOption(1, 10)('7')).toBe(7);
    expect(numberOption('2.5')).toBe(2.5);
    expect([percentOption('5'), percentOption('0.1%')]).toEqual([0.05, 0.001]);
    expect(cidrOption('10.9.0.2/24')).toBe('10.9.0.2/24');
    expect(addressOption('10.9.0.1')).toBe('10.9.0.1');
    expect([...serveOption('8080=./a=b', serveOption('80=x'))]).toEqual([[80, 'x'], [8080, './a=b']]);
    expect(portsOption('7', [9])).toEqual([9, 7]);
    expect([...macOption('02:00:00:00:0a:FF')]).toEqual([2, 0, 0, 0, 10, 255]);
    for (const bad of ['0', '11', 'x', '', '1.5']) expect(() => intOption(1, 10)(bad)).toThrow('from 1 to 10');
    for (const bad of ['10.9.0.2', '10.9.0/24', '10.9.0.2/33', '300.1.1.1/8']) expect(() => cidrOption(bad)).toThrow('10.9.0.2/24');
    for (const bad of ['80', '0=x', '99999=x', '80=']) expect(() => serveOption(bad)).toThrow('PORT=FOLDER');
    expect(() => serveOption('80=b', serveOption('80=a'))).toThrow('given twice');
    expect(() => macOption('01:00:00:00:00:01')).toThrow('group');
    for (const bad of ['02:00', '0200.0000.0001']) expect(() => macOption(bad)).toThrow('02:00:00:00:00:01');
    for (const bad of ['-1', 'NaN', '']) expect(() => numberOption(bad)).toThrow('0 or more');
    for (const bad of ['101', '-5', 'half']) expect(() => percentOption(bad)).toThrow('0 to 100');
    expect(() => addressOption('localhost')).toThrow('10.9.0.1');
  });
});

describe('the hint of up', () => {
  it.each([
    ['10.9.0.2/24', '10.9.0.1/24'], ['10.9.0.1/24', '10.9.0.2/24'], ['10.9.0.130/25', '10.9.0.129/25'], ['10.9.0.6/30', '10.9.0.5/30'], ['10.9.0.2/31', '10.9.0.3/31'],
    ['10.9.0.2/32', '10.9.0.3 peer 10.9.0.2'], ['200.1.0.1/8', '200.0.0.1/8'],
  ])('for %s is %s', (own, other) => expect(neighbourOf(own)).toBe(other));
});

/** Two ends of a pipe. */
function pair(): [Duplex, Duplex] {
  const ends: Duplex[] = [];
  for (let i = 0; i < 2; i++) {
    ends.push(new Duplex({
      read() {},
      write(chunk: Uint8Array, _enc, done) {
        ends[1 - i]!.push(Uint8Array.from(chunk));
        done();
      },
      final(done) {
        ends[1 - i]!.push(null);
        done();
      },
    }));
  }
  return ends as [Duplex, Duplex];
}

/** A client that says what iperf3 3.12 says, byte for byte, and collects what it is told. */
class Client {
  readonly control: Duplex;
  private bytes: number[] = [];
  private waiting: (() => void) | null = null;
  constructor(server: Iperf3Server, cookie: string) {
    const [mine, theirs] = pair();
    this.control = mine;
    mine.on('data', (c: Uint8Array) => {
      this.bytes.push(...c);
      this.waiting?.();
    });
    void server.accept(theirs);
    mine.write(Client.cookie(cookie));
  }

  static cookie(name: string): Uint8Array {
    return Uint8Array.from(name.padEnd(36, 'x').slice(0, 36) + '\0', (c) => c.charCodeAt(0));
  }

  async take(n: number): Promise<number[]> {
    while (this.bytes.length < n) await new Promise<void>((resolve) => (this.waiting = resolve));
    return this.bytes.splice(0, n);
  }

  async json(): Promise<unknown> {
    const [a, b, c, d] = await this.take(4);
    return JSON.parse(String.fromCharCode(...(await this.take(((a! * 256 + b!) * 256 + c!) * 256 + d!))));
  }

  sendJson(value: unknown): void {
    const text = JSON.stringify(value);
    this.control.write(Uint8Array.from([0, 0, text.length >> 8, text.length & 255]));
    this.control.write(Uint8Array.from(text, (c) => c.charCodeAt(0)));
  }
}

describe('the iperf3 server', () => {
  it('takes a test with two streams and tells what came', async () => {
    const reports: unknown[] = [];
    const server = new Iperf3Server((r) => reports.push(r));
    const client = new Client(server, 'one');
    expect(await client.take(1)).toEqual([9]);
    client.sendJson({ tcp: true, omit: 0, time: 10, parallel: 2, len: 1000, client_version: '3.12' });
    expect(await client.take(1)).toEqual([10]);
    const data = [pair(), pair()];
    for (const [mine, theirs] of data) {
      void server.accept(theirs);
      mine.write(Client.cookie('one'));
    }
    expect(await client.take(2)).toEqual([1, 2]);
    data[0]![0].write(new Uint8Array(5000));
    data[1]![0].write(new Uint8Array(700));
    await new Promise((resolve) => setImmediate(resolve));
    // A second client is turned away while the test runs.
    const other = new Client(server, 'two');
    expect(await other.take(1)).toEqual([255]);
    client.control.write(Uint8Array.from([4]));
    expect(await client.take(1)).toEqual([13]);
    client.sendJson({ streams: [] });
    const results = (await client.json()) as { streams: { id: number; bytes: number }[] };
    expect(results.streams.map((s) => [s.id, s.bytes])).toEqual([[1, 5000], [3, 700]]);
    expect(await client.take(1)).toEqual([14]);
    client.control.write(Uint8Array.from([16]));
    await new Promise((resolve) => setImmediate(resolve));
    expect(reports).toMatchObject([{ received: 5700, sent: 0, streams: 2 }]);
  });

  it('sends as many bytes as a reverse test asks for', async () => {
    const server = new Iperf3Server();
    const client = new Client(server, 'rev');
    await client.take(1);
    client.sendJson({ tcp: true, reverse: true, num: 10_000, len: 1000 });
    await client.take(1);
    const [mine, theirs] = pair();
    let got = 0;
    mine.on('data', (c: Uint8Array) => (got += c.length));
    void server.accept(theirs);
    mine.write(Client.cookie('rev'));
    expect(await client.take(2)).toEqual([1, 2]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(got).toBe(10_000);
    client.control.destroy();
  });

  it('says that it has no UDP, and is free again after a client that vanished', async () => {
    const server = new Iperf3Server();
    const client = new Client(server, 'udp');
    await client.take(1);
    client.sendJson({ udp: true });
    expect(await client.take(9)).toEqual([254, 0, 0, 0, 13, 0, 0, 0, 0]);
    const gone = new Client(server, 'gone');
    await gone.take(1);
    gone.control.end();
    await new Promise((resolve) => setImmediate(resolve));
    const halfway = new Client(server, 'halfway');
    await halfway.take(1);
    halfway.sendJson({ tcp: true, parallel: 1 });
    expect(await halfway.take(1)).toEqual([10]);
    halfway.control.end();
    await new Promise((resolve) => setImmediate(resolve));
    const next = new Client(server, 'next');
    expect(await next.take(1)).toEqual([9]);
    next.control.destroy();
  });
});

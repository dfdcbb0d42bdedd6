/**
 * `linnet demo`: two hosts and a router between them, one link with delay and loss; pings, a web page, a transfer over TCP.
 *
 * ```
 *   alice 10.0.1.2 ---- 10.0.1.1 router 10.0.2.1 ~~~~ 10.0.2.2 bob
 *                                              delay, loss
 * ```
 */
import { createHash } from 'node:crypto';
import http from 'node:http';
import { pipeline } from 'node:stream/promises';
import { captureDevice, openPcapngFile } from '@linnet/host';
import { createKernel, HostClock, VirtualClock, type Kernel, type Net } from '@linnet/kernel';
import { attachServer, httpAgent, ipRoute, openNet } from '@linnet/net';
import type { NetDevice } from '@linnet/netdev';
import { createNetns } from '@linnet/netns';
import { Task } from '@linnet/posix';
import { SKB, skbStats } from '@linnet/skbuff';
import { cable } from '../cable.ts';
import { inetStack } from '../presets.ts';
import { bytesText, rateText, timeText } from './format.ts';
import { ping } from './ping.ts';
import { Progress } from './progress.ts';

/** What the demo can be told. */
export interface DemoOptions {
  readonly seed: number;
  /** Milliseconds each way on the far link. */
  readonly delay: number;
  /** Probability of loss on it, each way. */
  readonly loss: number;
  /** Megabytes to move. */
  readonly size: number;
  /** The capture, or null for none. */
  readonly pcap: string | null;
  /** Bytes of each packet that are kept in it. */
  readonly snaplen: number;
  /** Wait as long as the network would, instead of letting virtual time run. */
  readonly realtime: boolean;
  readonly print: (line: string) => void;
}

const ALICE = '10.0.1.2';
const BOB = '10.0.2.2';
const PAGE = '<!doctype html><title>bob</title><p>Hello from a Linux machine in TypeScript.</p>\n';

/** Makes the three machines; returns their namespaces and the router's two devices. */
function build(k: Kernel, opts: DemoOptions): { alice: Net; bob: Net; near: NetDevice; far: NetDevice } {
  const router = k.initNet;
  const alice = createNetns(k, 'alice');
  const bob = createNetns(k, 'bob');
  const [near] = cable(router, 'near', alice, 'eth0');
  const [far] = cable(router, 'far', bob, 'eth0', { delay: opts.delay, loss: opts.loss, limit: 10_000 });
  const configure = (net: Net, links: Record<string, string>, gateway?: string): void => {
    const ip = ipRoute(net);
    for (const [dev, address] of Object.entries({ lo: '', ...links })) {
      ip.link.set(dev, { up: true });
      if (address !== '') ip.addr.add({ address, dev });
    }
    if (gateway !== undefined) ip.route.add({ dst: 'default', via: gateway });
  };
  configure(router, { near: '10.0.1.1/24', far: '10.0.2.1/24' });
  router.sysctl.write('net.ipv4.ip_forward', '1');
  // As on Linux, datagram sockets for ping are nobody's until a group is let in.
  alice.sysctl.write('net.ipv4.ping_group_range', '0 2147483647');
  configure(alice, { eth0: `${ALICE}/24` }, '10.0.1.1');
  configure(bob, { eth0: `${BOB}/24` }, '10.0.2.1');
  return { alice, bob, near, far };
}

/** Runs the demo; the process may exit when the promise settles. Rejects when something did not work. */
export async function demo(opts: DemoOptions): Promise<void> {
  const clock = opts.realtime ? new HostClock() : new VirtualClock();
  const started = performance.now();
  const k = createKernel({ modules: inetStack, clock, seed: opts.seed, hostname: 'router' });
  const { alice, bob, near, far } = build(k, opts);
  const file = opts.pcap === null ? null : openPcapngFile(opts.pcap);
  if (file !== null) for (const dev of [near, far]) captureDevice(dev, file.writer, { snapLen: opts.snaplen });
  opts.print('  alice 10.0.1.2 ---- 10.0.1.1 router 10.0.2.1 ~~~~ 10.0.2.2 bob');
  opts.print(`                                             delay ${opts.delay} ms, loss ${Number((opts.loss * 100).toPrecision(6))} %, each way\n`);
  const scenario = async (): Promise<void> => {
    await pings(opts, alice);
    await webPage(opts, k, alice, bob);
    await transfer(opts, k, alice, bob);
  };
  let drops: string[] = [];
  try {
    await (clock instanceof VirtualClock ? clock.run(scenario) : scenario());
    drops = Object.entries(k.get(SKB).dropCounts()).map(([reason, n]) => `${reason} ${n}`);
  } finally {
    file?.close();
    k.shutdown();
  }
  opts.print(`\n  Dropped packets by reason: ${drops.join(', ') || 'none'}; still held: ${skbStats(k).live}`);
  if (opts.pcap !== null) opts.print(`  Every packet at the router is in ${opts.pcap} (open it with Wireshark)`);
  if (!opts.realtime) {
    opts.print(`  ${timeText(clock.now())} of network time in ${timeText((performance.now() - started) * 1e6)} of yours, seed ${opts.seed}: the same seed gives the same packets`);
  }
}

async function pings(opts: DemoOptions, alice: Net): Promise<void> {
  const task = new Task(alice);
  const { sent, received, times } = await ping(task, BOB, 10, 100);
  const mean = times.reduce((a, b) => a + b, 0) / times.length;
  const trip = times.length === 0 ? '' : `; round trip min ${timeText(Math.min(...times))}, mean ${timeText(mean)}, max ${timeText(Math.max(...times))}`;
  opts.print(`  ping    ${received} of ${sent} answered${trip}`);
}

async function webPage(opts: DemoOptions, k: Kernel, alice: Net, bob: Net): Promise<void> {
  const server = http.createServer((_req, res) => {
    res.sendDate = false; // the run should not depend on the day
    res.setHeader('content-type', 'text/html');
    res.end(PAGE);
  });
  const listener = attachServer(server, openNet(bob), { port: 80 });
  const agent = httpAgent(openNet(alice, { hosts: { bob: BOB } }), new http.Agent({ keepAlive: false }));
  const t0 = k.clock.now();
  const body = await new Promise<string>((resolve, reject) => {
    http.get({ host: 'bob', port: 80, path: '/', agent }, (res) => {
      let text = '';
      res.setEncoding('utf8');
      res.on('data', (chunk: string) => {
        text += chunk;
      });
      res.on('end', () => (res.statusCode === 200 ? resolve(text) : reject(new Error(`HTTP status ${res.statusCode}`))));
      res.on('error', reject);
    }).on('error', reject);
  });
  if (body !== PAGE) throw new Error('the page that came is not the page that was sent');
  opts.print(`  http    GET http://bob/ through node's own http: 200, ${body.length} bytes in ${timeText(k.clock.now() - t0)}`);
  await new Promise<void>((resolve) => {
    listener.close(() => resolve());
  });
}

async function transfer(opts: DemoOptions, k: Kernel, alice: Net, bob: Net): Promise<void> {
  const total = opts.size * 1_000_000;
  const progress = new Progress();
  const block = Uint8Array.from({ length: 250_000 }, (_, i) => (i * 7919) >> 3);
  const sentHash = createHash('sha256');
  const gotHash = createHash('sha256');
  let got = 0;
  const t0 = k.clock.now();
  const received = new Promise<void>((resolve, reject) => {
    const server = openNet(bob).createServer((socket) => {
      socket.on('data', (chunk: Uint8Array) => {
        gotHash.update(chunk);
        got += chunk.length;
        progress.update(() => `  tcp     ${bytesText(got)} of ${bytesText(total)}, ${rateText(got, (k.clock.now() - t0) / 1e9)}`);
      });
      socket.on('error', reject);
      socket.on('end', () => {
        server.close();
        resolve();
      });
    });
    server.on('error', reject);
    server.listen(5001);
  });
  const socket = openNet(alice).connect({ host: BOB, port: 5001 });
  await pipeline(function* () {
    for (let left = total; left > 0; ) {
      const chunk = left >= block.length ? block : block.subarray(0, left);
      sentHash.update(chunk);
      yield chunk;
      left -= chunk.length;
    }
  }, socket);
  await received;
  progress.done();
  const seconds = (k.clock.now() - t0) / 1e9;
  if (got !== total || sentHash.digest('hex') !== gotHash.digest('hex')) throw new Error(`tcp: ${got} of ${total} bytes came, or other ones`);
  const tcp = tcpCounters(alice);
  opts.print(
    `  tcp     ${bytesText(total)} in ${timeText(seconds * 1e9)}, ${rateText(total, seconds)}, sha256 equal; ` +
    `${tcp('OutSegs')} segments, ${tcp('RetransSegs')} sent again`,
  );
}

/** Counters of TCP as /proc/net/snmp shows them. */
function tcpCounters(net: Net): (name: string) => number {
  const [names, values] = net.proc.read('net/snmp')!.toString().split('\n').filter((l) => l.startsWith('Tcp:')).map((l) => l.split(' '));
  return (name) => Number(values![names!.indexOf(name)]);
}

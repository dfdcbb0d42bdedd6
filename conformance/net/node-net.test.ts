// node:net over the real kernel is the oracle: the same scenario over Linnet must log the same events, errors and states. Both run in real time, so some
// scenarios wait a few milliseconds; no time is asserted, only what was logged, by each socket in its own order.
import nodeNet from 'node:net';
import { ipv4 } from '@linnet/ipv4';
import { createKernel } from '@linnet/kernel';
import { ipRoute, openNet } from '@linnet/net';
import { tcp } from '@linnet/tcp';
import { describe, expect, it } from 'vitest';

type Net = { connect: typeof nodeNet.connect; createServer: typeof nodeNet.createServer };
type Log = (who: string, ...what: unknown[]) => void;

const HOST = '127.0.0.1';

function err(e: unknown): unknown {
  if (!(e instanceof Error)) return e;
  const { name, code, errno, syscall, message, port, address } = e as NodeJS.ErrnoException & { port?: number; address?: string };
  // Of an abort, the errno and the call are Linnet's own addition.
  return name === 'AbortError' ? { name, code, message } : { name, code, errno, syscall, message, port, address };
}

function watch(log: Log, who: string, s: nodeNet.Socket): nodeNet.Socket {
  // Linnet always knows the peer afterwards; node only when it was asked before.
  s.on('connect', () => s.remoteAddress);
  void s.remoteAddress;
  for (const event of ['lookup', 'connect', 'ready', 'end', 'finish', 'timeout', 'drain']) s.on(event, () => log(who, event));
  s.on('error', (e) => log(who, 'error', err(e)));
  s.on('close', (had) => log(who, 'close', had));
  return s;
}
function watchServer(log: Log, s: nodeNet.Server): nodeNet.Server {
  for (const event of ['listening', 'close', 'drop']) s.on(event, () => log('server', event));
  s.on('error', (e) => log('server', 'error', err(e)));
  return s;
}
const state = (s: nodeNet.Socket): unknown => ({
  connecting: s.connecting, pending: s.pending, readyState: s.readyState, destroyed: s.destroyed, remote: s.remoteAddress, rfam: s.remoteFamily, rport: s.remotePort === undefined ? undefined : 'port',
  // Linnet's own address stays readable after the end, node's does not.
  local: s.destroyed || s.localAddress, lfam: s.destroyed || s.localFamily, bytesRead: s.bytesRead, bytesWritten: s.bytesWritten, timeout: s.timeout, address: s.destroyed || Object.keys(s.address()).length,
});
/** What writes are told whose socket was destroyed meanwhile. Node 20 tells the first nothing and those behind it something else; newer ones say what Linnet does. */
const cancelled = (net: Net, e: NodeJS.ErrnoException | null | undefined): unknown =>
  net === nodeNet && (e === null || e === undefined || e.code === 'ERR_STREAM_DESTROYED') && Number.parseInt(process.versions.node, 10) < 22
    ? Object.assign(new Error('write ECANCELED'), { code: 'ECANCELED', errno: -125, syscall: 'write' })
    : e;
const wait = (ms: number): Promise<void> => new Promise((r) => setTimeout(r, ms));
const ev = (e: NodeJS.EventEmitter, name: string): Promise<unknown> => new Promise((r) => void e.once(name, r));

async function run(net: Net, scenario: (net: Net, log: Log, port: number) => Promise<void>): Promise<Record<string, unknown[]>> {
  const logs: Record<string, unknown[]> = {};
  const probe = nodeNet.createServer().listen(0, HOST);
  await ev(probe, 'listening');
  const { port } = probe.address() as nodeNet.AddressInfo;
  await new Promise<void>((r) => void probe.close(() => r()));
  await scenario(net, (who, ...what) => void (logs[who] ??= []).push(what.length === 1 ? what[0] : what), port);
  await wait(10);
  return JSON.parse(JSON.stringify(logs, (_k, v) => (v === undefined ? 'undefined' : typeof v === 'string' ? v.replaceAll(String(port), 'PORT') : v === port ? 'PORT' : v)));
}

function linnet(): { net: Net; end(): void } {
  const kernel = createKernel({ modules: [ipv4, tcp] });
  ipRoute(kernel).link.up('lo');
  ipRoute(kernel).addr.replace({ dev: 'lo', address: '127.0.0.1/8' });
  return { net: openNet(kernel) as unknown as Net, end: () => kernel.shutdown() };
}

type Scenario = (net: Net, log: Log, port: number) => Promise<void>;

const scenarios: Record<string, Scenario> = {
  async 'echo and end'(net, log, port) {
    const server = watchServer(log, net.createServer((s) => {
      watch(log, 'peer', s);
      log('peer', state(s));
      s.pipe(s);
    }));
    server.listen(port, HOST);
    await ev(server, 'listening');
    log('server', server.listening, server.address());
    const c = watch(log, 'client', net.connect(port, HOST));
    log('client', state(c));
    c.on('data', (d) => log('client', String(d)));
    c.write('hello', () => log('client', 'written'));
    log('client', state(c));
    await ev(c, 'connect');
    log('client', state(c));
    await ev(c, 'data');
    c.end(() => log('client', 'end callback'));
    log('client', state(c));
    await ev(c, 'close');
    log('client', state(c));
    server.close((e) => log('server', 'closed', err(e)));
    await ev(server, 'close');
    server.close((e) => log('server', 'closed again', err(e)));
    await wait(20);
  },
  async 'refused'(net, log, port) {
    const c = watch(log, 'client', net.connect(port, HOST));
    c.write('x', (e) => log('client', 'written', err(e)));
    c.end(() => log('client', 'ended'));
    await ev(c, 'close');
    log('client', state(c));
  },
  async 'address in use'(net, log, port) {
    const a = watchServer(log, net.createServer()).listen(port, HOST);
    await ev(a, 'listening');
    const b = net.createServer();
    b.on('error', (e) => log('b', 'error', err(e)));
    b.on('close', () => log('b', 'close'));
    try {
      b.listen(port, HOST, () => log('b', 'listening'));
      log('b', b.listening);
    } catch (e) { log('b', 'threw', err(e)); }
    await ev(b, 'error');
    log('b', b.listening, b.address());
    b.close((e) => log('b', 'closed', err(e)));
    await wait(10);
    a.close();
    await ev(a, 'close');
  },
  async 'half open'(net, log, port) {
    const server = net.createServer({ allowHalfOpen: true }, (s) => {
      watch(log, 'peer', s);
      s.resume();
      s.on('end', () => {
        log('peer', state(s));
        setTimeout(() => s.end('late'), 10);
      });
    }).listen(port, HOST);
    await ev(server, 'listening');
    const c = watch(log, 'client', net.connect({ port, host: HOST, allowHalfOpen: true } as nodeNet.NetConnectOpts));
    c.on('data', (d) => log('client', String(d)));
    c.end('early');
    await ev(c, 'finish');
    log('client', state(c));
    await ev(c, 'close');
    log('client', state(c));
    server.close();
    await ev(server, 'close');
  },
  async 'write after end'(net, log, port) {
    const server = net.createServer((s) => { s.on('error', () => {}); s.resume(); }).listen(port, HOST);
    await ev(server, 'listening');
    const c = watch(log, 'client', net.connect(port, HOST));
    await ev(c, 'connect');
    c.end('a');
    c.write('b', (e) => log('client', 'written', err(e)));
    await ev(c, 'close');
    server.close();
    await ev(server, 'close');
  },
  async 'destroy before connect'(net, log, port) {
    const server = net.createServer((s) => { s.on('error', () => {}); s.resume(); }).listen(port, HOST);
    await ev(server, 'listening');
    const c = watch(log, 'client', net.connect(port, HOST));
    c.write('a', (e) => log('client', 'written', err(e)));
    c.destroy();
    log('client', state(c));
    await ev(c, 'close');
    c.write('b', (e) => log('client', 'written', err(e)));
    c.end(() => log('client', 'ended'));
    c.destroy(new Error('again'));
    await wait(10);
    log('client', state(c));
    server.close();
    await ev(server, 'close');
  },
  async 'destroy with an error'(net, log, port) {
    const server = net.createServer((s) => { watch(log, 'peer', s); s.resume(); }).listen(port, HOST);
    await ev(server, 'listening');
    const c = watch(log, 'client', net.connect(port, HOST));
    await ev(c, 'connect');
    c.write('x', () => log('client', 'written'));
    c.destroy(new Error('mine'));
    await ev(c, 'close');
    await wait(20);
    log('client', state(c));
    server.close();
    await ev(server, 'close');
  },
  async 'reset'(net, log, port) {
    const server = net.createServer((s) => { watch(log, 'peer', s); setTimeout(() => log('peer', s.resetAndDestroy() === s), 10); }).listen(port, HOST);
    await ev(server, 'listening');
    const c = watch(log, 'client', net.connect(port, HOST));
    await ev(c, 'close');
    log('client', state(c));
    c.resetAndDestroy();
    await wait(10);
    server.close();
    await ev(server, 'close');
  },
  async 'reset while connecting'(net, log, port) {
    const server = net.createServer((s) => { watch(log, 'peer', s); s.resume(); }).listen(port, HOST);
    await ev(server, 'listening');
    const c = watch(log, 'client', net.connect(port, HOST));
    c.resetAndDestroy();
    log('client', state(c));
    await ev(c, 'close');
    await wait(20);
    server.close();
    await ev(server, 'close');
  },
  async 'server close waits'(net, log, port) {
    let peer!: nodeNet.Socket;
    const server = watchServer(log, net.createServer((s) => { peer = s; s.resume(); s.on('close', () => log('server', 'peer closed')); })).listen(port, HOST);
    await ev(server, 'listening');
    const c = watch(log, 'client', net.connect(port, HOST));
    await Promise.all([ev(c, 'connect'), ev(server, 'connection')]);
    server.close((e) => log('server', 'closed', err(e)));
    server.close((e) => log('server', 'closed 2', err(e)));
    log('server', server.listening, server.address());
    const count = await new Promise((r) => server.getConnections((_e, n) => r(n)));
    log('server', 'count', count);
    const late = watch(log, 'late', net.connect(port, HOST));
    await ev(late, 'close');
    peer.end('bye');
    c.resume();
    await ev(server, 'close');
    log('server', await new Promise((r) => server.getConnections((_e, n) => r(n))));
    await wait(10);
  },
  async 'timeout'(net, log, port) {
    const server = net.createServer((s) => { s.on('error', () => {}); s.resume(); }).listen(port, HOST);
    await ev(server, 'listening');
    const c = watch(log, 'client', net.connect({ port, host: HOST, timeout: 30 }));
    log('client', state(c));
    await ev(c, 'timeout');
    log('client', state(c));
    await wait(50);
    c.write('traffic');
    await ev(c, 'timeout');
    c.setTimeout(20, () => log('client', 'my timeout'));
    await ev(c, 'timeout');
    const l = (): void => void log('client', 'never');
    c.setTimeout(20, l);
    c.setTimeout(0, l);
    await wait(60);
    for (const bad of ['x', -1, NaN, Infinity, undefined, null]) {
      try { c.setTimeout(bad as never); log('client', 'fine', String(bad), c.timeout); } catch (e) { log('client', String(bad), err(e)); }
    }
    try { c.setTimeout(10, 'x' as never); } catch (e) { log('client', err(e)); }
    c.destroy();
    await ev(c, 'close');
    server.close();
    await ev(server, 'close');
  },
  async 'wrong arguments'(net, log, port) {
    const kind = (e: unknown): string => `${(e as Error).name} ${(e as NodeJS.ErrnoException).code}`;
    for (const args of [[-1], [70000], [1.5], [{ port: 'abc' }], [{ port, host: 7 }], [{ port, localAddress: 'x' }], [{ port, lookup: 7 }], [{ port, host: HOST, timeout: -1 }]] as unknown[][]) {
      try {
        net.connect(...(args as [never])).on('error', (e) => log('connect', args, 'event', err(e)));
        log('connect', args, 'no throw');
      } catch (e) {
        log('connect', args, kind(e));
      }
    }
    for (const args of [[-1], [70000], [1.5], [{ port: 'abc' }], [{ port: -1 }], [null], [{ port: 0, host: HOST, backlog: 5 }], [{ port: 0, signal: 7 }]] as unknown[][]) {
      const server = net.createServer();
      try {
        server.listen(...(args as [never]));
        await ev(server, 'listening');
        log('listen', args, 'no throw');
        server.close();
      } catch (e) {
        log('listen', args, kind(e));
      }
    }
    try {
      net.createServer(7 as never);
      log('createServer', 'no throw');
    } catch (e) {
      log('createServer', kind(e));
    }
    const server = net.createServer().listen(port, HOST);
    await ev(server, 'listening');
    try {
      server.listen(port + 1, HOST);
    } catch (e) {
      log('listen', err(e));
    }
    const c = watch(log, 'client', net.connect(port, HOST));
    for (const v of [7, null, undefined, {}, true]) {
      try {
        c.write(v as never);
      } catch (e) {
        log('client', String(v), err(e));
      }
    }
    await ev(c, 'connect');
    c.destroy();
    server.close();
    await ev(server, 'close');
  },
  async 'signals'(net, log, port) {
    const ac = new AbortController();
    const server = watchServer(log, net.createServer((s) => { s.on('error', () => {}); s.resume(); }));
    server.listen({ port, host: HOST, signal: ac.signal });
    await ev(server, 'listening');
    const cc = new AbortController();
    const c = watch(log, 'client', net.connect({ port, host: HOST, signal: cc.signal } as nodeNet.NetConnectOpts));
    await ev(c, 'connect');
    cc.abort(new Error('why'));
    await ev(c, 'close');
    const d = net.connect({ port, host: HOST, signal: AbortSignal.abort() } as nodeNet.NetConnectOpts);
    d.on('error', (e) => log('early', err(e)));
    await ev(d, 'close');
    ac.abort();
    await ev(server, 'close');
    const s2 = watchServer((_w, ...a) => log('s2', ...a), net.createServer());
    s2.listen({ port, host: HOST, signal: AbortSignal.abort() });
    await wait(20);
    log('s2', s2.listening);
  },
  async 'max connections'(net, log, port) {
    const server = net.createServer((s) => { s.on('error', () => {}); s.resume(); });
    server.maxConnections = 1;
    server.on('drop', (d) => log('server', 'drop', Object.keys(d ?? {}).sort(), d?.localAddress, d?.localFamily));
    server.listen(port, HOST);
    await ev(server, 'listening');
    const a = watch(log, 'a', net.connect(port, HOST));
    await ev(server, 'connection');
    const b = watch(log, 'b', net.connect(port, HOST));
    b.resume();
    await ev(b, 'close');
    a.destroy();
    server.close();
    await ev(server, 'close');
  },
  async 'peer gone, then write'(net, log, port) {
    const server = net.createServer({ allowHalfOpen: true }, (s) => { s.destroy(); }).listen(port, HOST);
    await ev(server, 'listening');
    const c = watch(log, 'client', net.connect({ port, host: HOST, allowHalfOpen: true } as nodeNet.NetConnectOpts));
    c.resume();
    await ev(c, 'end');
    await wait(10);
    c.write('one', (e) => log('client', 'one', err(e)));
    await wait(10);
    if (!c.destroyed) c.write('two', (e) => log('client', 'two', err(e)));
    await ev(c, 'close');
    server.close();
    await ev(server, 'close');
  },
  async 'nobody reads, peer ends'(net, log, port) {
    const server = net.createServer((s) => { s.on('error', () => {}); s.end('data'); }).listen(port, HOST);
    await ev(server, 'listening');
    const c = watch(log, 'client', net.connect(port, HOST));
    await wait(30);
    log('client', state(c));
    c.on('data', (d) => log('client', String(d)));
    await ev(c, 'close');
    server.close();
    await ev(server, 'close');
  },
  async 'nobody reads, peer ends without data'(net, log, port) {
    const server = net.createServer((s) => { s.on('error', () => {}); s.end(); }).listen(port, HOST);
    await ev(server, 'listening');
    const c = watch(log, 'client', net.connect(port, HOST));
    await Promise.race([wait(40), ev(c, 'close')]);
    log('client', state(c));
    c.destroy();
    server.close();
    await ev(server, 'close');
  },
  async 'nobody reads, peer resets'(net, log, port) {
    const server = net.createServer((s) => { s.on('error', () => {}); setTimeout(() => s.resetAndDestroy(), 10); }).listen(port, HOST);
    await ev(server, 'listening');
    const c = watch(log, 'client', net.connect(port, HOST));
    c.pause();
    await Promise.race([wait(60), ev(c, 'close')]);
    log('client', state(c));
    c.destroy();
    server.close();
    await ev(server, 'close');
  },
  async 'connect, destroy, connect again'(net, log, port) {
    const server = net.createServer((s) => { s.on('error', () => {}); s.end('hi'); }).listen(port, HOST);
    await ev(server, 'listening');
    const c = watch(log, 'client', net.connect(port, HOST));
    c.on('data', (d) => log('client', String(d)));
    await ev(c, 'close');
    try {
      c.connect(port, HOST);
      await Promise.race([wait(100), ev(c, 'close')]);
    } catch (e) { log('client', err(e)); }
    log('client', state(c));
    server.close();
    await Promise.race([wait(200), ev(server, 'close')]);
  },
  async 'listen again after close'(net, log, port) {
    const server = watchServer(log, net.createServer((s) => s.end())).listen(port, HOST);
    await ev(server, 'listening');
    server.close();
    await ev(server, 'close');
    server.listen(port, HOST);
    await ev(server, 'listening');
    server.close();
    log('server', 'after close()');
    await ev(server, 'close');
    server.listen(port, HOST, () => log('server', 'cb'));
    server.close();
    await wait(20);
    log('server', server.listening);
  },
  async 'destroySoon and end with data'(net, log, port) {
    const server = net.createServer((s) => { watch(log, 'peer', s); s.on('data', (d) => log('peer', 'data', d.length)); }).listen(port, HOST);
    await ev(server, 'listening');
    const c = watch(log, 'client', net.connect(port, HOST));
    c.write('x'.repeat(1000), () => log('client', 'w'));
    (c as unknown as { destroySoon(): void }).destroySoon();
    log('client', state(c));
    await ev(c, 'close');
    await wait(20);
    server.close();
    await ev(server, 'close');
  },
  async 'pause on connect'(net, log, port) {
    const server = net.createServer({ pauseOnConnect: true }, (s) => {
      watch(log, 'peer', s);
      log('peer', s.isPaused(), state(s));
      setTimeout(() => { log('peer', s.bytesRead); s.on('data', (d) => log('peer', String(d))); s.resume(); }, 20);
    }).listen(port, HOST);
    await ev(server, 'listening');
    const c = watch(log, 'client', net.connect(port, HOST));
    c.end('hello');
    c.resume();
    await ev(c, 'close');
    server.close();
    await ev(server, 'close');
  },
  async 'set encoding, async iteration, break'(net, log, port) {
    const server = net.createServer((s) => { watch(log, 'peer', s); s.write('ab'); setTimeout(() => s.write('cd'), 10); }).listen(port, HOST);
    await ev(server, 'listening');
    const c = watch(log, 'client', net.connect(port, HOST));
    c.setEncoding('utf8');
    for await (const part of c) { log('client', part); break; }
    log('client', state(c));
    await wait(20);
    server.close();
    await ev(server, 'close');
  },
  async 'backpressure'(net, log, port) {
    let peer!: nodeNet.Socket;
    const server = net.createServer((s) => { peer = s; s.pause(); }).listen(port, HOST);
    await ev(server, 'listening');
    const c = watch(log, 'client', net.connect(port, HOST));
    await Promise.all([ev(c, 'connect'), ev(server, 'connection')]);
    const big = Buffer.alloc(30_000_000);
    const closed = ev(c, 'close');
    log('client', c.write(big, () => log('client', 'big written')), c.bytesWritten);
    await wait(50);
    log('client', c.bytesWritten);
    let got = 0;
    peer.on('data', (d: Buffer) => { got += d.length; });
    peer.resume();
    c.resume();
    c.end();
    await ev(peer, 'end');
    log('peer', got);
    await closed;
    log('client', state(c));
    server.close();
    await ev(server, 'close');
  },
  async 'order of turns'(net, log, port) {
    const server = net.createServer((s) => {
      s.on('data', (d) => { log('order', 'peer data'); queueMicrotask(() => log('order', 'microtask')); process.nextTick(() => log('order', 'tick')); s.write(d); });
    }).listen(port, HOST);
    await ev(server, 'listening');
    const c = net.connect(port, HOST);
    c.on('connect', () => { log('order', 'connect'); process.nextTick(() => log('order', 'tick after connect')); });
    c.on('ready', () => log('order', 'ready'));
    await ev(c, 'ready');
    c.write('1', () => log('order', 'written'));
    log('order', 'after write');
    await ev(c, 'data');
    c.destroy();
    server.close();
    await ev(server, 'close');
  },
  async 'destroy with a pending write'(net, log, port) {
    let peer!: nodeNet.Socket;
    const server = net.createServer((s) => { peer = s; s.on('error', () => {}); s.pause(); }).listen(port, HOST);
    await ev(server, 'listening');
    for (const error of [undefined, new Error('mine')]) {
      const c = watch(log, 'client', net.connect(port, HOST));
      await Promise.all([ev(c, 'connect'), ev(server, 'connection')]);
      c.write(Buffer.alloc(30_000_000), (e) => log('client', 'big', err(cancelled(net, e))));
      c.write('more', (e) => log('client', 'more', err(cancelled(net, e))));
      await wait(20);
      c.destroy(error);
      log('client', 'destroyed');
      await ev(c, 'close');
      peer.destroy();
    }
    await wait(10);
    server.close();
    await ev(server, 'close');
  },
  async 'a reset with a pending write'(net, log, port) {
    let peer!: nodeNet.Socket;
    const server = net.createServer((s) => { peer = s; s.on('error', () => {}); s.pause(); }).listen(port, HOST);
    await ev(server, 'listening');
    const c = watch(log, 'client', net.connect(port, HOST));
    await Promise.all([ev(c, 'connect'), ev(server, 'connection')]);
    c.write(Buffer.alloc(30_000_000), (e) => log('client', 'big', err(cancelled(net, e))));
    await wait(20);
    peer.resetAndDestroy();
    await ev(c, 'close');
    server.close();
    await ev(server, 'close');
  },
  async 'lookup fails'(net, log, port) {
    const c = watch(log, 'client', net.connect({ port, host: 'x.test', lookup: (_h: string, _o: object, cb: (e: Error) => void) => setImmediate(cb, Object.assign(new Error('no'), { code: 'ENOTFOUND' })) } as never));
    log('client', state(c));
    await ev(c, 'close');
    log('client', state(c));
  },
  async 'lookup options'(net, log, port) {
    const server = net.createServer((s) => s.end()).listen(port, HOST);
    await ev(server, 'listening');
    const c = watch(log, 'client', net.connect({ port, host: 'x.test', autoSelectFamily: false, lookup: (h: string, o: object, cb: (e: null, a: string, f: number) => void) => { log('client', h); setImmediate(cb, null, HOST, 4); } } as never));
    c.on('lookup', (...a) => log('client', a));
    c.resume();
    await ev(c, 'close');
    const d = watch(log, 'client2', net.connect({ port, host: 'x.test', lookup: (h: string, o: { all?: boolean }, cb: (...a: unknown[]) => void) => { setImmediate(cb, null, o.all ? [{ address: HOST, family: 4 }] : HOST, 4); } } as never));
    d.resume();
    await ev(d, 'close');
    server.close();
    await ev(server, 'close');
  },
  async 'ends before it is connected'(net, log, port) {
    const server = net.createServer((s) => { watch(log, 'peer', s); s.on('data', (d) => log('peer', String(d))); }).listen(port, HOST);
    await ev(server, 'listening');
    const c = watch(log, 'client', net.connect(port, HOST));
    c.end('all');
    log('client', state(c));
    await ev(c, 'close');
    log('client', state(c));
    server.close();
    await ev(server, 'close');
  },
};

describe('node:net and Linnet agree', () => {
  it.each(Object.keys(scenarios))('%s', async (name) => {
    const { net, end } = linnet();
    try {
      const expected = await run(nodeNet, scenarios[name]!);
      const got = await run(net, scenarios[name]!);
      expect(got).toEqual(expected);
    } finally {
      end();
    }
  }, 10_000);
});

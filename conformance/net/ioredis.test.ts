// ioredis, unchanged, against a small server of its protocol (RESP2) over a veth pair.
import { once } from 'node:events';
import type { NetStack, Server, Socket } from '@linnet/net';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Lab, lab } from './lab.ts';

type Reply = string | number | null | Error | { readonly status: string } | readonly Reply[];

function encode(r: Reply): string {
  if (r === null) return '$-1\r\n';
  if (typeof r === 'number') return `:${r}\r\n`;
  if (typeof r === 'string') return `$${Buffer.byteLength(r, 'latin1')}\r\n${r}\r\n`;
  if (r instanceof Error) return `-ERR ${r.message}\r\n`;
  if ('status' in r) return `+${r.status}\r\n`;
  return `*${r.length}\r\n${r.map(encode).join('')}`;
}

/** The commands in `text`, and what is left over: each is an array of bulk strings. Bytes are Latin-1 characters. */
function decode(text: string): [string[][], string] {
  const commands: string[][] = [];
  let at = 0;
  const line = (): string | null => {
    const end = text.indexOf('\r\n', at);
    if (end < 0) return null;
    const out = text.slice(at, end);
    at = end + 2;
    return out;
  };
  for (;;) {
    const start = at;
    const head = line();
    if (head === null || !head.startsWith('*')) return [commands, text.slice(start)];
    const words: string[] = [];
    for (let i = 0; i < Number(head.slice(1)); i++) {
      const size = line();
      if (size === null || text.length < at + Number(size.slice(1)) + 2) return [commands, text.slice(start)];
      words.push(text.slice(at, at + Number(size.slice(1))));
      at += Number(size.slice(1)) + 2;
    }
    commands.push(words);
  }
}

/** A database of strings and lists, with subscriptions. */
function redisServer(stack: NetStack): Server {
  const data = new Map<string, string>();
  const lists = new Map<string, string[]>();
  const subscribers = new Map<string, Set<Socket>>();
  const run = (socket: Socket, [name = '', ...args]: readonly string[]): Reply => {
    const [key = '', value = ''] = args;
    switch (name.toLowerCase()) {
      case 'ping': return { status: 'PONG' };
      case 'info': return 'redis_version:7.0.0\r\nloading:0\r\n';
      case 'client': case 'select': return { status: 'OK' };
      case 'set': return data.set(key, value) && { status: 'OK' };
      case 'get': return data.get(key) ?? null;
      case 'mget': return args.map((k) => data.get(k) ?? null);
      case 'del': return args.filter((k) => data.delete(k)).length;
      case 'incr': data.set(key, String(Number(data.get(key) ?? 0) + 1)); return Number(data.get(key));
      case 'rpush': lists.set(key, [...(lists.get(key) ?? []), ...args.slice(1)]); return lists.get(key)!.length;
      case 'lrange': return lists.get(key) ?? [];
      case 'publish': for (const s of subscribers.get(key) ?? []) s.write(encode(['message', key, value]), 'latin1'); return subscribers.get(key)?.size ?? 0;
      case 'subscribe': subscribers.set(key, (subscribers.get(key) ?? new Set()).add(socket)); return ['subscribe', key, 1];
      case 'quit': setImmediate(() => socket.end()); return { status: 'OK' };
      default: return new Error(`unknown command '${name}'`);
    }
  };
  return stack.createServer((socket) => {
    let rest = '';
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => {
      const [commands, left] = decode(rest + text);
      rest = left;
      socket.write(commands.map((c) => encode(run(socket, c))).join(''), 'latin1');
    });
    socket.on('error', (error: NodeJS.ErrnoException) => expect(error.code).toBe('ECONNRESET'));
  }).listen(6379, '10.0.0.1');
}

let l: Lab;
let server: Server;
let clients: Redis[];
beforeEach(() => {
  l = lab();
  server = redisServer(l.server);
  clients = [];
});
afterEach(async () => {
  for (const c of clients) c.disconnect();
  await server[Symbol.asyncDispose]();
  l.close();
});

function redis(port = 6379, opts: object = {}): Redis {
  class Connector {
    socket: Socket | undefined;
    connecting = false;
    check(): boolean {
      return true;
    }
    disconnect(): void {
      this.connecting = false;
      this.socket?.end();
    }
    connect(): Promise<Socket> {
      this.connecting = true;
      this.socket = l.client.connect({ host: 'server.test', port });
      return Promise.resolve(this.socket);
    }
  }
  const client = new Redis({ Connector: Connector as never, ...opts });
  clients.push(client);
  return client;
}

it('commands and their answers', async () => {
  const r = redis();
  expect(await r.ping()).toBe('PONG');
  expect(await r.set('bird', 'linnet')).toBe('OK');
  expect(await r.get('bird')).toBe('linnet');
  expect(await r.get('none')).toBeNull();
  expect(await r.incr('n')).toBe(1);
  expect(await r.rpush('list', 'a', 'b', 'c')).toBe(3);
  expect(await r.lrange('list', 0, -1)).toEqual(['a', 'b', 'c']);
  await expect(r.call('nonsense')).rejects.toThrow("unknown command 'nonsense'");
  expect(await r.del('bird', 'none')).toBe(1);
  expect(await r.quit()).toBe('OK');
});

it('pipelines of 5,000 commands, and a value of 4 MB', async () => {
  const r = redis();
  const pipe = r.pipeline();
  for (let i = 0; i < 5000; i++) pipe.set(`k${i}`, `v${i}`);
  expect((await pipe.exec())!.every(([err, ok]) => err === null && ok === 'OK')).toBe(true);
  expect(await r.mget('k0', 'k4999', 'k5000')).toEqual(['v0', 'v4999', null]);
  const big = Buffer.alloc(4e6, 'abcdefg');
  await r.set('big', big);
  expect((await r.getBuffer('big'))!.equals(big)).toBe(true);
});

it('publish and subscribe between two connections', async () => {
  const sub = redis();
  await sub.subscribe('news');
  const message = once(sub, 'message');
  const pub = redis();
  expect(await pub.publish('news', 'spring')).toBe(1);
  expect(await message).toEqual(['news', 'spring']);
});

it('connects again after a lost connection, and tells a refused one', async () => {
  const r = redis(6379, { retryStrategy: () => 10 });
  await r.set('a', '1');
  (r as unknown as { stream: Socket }).stream.resetAndDestroy();
  expect(await r.get('a')).toBe('1');
  const refused = redis(6380, { retryStrategy: null, lazyConnect: true });
  const error = once(refused, 'error');
  await expect(refused.connect()).rejects.toThrow();
  expect((await error)[0]).toMatchObject({ code: 'ECONNREFUSED' });
});

// The shapes of node:net, node:dgram and WHATWG streams over real TCP and UDP, in virtual time.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { ms, sec, VirtualClock } from '@linnet/kernel';
import type { DgramSocket, NetError, RemoteInfo, Socket, TcpConnection } from '@linnet/net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lab, type Lab } from './lab.ts';

let l: Lab;
let clock: VirtualClock;
beforeEach(() => {
  clock = new VirtualClock();
  l = lab(clock);
});
afterEach(() => l.close());

const timed = (fn: () => Promise<void>) => (): Promise<void> => clock.run(fn);

async function pair(port = 7, opts: object = {}): Promise<[Socket, Socket]> {
  const server = l.server.createServer(opts).listen(port, '10.0.0.1');
  const accepted = once(server, 'connection');
  const client = l.client.connect(port, '10.0.0.1');
  const [[peer]] = await Promise.all([accepted, once(client, 'connect')]);
  server.close();
  return [client, peer as Socket];
}

describe('Socket', () => {
  it('moves 5 MB each way at the same time, half-closing at the end', timed(async () => {
    const [client, peer] = await pair(7, { allowHalfOpen: true });
    const data = randomBytes(5_000_000);
    const read = async (s: Socket): Promise<Buffer> => {
      const parts: Buffer[] = [];
      s.on('data', (part: Buffer) => parts.push(part));
      await once(s, 'end');
      return Buffer.concat(parts);
    };
    client.end(data);
    peer.write(data.subarray(0, 3_000_000));
    const up = read(peer);
    const down = read(client);
    expect((await up).equals(data)).toBe(true);
    expect(peer.readyState).toBe('writeOnly');
    peer.end(data.subarray(3_000_000));
    expect((await down).equals(data)).toBe(true);
    expect([client.bytesRead, client.bytesWritten, peer.bytesRead]).toEqual([data.length, data.length, data.length]);
  }));

  it('tells a host that does not answer, and one that answers nothing', timed(async () => {
    const start = clock.now();
    const nobody = l.client.connect(80, '10.0.0.99');
    expect((await once(nobody, 'error').catch((e: unknown) => [e]))[0]).toMatchObject({ code: 'EHOSTUNREACH', message: 'connect EHOSTUNREACH 10.0.0.99:80' });
    expect(clock.now() - start).toBeGreaterThan(sec(1));
    const nowhere = l.client.connect(80, '172.16.0.1');
    expect((await once(nowhere, 'error').catch((e: unknown) => [e]))[0]).toMatchObject({ code: 'ENETUNREACH', message: 'connect ENETUNREACH 172.16.0.1:80' });
    // A neighbour that swallows everything: SYNs are repeated until the kernel gives up.
    l.clientIp.neigh.add({ dst: '10.0.0.98', dev: 'eth0', lladdr: '02:00:00:00:00:98' });
    const before = clock.now();
    const silent = l.client.connect(80, '10.0.0.98');
    expect((await once(silent, 'error').catch((e: unknown) => [e]))[0]).toMatchObject({ code: 'ETIMEDOUT', syscall: 'connect' });
    expect((clock.now() - before) / sec(1)).toBeGreaterThan(60);
  }));

  it('a reset is ECONNRESET on the other side, an unread rest too', timed(async () => {
    const [client, peer] = await pair();
    const error = once(client, 'error').catch((e: unknown) => [e]);
    peer.resetAndDestroy();
    expect((await error)[0]).toMatchObject({ code: 'ECONNRESET', syscall: 'read' });
    const [second, other] = await pair(8, { pauseOnConnect: true });
    second.write(Buffer.alloc(200_000));
    const gone = new Promise<NetError>((resolve) => void second.once('error', resolve));
    await new Promise((resolve) => setImmediate(resolve));
    other.destroy();
    expect(['ECONNRESET', 'EPIPE']).toContain((await gone).code);
  }));

  it('keepalive finds a link that is down', timed(async () => {
    const [client, peer] = await pair();
    client.setKeepAlive(true, 10_000);
    client.resume();
    l.serverIp.link.down('eth0');
    l.clientIp.neigh.replace({ dst: '10.0.0.1', dev: 'eth0', lladdr: '02:00:00:00:00:77' });
    const before = clock.now();
    const error = await new Promise<NetError>((resolve) => void client.once('error', resolve));
    expect(['ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH']).toContain(error.code);
    expect(clock.now() - before).toBeGreaterThan(sec(10));
    peer.destroy();
  }));

  it('a timeout is counted in virtual time', timed(async () => {
    const [client] = await pair();
    const before = clock.now();
    client.setTimeout(3_600_000);
    await once(client, 'timeout');
    expect((clock.now() - before) / ms(1)).toBeCloseTo(3_600_000, -2);
    client.destroy();
  }));
});

describe('DgramSocket', () => {
  const bound = async (s: DgramSocket, port: number, address?: string): Promise<DgramSocket> => {
    s.bind(port, address);
    await once(s, 'listening');
    return s;
  };

  it('messages up to 65,507 bytes, in fragments', timed(async () => {
    const server = await bound(l.server.createSocket('udp4'), 9);
    const client = l.client.createSocket('udp4');
    for (const size of [0, 1, 1472, 1473, 9000, 65507]) {
      const data = randomBytes(size);
      const got = once(server, 'message');
      client.send(data, 9, '10.0.0.1');
      const [msg, from] = (await got) as [Buffer, RemoteInfo];
      expect(msg.equals(data)).toBe(true);
      expect([from.address, from.size, from.port]).toEqual(['10.0.0.2', size, client.address().port]);
    }
    const error = await new Promise((resolve) => client.send(Buffer.alloc(65508), 9, '10.0.0.1', resolve));
    expect(error).toMatchObject({ code: 'EMSGSIZE', syscall: 'send', address: '10.0.0.1', port: 9 });
    server.close();
    client.close();
  }));

  it('broadcasts and multicasts', timed(async () => {
    const server = await bound(l.server.createSocket({ type: 'udp4', reuseAddr: true }), 5353, '0.0.0.0');
    const client = await bound(l.client.createSocket('udp4'), 4000);
    const refused = await new Promise((resolve) => client.send('x', 5353, '10.0.0.255', resolve));
    expect(refused).toMatchObject({ code: 'EACCES' });
    client.setBroadcast(true);
    const heard = once(server, 'message');
    client.send('to all', 5353, '10.0.0.255');
    expect(String((await heard)[0])).toBe('to all');
    server.addMembership('224.0.0.251', '10.0.0.1');
    client.setMulticastTTL(1);
    client.setMulticastInterface('10.0.0.2');
    expect(client.setMulticastLoopback(false)).toBe(false);
    const joined = once(server, 'message');
    client.send('to the group', 5353, '224.0.0.251');
    expect(String((await joined)[0])).toBe('to the group');
    server.dropMembership('224.0.0.251', '10.0.0.1');
    expect(() => server.dropMembership('224.0.0.251', '10.0.0.1')).toThrow('dropMembership EADDRNOTAVAIL');
    expect(client.setTTL(3)).toBe(3);
    server.close();
    client.close();
  }));

  it('a connected socket is told of a closed port', timed(async () => {
    const client = l.client.createSocket('udp4');
    await new Promise<void>((resolve) => client.connect(99, '10.0.0.1', () => resolve()));
    const error = new Promise<Error>((resolve) => void client.once('error', resolve));
    client.send('anybody');
    expect(await error).toMatchObject({ code: 'ECONNREFUSED', syscall: 'recvmsg' });
    client.close();
  }));
});

describe('streams', () => {
  it('echo 3 MB', timed(async () => {
    const listener = l.server.listenTcp({ port: 7 });
    const { readable } = await listener.opened;
    const serving = (async () => {
      for await (const conn of readable as unknown as AsyncIterable<TcpConnection>) {
        const { readable: from, writable: to } = await conn.opened;
        await from.pipeTo(to);
        await conn.closed;
        return;
      }
    })();
    const conn = l.client.openTcp({ host: 'server.test', port: 7 });
    const { readable: from, writable, localAddress } = await conn.opened;
    expect(localAddress).toBe('10.0.0.2');
    const data = randomBytes(3_000_000);
    const writer = writable.getWriter();
    const sending = (async () => {
      for (let at = 0; at < data.length; at += 100_000) await writer.write(data.subarray(at, at + 100_000));
      await writer.close();
    })();
    const parts: Uint8Array[] = [];
    for await (const part of from as unknown as AsyncIterable<Uint8Array>) parts.push(part);
    expect(Buffer.concat(parts).equals(data)).toBe(true);
    await Promise.all([sending, serving, conn.closed, listener.close()]);
  }));
});

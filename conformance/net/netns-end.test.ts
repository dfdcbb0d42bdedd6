// The end of a namespace takes its sockets with it: nobody waits for ever, nothing holds the process, and no packet is left.
import { once } from 'node:events';
import { VirtualClock } from '@linnet/kernel';
import type { NetError, Socket } from '@linnet/net';
import { Task } from '@linnet/posix';
import { AF_INET, POLLIN, SOCK_DGRAM, SOCK_STREAM, sockaddrIn } from '@linnet/uapi';
import { beforeEach, describe, expect, it } from 'vitest';
import { lab, type Lab } from './lab.ts';

/** Counts what keeps a process alive. */
class CountingClock extends VirtualClock {
  holds = 0;
  hold(): void {
    this.holds++;
  }
  release(): void {
    this.holds--;
  }
}

const SERVER = 0x0a000001;
let l: Lab;
let clock: CountingClock;
beforeEach(() => {
  clock = new CountingClock();
  l = lab(clock);
});
const timed = (fn: () => Promise<void>) => (): Promise<void> => clock.run(fn);

describe('Net.destroy', () => {
  it('closes the streams, servers and datagram sockets in it', timed(async () => {
    const server = l.server.createServer((s) => s.on('error', () => {}).resume()).listen(7, '10.0.0.1');
    const accepted = once(server, 'connection');
    const client = l.client.connect(7, '10.0.0.1');
    await Promise.all([accepted, once(client, 'connect')]);
    const connecting = l.client.connect(7, '10.0.0.77');
    const inside = l.client.createServer().listen(8);
    const udp = l.client.createSocket('udp4').bind(9);
    await once(udp, 'listening');
    const stream = l.client.openTcp({ host: '10.0.0.1', port: 7 });
    await stream.opened;
    const listener = l.client.listenTcp({ port: 10 });
    const { readable } = await listener.opened;
    const next = readable.getReader().read();
    const closed = Promise.all([client, connecting, inside, udp].map((e) => once(e, 'close')));
    const peer = (await accepted)[0] as Socket;
    const peerClosed = new Promise<void>((resolve) => void peer.once('close', () => resolve()));
    l.client.net.destroy();
    await closed;
    await expect(stream.closed).rejects.toMatchObject({ code: 'ENETDOWN' });
    await listener.closed;
    expect((await next).done).toBe(true);
    // The other side was told while there was still a cable.
    await peerClosed;
    const late = (await once(l.client.connect(7, '10.0.0.1'), 'error').catch((e: unknown) => [e]))[0] as NetError;
    expect(late).toMatchObject({ code: 'ENETDOWN', syscall: 'connect' });
    const deaf = (await once(l.client.createServer().listen(7), 'error').catch((e: unknown) => [e]))[0] as NetError;
    expect(deaf).toMatchObject({ code: 'ENETDOWN', syscall: 'listen' });
    expect(() => l.client.createSocket('udp4')).toThrow('ENETDOWN');
    server.close();
    await once(server, 'close');
    expect(clock.holds).toBe(0);
    l.close();
  }));

  it('ends the calls that wait in it', timed(async () => {
    const task = new Task(l.client.net);
    const outside = new Task(l.kernel);
    const listening = outside.socket(AF_INET, SOCK_STREAM);
    outside.bind(listening, sockaddrIn(SERVER, 7));
    outside.listen(listening);
    const stream = task.socket(AF_INET, SOCK_STREAM);
    await task.connect(stream, sockaddrIn(SERVER, 7));
    const udp = task.socket(AF_INET, SOCK_DGRAM);
    task.bind(udp, sockaddrIn(0, 9));
    const passive = task.socket(AF_INET, SOCK_STREAM);
    task.listen(passive);
    const waits = [task.recv(stream, new Uint8Array(1)), task.recv(udp, new Uint8Array(1)), task.accept(passive), task.send(stream, new Uint8Array(10_000_000))];
    const polled = [{ fd: udp, events: POLLIN, revents: 0 }];
    const poll = task.poll(polled);
    l.client.net.destroy();
    const results = await Promise.allSettled(waits);
    expect(results.map((r) => (r.status === 'rejected' ? (r.reason as NetError).code : r.value))).toEqual(['ENETDOWN', 'ENETDOWN', 'ENETDOWN', expect.any(Number)]);
    expect(await poll).toBe(1);
    expect(() => task.socket(AF_INET, SOCK_STREAM)).toThrow('ENETDOWN');
    task.exit();
    outside.exit();
    expect(clock.holds).toBe(0);
    l.close();
  }));
});

describe('Kernel.shutdown', () => {
  it('does the same to all namespaces', timed(async () => {
    const server = l.server.createServer((s) => s.resume()).listen(7, '10.0.0.1');
    const client = l.client.connect(7, '10.0.0.1');
    await once(client, 'connect');
    const task = new Task(l.client.net);
    const waiting = task.recv(task.socket(AF_INET, SOCK_DGRAM), new Uint8Array(1));
    const ended = expect(waiting).rejects.toMatchObject({ code: 'EBADF' });
    const closed = Promise.all([once(client, 'close'), once(server, 'close')]);
    l.close();
    await closed;
    await ended;
    expect(clock.holds).toBe(0);
    const late = (await once(l.server.connect(7, '10.0.0.1'), 'error').catch((e: unknown) => [e]))[0] as NetError;
    expect(late.code).toBe('ENETDOWN');
  }));
});

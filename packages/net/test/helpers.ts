import { createKernel, VirtualClock } from '@linnet/kernel';
import { memoryInet, type MemoryInetOptions } from '@linnet/posix/testing';
import { type NetOptions, type NetStack, openNet, type Server, type Socket } from '../src/index.ts';

export interface World {
  readonly clock: VirtualClock;
  readonly stack: NetStack;
}

export const HOST = '10.0.0.1';
/** A connect to this address never ends. */
export const BLACK_HOLE = '10.255.0.1';

export function world(opts: MemoryInetOptions = {}, net: NetOptions = {}): World {
  const clock = new VirtualClock();
  const kernel = createKernel({ modules: [memoryInet({ blackHole: 0x0aff0001, ...opts })], clock, seed: 1 });
  return { clock, stack: openNet(kernel, net) };
}

/** Runs a test in virtual time. */
export function timed(fn: (w: World) => Promise<void>, opts: MemoryInetOptions = {}, net: NetOptions = {}): () => Promise<void> {
  return () => {
    const w = world(opts, net);
    return w.clock.run(() => fn(w));
  };
}

export const once = (e: NodeJS.EventEmitter, event: string): Promise<unknown[]> => new Promise((resolve) => void e.once(event, (...args: unknown[]) => resolve(args)));

/** A connection: the client's socket, the server's, and the server. */
export async function connected(stack: NetStack, port = 80, opts: object = {}): Promise<{ client: Socket; peer: Socket; server: Server }> {
  const server = stack.createServer(opts).listen(port, HOST);
  const accepted = once(server, 'connection');
  const client = stack.connect({ host: HOST, port });
  const [[peer]] = await Promise.all([accepted, once(client, 'connect')]);
  return { client, peer: peer as Socket, server };
}

export async function text(socket: AsyncIterable<unknown>): Promise<string> {
  let out = '';
  for await (const part of socket) out += String(part);
  return out;
}

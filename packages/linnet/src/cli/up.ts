/** `linnet up`: a machine on a real TAP, until it is stopped. */
import fs from 'node:fs';
import http from 'node:http';
import { attachTap, captureDevice, captureEpoch, type ControlServer, controlPath, openPcapngFile, type PcapngFile, runningMachines, serveControl } from '@linnet/host';
import { createKernel, type Kernel } from '@linnet/kernel';
import { attachServer, ipRoute, openNet, type NetStack, type Server, type Socket } from '@linnet/net';
import { SKB } from '@linnet/skbuff';
import { in4FromString, in4ToString, inetMakeMask } from '@linnet/uapi';
import sirv from 'sirv';
import { fullStack } from '../presets.ts';
import { bytesText, rateText } from './format.ts';
import { Iperf3Server } from './iperf3.ts';

/** What a machine on a TAP can be told. */
export interface UpOptions {
  readonly tap: string;
  readonly address: string;
  readonly gateway?: string;
  readonly mac?: Uint8Array;
  readonly mtu: number;
  readonly netns?: string;
  readonly serve?: Map<number, string>;
  readonly echo?: number[];
  readonly iperf?: number;
  readonly pcap?: string;
  readonly snaplen: number;
  readonly busyPoll?: boolean;
  /** What programs of the real system find it by. */
  readonly name?: string;
  readonly print: (line: string) => void;
  /** Settles when the machine should go down. */
  readonly stopped: Promise<void>;
}

/** Runs the machine until `stopped`. Rejects when the TAP, a folder, a port or the capture cannot be had; the message says what to do. */
export async function up(opts: UpOptions): Promise<void> {
  for (const folder of opts.serve?.values() ?? []) {
    if (!fs.statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw new Error(`--serve: ${folder} is no folder`);
  }
  checkPorts(opts);
  checkGateway(opts);
  if (opts.name !== undefined) controlPath(opts.name); // a bad name is told before anything is made
  const k = createKernel({ modules: fullStack, hostname: opts.name ?? 'linnet' });
  let tapFailed!: (error: Error) => void;
  const failed = new Promise<never>((_resolve, reject) => {
    tapFailed = reject;
  });
  failed.catch(() => {}); // seen where the machine waits for its end
  // First: a name that is taken is told before anything is made.
  const door = await openDoor(k, opts);
  let made: ReturnType<typeof attach>;
  try {
    made = attach(k, opts, tapFailed);
  } catch (error) {
    await door.control.close();
    throw error;
  }
  const { attached, file } = made;
  try {
    configure(k, opts);
    const stack = openNet(k);
    const servers = [...serveFolders(stack, opts), ...serveEcho(stack, opts), ...serveIperf(stack, opts)];
    const connections = new Set<Socket>();
    for (const s of servers) {
      s.on('connection', (c) => {
        connections.add(c);
        c.once('close', () => connections.delete(c));
      });
    }
    await Promise.all(servers.map(listening));
    opts.print(`${opts.address} is up on ${attached.tap.name}. On this side:`);
    const inside = opts.netns === undefined ? '' : `ip netns exec ${opts.netns} `;
    opts.print(`  ${inside}ip link set ${attached.tap.name} up mtu ${opts.mtu} && ${inside}ip addr add ${neighbourOf(opts.address)} dev ${attached.tap.name}`);
    opts.print(door.says);
    opts.print('Ctrl-C ends it.');
    await Promise.race([opts.stopped, failed]);
    for (const s of servers) s.close();
    // While there is still a wire: the other side shall not wait for us.
    for (const c of connections) c.destroy();
  } finally {
    await door.control.close();
    attached.close();
    file?.close();
    report(k, opts);
    k.shutdown();
  }
}

/** Lets programs of the real system in; `says` is how. */
async function openDoor(k: Kernel, opts: UpOptions): Promise<{ readonly control: ControlServer; readonly says: string }> {
  const taken = (await runningMachines()).some((m) => m.name === 'linnet');
  const name = opts.name ?? (taken ? `linnet-${process.pid}` : 'linnet');
  const control = await serveControl(k, { name });
  return { control, says: `Programs of this system run inside it: linnet exec${taken || opts.name !== undefined ? ` --machine ${name}` : ''} -- ip addr` };
}

function attach(k: Kernel, opts: UpOptions, onError: (error: Error) => void): { attached: ReturnType<typeof attachTap>; file: PcapngFile | null } {
  const attached = attachTap(k.initNet, {
    name: opts.tap,
    device: 'eth0',
    mtu: opts.mtu,
    onError,
    ...(opts.mac === undefined ? {} : { mac: opts.mac }),
    ...(opts.netns === undefined ? {} : { netns: opts.netns }),
    ...(opts.busyPoll === undefined ? {} : { busyPoll: opts.busyPoll }),
  });
  let file: PcapngFile | null = null;
  if (opts.pcap !== undefined) {
    try {
      file = openPcapngFile(opts.pcap, { epoch: captureEpoch(k) });
      captureDevice(attached.dev, file.writer, { snapLen: opts.snaplen });
    } catch (error) {
      attached.close();
      throw error;
    }
  }
  return { attached, file };
}

function configure(k: Kernel, opts: UpOptions): void {
  const ip = ipRoute(k.initNet);
  ip.link.set('lo', { up: true });
  ip.link.set('eth0', { up: true });
  ip.addr.add({ address: opts.address, dev: 'eth0' });
  if (opts.gateway !== undefined) ip.route.add({ dst: 'default', via: opts.gateway });
}

/** What `ip addr add` on the other side may be given: another address of the same network. */
export function neighbourOf(cidr: string): string {
  const [address, prefix] = cidr.split('/') as [string, string];
  const own = in4FromString(address)!;
  const bits = Number(prefix);
  // Alone in its network: the two point at each other.
  if (bits === 32) return `${in4ToString(own ^ 1)} peer ${address}`;
  if (bits === 31) return `${in4ToString(own ^ 1)}/31`;
  const first = ((own & inetMakeMask(bits)) + 1) | 0;
  return `${in4ToString(own === first ? (first + 1) | 0 : first)}/${bits}`;
}

/** A gateway is another machine of the same network. */
function checkGateway({ address, gateway }: UpOptions): void {
  if (gateway === undefined) return;
  const [own, prefix] = address.split('/') as [string, string];
  const apart = in4FromString(gateway)! ^ in4FromString(own)!;
  if (apart === 0) throw new Error(`--gateway ${gateway} is the machine's own address`);
  if ((apart & inetMakeMask(Number(prefix))) !== 0) throw new Error(`--gateway ${gateway} is not in the network of ${address}`);
}

/** Two services cannot have one port. */
function checkPorts(opts: UpOptions): void {
  const owner = new Map<number, string>();
  const ports: [number, string][] = [...Array.from(opts.serve?.keys() ?? [], (p): [number, string] => [p, '--serve']), ...(opts.echo ?? []).map((p): [number, string] => [p, '--echo'])];
  if (opts.iperf !== undefined) ports.push([opts.iperf, '--iperf']);
  for (const [port, option] of ports) {
    const other = owner.get(port);
    if (other !== undefined) throw new Error(`${option} ${port}: the port is taken by ${other}`);
    owner.set(port, option);
  }
}

function listening(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('listening', () => resolve());
    server.once('error', reject);
  });
}

function serveFolders(stack: NetStack, opts: UpOptions): Server[] {
  return Array.from(opts.serve ?? [], ([port, folder]) => {
    const handler = sirv(folder, { dev: true, etag: true });
    const server = http.createServer((req, res) => {
      handler(req, res, () => {
        res.statusCode = 404;
        res.end('not found\n');
      });
    });
    opts.print(`port ${port}: HTTP, the files of ${folder}`);
    return attachServer(server, stack, { port });
  });
}

function serveEcho(stack: NetStack, opts: UpOptions): Server[] {
  return (opts.echo ?? []).map((port) => {
    opts.print(`port ${port}: echo (TCP and UDP)`);
    const udp = stack.createSocket('udp4', (msg, from) => udp.send(msg, from.port, from.address));
    udp.on('error', (error: Error) => opts.print(`echo: ${error.message}`));
    udp.bind(port);
    void opts.stopped.then(() => udp.close());
    return stack.createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => socket.destroy());
      socket.pipe(socket);
    }).listen(port);
  });
}

function serveIperf(stack: NetStack, opts: UpOptions): Server[] {
  if (opts.iperf === undefined) return [];
  opts.print(`port ${opts.iperf}: iperf3 (TCP)`);
  const iperf = new Iperf3Server((r) => {
    const way = (n: number, what: string): string => (n === 0 ? '' : `  ${what} ${bytesText(n)}, ${rateText(n, r.seconds)}`);
    opts.print(`iperf3: ${r.streams} stream${r.streams === 1 ? '' : 's'}, ${r.seconds.toFixed(2)} s${way(r.received, 'received')}${way(r.sent, 'sent')}`);
  });
  return [stack.createServer({ noDelay: true }, (socket) => void iperf.accept(socket)).listen(opts.iperf)];
}

function report(k: Kernel, opts: UpOptions): void {
  const drops = Object.entries(k.get(SKB).dropCounts()).map(([reason, n]) => `${reason} ${n}`);
  opts.print(`down. Dropped packets by reason: ${drops.join(', ') || 'none'}`);
}

/** Namespaces of the real kernel, joined by veth pairs; nothing outside them is touched. */
import { spawnSync } from 'node:child_process';
import { OWN, PORTS, prefixText, routes } from '../places.ts';
import type { Row } from '../rows.ts';

function ip(args: string, input: string = ''): void {
  const { status, stderr, error } = spawnSync('ip', args.split(' '), { encoding: 'utf8', input });
  if (status !== 0) throw new Error(`ip ${args}: ${error?.message ?? stderr.trim()}`);
}

function inside(ns: string, command: string): void {
  const { status, stderr, error } = spawnSync('ip', ['netns', 'exec', ns, ...command.split(' ')], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command}: ${error?.message ?? stderr.trim()}`);
}

/** Two hosts, with a router between them if the row wants one. */
export class KernelNet {
  readonly client: string;
  readonly server: string;
  readonly serverAddr: string;
  private readonly names: string[] = [];
  private readonly router: string | null;
  private readonly close = (): void => this.delete();

  /** `count`: routes or sockets, where the row is about many. */
  constructor(row: Row, count: number) {
    const prefix = `linnet-bench-${process.pid}`;
    this.client = `${prefix}-a`;
    this.server = `${prefix}-b`;
    this.router = row.router ? `${prefix}-r` : null;
    this.serverAddr = row.router ? '10.0.1.2' : '10.0.0.2';
    process.once('exit', this.close);
    try {
      this.add(this.client);
      this.add(this.server);
      if (this.router !== null) {
        const { router } = this;
        this.add(router);
        this.link(this.client, 'veth0', '10.0.0.1/24', router, 'veth0', '10.0.0.254/24');
        this.link(this.server, 'veth0', '10.0.1.2/24', router, 'veth1', '10.0.1.254/24');
        ip(`-n ${this.client} route add default via 10.0.0.254`);
        ip(`-n ${this.server} route add default via 10.0.1.254`);
        inside(router, 'sysctl -qw net.ipv4.ip_forward=1');
      } else {
        this.link(this.client, 'veth0', '10.0.0.1/24', this.server, 'veth0', '10.0.0.2/24');
      }
      if (row.work === 'spread') this.spread(count);
      if (row.work === 'sockets') for (let i = 1; i * PORTS < count; i++) ip(`-n ${this.server} addr add 10.0.0.${2 + i}/24 dev veth0`);
      if (!row.offload) for (const ns of [this.client, this.server]) inside(ns, 'ethtool -K veth0 tso off gso off gro off sg off tx off rx off');
    } catch (error) {
      this.delete();
      throw error;
    }
  }

  /** Deletes the namespaces, and with them the devices. */
  delete(): void {
    process.removeListener('exit', this.close);
    // Routes go with their device at once; with the namespace they would go while the next row is measured.
    if (this.router !== null) spawnSync('ip', ['-n', this.router, 'link', 'del', 'veth1']);
    for (const name of this.names.splice(0)) spawnSync('ip', ['netns', 'del', name]);
  }

  /** The server takes all the addresses, the router sends them there by so many routes. */
  private spread(count: number): void {
    for (const prefix of OWN) ip(`-n ${this.server} route add local ${prefix} dev lo`);
    ip(`-n ${this.router} route add default via ${this.serverAddr}`);
    if (count === 1) return;
    const table = routes(count);
    ip(`-n ${this.router} -batch -`, Array.from({ length: count }, (_, i) => `route add ${prefixText(table, i)} via ${this.serverAddr}\n`).join(''));
  }

  private add(name: string): void {
    ip(`netns add ${name}`);
    this.names.push(name);
    // Without IPv6 no router solicitations and reports run beside the measurement; the ports are for connect, accept, close.
    inside(name, 'sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1');
    spawnSync('ip', ['netns', 'exec', name, 'sysctl', '-qw', 'net.ipv4.ip_local_port_range=10000 65535']);
  }

  private link(nsA: string, devA: string, addrA: string, nsB: string, devB: string, addrB: string): void {
    ip(`link add ${devA} netns ${nsA} type veth peer name ${devB} netns ${nsB}`);
    for (const [ns, dev, addr] of [[nsA, devA, addrA], [nsB, devB, addrB]] as const) {
      ip(`-n ${ns} addr add ${addr} dev ${dev}`);
      ip(`-n ${ns} link set ${dev} up`);
    }
  }
}

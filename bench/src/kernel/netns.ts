/** Namespaces of the real kernel, joined by veth pairs; nothing outside them is touched. */
import { spawnSync } from 'node:child_process';
import type { Row } from '../rows.ts';

function ip(args: string): void {
  const { status, stderr, error } = spawnSync('ip', args.split(' '), { encoding: 'utf8' });
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
  private readonly close = (): void => this.delete();

  constructor(row: Row) {
    const prefix = `linnet-bench-${process.pid}`;
    this.client = `${prefix}-a`;
    this.server = `${prefix}-b`;
    this.serverAddr = row.router ? '10.0.1.2' : '10.0.0.2';
    process.once('exit', this.close);
    try {
      this.add(this.client);
      this.add(this.server);
      if (row.router) {
        const router = `${prefix}-r`;
        this.add(router);
        this.link(this.client, 'veth0', '10.0.0.1/24', router, 'veth0', '10.0.0.254/24');
        this.link(this.server, 'veth0', '10.0.1.2/24', router, 'veth1', '10.0.1.254/24');
        ip(`-n ${this.client} route add default via 10.0.0.254`);
        ip(`-n ${this.server} route add default via 10.0.1.254`);
        inside(router, 'sysctl -qw net.ipv4.ip_forward=1');
      } else {
        this.link(this.client, 'veth0', '10.0.0.1/24', this.server, 'veth0', '10.0.0.2/24');
      }
      if (!row.offload) for (const ns of [this.client, this.server]) inside(ns, 'ethtool -K veth0 tso off gso off gro off sg off tx off rx off');
    } catch (error) {
      this.delete();
      throw error;
    }
  }

  /** Deletes the namespaces, and with them the devices. */
  delete(): void {
    process.removeListener('exit', this.close);
    for (const name of this.names.splice(0)) spawnSync('ip', ['netns', 'del', name]);
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

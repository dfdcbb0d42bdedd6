/** Reading options: each error says what was given and what is expected. */
import { InvalidArgumentError } from 'commander';
import { in4FromString } from '@linnet/uapi';

/** A whole number of a range. */
export function intOption(low: number, high: number): (text: string) => number {
  return (text) => {
    const n = Number(text);
    if (!/^\d+$/.test(text) || n < low || n > high) throw new InvalidArgumentError(`expected a whole number from ${low} to ${high}`);
    return n;
  };
}

/** A number from 0 on. */
export function numberOption(text: string): number {
  const n = Number(text);
  if (text.trim() === '' || !Number.isFinite(n) || n < 0) throw new InvalidArgumentError('expected a number, 0 or more');
  return n;
}

/** `0.5` or `0.5%` as a probability; without a sign it is a percentage, too. */
export function percentOption(text: string): number {
  const n = Number(text.replace(/%$/, ''));
  if (!/^[\d.]+%?$/.test(text) || !(n >= 0 && n <= 100)) throw new InvalidArgumentError('expected a percentage from 0 to 100');
  return n / 100;
}

/** `10.9.0.2/24`. */
export function cidrOption(text: string): string {
  const m = /^([\d.]+)\/(\d{1,2})$/.exec(text);
  if (m === null || in4FromString(m[1]!) === null || Number(m[2]) > 32) throw new InvalidArgumentError('expected an IPv4 address with a prefix length, such as 10.9.0.2/24');
  return text;
}

/** `10.9.0.1`. */
export function addressOption(text: string): string {
  if (in4FromString(text) === null) throw new InvalidArgumentError('expected an IPv4 address, such as 10.9.0.1');
  return text;
}

/** `80=./folder`, gathered. */
export function serveOption(text: string, before: Map<number, string> = new Map()): Map<number, string> {
  const m = /^(\d+)=(.+)$/.exec(text);
  if (m === null || Number(m[1]) < 1 || Number(m[1]) > 65535) throw new InvalidArgumentError('expected PORT=FOLDER, such as 80=./public');
  if (before.has(Number(m[1]))) throw new InvalidArgumentError(`port ${m[1]} is given twice`);
  return new Map(before).set(Number(m[1]), m[2]!);
}

/** Ports, gathered. */
export function portsOption(text: string, before: number[] = []): number[] {
  return [...before, intOption(1, 65535)(text)];
}

/** `02:00:00:00:00:01`. */
export function macOption(text: string): Uint8Array {
  if (!/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(text)) throw new InvalidArgumentError('expected six bytes in hex, such as 02:00:00:00:00:01');
  if ((parseInt(text.slice(0, 2), 16) & 1) !== 0) throw new InvalidArgumentError('expected the address of one station; this is a group\'s (the first byte is odd)');
  return Uint8Array.from(text.split(':'), (h) => parseInt(h, 16));
}

/** Options of packetdrill's scripts and what each takes. */
const SCRIPT_OPTIONS = new Map<string, 'number' | 'text' | 'none'>([
  ...['tolerance_usecs', 'tolerance_percent', 'mtu', 'mss', 'bind_port', 'connect_port', 'tcp_ts_tick_usecs'].map((name) => [name, 'number'] as const),
  ...['ip_version', 'local_ip', 'remote_ip', 'init_scripts'].map((name) => [name, 'text'] as const),
  ...['strict_segments', 'tcp_ts_ecr_scaled'].map((name) => [name, 'none'] as const),
]);

/** `ip_version=ipv6`, gathered. */
export function scriptOption(text: string, before: string[] = []): string[] {
  const [, name, value] = /^(?:--)?([^=]*)(?:=(.*))?$/s.exec(text)!;
  const takes = SCRIPT_OPTIONS.get(name!);
  if (takes === undefined) throw new InvalidArgumentError(`known are ${[...SCRIPT_OPTIONS.keys()].join(', ')}`);
  if (takes === 'number' && !/^\d+(\.\d+)?$/.test(value ?? '')) throw new InvalidArgumentError(`expected ${name}=NUMBER`);
  if (takes === 'text' && (value ?? '') === '') throw new InvalidArgumentError(`expected ${name}=VALUE`);
  return [...before, value === undefined ? name! : `${name}=${value}`];
}

/** `NAME=VALUE`, gathered. */
export function defineOption(text: string, before: string[] = []): string[] {
  if (!/^[^=]+=/.test(text)) throw new InvalidArgumentError('expected NAME=VALUE');
  return [...before, text];
}

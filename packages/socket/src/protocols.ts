/** /proc/net/protocols: the transports of the machine, and what each can do (proc(5); proto_seq_show). */
import type { Kernel, Net } from '@linnet/kernel';
import { SOCKET, SOCKET_NET } from './core-sysctl.ts';
import type { Proto } from './proto.ts';

/** Lists a transport in /proc/net/protocols (proto_register). Doing it twice is nothing. @alpha */
export function protoRegister(k: Kernel, prot: Proto): void {
  const { protos } = k.get(SOCKET);
  if (!protos.includes(prot)) protos.unshift(prot);
}

const HEAD = 'protocol  size sockets  memory press maxhdr  slab module     cl co di ac io in de sh ss gs se re bi br ha uh gp em\n';

/** The file of a namespace. A sock has no size here that a program could count on: 0. */
export function showProtocols(net: Net): string {
  const { inuse } = net.get(SOCKET_NET);
  let text = HEAD;
  for (const p of net.kernel.get(SOCKET).protos) {
    const m = p.memory;
    const can = [
      p.close, p.connect, p.disconnect, p.accept, p.ioctl, p.init, p.destroy, p.shutdown, p.setsockopt, p.getsockopt, p.sendmsg, p.recvmsg, p.bind, undefined, p.hash, p.unhash, p.getPort,
      m !== null && p.accept !== undefined ? m : undefined,
    ];
    const press = m === null || p.accept === undefined ? 'NI' : m.pressure ? 'yes' : 'no';
    text += `${p.name.padEnd(9)} ${'0'.padStart(4)} ${String(inuse.get(p) ?? 0).padStart(6)}  ${String(m === null ? -1 : m.allocated).padStart(6)}   ${press.padEnd(3)} ${'0'.padStart(6)}   ` +
      `${'no'.padEnd(3)}  ${'kernel'.padEnd(10)} ${can.map((f) => (f === undefined ? ' n' : ' y')).join(' ')}\n`;
  }
  return text;
}

/** /proc/net/netlink: the sockets of a namespace (proc(5)). */
import type { Net } from '@linnet/kernel';
import { sockIno } from '@linnet/socket';
import { NETLINK_NET } from './netlink-table.ts';

const HEAD = 'sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode\n';

/** Lists the sockets that have a port, the kernel's own first. There are no addresses to show. */
export function procNetNetlink(net: Net): string {
  const rows: string[] = [];
  const { tables } = net.get(NETLINK_NET);
  for (const protocol of Array.from(tables.keys()).sort((a, b) => a - b)) {
    const table = tables.get(protocol)!;
    const all = table.kernelSock === null ? [...table.ports.values()] : [table.kernelSock, ...table.ports.values()];
    for (const nlk of all) {
      const groups = (nlk.groups[0] ?? 0).toString(16).padStart(8, '0');
      rows.push(
        `${'0'.repeat(16)} ${String(table.protocol).padEnd(3)} ${String(nlk.portid).padEnd(10)} ${groups} ${String(nlk.rmemAlloc).padEnd(8)} ${String(nlk.wmemAlloc).padEnd(8)} ` +
          `${String(nlk.cb === null ? 0 : 1).padEnd(5)} ${'2'.padEnd(8)} ${String(nlk.drops).padEnd(8)} ${String(sockIno(nlk)).padEnd(8)}\n`,
      );
    }
  }
  return HEAD + rows.join('');
}

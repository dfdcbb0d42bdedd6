/** /proc/net/netlink: the sockets of a namespace (proc(5)). */
import type { Net } from '@linnet/kernel';
import { NETLINK_NET } from './netlink-table.ts';

const HEAD = 'sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode\n';

/** Lists the sockets. There are no addresses to show, and no inodes at this level. */
export function procNetNetlink(net: Net): string {
  const rows: string[] = [];
  for (const table of net.get(NETLINK_NET).tables.values()) {
    for (const nlk of table.socks) {
      const groups = (nlk.groups[0] ?? 0).toString(16).padStart(8, '0');
      rows.push(
        `${'0'.repeat(16)} ${String(table.protocol).padEnd(3)} ${String(nlk.portid).padEnd(10)} ${groups} ${String(nlk.rmemAlloc).padEnd(8)} ${String(nlk.wmemAlloc).padEnd(8)} ` +
          `${String(nlk.cb === null ? 0 : 1).padEnd(5)} ${'2'.padEnd(8)} ${String(nlk.drops).padEnd(8)} ${'0'.padEnd(8)}\n`,
      );
    }
  }
  return HEAD + rows.join('');
}

/** /proc/net/igmp and /proc/net/mcfilter. */
// datapath-ok-file: files under /proc
import { HZ } from '@linnet/kernel';
import type { Net } from '@linnet/kernel';
import { forEachNetdev } from '@linnet/netdev';
import { igmpTimerLeft } from './igmp-report.ts';
import { igmpVersion } from './igmp-state.ts';
import { inDevGet } from './in-device.ts';

function hex(addr: number): string {
  return (addr >>> 0).toString(16).padStart(8, '0');
}

/** The text of /proc/net/igmp. @alpha */
export function igmpShow(net: Net): string {
  let out = 'Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter\n';
  forEachNetdev(net, (dev) => {
    const indev = inDevGet(dev);
    if (indev === null || indev.mc.list.length === 0) return;
    out += `${dev.ifindex}\t${dev.name.padEnd(10)}: ${String(indev.mc.list.length).padStart(5)} ${`V${igmpVersion(indev)}`.padStart(7)}\n`;
    for (const g of indev.mc.list) {
      const le = ((g.group & 255) << 24) | ((g.group & 0xff00) << 8) | ((g.group >>> 8) & 0xff00) | (g.group >>> 24);
      const left = igmpTimerLeft(g);
      const timer = left < 0 ? '0:00000000' : `1:${hex(Math.floor((left * 100) / HZ)).toUpperCase()}`;
      out += `\t\t\t\t${hex(le).toUpperCase()} ${String(g.users).padStart(5)} ${timer}\t\t${g.reporter ? 1 : 0}\n`;
    }
  });
  return out;
}

/** The text of /proc/net/mcfilter. Linux looks for the first line only in each device's newest group, and goes on from there. @alpha */
export function mcfilterShow(net: Net): string {
  let out = 'Idx Device        MCA        SRC    INC    EXC\n';
  let begun = false;
  forEachNetdev(net, (dev) => {
    const list = inDevGet(dev)?.mc.list ?? [];
    begun ||= list.length !== 0 && list[0]!.sources.length !== 0;
    if (!begun) return;
    for (const g of list) {
      for (const s of g.sources) {
        const counts = `${String(s.include).padStart(6)} ${String(s.exclude).padStart(6)}`;
        out += `${String(dev.ifindex).padStart(3)} ${dev.name.slice(0, 6).padStart(6)} 0x${hex(g.group)} 0x${hex(s.addr)} ${counts}\n`;
      }
    }
  });
  return out;
}

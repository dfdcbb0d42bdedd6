/** /proc/net/ip6_mr_vif and /proc/net/ip6_mr_cache: the default table. */
// datapath-ok-file: files under /proc
import { a6Hex } from './addr6.ts';
import { mr6GoesOut } from './ip6mr-types.ts';
import type { Mr6Table } from './ip6mr-types.ts';

function pad(n: number, width: number): string {
  return String(n).padStart(width);
}

/** The text of ip6_mr_vif. @alpha */
export function mr6VifShow(t: Mr6Table): string {
  let out = 'Interface      BytesIn  PktsIn  BytesOut PktsOut Flags\n';
  t.mifs.forEach((m, i) => {
    if (m === null) return;
    const flags = (m.flags | (m.isStatic ? 0x8000 : 0)).toString(16).toUpperCase().padStart(5, '0');
    out += `${pad(i, 2)} ${m.dev.name.padEnd(10)} ${pad(m.bytesIn, 8)} ${pad(m.packetsIn, 7)}  ${pad(m.bytesOut, 8)} ${pad(m.packetsOut, 7)} ${flags}\n`;
  });
  return out;
}

/** Eight groups of four digits. */
function addr(a: Int32Array): string {
  return a6Hex(a).match(/..../g)!.join(':');
}

/** The text of ip6_mr_cache. @alpha */
export function mr6CacheShow(t: Mr6Table): string {
  const line = (group: Int32Array, origin: Int32Array, parent: number, packets: number, bytes: number, wrong: number): string =>
    `${addr(group)} ${addr(origin)} ${String(parent).padEnd(3)} ${pad(packets, 8)} ${pad(bytes, 8)} ${pad(wrong, 8)}`;
  let out = 'Group                            Origin                           Iif      Pkts  Bytes     Wrong  Oifs\n';
  for (const e of t.entries) {
    out += line(e.group, e.origin, e.parent, e.packets, e.bytes, e.wrong);
    for (let i = 0; i < t.mifEnd; i++) if (t.mifs[i] !== null && mr6GoesOut(e, i)) out += ` ${pad(i, 2)}:${'1'.padEnd(3)}`;
    out += '\n';
  }
  for (const p of Array.from(t.pending.values()).reverse()) out += `${line(p.group, p.origin, -1, 0, 0, 0)}\n`;
  return out;
}

/** /proc/net/ip_mr_vif and /proc/net/ip_mr_cache: the default table. */
// datapath-ok-file: files under /proc
import { MR_NEVER } from './ipmr-types.ts';
import type { MrTable } from './ipmr-types.ts';

/** Eight digits of a number as it stands in memory. */
function hex(n: number): string {
  return (n >>> 0).toString(16).toUpperCase().padStart(8, '0');
}

/** An address, whose bytes are read as a little-endian number. */
function addr(a: number): string {
  return hex(((a & 0xff) << 24) | ((a & 0xff00) << 8) | ((a >>> 8) & 0xff00) | (a >>> 24));
}

const pad = (n: number, width: number): string => String(n).padStart(width);

/** The text of ip_mr_vif. @alpha */
export function mrVifShow(t: MrTable): string {
  let out = 'Interface      BytesIn  PktsIn  BytesOut PktsOut Flags Local    Remote\n';
  t.vifs.forEach((v, i) => {
    if (v === null) return;
    const flags = ((v.flags | (v.isStatic ? 0x8000 : 0)) >>> 0).toString(16).toUpperCase().padStart(5, '0');
    out += `${pad(i, 2)} ${v.dev.name.padEnd(10)} ${pad(v.bytesIn, 8)} ${pad(v.packetsIn, 7)}  ${pad(v.bytesOut, 8)} ${pad(v.packetsOut, 7)} ${flags} ${hex(v.local)} ${hex(v.remote)}\n`;
  });
  return out;
}

/** The text of ip_mr_cache. @alpha */
export function mrCacheShow(t: MrTable): string {
  const line = (group: number, origin: number, parent: number, packets: number, bytes: number, wrong: number): string =>
    `${addr(group)} ${addr(origin)} ${String(parent).padEnd(3)} ${pad(packets, 8)} ${pad(bytes, 8)} ${pad(wrong, 8)}`;
  let out = 'Group    Origin   Iif     Pkts    Bytes    Wrong Oifs\n';
  for (const e of t.entries) {
    out += line(e.group, e.origin, e.parent, e.packets, e.bytes, e.wrong);
    for (let i = 0; i < t.vifEnd; i++) if (t.vifs[i] !== null && e.ttls[i]! < MR_NEVER) out += ` ${pad(i, 2)}:${String(e.ttls[i]!).padEnd(3)}`;
    out += '\n';
  }
  for (const p of Array.from(t.pending).reverse()) out += `${line(p.group, p.origin, -1, 0, 0, 0)}\n`;
  return out;
}

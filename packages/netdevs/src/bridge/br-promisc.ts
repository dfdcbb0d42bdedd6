/** Which ports must hear everything (br_manage_promisc). */
import { devSetPromiscuity, IFF_UNICAST_FLT } from '@linnet/netdev';
import { IFF_PROMISC } from '@linnet/uapi';
import { BR_AUTO_MASK, BR_PROMISC, type Bridge, type BridgePort } from './br.ts';
import { fdbSyncStatic } from './br-fdb.ts';

function setPromisc(p: BridgePort): void {
  if ((p.flags & BR_PROMISC) !== 0) return;
  devSetPromiscuity(p.dev, 1);
  fdbSyncStatic(p.br, p, false);
  p.flags |= BR_PROMISC;
}
function clearPromisc(p: BridgePort): void {
  if ((p.flags & BR_PROMISC) === 0) return;
  p.flags &= ~BR_PROMISC;
  fdbSyncStatic(p.br, p, true);
  devSetPromiscuity(p.dev, -1);
}

/** Looks at all ports anew: a port whose neighbours are all known by configuration need not hear everything. */
export function brManagePromisc(br: Bridge): void {
  const all = (br.dev.flags & IFF_PROMISC) !== 0 || !br.vlanEnabled;
  for (const p of br.ports) {
    const auto = (p.flags & BR_AUTO_MASK) !== 0;
    if (!all && (((p.dev.privFlags & IFF_UNICAST_FLT) !== 0 && br.autoCnt === 0) || (br.autoCnt === 1 && auto))) clearPromisc(p);
    else setPromisc(p);
  }
}

/** Counts the ports that learn or are flooded to (nbp_update_port_count). */
export function nbpUpdatePortCount(br: Bridge): void {
  const n = br.ports.filter((p) => (p.flags & BR_AUTO_MASK) !== 0).length;
  if (n === br.autoCnt) return;
  br.autoCnt = n;
  brManagePromisc(br);
}

/** A port goes: it hears what it heard before. */
export function nbpDeletePromisc(p: BridgePort): void {
  if ((p.flags & BR_PROMISC) !== 0) {
    p.flags &= ~BR_PROMISC;
    devSetPromiscuity(p.dev, -1);
  } else fdbSyncStatic(p.br, p, false);
}

/** ethtool(8) of a bond: as fast as its slaves together, or the one that works (bond_ethtool_ops). */
// datapath-ok-file: administration
import { ethtoolLinkSettings, ethtoolOpGetLink, type EthtoolLinkSettings, type EthtoolOps, type NetDevice } from '@linnet/netdev';
import { DUPLEX_UNKNOWN, PORT_OTHER, SPEED_UNKNOWN } from '@linnet/uapi';
import { type Bond, bondGet, canTx, MODE_ACTIVEBACKUP, MODE_BROADCAST, SPEED_UNKNOWN as NO_SPEED } from './bond.ts';

export const BOND_ETHTOOL_OPS: EthtoolOps = Object.freeze({
  getDrvinfo: () => ({ driver: 'bonding', version: '6.18.5', fwVersion: '2' }),
  getLink: ethtoolOpGetLink,
  getLinkKsettings(dev: NetDevice): EthtoolLinkSettings {
    const bond = bondGet(dev) as Bond;
    let speed = 0;
    let duplex = DUPLEX_UNKNOWN as number;
    for (const s of bond.slaves) {
      if (!canTx(s)) continue;
      if (s.speed !== NO_SPEED) {
        if (bond.params.mode === MODE_BROADCAST) speed = speed === 0 ? s.speed : Math.min(speed, s.speed);
        else if (bond.params.mode === MODE_ACTIVEBACKUP) speed = s === bond.current ? s.speed : speed;
        else speed += s.speed;
      }
      if (s.duplex !== 0xff) ({ duplex } = s);
    }
    return ethtoolLinkSettings(speed === 0 ? SPEED_UNKNOWN : speed, duplex, PORT_OTHER);
  },
});

/** TUN and TAP and ethtool(8): the link that user space says it is, the message level, the frames that are taken at once. */
import { type EthtoolChannels, type EthtoolCoalesce, ethtoolLinkSettings, type EthtoolLinkSettings, ethtoolOpGetLink, ethtoolOpGetTsInfo, type EthtoolOps, type NetDevice } from '@linnet/netdev';
import { DUPLEX_FULL, PORT_TP, SPEED_10000 } from '@linnet/uapi';

/** Index of `rx-frames` in a coalescing setting. */
const RX_FRAMES = 1;
const COALESCE_VALUES = 22;
/** No more than NAPI takes at a time. */
const MAX_RX_FRAMES = 64;

/** What a device keeps of it. */
export class TapEthtool {
  link: EthtoolLinkSettings = ethtoolLinkSettings(SPEED_10000, DUPLEX_FULL, PORT_TP);
  msglevel = 0;
  rxFrames = 0;
}

/** What TUN and TAP offer (tun_ethtool_ops). `stateOf` finds what the device keeps, `tun` whether it is a TUN. */
export function tapEthtoolOps(stateOf: (dev: NetDevice) => TapEthtool, tun: (dev: NetDevice) => boolean): EthtoolOps {
  return Object.freeze({
    getDrvinfo: (dev: NetDevice) => ({ driver: 'tun', version: '1.6', busInfo: tun(dev) ? 'tun' : 'tap' }),
    getLink: ethtoolOpGetLink,
    getTsInfo: ethtoolOpGetTsInfo,
    getLinkKsettings: (dev: NetDevice) => stateOf(dev).link,
    setLinkKsettings(dev: NetDevice, s: EthtoolLinkSettings): number {
      stateOf(dev).link = s;
      return 0;
    },
    getMsglevel: (dev: NetDevice) => stateOf(dev).msglevel,
    setMsglevel(dev: NetDevice, level: number): void {
      stateOf(dev).msglevel = level;
    },
    getChannels: (): EthtoolChannels => ({ rxMax: 0, txMax: 0, otherMax: 0, combinedMax: 1, rx: 0, tx: 0, other: 0, combined: 1 }),
    supportedCoalesceParams: 1 << RX_FRAMES,
    getCoalesce(dev: NetDevice): EthtoolCoalesce {
      const c = new Uint32Array(COALESCE_VALUES);
      c[RX_FRAMES] = stateOf(dev).rxFrames;
      return c;
    },
    setCoalesce(dev: NetDevice, c: EthtoolCoalesce): number {
      stateOf(dev).rxFrames = Math.min(c[RX_FRAMES]!, MAX_RX_FRAMES);
      return 0;
    },
  });
}

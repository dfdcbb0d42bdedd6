/** veth and ethtool(8): its driver, a link that is always the same, the peer's number, and one queue each way. */
// datapath-ok-file: administration, no packet comes here
import { EOPNOTSUPP } from '@linnet/kernel';
import {
  ethtoolLinkSettings, ethtoolOpGetLink, ethtoolOpGetTsInfo, type EthtoolChannels, type EthtoolOps, type NetDevice,
} from '@linnet/netdev';
import { DUPLEX_FULL, ETH_SS_STATS, PORT_TP, SPEED_10000 } from '@linnet/uapi';

/** Counters of a receive queue and of a transmit queue. XDP, which most of them are about, there is none. */
const RX = Object.freeze(['xdp_packets', 'xdp_bytes', 'drops', 'xdp_redirect', 'xdp_drops', 'xdp_tx', 'xdp_tx_errors']);
const TX = Object.freeze(['xdp_xmit', 'xdp_xmit_errors']);
const STRINGS: readonly string[] = Object.freeze(['peer_ifindex', ...RX.map((s) => `rx_queue_0_${s}`), ...TX.map((s) => `tx_queue_0_${s}`)]);

/** What veth offers, given how to find the other end (veth_ethtool_ops). */
export function vethEthtoolOps(peerOf: (dev: NetDevice) => NetDevice | null): EthtoolOps {
  return Object.freeze({
    getDrvinfo: () => ({ driver: 'veth', version: '1.0' }),
    getLink: ethtoolOpGetLink,
    getLinkKsettings: () => ethtoolLinkSettings(SPEED_10000, DUPLEX_FULL, PORT_TP),
    getTsInfo: ethtoolOpGetTsInfo,
    getStrings: (_dev: NetDevice, sset: number) => (sset === ETH_SS_STATS ? STRINGS : null),
    getEthtoolStats: (dev: NetDevice) => STRINGS.map((_s, i) => (i === 0 ? (peerOf(dev)?.ifindex ?? 0) : 0)),
    getChannels: (dev: NetDevice): EthtoolChannels => ({
      rxMax: dev.numRxQueues, txMax: dev.numTxQueues, otherMax: 0, combinedMax: 0, rx: 1, tx: 1, other: 0, combined: 0,
    }),
    // More queues than packets use: the number is taken for what it is, and one stays one.
    setChannels: (_dev: NetDevice, c: EthtoolChannels): number => (c.rx === 1 && c.tx === 1 ? 0 : -EOPNOTSUPP),
  });
}

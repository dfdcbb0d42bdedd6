/** What a driver offers to ethtool(8) (struct ethtool_ops). Everything may be left out; Linux' errno then answers. */
import { SOF_TIMESTAMPING_RX_SOFTWARE, SOF_TIMESTAMPING_SOFTWARE, SOF_TIMESTAMPING_TX_SOFTWARE } from '@linnet/uapi';
import type { NetDevice } from './netdevice.ts';

/** Who drives a device (struct ethtool_drvinfo). @public */
export interface EthtoolDrvinfo {
  readonly driver: string;
  readonly version?: string;
  readonly fwVersion?: string;
  readonly busInfo?: string;
}

/** Settings of a link (struct ethtool_link_ksettings). Link modes are ETHTOOL_LINK_MODE_*_BIT. @public */
export interface EthtoolLinkSettings {
  /** Mb/s, or SPEED_UNKNOWN (-1). */
  readonly speed: number;
  /** DUPLEX_*. */
  readonly duplex: number;
  /** PORT_*. */
  readonly port: number;
  readonly phyAddress: number;
  readonly autoneg: number;
  /** ETH_TP_MDI_*. */
  readonly ethTpMdix: number;
  readonly ethTpMdixCtrl: number;
  /** XCVR_*. */
  readonly transceiver: number;
  readonly masterSlaveCfg: number;
  readonly masterSlaveState: number;
  readonly rateMatching: number;
  readonly supported: Uint32Array;
  readonly advertising: Uint32Array;
  readonly lpAdvertising: Uint32Array;
}

/** Ring sizes (struct ethtool_ringparam). @public */
export interface EthtoolRings {
  readonly rxMax: number;
  readonly rxMiniMax: number;
  readonly rxJumboMax: number;
  readonly txMax: number;
  readonly rx: number;
  readonly rxMini: number;
  readonly rxJumbo: number;
  readonly tx: number;
}

/** Numbers of queues (struct ethtool_channels). @public */
export interface EthtoolChannels {
  readonly rxMax: number;
  readonly txMax: number;
  readonly otherMax: number;
  readonly combinedMax: number;
  readonly rx: number;
  readonly tx: number;
  readonly other: number;
  readonly combined: number;
}

/** Interrupt coalescing (struct ethtool_coalesce), by index of ETHTOOL_COALESCE_FIELDS. @public */
export type EthtoolCoalesce = Uint32Array;

/** Names of the values of a coalescing setting, in the order of struct ethtool_coalesce. @public */
export const ETHTOOL_COALESCE_FIELDS: readonly string[] = Object.freeze([
  'rx-usecs', 'rx-frames', 'rx-usecs-irq', 'rx-frames-irq', 'tx-usecs', 'tx-frames', 'tx-usecs-irq', 'tx-frames-irq', 'stats-block-usecs', 'adaptive-rx', 'adaptive-tx',
  'pkt-rate-low', 'rx-usecs-low', 'rx-frames-low', 'tx-usecs-low', 'tx-frames-low', 'pkt-rate-high', 'rx-usecs-high', 'rx-frames-high', 'tx-usecs-high', 'tx-frames-high',
  'sample-interval',
]);

/** Pause frames (struct ethtool_pauseparam). @public */
export interface EthtoolPause {
  readonly autoneg: boolean;
  readonly rx: boolean;
  readonly tx: boolean;
}

/** Energy-efficient Ethernet (struct ethtool_keee). @public */
export interface EthtoolEee {
  readonly supported: Uint32Array;
  readonly advertised: Uint32Array;
  readonly lpAdvertised: Uint32Array;
  readonly active: boolean;
  readonly enabled: boolean;
  readonly txLpiEnabled: boolean;
  readonly txLpiTimer: number;
}

/** Wake-on-LAN (struct ethtool_wolinfo): WAKE_* masks and the password. @public */
export interface EthtoolWol {
  readonly supported: number;
  readonly wolopts: number;
  readonly sopass: Uint8Array;
}

/** Time stamping (struct ethtool_ts_info): SOF_TIMESTAMPING_*, masks by HWTSTAMP_*, and the clock (-1 for none). @public */
export interface EthtoolTsInfo {
  readonly soTimestamping: number;
  readonly phcIndex: number;
  readonly txTypes: number;
  readonly rxFilters: number;
}

/**
 * A driver's side of ethtool(8) (struct ethtool_ops). Getters return what is asked for or a negative errno, setters 0 or a negative errno. Setters get the whole setting,
 * with the values to change already in it.
 * @public
 */
export interface EthtoolOps {
  getDrvinfo?(dev: NetDevice): EthtoolDrvinfo;
  getLink?(dev: NetDevice): boolean;
  getLinkKsettings?(dev: NetDevice): EthtoolLinkSettings | number;
  setLinkKsettings?(dev: NetDevice, s: EthtoolLinkSettings): number;
  getMsglevel?(dev: NetDevice): number;
  setMsglevel?(dev: NetDevice, level: number): void;
  nwayReset?(dev: NetDevice): number;
  getRingparam?(dev: NetDevice): EthtoolRings | number;
  setRingparam?(dev: NetDevice, r: EthtoolRings): number;
  getChannels?(dev: NetDevice): EthtoolChannels | number;
  setChannels?(dev: NetDevice, c: EthtoolChannels): number;
  /** Bits by index of ETHTOOL_COALESCE_FIELDS: which values there are. */
  readonly supportedCoalesceParams?: number;
  getCoalesce?(dev: NetDevice): EthtoolCoalesce | number;
  setCoalesce?(dev: NetDevice, c: EthtoolCoalesce): number;
  getPauseparam?(dev: NetDevice): EthtoolPause | number;
  setPauseparam?(dev: NetDevice, p: EthtoolPause): number;
  getEee?(dev: NetDevice): EthtoolEee | number;
  setEee?(dev: NetDevice, e: EthtoolEee): number;
  getWol?(dev: NetDevice): EthtoolWol;
  setWol?(dev: NetDevice, w: EthtoolWol): number;
  /** The strings of a set that depends on the device: ETH_SS_TEST, STATS, PRIV_FLAGS, PHY_STATS. Null where it has none. */
  getStrings?(dev: NetDevice, sset: number): readonly string[] | null;
  /** The values of ETH_SS_STATS, one for each string. */
  getEthtoolStats?(dev: NetDevice): readonly number[];
  getPrivFlags?(dev: NetDevice): number;
  setPrivFlags?(dev: NetDevice, flags: number): number;
  getTsInfo?(dev: NetDevice): EthtoolTsInfo;
  /** Standard counters of a group (ETHTOOL_STATS_*): a value or null for each string of the group's set; null where the device has none. */
  getStdStats?(dev: NetDevice, group: number): readonly (number | null)[] | null;
}

/** The link as the carrier says (ethtool_op_get_link). @public */
export function ethtoolOpGetLink(dev: NetDevice): boolean {
  return dev.carrier;
}

/** Time stamps by software, both ways (ethtool_op_get_ts_info). @public */
export function ethtoolOpGetTsInfo(): EthtoolTsInfo {
  return TS_SOFTWARE;
}

const TS_SOFTWARE: EthtoolTsInfo = Object.freeze({ soTimestamping: SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE, phcIndex: -1, txTypes: 0, rxFilters: 0 });
const TS_RX_ONLY: EthtoolTsInfo = Object.freeze({ soTimestamping: SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE, phcIndex: -1, txTypes: 0, rxFilters: 0 });

/** What time stamps a device gives; those of the stack where its driver says nothing. @public */
export function ethtoolTsInfo(dev: NetDevice): EthtoolTsInfo {
  return dev.ethtoolOps?.getTsInfo?.(dev) ?? TS_RX_ONLY;
}

/** No link modes. @public */
export function ethtoolNoModes(): Uint32Array {
  return new Uint32Array(LINK_MODE_WORDS);
}

/** Words of 32 link modes. @public */
export const LINK_MODE_WORDS = 4;

/** Settings of a link at `speed` and `duplex`, with nothing else to say. @public */
export function ethtoolLinkSettings(speed: number, duplex: number, port: number = 0): EthtoolLinkSettings {
  return {
    speed, duplex, port, phyAddress: 0, autoneg: 0, ethTpMdix: 0, ethTpMdixCtrl: 0, transceiver: 0, masterSlaveCfg: 0, masterSlaveState: 0, rateMatching: 0,
    supported: ethtoolNoModes(), advertising: ethtoolNoModes(), lpAdvertising: ethtoolNoModes(),
  };
}

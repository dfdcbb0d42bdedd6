/** Asking: what each ETHTOOL_MSG_*_GET answers about a device. */
import { EINVAL, EOPNOTSUPP } from '@linnet/kernel';
import {
  ETHTOOL_FEATURE_COUNT, ETHTOOL_FEATURE_NAMES, ethtoolGetFeatures, type EthtoolLinkSettings, ethtoolStrings, ethtoolTsInfo, type NetDevice,
} from '@linnet/netdev';
import * as A from './ethtool-nl-abi.ts';
import { bitsetWords, putBitset, updateBitset } from './ethtool-bitset.ts';
import { type EthnlHeader, opsOf } from './ethtool-nl-req.ts';
import { nlSetErrMsg } from './extack.ts';
import type { NlRequest } from './request.ts';
import { NLM_F_DUMP, type NlWriter } from '@linnet/uapi';

/** A request that asks, and its answer. */
export interface EthnlGet {
  readonly cmd: number;
  /** The answer's command, and that of the notification with the same content. */
  readonly reply: number;
  readonly ntf?: number;
  /** The attribute that is the header. */
  readonly header: number;
  /** The request may be about no device. */
  readonly noDev?: boolean;
  /** Dumps carry no NLM_F_MULTI, as the kernel's of this one. */
  readonly plainDump?: boolean;
  /** What a dump ends with, when that is not 0. */
  readonly dumpEnd?: number;
  /** Reads what the request wants beside the header, once. Returns it, or a negative errno. */
  parse?(req: NlRequest, tb: Int32Array): object | number;
  /** Writes the answer about `dev` behind the header. Returns 0 or a negative errno; -EOPNOTSUPP passes a device over in dumps. */
  fill(w: NlWriter, dev: NetDevice, hdr: EthnlHeader, wants: object | null, req: NlRequest | null): number;
}

function strings(sset: number): readonly string[] {
  return ethtoolStrings(null, sset) ?? [];
}

/** A word of bits as a set; nothing when it is empty. */
function putFlags(w: NlWriter, type: number, bits: number, sset: number, compact: boolean): void {
  if (bits === 0) return;
  const names = strings(sset);
  putBitset(w, type, new Uint32Array([bits]), null, names.length, names, compact);
}

function linkSettings(dev: NetDevice, req: NlRequest | null): EthtoolLinkSettings | number {
  const s = opsOf(dev).getLinkKsettings?.(dev) ?? -EOPNOTSUPP;
  if (typeof s === 'number' && req !== null) nlSetErrMsg(req.extack, 'failed to retrieve link settings');
  return s;
}

const LINKINFO: EthnlGet = {
  cmd: A.ETHTOOL_MSG_LINKINFO_GET, reply: A.ETHTOOL_MSG_LINKINFO_GET_REPLY, ntf: A.ETHTOOL_MSG_LINKINFO_NTF, header: A.ETHTOOL_A_LINKINFO_HEADER,
  fill(w, dev, _hdr, _wants, req): number {
    const s = linkSettings(dev, req);
    if (typeof s === 'number') return s;
    w.putU8(A.ETHTOOL_A_LINKINFO_PORT, s.port);
    w.putU8(A.ETHTOOL_A_LINKINFO_PHYADDR, s.phyAddress);
    w.putU8(A.ETHTOOL_A_LINKINFO_TP_MDIX, s.ethTpMdix);
    w.putU8(A.ETHTOOL_A_LINKINFO_TP_MDIX_CTRL, s.ethTpMdixCtrl);
    w.putU8(A.ETHTOOL_A_LINKINFO_TRANSCEIVER, s.transceiver);
    return 0;
  },
};

const LINKMODES: EthnlGet = {
  cmd: A.ETHTOOL_MSG_LINKMODES_GET, reply: A.ETHTOOL_MSG_LINKMODES_GET_REPLY, ntf: A.ETHTOOL_MSG_LINKMODES_NTF, header: A.ETHTOOL_A_LINKMODES_HEADER,
  fill(w, dev, hdr, _wants, req): number {
    const s = linkSettings(dev, req);
    if (typeof s === 'number') return s;
    const names = strings(A.ETH_SS_LINK_MODES);
    w.putU8(A.ETHTOOL_A_LINKMODES_AUTONEG, s.autoneg);
    putBitset(w, A.ETHTOOL_A_LINKMODES_OURS, s.advertising, s.supported, names.length, names, hdr.compact);
    if (s.lpAdvertising.some((word) => word !== 0)) putBitset(w, A.ETHTOOL_A_LINKMODES_PEER, s.lpAdvertising, null, names.length, names, hdr.compact);
    w.putU32(A.ETHTOOL_A_LINKMODES_SPEED, s.speed);
    w.putU8(A.ETHTOOL_A_LINKMODES_DUPLEX, s.duplex);
    if (s.masterSlaveCfg !== 0) w.putU8(A.ETHTOOL_A_LINKMODES_MASTER_SLAVE_CFG, s.masterSlaveCfg);
    if (s.masterSlaveState !== 0) w.putU8(A.ETHTOOL_A_LINKMODES_MASTER_SLAVE_STATE, s.masterSlaveState);
    w.putU8(A.ETHTOOL_A_LINKMODES_RATE_MATCHING, s.rateMatching);
    return 0;
  },
};

const LINKSTATE: EthnlGet = {
  cmd: A.ETHTOOL_MSG_LINKSTATE_GET, reply: A.ETHTOOL_MSG_LINKSTATE_GET_REPLY, header: A.ETHTOOL_A_LINKSTATE_HEADER,
  fill(w, dev): number {
    const link = opsOf(dev).getLink;
    if (link !== undefined) w.putU8(A.ETHTOOL_A_LINKSTATE_LINK, dev.running && link(dev) ? 1 : 0);
    return 0;
  },
};

const DEBUG: EthnlGet = {
  cmd: A.ETHTOOL_MSG_DEBUG_GET, reply: A.ETHTOOL_MSG_DEBUG_GET_REPLY, ntf: A.ETHTOOL_MSG_DEBUG_NTF, header: A.ETHTOOL_A_DEBUG_HEADER,
  fill(w, dev, hdr): number {
    const { getMsglevel } = opsOf(dev);
    if (getMsglevel === undefined) return -EOPNOTSUPP;
    const names = strings(A.ETH_SS_MSG_CLASSES);
    putBitset(w, A.ETHTOOL_A_DEBUG_MSGMASK, new Uint32Array([getMsglevel(dev)]), null, names.length, names, hdr.compact);
    return 0;
  },
};

const WOL: EthnlGet = {
  cmd: A.ETHTOOL_MSG_WOL_GET, reply: A.ETHTOOL_MSG_WOL_GET_REPLY, ntf: A.ETHTOOL_MSG_WOL_NTF, header: A.ETHTOOL_A_WOL_HEADER,
  fill(w, dev, hdr, _wants, req): number {
    const s = opsOf(dev).getWol?.(dev);
    if (s === undefined) return -EOPNOTSUPP;
    const names = strings(A.ETH_SS_WOL_MODES);
    putBitset(w, A.ETHTOOL_A_WOL_MODES, new Uint32Array([s.wolopts]), new Uint32Array([s.supported]), names.length, names, hdr.compact);
    // The password is for who asked, not for all who listen.
    if (req !== null && (s.supported & A.WAKE_MAGICSECURE) !== 0) w.putBytes(A.ETHTOOL_A_WOL_SOPASS, s.sopass);
    return 0;
  },
};

/** Writes the four sets of a device's features. */
const FEATURES: EthnlGet = {
  cmd: A.ETHTOOL_MSG_FEATURES_GET, reply: A.ETHTOOL_MSG_FEATURES_GET_REPLY, ntf: A.ETHTOOL_MSG_FEATURES_NTF, header: A.ETHTOOL_A_FEATURES_HEADER,
  fill(w, dev, hdr): number {
    const f = ethtoolGetFeatures(dev);
    const all = new Uint32Array([0xffffffff, 0xffffffff]);
    putBitset(w, A.ETHTOOL_A_FEATURES_HW, f.hw, all, ETHTOOL_FEATURE_COUNT, ETHTOOL_FEATURE_NAMES, hdr.compact);
    putBitset(w, A.ETHTOOL_A_FEATURES_WANTED, f.wanted, null, ETHTOOL_FEATURE_COUNT, ETHTOOL_FEATURE_NAMES, hdr.compact);
    putBitset(w, A.ETHTOOL_A_FEATURES_ACTIVE, f.active, null, ETHTOOL_FEATURE_COUNT, ETHTOOL_FEATURE_NAMES, hdr.compact);
    putBitset(w, A.ETHTOOL_A_FEATURES_NOCHANGE, f.nochange, null, ETHTOOL_FEATURE_COUNT, ETHTOOL_FEATURE_NAMES, hdr.compact);
    return 0;
  },
};

const PRIVFLAGS: EthnlGet = {
  cmd: A.ETHTOOL_MSG_PRIVFLAGS_GET, reply: A.ETHTOOL_MSG_PRIVFLAGS_GET_REPLY, ntf: A.ETHTOOL_MSG_PRIVFLAGS_NTF, header: A.ETHTOOL_A_PRIVFLAGS_HEADER,
  fill(w, dev, hdr): number {
    const ops = opsOf(dev);
    const names = ops.getStrings?.(dev, A.ETH_SS_PRIV_FLAGS) ?? null;
    if (ops.getPrivFlags === undefined || names === null) return -EOPNOTSUPP;
    const all = bitsetWords(names.length).fill(0xffffffff);
    putBitset(w, A.ETHTOOL_A_PRIVFLAGS_FLAGS, new Uint32Array([ops.getPrivFlags(dev)]), all, names.length, names, hdr.compact);
    return 0;
  },
};

/** A pair of numbers, the most and what is, where there is any. */
function putPair(w: NlWriter, maxType: number, max: number, type: number, value: number): void {
  if (max === 0) return;
  w.putU32(maxType, max);
  w.putU32(type, value);
}

const RINGS: EthnlGet = {
  cmd: A.ETHTOOL_MSG_RINGS_GET, reply: A.ETHTOOL_MSG_RINGS_GET_REPLY, ntf: A.ETHTOOL_MSG_RINGS_NTF, header: A.ETHTOOL_A_RINGS_HEADER,
  fill(w, dev): number {
    const r = opsOf(dev).getRingparam?.(dev) ?? -EOPNOTSUPP;
    if (typeof r === 'number') return r;
    putPair(w, A.ETHTOOL_A_RINGS_RX_MAX, r.rxMax, A.ETHTOOL_A_RINGS_RX, r.rx);
    putPair(w, A.ETHTOOL_A_RINGS_RX_MINI_MAX, r.rxMiniMax, A.ETHTOOL_A_RINGS_RX_MINI, r.rxMini);
    putPair(w, A.ETHTOOL_A_RINGS_RX_JUMBO_MAX, r.rxJumboMax, A.ETHTOOL_A_RINGS_RX_JUMBO, r.rxJumbo);
    putPair(w, A.ETHTOOL_A_RINGS_TX_MAX, r.txMax, A.ETHTOOL_A_RINGS_TX, r.tx);
    return 0;
  },
};

const CHANNELS: EthnlGet = {
  cmd: A.ETHTOOL_MSG_CHANNELS_GET, reply: A.ETHTOOL_MSG_CHANNELS_GET_REPLY, ntf: A.ETHTOOL_MSG_CHANNELS_NTF, header: A.ETHTOOL_A_CHANNELS_HEADER,
  fill(w, dev): number {
    const c = opsOf(dev).getChannels?.(dev) ?? -EOPNOTSUPP;
    if (typeof c === 'number') return c;
    putPair(w, A.ETHTOOL_A_CHANNELS_RX_MAX, c.rxMax, A.ETHTOOL_A_CHANNELS_RX_COUNT, c.rx);
    putPair(w, A.ETHTOOL_A_CHANNELS_TX_MAX, c.txMax, A.ETHTOOL_A_CHANNELS_TX_COUNT, c.tx);
    putPair(w, A.ETHTOOL_A_CHANNELS_OTHER_MAX, c.otherMax, A.ETHTOOL_A_CHANNELS_OTHER_COUNT, c.other);
    putPair(w, A.ETHTOOL_A_CHANNELS_COMBINED_MAX, c.combinedMax, A.ETHTOOL_A_CHANNELS_COMBINED_COUNT, c.combined);
    return 0;
  },
};

/** Values of a coalescing setting that are flags. */
export const COALESCE_FLAGS: readonly number[] = [A.ETHTOOL_A_COALESCE_USE_ADAPTIVE_RX, A.ETHTOOL_A_COALESCE_USE_ADAPTIVE_TX];

const COALESCE: EthnlGet = {
  cmd: A.ETHTOOL_MSG_COALESCE_GET, reply: A.ETHTOOL_MSG_COALESCE_GET_REPLY, ntf: A.ETHTOOL_MSG_COALESCE_NTF, header: A.ETHTOOL_A_COALESCE_HEADER,
  fill(w, dev): number {
    const ops = opsOf(dev);
    const c = ops.getCoalesce?.(dev) ?? -EOPNOTSUPP;
    if (typeof c === 'number') return c;
    c.forEach((value, i) => {
      if (value === 0 && ((ops.supportedCoalesceParams ?? 0) & (1 << i)) === 0) return;
      const type = A.ETHTOOL_A_COALESCE_RX_USECS + i;
      if (COALESCE_FLAGS.includes(type)) w.putU8(type, value === 0 ? 0 : 1);
      else w.putU32(type, value);
    });
    return 0;
  },
};

const PAUSE: EthnlGet = {
  cmd: A.ETHTOOL_MSG_PAUSE_GET, reply: A.ETHTOOL_MSG_PAUSE_GET_REPLY, ntf: A.ETHTOOL_MSG_PAUSE_NTF, header: A.ETHTOOL_A_PAUSE_HEADER,
  fill(w, dev): number {
    const p = opsOf(dev).getPauseparam?.(dev) ?? -EOPNOTSUPP;
    if (typeof p === 'number') return p;
    w.putU8(A.ETHTOOL_A_PAUSE_AUTONEG, p.autoneg ? 1 : 0);
    w.putU8(A.ETHTOOL_A_PAUSE_RX, p.rx ? 1 : 0);
    w.putU8(A.ETHTOOL_A_PAUSE_TX, p.tx ? 1 : 0);
    return 0;
  },
};

const EEE: EthnlGet = {
  cmd: A.ETHTOOL_MSG_EEE_GET, reply: A.ETHTOOL_MSG_EEE_GET_REPLY, ntf: A.ETHTOOL_MSG_EEE_NTF, header: A.ETHTOOL_A_EEE_HEADER,
  fill(w, dev, hdr): number {
    const e = opsOf(dev).getEee?.(dev) ?? -EOPNOTSUPP;
    if (typeof e === 'number') return e;
    const names = strings(A.ETH_SS_LINK_MODES);
    putBitset(w, A.ETHTOOL_A_EEE_MODES_OURS, e.advertised, e.supported, names.length, names, hdr.compact);
    putBitset(w, A.ETHTOOL_A_EEE_MODES_PEER, e.lpAdvertised, null, names.length, names, hdr.compact);
    w.putU8(A.ETHTOOL_A_EEE_ACTIVE, e.active ? 1 : 0);
    w.putU8(A.ETHTOOL_A_EEE_ENABLED, e.enabled ? 1 : 0);
    w.putU8(A.ETHTOOL_A_EEE_TX_LPI_ENABLED, e.txLpiEnabled ? 1 : 0);
    w.putU32(A.ETHTOOL_A_EEE_TX_LPI_TIMER, e.txLpiTimer);
    return 0;
  },
};

const TSINFO: EthnlGet = {
  cmd: A.ETHTOOL_MSG_TSINFO_GET, reply: A.ETHTOOL_MSG_TSINFO_GET_REPLY, header: A.ETHTOOL_A_TSINFO_HEADER, plainDump: true,
  fill(w, dev, hdr): number {
    const t = ethtoolTsInfo(dev);
    putFlags(w, A.ETHTOOL_A_TSINFO_TIMESTAMPING, t.soTimestamping, A.ETH_SS_SOF_TIMESTAMPING, hdr.compact);
    putFlags(w, A.ETHTOOL_A_TSINFO_TX_TYPES, t.txTypes, A.ETH_SS_TS_TX_TYPES, hdr.compact);
    putFlags(w, A.ETHTOOL_A_TSINFO_RX_FILTERS, t.rxFilters, A.ETH_SS_TS_RX_FILTERS, hdr.compact);
    if (t.phcIndex >= 0) w.putU32(A.ETHTOOL_A_TSINFO_PHC_INDEX, t.phcIndex);
    return 0;
  },
};

/** Which groups of standard counters a request wants. */
interface StatsWants {
  readonly groups: Uint32Array;
}

/** The set of strings of each group. */
const STATS_SETS: readonly number[] = [A.ETH_SS_STATS_ETH_PHY, A.ETH_SS_STATS_ETH_MAC, A.ETH_SS_STATS_ETH_CTRL, A.ETH_SS_STATS_RMON, A.ETH_SS_STATS_PHY];

const STATS: EthnlGet = {
  cmd: A.ETHTOOL_MSG_STATS_GET, reply: A.ETHTOOL_MSG_STATS_GET_REPLY, header: A.ETHTOOL_A_STATS_HEADER,
  parse(req, tb): StatsWants | number {
    if (tb[A.ETHTOOL_A_STATS_GROUPS] === 0) {
      nlSetErrMsg(req.extack, 'no stats requested');
      return -EINVAL;
    }
    const names = strings(A.ETH_SS_STATS_STD);
    const groups = bitsetWords(names.length);
    const err = updateBitset(req, tb[A.ETHTOOL_A_STATS_GROUPS]!, groups, names.length, names);
    if (err < 0) return err;
    if (err === 0) {
      nlSetErrMsg(req.extack, 'no stats requested');
      return -EINVAL;
    }
    if (tb[A.ETHTOOL_A_STATS_SRC] !== 0 && req.view.getUint32(tb[A.ETHTOOL_A_STATS_SRC]! + 4, true) !== 0) {
      nlSetErrMsg(req.extack, 'ethtool_nl: Device does not support MAC merge layer');
      return -EOPNOTSUPP;
    }
    return { groups };
  },
  fill(w, dev, _hdr, wants): number {
    const { groups } = wants as StatsWants;
    w.putU32(A.ETHTOOL_A_STATS_SRC, 0);
    STATS_SETS.forEach((sset, group) => {
      if (((groups[0]! >>> group) & 1) === 0) return;
      w.nestStart(A.ETHTOOL_A_STATS_GRP);
      w.putU32(A.ETHTOOL_A_STATS_GRP_ID, group);
      w.putU32(A.ETHTOOL_A_STATS_GRP_SS_ID, sset);
      opsOf(dev).getStdStats?.(dev, group)?.forEach((value, i) => {
        if (value === null) return;
        w.nestStart(A.ETHTOOL_A_STATS_GRP_STAT);
        w.putU64(i, value);
        w.nestEnd();
      });
      w.nestEnd();
    });
    return 0;
  },
};

/** An answer that is nothing but the header: the device has no such thing, which is no error. */
function empty(cmd: number, reply: number): EthnlGet {
  return { cmd, reply, header: 1, fill: () => 0 };
}

/** A question that no device here can answer. */
function unsupported(cmd: number, msg: string = '', plainDump: boolean = false): EthnlGet {
  return {
    cmd, reply: 0, header: 1, plainDump,
    fill(_w, _dev, _hdr, _wants, req): number {
      if (msg !== '' && req !== null && (req.flags & NLM_F_DUMP) === 0) nlSetErrMsg(req.extack, msg);
      return -EOPNOTSUPP;
    },
  };
}

const MODULE_EEPROM: EthnlGet = {
  ...unsupported(A.ETHTOOL_MSG_MODULE_EEPROM_GET),
  parse: (_req, tb) => ([2, 3, 4, 6].some((t) => tb[t] === 0) ? -EINVAL : {}),
};

/** All requests that ask about devices, but for the sets of strings. */
export const ETHNL_GETS: readonly EthnlGet[] = Object.freeze([
  LINKINFO, LINKMODES, LINKSTATE, DEBUG, WOL, FEATURES, PRIVFLAGS, RINGS, CHANNELS, COALESCE, PAUSE, EEE, TSINFO, STATS,
  { ...unsupported(A.ETHTOOL_MSG_TUNNEL_INFO_GET, 'device does not report tunnel offload info'), dumpEnd: -EOPNOTSUPP }, unsupported(A.ETHTOOL_MSG_FEC_GET), MODULE_EEPROM,
  empty(A.ETHTOOL_MSG_PHC_VCLOCKS_GET, A.ETHTOOL_MSG_PHC_VCLOCKS_GET_REPLY), empty(A.ETHTOOL_MSG_MODULE_GET, A.ETHTOOL_MSG_MODULE_GET_REPLY),
  unsupported(A.ETHTOOL_MSG_PSE_GET, 'No PHY found'), unsupported(A.ETHTOOL_MSG_RSS_GET), unsupported(A.ETHTOOL_MSG_PLCA_GET_CFG), unsupported(A.ETHTOOL_MSG_PLCA_GET_STATUS),
  unsupported(A.ETHTOOL_MSG_MM_GET), unsupported(A.ETHTOOL_MSG_PHY_GET), unsupported(A.ETHTOOL_MSG_TSCONFIG_GET),
]);

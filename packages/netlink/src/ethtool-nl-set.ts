/** Changing: what each ETHTOOL_MSG_*_SET does to a device. */
import { EINVAL, EOPNOTSUPP } from '@linnet/kernel';
import { type EthtoolLinkSettings, ethtoolStrings, type NetDevice } from '@linnet/netdev';
import { nlaGetBytes, nlaGetU32, nlaGetU8 } from '@linnet/uapi';
import * as A from './ethtool-nl-abi.ts';
import { updateBitset } from './ethtool-bitset.ts';
import { opsOf } from './ethtool-nl-req.ts';
import { nlSetErrMsg, nlSetErrMsgAttr } from './extack.ts';
import type { NlRequest } from './request.ts';

/** A request that changes. */
export interface EthnlSet {
  readonly cmd: number;
  /** The notification that tells of the change, content as of the GET with the same one; 0 for none. */
  readonly ntf: number;
  /** Changes `dev`: 1 when something changed, 0 when nothing did, or a negative errno. */
  set(dev: NetDevice, req: NlRequest, tb: Int32Array): number;
}

function refuse(req: NlRequest, nla: number, msg: string, errno: number = EINVAL): number {
  nlSetErrMsgAttr(req.extack, nla, msg);
  return -errno;
}

/** A new value from an attribute, or the old one; counts what changed. */
class Update {
  changed = false;
  private readonly req: NlRequest;
  private readonly tb: Int32Array;
  constructor(req: NlRequest, tb: Int32Array) {
    this.req = req;
    this.tb = tb;
  }
  private take(value: number, old: number): number {
    if (value !== old) this.changed = true;
    return value;
  }
  u8(type: number, old: number): number {
    return this.tb[type] === 0 ? old : this.take(nlaGetU8(this.req.view, this.tb[type]!), old);
  }
  u32(type: number, old: number): number {
    return this.tb[type] === 0 ? old : this.take(nlaGetU32(this.req.view, this.tb[type]!), old);
  }
  bool(type: number, old: boolean): boolean {
    return this.tb[type] === 0 ? old : this.take(nlaGetU8(this.req.view, this.tb[type]!) === 0 ? 0 : 1, old ? 1 : 0) === 1;
  }
  /** Applies a bit set to `words`; a negative errno, else 0. */
  bits(type: number, words: Uint32Array, nbits: number, names: readonly string[]): number {
    const err = updateBitset(this.req, this.tb[type]!, words, nbits, names);
    if (err > 0) this.changed = true;
    return Math.min(err, 0);
  }
}

/** 1 after a setter that worked. */
function done(err: number): number {
  return err < 0 ? err : 1;
}

function applyLink(dev: NetDevice, req: NlRequest, s: EthtoolLinkSettings): number {
  const err = opsOf(dev).setLinkKsettings!(dev, s);
  if (err < 0) nlSetErrMsg(req.extack, 'link settings update failed');
  return done(err);
}

function oldLink(dev: NetDevice, req: NlRequest): EthtoolLinkSettings | number {
  const s = opsOf(dev).getLinkKsettings?.(dev) ?? -EOPNOTSUPP;
  if (typeof s === 'number') nlSetErrMsg(req.extack, 'failed to retrieve link settings');
  return s;
}

const LINKINFO: EthnlSet = {
  cmd: A.ETHTOOL_MSG_LINKINFO_SET, ntf: A.ETHTOOL_MSG_LINKINFO_NTF,
  set(dev, req, tb): number {
    const ops = opsOf(dev);
    if (ops.getLinkKsettings === undefined || ops.setLinkKsettings === undefined) return -EOPNOTSUPP;
    const old = oldLink(dev, req);
    if (typeof old === 'number') return old;
    const u = new Update(req, tb);
    const s: EthtoolLinkSettings = {
      ...old, port: u.u8(A.ETHTOOL_A_LINKINFO_PORT, old.port), phyAddress: u.u8(A.ETHTOOL_A_LINKINFO_PHYADDR, old.phyAddress),
      ethTpMdixCtrl: u.u8(A.ETHTOOL_A_LINKINFO_TP_MDIX_CTRL, old.ethTpMdixCtrl),
    };
    return u.changed ? applyLink(dev, req, s) : 0;
  },
};

/** The highest MASTER_SLAVE_CFG_* that can be asked for. */
const MASTER_SLAVE_CFG_LAST = 5;
const MASTER_SLAVE_CFG_FIRST = 2;

const LINKMODES: EthnlSet = {
  cmd: A.ETHTOOL_MSG_LINKMODES_SET, ntf: A.ETHTOOL_MSG_LINKMODES_NTF,
  set(dev, req, tb): number {
    const ops = opsOf(dev);
    const role = tb[A.ETHTOOL_A_LINKMODES_MASTER_SLAVE_CFG]!;
    if (role !== 0) {
      const cfg = nlaGetU8(req.view, role);
      if (cfg < MASTER_SLAVE_CFG_FIRST || cfg > MASTER_SLAVE_CFG_LAST) return refuse(req, role, 'master/slave value is invalid', EOPNOTSUPP);
    }
    if (ops.getLinkKsettings === undefined || ops.setLinkKsettings === undefined) return -EOPNOTSUPP;
    const old = oldLink(dev, req);
    if (typeof old === 'number') return old;
    if (role !== 0 && old.masterSlaveCfg === 0) return refuse(req, role, 'master/slave configuration not supported by device', EOPNOTSUPP);
    const u = new Update(req, tb);
    const autoneg = u.u8(A.ETHTOOL_A_LINKMODES_AUTONEG, old.autoneg);
    const lanes = tb[A.ETHTOOL_A_LINKMODES_LANES]!;
    if (lanes !== 0 && autoneg === 0) return refuse(req, lanes, 'lanes configuration not supported by device', EOPNOTSUPP);
    const names = ethtoolStrings(null, A.ETH_SS_LINK_MODES) ?? [];
    const advertising = old.advertising.slice();
    const err = u.bits(A.ETHTOOL_A_LINKMODES_OURS, advertising, names.length, names);
    if (err < 0) return err;
    const speed = u.u32(A.ETHTOOL_A_LINKMODES_SPEED, old.speed >>> 0);
    const duplex = u.u8(A.ETHTOOL_A_LINKMODES_DUPLEX, old.duplex);
    u.u32(A.ETHTOOL_A_LINKMODES_LANES, 0);
    if (tb[A.ETHTOOL_A_LINKMODES_OURS] === 0 && autoneg !== 0 && [A.ETHTOOL_A_LINKMODES_SPEED, A.ETHTOOL_A_LINKMODES_DUPLEX, A.ETHTOOL_A_LINKMODES_LANES].some((t) => tb[t] !== 0)) {
      // With autonegotiation a wished speed means: advertise what is supported of it. Which modes have a speed is of no interest to devices without any.
      for (let i = 0; i < advertising.length; i++) {
        const next = advertising[i]! & old.supported[i]!;
        if (next !== advertising[i]) u.changed = true;
        advertising[i] = next;
      }
    }
    return u.changed ? applyLink(dev, req, { ...old, autoneg, advertising, speed: speed | 0, duplex, masterSlaveCfg: u.u8(A.ETHTOOL_A_LINKMODES_MASTER_SLAVE_CFG, old.masterSlaveCfg) }) : 0;
  },
};

const DEBUG: EthnlSet = {
  cmd: A.ETHTOOL_MSG_DEBUG_SET, ntf: A.ETHTOOL_MSG_DEBUG_NTF,
  set(dev, req, tb): number {
    const ops = opsOf(dev);
    if (ops.getMsglevel === undefined || ops.setMsglevel === undefined) return -EOPNOTSUPP;
    const names = ethtoolStrings(null, A.ETH_SS_MSG_CLASSES) ?? [];
    const level = new Uint32Array([ops.getMsglevel(dev)]);
    const u = new Update(req, tb);
    const err = u.bits(A.ETHTOOL_A_DEBUG_MSGMASK, level, names.length, names);
    if (err < 0 || !u.changed) return err;
    ops.setMsglevel(dev, level[0]!);
    return 1;
  },
};

const WOL: EthnlSet = {
  cmd: A.ETHTOOL_MSG_WOL_SET, ntf: A.ETHTOOL_MSG_WOL_NTF,
  set(dev, req, tb): number {
    const ops = opsOf(dev);
    if (ops.getWol === undefined || ops.setWol === undefined) return -EOPNOTSUPP;
    const old = ops.getWol(dev);
    const u = new Update(req, tb);
    const names = ethtoolStrings(null, A.ETH_SS_WOL_MODES) ?? [];
    const modes = new Uint32Array([old.wolopts]);
    const err = u.bits(A.ETHTOOL_A_WOL_MODES, modes, names.length, names);
    if (err < 0) return err;
    if ((modes[0]! & ~old.supported) !== 0) return refuse(req, tb[A.ETHTOOL_A_WOL_MODES]!, 'cannot enable unsupported WoL mode');
    let { sopass } = old;
    const pass = tb[A.ETHTOOL_A_WOL_SOPASS]!;
    if (pass !== 0) {
      if ((old.supported & A.WAKE_MAGICSECURE) === 0) return refuse(req, pass, 'magicsecure not supported, cannot set password');
      sopass = new Uint8Array(6);
      sopass.set(nlaGetBytes(req.view, pass));
      if (sopass.some((b, i) => b !== old.sopass[i])) u.changed = true;
    }
    return u.changed ? done(ops.setWol(dev, { supported: old.supported, wolopts: modes[0]!, sopass })) : 0;
  },
};

const PRIVFLAGS: EthnlSet = {
  cmd: A.ETHTOOL_MSG_PRIVFLAGS_SET, ntf: A.ETHTOOL_MSG_PRIVFLAGS_NTF,
  set(dev, req, tb): number {
    const ops = opsOf(dev);
    if (tb[A.ETHTOOL_A_PRIVFLAGS_FLAGS] === 0) return -EINVAL;
    const names = ops.getStrings?.(dev, A.ETH_SS_PRIV_FLAGS) ?? null;
    if (ops.getPrivFlags === undefined || ops.setPrivFlags === undefined || names === null) return -EOPNOTSUPP;
    const flags = new Uint32Array([ops.getPrivFlags(dev)]);
    const u = new Update(req, tb);
    const err = u.bits(A.ETHTOOL_A_PRIVFLAGS_FLAGS, flags, names.length, names);
    return err < 0 || !u.changed ? err : done(ops.setPrivFlags(dev, flags[0]!));
  },
};

const RINGS: EthnlSet = {
  cmd: A.ETHTOOL_MSG_RINGS_SET, ntf: A.ETHTOOL_MSG_RINGS_NTF,
  set(dev, req, tb): number {
    const ops = opsOf(dev);
    if (ops.getRingparam === undefined || ops.setRingparam === undefined) return -EOPNOTSUPP;
    const old = ops.getRingparam(dev);
    if (typeof old === 'number') return old;
    // What is not one of the four sizes no driver here has.
    for (let t = A.ETHTOOL_A_RINGS_TX + 1; t < tb.length; t++) if (tb[t] !== 0) return refuse(req, tb[t]!, 'setting not supported', EOPNOTSUPP);
    const u = new Update(req, tb);
    const r = {
      ...old, rx: u.u32(A.ETHTOOL_A_RINGS_RX, old.rx), rxMini: u.u32(A.ETHTOOL_A_RINGS_RX_MINI, old.rxMini), rxJumbo: u.u32(A.ETHTOOL_A_RINGS_RX_JUMBO, old.rxJumbo),
      tx: u.u32(A.ETHTOOL_A_RINGS_TX, old.tx),
    };
    if (!u.changed) return 0;
    const over = r.rx > r.rxMax ? A.ETHTOOL_A_RINGS_RX : r.rxMini > r.rxMiniMax ? A.ETHTOOL_A_RINGS_RX_MINI : r.rxJumbo > r.rxJumboMax ? A.ETHTOOL_A_RINGS_RX_JUMBO
      : r.tx > r.txMax ? A.ETHTOOL_A_RINGS_TX : 0;
    if (over !== 0) return refuse(req, tb[over]!, 'requested ring size exceeds maximum');
    return done(ops.setRingparam(dev, r));
  },
};

const CHANNELS: EthnlSet = {
  cmd: A.ETHTOOL_MSG_CHANNELS_SET, ntf: A.ETHTOOL_MSG_CHANNELS_NTF,
  set(dev, req, tb): number {
    const ops = opsOf(dev);
    if (ops.getChannels === undefined || ops.setChannels === undefined) return -EOPNOTSUPP;
    const old = ops.getChannels(dev);
    if (typeof old === 'number') return old;
    const u = new Update(req, tb);
    const c = {
      ...old, rx: u.u32(A.ETHTOOL_A_CHANNELS_RX_COUNT, old.rx), tx: u.u32(A.ETHTOOL_A_CHANNELS_TX_COUNT, old.tx), other: u.u32(A.ETHTOOL_A_CHANNELS_OTHER_COUNT, old.other),
      combined: u.u32(A.ETHTOOL_A_CHANNELS_COMBINED_COUNT, old.combined),
    };
    if (!u.changed) return 0;
    const over = c.rx > c.rxMax ? A.ETHTOOL_A_CHANNELS_RX_COUNT : c.tx > c.txMax ? A.ETHTOOL_A_CHANNELS_TX_COUNT : c.other > c.otherMax ? A.ETHTOOL_A_CHANNELS_OTHER_COUNT
      : c.combined > c.combinedMax ? A.ETHTOOL_A_CHANNELS_COMBINED_COUNT : 0;
    if (over !== 0) return refuse(req, tb[over]!, 'requested channel count exceeds maximum');
    if (c.combined === 0 && (c.rx === 0 || c.tx === 0)) {
      const which = c.combined !== old.combined ? A.ETHTOOL_A_CHANNELS_COMBINED_COUNT : c.rx === 0 ? A.ETHTOOL_A_CHANNELS_RX_COUNT : A.ETHTOOL_A_CHANNELS_TX_COUNT;
      return refuse(req, tb[which]!, 'requested channel counts would result in no RX or TX channel being configured');
    }
    return done(ops.setChannels(dev, c));
  },
};

const COALESCE: EthnlSet = {
  cmd: A.ETHTOOL_MSG_COALESCE_SET, ntf: A.ETHTOOL_MSG_COALESCE_NTF,
  set(dev, req, tb): number {
    const ops = opsOf(dev);
    if (ops.getCoalesce === undefined || ops.setCoalesce === undefined) return -EOPNOTSUPP;
    for (let t = A.ETHTOOL_A_COALESCE_RX_USECS; t < tb.length; t++) {
      const i = t - A.ETHTOOL_A_COALESCE_RX_USECS;
      const known = t <= A.ETHTOOL_A_COALESCE_RATE_SAMPLE_INTERVAL && ((ops.supportedCoalesceParams ?? 0) & (1 << i)) !== 0;
      if (tb[t] !== 0 && !known) return refuse(req, tb[t]!, 'cannot modify an unsupported parameter');
    }
    const old = ops.getCoalesce(dev);
    if (typeof old === 'number') return old;
    const c = old.slice();
    const u = new Update(req, tb);
    for (let i = 0; i < c.length; i++) {
      const t = A.ETHTOOL_A_COALESCE_RX_USECS + i;
      const flag = t === A.ETHTOOL_A_COALESCE_USE_ADAPTIVE_RX || t === A.ETHTOOL_A_COALESCE_USE_ADAPTIVE_TX;
      c[i] = flag ? (u.bool(t, c[i] !== 0) ? 1 : 0) : u.u32(t, c[i]!);
    }
    return u.changed ? done(ops.setCoalesce(dev, c)) : 0;
  },
};

const PAUSE: EthnlSet = {
  cmd: A.ETHTOOL_MSG_PAUSE_SET, ntf: A.ETHTOOL_MSG_PAUSE_NTF,
  set(dev, req, tb): number {
    const ops = opsOf(dev);
    if (ops.getPauseparam === undefined || ops.setPauseparam === undefined) return -EOPNOTSUPP;
    const old = ops.getPauseparam(dev);
    if (typeof old === 'number') return old;
    const u = new Update(req, tb);
    const p = { autoneg: u.bool(A.ETHTOOL_A_PAUSE_AUTONEG, old.autoneg), rx: u.bool(A.ETHTOOL_A_PAUSE_RX, old.rx), tx: u.bool(A.ETHTOOL_A_PAUSE_TX, old.tx) };
    return u.changed ? done(ops.setPauseparam(dev, p)) : 0;
  },
};

const EEE: EthnlSet = {
  cmd: A.ETHTOOL_MSG_EEE_SET, ntf: A.ETHTOOL_MSG_EEE_NTF,
  set(dev, req, tb): number {
    const ops = opsOf(dev);
    if (ops.getEee === undefined || ops.setEee === undefined) return -EOPNOTSUPP;
    const old = ops.getEee(dev);
    if (typeof old === 'number') return old;
    const names = ethtoolStrings(null, A.ETH_SS_LINK_MODES) ?? [];
    const advertised = old.advertised.slice();
    const u = new Update(req, tb);
    const err = u.bits(A.ETHTOOL_A_EEE_MODES_OURS, advertised, names.length, names);
    if (err < 0) return err;
    const e = {
      ...old, advertised, enabled: u.bool(A.ETHTOOL_A_EEE_ENABLED, old.enabled), txLpiEnabled: u.bool(A.ETHTOOL_A_EEE_TX_LPI_ENABLED, old.txLpiEnabled),
      txLpiTimer: u.u32(A.ETHTOOL_A_EEE_TX_LPI_TIMER, old.txLpiTimer),
    };
    return u.changed ? done(ops.setEee(dev, e)) : 0;
  },
};

/** A change that no device here can make. */
function unsupported(cmd: number, msg: string = ''): EthnlSet {
  return {
    cmd, ntf: 0,
    set(_dev, req): number {
      if (msg !== '') nlSetErrMsg(req.extack, msg);
      return -EOPNOTSUPP;
    },
  };
}

const MODULE: EthnlSet = {
  cmd: A.ETHTOOL_MSG_MODULE_SET, ntf: 0,
  set: (_dev, req, tb) => (tb[2] === 0 ? 0 : refuse(req, tb[2]!, 'Setting power mode policy is not supported by this device', EOPNOTSUPP)),
};

const RSS: EthnlSet = {
  cmd: A.ETHTOOL_MSG_RSS_SET, ntf: 0,
  set: (_dev, _req, tb) => (tb.some((nla, t) => t > A.ETHTOOL_A_RSS_CONTEXT && nla !== 0) ? -EOPNOTSUPP : 0),
};

/** All requests that change, but for features. */
export const ETHNL_SETS: readonly EthnlSet[] = Object.freeze([
  LINKINFO, LINKMODES, DEBUG, WOL, PRIVFLAGS, RINGS, CHANNELS, COALESCE, PAUSE, EEE, MODULE, RSS, unsupported(A.ETHTOOL_MSG_FEC_SET), unsupported(A.ETHTOOL_MSG_CABLE_TEST_ACT),
  unsupported(A.ETHTOOL_MSG_CABLE_TEST_TDR_ACT), unsupported(A.ETHTOOL_MSG_PSE_SET, 'No PHY is attached'), unsupported(A.ETHTOOL_MSG_PLCA_SET_CFG),
  unsupported(A.ETHTOOL_MSG_MM_SET), unsupported(A.ETHTOOL_MSG_MODULE_FW_FLASH_ACT, 'Flashing module firmware is not supported by this device'),
  unsupported(A.ETHTOOL_MSG_TSCONFIG_SET), unsupported(A.ETHTOOL_MSG_RSS_CREATE_ACT), unsupported(A.ETHTOOL_MSG_RSS_DELETE_ACT),
]);

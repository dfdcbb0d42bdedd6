/** The older face of ethtool(8): one ioctl, SIOCETHTOOL, whose buffer says what is wanted (dev_ethtool). */
// datapath-ok-file: administration, no packet comes here
import { capable, EFAULT, EINVAL, ENODEV, EOPNOTSUPP, EPERM, type Net } from '@linnet/kernel';
import {
  CAP_NET_ADMIN, ETH_FLAG_LRO, ETH_FLAG_NTUPLE, ETH_FLAG_RXHASH, ETH_FLAG_RXVLAN, ETH_FLAG_TXVLAN, ETH_GSTRING_LEN, ETH_SS_PRIV_FLAGS, ETH_SS_STATS, ETHTOOL_BUSINFO_LEN,
  ETHTOOL_F_UNSUPPORTED, ETHTOOL_F_WISH, ETHTOOL_FLASHDEV, ETHTOOL_FWVERS_LEN, ETHTOOL_GCHANNELS, ETHTOOL_GCOALESCE, ETHTOOL_GDRVINFO, ETHTOOL_GEEE, ETHTOOL_GET_TS_INFO,
  ETHTOOL_GFEATURES, ETHTOOL_GFLAGS, ETHTOOL_GGRO, ETHTOOL_GGSO, ETHTOOL_GLINK, ETHTOOL_GLINKSETTINGS, ETHTOOL_GMSGLVL, ETHTOOL_GPAUSEPARAM, ETHTOOL_GPERMADDR, ETHTOOL_GPFLAGS,
  ETHTOOL_GRINGPARAM, ETHTOOL_GRXCSUM, ETHTOOL_GSET, ETHTOOL_GSG, ETHTOOL_GSSET_INFO, ETHTOOL_GSTATS, ETHTOOL_GSTRINGS, ETHTOOL_GTSO, ETHTOOL_GTXCSUM, ETHTOOL_GWOL,
  ETHTOOL_MSG_CHANNELS_NTF, ETHTOOL_MSG_COALESCE_NTF, ETHTOOL_MSG_DEBUG_NTF, ETHTOOL_MSG_LINKINFO_NTF, ETHTOOL_MSG_LINKMODES_NTF, ETHTOOL_MSG_PAUSE_NTF,
  ETHTOOL_MSG_PRIVFLAGS_NTF, ETHTOOL_MSG_RINGS_NTF, ETHTOOL_MSG_WOL_NTF, ETHTOOL_NWAY_RST, ETHTOOL_SCHANNELS, ETHTOOL_SCOALESCE, ETHTOOL_SFEATURES, ETHTOOL_SFLAGS, ETHTOOL_SGRO,
  ETHTOOL_SGSO, ETHTOOL_SLINKSETTINGS, ETHTOOL_SMSGLVL, ETHTOOL_SPAUSEPARAM, ETHTOOL_SPFLAGS, ETHTOOL_SRINGPARAM, ETHTOOL_SRXCSUM, ETHTOOL_SSET, ETHTOOL_SSG, ETHTOOL_STSO,
  ETHTOOL_STXCSUM, ETHTOOL_SWOL, utf8Encode,
} from '@linnet/uapi';
import { ETHTOOL_FEATURE_COUNT, ethtoolFeatureMask, ethtoolGetFeatures, ethtoolSetWanted } from './ethtool-features.ts';
import { ETHTOOL_COALESCE_FIELDS, type EthtoolLinkSettings, ethtoolNoModes, type EthtoolOps, ethtoolTsInfo, LINK_MODE_WORDS } from './ethtool-ops.ts';
import { ethtoolIoctlStrings } from './ethtool-strings.ts';
import { devGetByName } from './netdev-net.ts';
import type { NetDevice } from './netdevice.ts';
import { NETDEV } from './softnet.ts';

/** No room for the address: an errno that programs never see elsewhere (ETOOSMALL). */
const ETOOSMALL = 525;
/** Commands that ask and change nothing; others are for CAP_NET_ADMIN. */
const ANYBODY: ReadonlySet<number> = new Set([
  ETHTOOL_GSET, ETHTOOL_GDRVINFO, ETHTOOL_GMSGLVL, ETHTOOL_GLINK, ETHTOOL_GCOALESCE, ETHTOOL_GRINGPARAM, ETHTOOL_GPAUSEPARAM, ETHTOOL_GRXCSUM, ETHTOOL_GTXCSUM, ETHTOOL_GSG,
  ETHTOOL_GSSET_INFO, ETHTOOL_GSTRINGS, ETHTOOL_GSTATS, ETHTOOL_GTSO, ETHTOOL_GPERMADDR, ETHTOOL_GGSO, ETHTOOL_GGRO, ETHTOOL_GFLAGS, ETHTOOL_GPFLAGS, ETHTOOL_GFEATURES,
  ETHTOOL_GCHANNELS, ETHTOOL_GET_TS_INFO, ETHTOOL_GEEE, ETHTOOL_GLINKSETTINGS,
]);

/** A request: the device, its driver's ops, the buffer as words and bytes. */
interface Req {
  readonly dev: NetDevice;
  readonly ops: EthtoolOps;
  readonly u8: Uint8Array;
  readonly view: DataView;
}

const get = (r: Req, off: number): number => r.view.getUint32(off, true);
const put = (r: Req, off: number, v: number): void => r.view.setUint32(off, v, true);
const has = (r: Req, len: number): boolean => r.u8.length >= len;

function putWords(r: Req, off: number, words: Iterable<number>): void {
  let at = off;
  for (const v of words) {
    put(r, at, v);
    at += 4;
  }
}

/** Text in a field of `len` bytes, always with a NUL behind it. */
function putText(r: Req, off: number, len: number, text: string): void {
  r.u8.fill(0, off, off + len);
  r.u8.set(utf8Encode(text).subarray(0, len - 1), off);
}

function notify(dev: NetDevice, msg: number): void {
  dev.kernel.get(NETDEV).ethtoolNotify?.(dev, msg);
}

function drvinfo(r: Req): number {
  const { dev, ops } = r;
  if (!has(r, 196)) return -EFAULT;
  const info = ops.getDrvinfo?.(dev) ?? (dev.rtnlLinkOps === null ? null : { driver: dev.rtnlLinkOps.kind });
  if (info === null) return -EOPNOTSUPP;
  r.u8.fill(0, 4, 196);
  putText(r, 4, 32, info.driver);
  putText(r, 36, 32, info.version ?? dev.sd.utsRelease);
  putText(r, 68, ETHTOOL_FWVERS_LEN, info.fwVersion ?? '');
  putText(r, 100, ETHTOOL_BUSINFO_LEN, info.busInfo ?? '');
  const count = (sset: number): number => ops.getStrings?.(dev, sset)?.length ?? 0;
  put(r, 176, count(ETH_SS_PRIV_FLAGS));
  put(r, 180, count(ETH_SS_STATS));
  put(r, 184, count(0));
  return 0;
}

function linkSettings(r: Req): EthtoolLinkSettings | number {
  return r.ops.getLinkKsettings?.(r.dev) ?? -EOPNOTSUPP;
}

/** struct ethtool_cmd: the settings as of old, with 32 link modes. */
function gset(r: Req): number {
  if (!has(r, 44)) return -EFAULT;
  const s = linkSettings(r);
  if (typeof s === 'number') return s;
  r.u8.fill(0, 4, 44);
  put(r, 4, s.supported[0]!);
  put(r, 8, s.advertising[0]!);
  r.view.setUint16(12, s.speed & 0xffff, true);
  r.u8.set([s.duplex, s.port, s.phyAddress, s.transceiver, s.autoneg], 14);
  r.view.setUint16(28, s.speed >>> 16, true);
  r.u8.set([s.ethTpMdix, s.ethTpMdixCtrl], 30);
  put(r, 32, s.lpAdvertising[0]!);
  return 0;
}

function sset(r: Req): number {
  const { dev, ops } = r;
  const old = linkSettings(r);
  if (typeof old === 'number' || ops.setLinkKsettings === undefined) return -EOPNOTSUPP;
  if (!has(r, 44)) return -EFAULT;
  const advertising = ethtoolNoModes();
  advertising[0] = get(r, 8);
  return setSettings(dev, ops, {
    ...old, advertising, speed: r.view.getUint16(12, true) | (r.view.getUint16(28, true) << 16), duplex: r.u8[14]!, port: r.u8[15]!, phyAddress: r.u8[16]!, autoneg: r.u8[18]!,
    ethTpMdixCtrl: r.u8[31]!,
  });
}

function setSettings(dev: NetDevice, ops: EthtoolOps, s: EthtoolLinkSettings): number {
  const err = ops.setLinkKsettings!(dev, s);
  if (err < 0) return err;
  notify(dev, ETHTOOL_MSG_LINKINFO_NTF);
  notify(dev, ETHTOOL_MSG_LINKMODES_NTF);
  return 0;
}

/** struct ethtool_link_settings: who asks with the wrong number of words is told the right one, as a negative. */
function glinksettings(r: Req): number {
  if (!has(r, 48)) return -EFAULT;
  const s = linkSettings(r);
  if (typeof s === 'number') return s;
  const words = r.view.getInt8(15);
  const cmd = get(r, 0);
  if (words !== LINK_MODE_WORDS) {
    r.u8.fill(0, 0, 48);
    put(r, 0, cmd);
    r.view.setInt8(15, -LINK_MODE_WORDS);
    return 0;
  }
  if (!has(r, 48 + 3 * 4 * LINK_MODE_WORDS)) return -EFAULT;
  r.u8.fill(0, 4, 48);
  put(r, 4, s.speed);
  r.u8.set([s.duplex, s.port, s.phyAddress, s.autoneg, 0, s.ethTpMdix, s.ethTpMdixCtrl, LINK_MODE_WORDS, s.transceiver, s.masterSlaveCfg, s.masterSlaveState, s.rateMatching], 8);
  putWords(r, 48, [...s.supported, ...s.advertising, ...s.lpAdvertising]);
  return 0;
}

function slinksettings(r: Req): number {
  const { dev, ops } = r;
  const old = linkSettings(r);
  if (typeof old === 'number' || ops.setLinkKsettings === undefined) return -EOPNOTSUPP;
  if (!has(r, 48)) return -EFAULT;
  if (r.view.getInt8(15) !== LINK_MODE_WORDS) return -EINVAL;
  if (!has(r, 48 + 3 * 4 * LINK_MODE_WORDS)) return -EFAULT;
  const advertising = ethtoolNoModes();
  for (let i = 0; i < LINK_MODE_WORDS; i++) advertising[i] = get(r, 48 + 4 * (LINK_MODE_WORDS + i));
  return setSettings(dev, ops, {
    ...old, advertising, speed: get(r, 4) | 0, duplex: r.u8[8]!, port: r.u8[9]!, phyAddress: r.u8[10]!, autoneg: r.u8[11]!, ethTpMdixCtrl: r.u8[14]!, masterSlaveCfg: r.u8[17]!,
  });
}

function gstrings(r: Req): number {
  if (!has(r, 12)) return -EFAULT;
  const list = ethtoolIoctlStrings(r.dev, get(r, 4));
  if (list === null) return -EOPNOTSUPP;
  if (!has(r, 12 + list.length * ETH_GSTRING_LEN)) return -EFAULT;
  put(r, 8, list.length);
  list.forEach((text, i) => {
    const off = 12 + i * ETH_GSTRING_LEN;
    r.u8.fill(0, off, off + ETH_GSTRING_LEN);
    r.u8.set(utf8Encode(text).subarray(0, ETH_GSTRING_LEN), off);
  });
  return 0;
}

/** The lengths of the sets of a 64-bit mask; the mask comes back without those that there are not. */
function gssetInfo(r: Req): number {
  if (!has(r, 16)) return -EFAULT;
  const mask = [get(r, 8), get(r, 12)];
  const out = [0, 0];
  const lengths: number[] = [];
  for (let bit = 0; bit < 64; bit++) {
    if (((mask[bit >>> 5]! >>> (bit & 31)) & 1) === 0) continue;
    const list = ethtoolIoctlStrings(r.dev, bit);
    if (list === null) continue;
    out[bit >>> 5]! |= 1 << (bit & 31);
    lengths.push(list.length);
  }
  if (!has(r, 16 + lengths.length * 4)) return -EFAULT;
  put(r, 4, 0);
  putWords(r, 8, out);
  putWords(r, 16, lengths);
  return 0;
}

/** Counters go out when the buffer was made for as many as there are; else their number stays 0. */
function gstats(r: Req): number {
  const { dev, ops } = r;
  if (ops.getEthtoolStats === undefined) return -EOPNOTSUPP;
  const count = ops.getStrings?.(dev, ETH_SS_STATS)?.length ?? 0;
  if (count === 0) return -EOPNOTSUPP;
  if (!has(r, 8)) return -EFAULT;
  if (get(r, 4) !== count) {
    put(r, 4, 0);
    return 0;
  }
  if (!has(r, 8 + count * 8)) return -EFAULT;
  ops.getEthtoolStats(dev).forEach((v, i) => {
    put(r, 8 + i * 8, v >>> 0);
    put(r, 12 + i * 8, Math.floor(v / 0x1_0000_0000));
  });
  return 0;
}

function gchannels(r: Req): number {
  const c = r.ops.getChannels?.(r.dev) ?? -EOPNOTSUPP;
  if (typeof c === 'number') return c;
  if (!has(r, 36)) return -EFAULT;
  putWords(r, 4, [c.rxMax, c.txMax, c.otherMax, c.combinedMax, c.rx, c.tx, c.other, c.combined]);
  return 0;
}

function schannels(r: Req): number {
  const { dev, ops } = r;
  if (ops.setChannels === undefined || ops.getChannels === undefined) return -EOPNOTSUPP;
  const old = ops.getChannels(dev);
  if (typeof old === 'number') return old;
  if (!has(r, 36)) return -EFAULT;
  const [rx, tx, other, combined] = [get(r, 20), get(r, 24), get(r, 28), get(r, 32)];
  if (rx === old.rx && tx === old.tx && other === old.other && combined === old.combined) return 0;
  if (rx > old.rxMax || tx > old.txMax || other > old.otherMax || combined > old.combinedMax) return -EINVAL;
  if ((rx === 0 || tx === 0) && combined === 0) return -EINVAL;
  const err = ops.setChannels(dev, { ...old, rx, tx, other, combined });
  if (err === 0) notify(dev, ETHTOOL_MSG_CHANNELS_NTF);
  return err;
}

function gring(r: Req): number {
  const c = r.ops.getRingparam?.(r.dev) ?? -EOPNOTSUPP;
  if (typeof c === 'number') return c;
  if (!has(r, 36)) return -EFAULT;
  putWords(r, 4, [c.rxMax, c.rxMiniMax, c.rxJumboMax, c.txMax, c.rx, c.rxMini, c.rxJumbo, c.tx]);
  return 0;
}

function sring(r: Req): number {
  const { dev, ops } = r;
  if (ops.setRingparam === undefined || ops.getRingparam === undefined) return -EOPNOTSUPP;
  const old = ops.getRingparam(dev);
  if (typeof old === 'number') return old;
  if (!has(r, 36)) return -EFAULT;
  const [rx, rxMini, rxJumbo, tx] = [get(r, 20), get(r, 24), get(r, 28), get(r, 32)];
  if (rx > old.rxMax || rxMini > old.rxMiniMax || rxJumbo > old.rxJumboMax || tx > old.txMax) return -EINVAL;
  const err = ops.setRingparam(dev, { ...old, rx, rxMini, rxJumbo, tx });
  if (err === 0) notify(dev, ETHTOOL_MSG_RINGS_NTF);
  return err;
}

/** Values of struct ethtool_coalesce behind the command. */
const COALESCE_VALUES: number = ETHTOOL_COALESCE_FIELDS.length;

function gcoalesce(r: Req): number {
  const c = r.ops.getCoalesce?.(r.dev) ?? -EOPNOTSUPP;
  if (typeof c === 'number') return c;
  if (!has(r, 4 + COALESCE_VALUES * 4)) return -EFAULT;
  putWords(r, 4, c);
  return 0;
}

function scoalesce(r: Req): number {
  const { dev, ops } = r;
  if (ops.setCoalesce === undefined || ops.getCoalesce === undefined) return -EOPNOTSUPP;
  const old = ops.getCoalesce(dev);
  if (typeof old === 'number') return old;
  if (!has(r, 4 + COALESCE_VALUES * 4)) return -EFAULT;
  const c = new Uint32Array(COALESCE_VALUES);
  for (let i = 0; i < COALESCE_VALUES; i++) {
    c[i] = get(r, 4 + i * 4);
    if (c[i] !== 0 && ((ops.supportedCoalesceParams ?? 0) & (1 << i)) === 0) return -EOPNOTSUPP;
  }
  const err = ops.setCoalesce(dev, c);
  if (err === 0) notify(dev, ETHTOOL_MSG_COALESCE_NTF);
  return err;
}

function gpause(r: Req): number {
  const p = r.ops.getPauseparam?.(r.dev) ?? -EOPNOTSUPP;
  if (typeof p === 'number') return p;
  if (!has(r, 16)) return -EFAULT;
  putWords(r, 4, [p.autoneg ? 1 : 0, p.rx ? 1 : 0, p.tx ? 1 : 0]);
  return 0;
}

function spause(r: Req): number {
  if (r.ops.setPauseparam === undefined) return -EOPNOTSUPP;
  if (!has(r, 16)) return -EFAULT;
  const err = r.ops.setPauseparam(r.dev, { autoneg: get(r, 4) !== 0, rx: get(r, 8) !== 0, tx: get(r, 12) !== 0 });
  if (err === 0) notify(r.dev, ETHTOOL_MSG_PAUSE_NTF);
  return err;
}

function gwol(r: Req): number {
  const w = r.ops.getWol?.(r.dev);
  if (w === undefined) return -EOPNOTSUPP;
  if (!has(r, 20)) return -EFAULT;
  putWords(r, 4, [w.supported, w.wolopts]);
  r.u8.set(w.sopass.subarray(0, 6), 12);
  return 0;
}

function swol(r: Req): number {
  const { dev, ops } = r;
  if (ops.setWol === undefined || ops.getWol === undefined) return -EOPNOTSUPP;
  if (!has(r, 20)) return -EFAULT;
  const { supported } = ops.getWol(dev);
  const wolopts = get(r, 8);
  if ((wolopts & ~supported) !== 0) return -EINVAL;
  const err = ops.setWol(dev, { supported, wolopts, sopass: r.u8.slice(12, 18) });
  if (err === 0) notify(dev, ETHTOOL_MSG_WOL_NTF);
  return err;
}

function gmsglvl(r: Req): number {
  if (r.ops.getMsglevel === undefined) return -EOPNOTSUPP;
  if (!has(r, 8)) return -EFAULT;
  put(r, 4, r.ops.getMsglevel(r.dev));
  return 0;
}

function smsglvl(r: Req): number {
  if (r.ops.setMsglevel === undefined) return -EOPNOTSUPP;
  if (!has(r, 8)) return -EFAULT;
  r.ops.setMsglevel(r.dev, get(r, 4));
  notify(r.dev, ETHTOOL_MSG_DEBUG_NTF);
  return 0;
}

function glink(r: Req): number {
  if (r.ops.getLink === undefined) return -EOPNOTSUPP;
  if (!has(r, 8)) return -EFAULT;
  put(r, 4, r.dev.running && r.ops.getLink(r.dev) ? 1 : 0);
  return 0;
}

function gpflags(r: Req): number {
  if (r.ops.getPrivFlags === undefined) return -EOPNOTSUPP;
  if (!has(r, 8)) return -EFAULT;
  put(r, 4, r.ops.getPrivFlags(r.dev));
  return 0;
}

function spflags(r: Req): number {
  if (r.ops.setPrivFlags === undefined) return -EOPNOTSUPP;
  if (!has(r, 8)) return -EFAULT;
  const err = r.ops.setPrivFlags(r.dev, get(r, 4));
  if (err === 0) notify(r.dev, ETHTOOL_MSG_PRIVFLAGS_NTF);
  return err;
}

/** The device's first address, all zeroes for one whose driver never had one. */
function gpermaddr(r: Req): number {
  const { dev } = r;
  if (!has(r, 8)) return -EFAULT;
  if (get(r, 4) < dev.addrLen) return -ETOOSMALL;
  if (!has(r, 8 + dev.addrLen)) return -EFAULT;
  put(r, 4, dev.addrLen);
  r.u8.set(dev.permAddr.subarray(0, dev.addrLen), 8);
  return 0;
}

function gtsInfo(r: Req): number {
  if (!has(r, 44)) return -EFAULT;
  const t = ethtoolTsInfo(r.dev);
  r.u8.fill(0, 4, 44);
  put(r, 4, t.soTimestamping);
  put(r, 8, t.phcIndex);
  put(r, 12, t.txTypes);
  put(r, 28, t.rxFilters);
  return 0;
}

const FEATURE_WORDS = (ETHTOOL_FEATURE_COUNT + 31) >>> 5;

/** As many blocks of 32 features as there is room for: what can be switched, is wanted, is in force, can never change. */
function gfeatures(r: Req): number {
  if (!has(r, 8)) return -EFAULT;
  const room = Math.min(get(r, 4), FEATURE_WORDS);
  put(r, 4, FEATURE_WORDS);
  if (!has(r, 8 + room * 16)) return -EFAULT;
  const f = ethtoolGetFeatures(r.dev);
  for (let i = 0; i < room; i++) putWords(r, 8 + i * 16, [f.hw[i]!, f.wanted[i]!, f.active[i]!, f.nochange[i]!]);
  return 0;
}

function sfeatures(r: Req): number {
  if (!has(r, 8)) return -EFAULT;
  if (get(r, 4) !== FEATURE_WORDS) return -EINVAL;
  if (!has(r, 8 + FEATURE_WORDS * 8)) return -EFAULT;
  const before = ethtoolGetFeatures(r.dev);
  const mask = new Uint32Array(2);
  const wanted = new Uint32Array(2);
  let ret = 0;
  for (let i = 0; i < FEATURE_WORDS; i++) {
    mask[i] = get(r, 8 + i * 8);
    wanted[i] = get(r, 12 + i * 8);
    if ((mask[i]! & before.nochange[i]!) !== 0) return -EINVAL;
    if ((mask[i]! & ~before.hw[i]!) !== 0) {
      mask[i]! &= before.hw[i]!;
      ret |= ETHTOOL_F_UNSUPPORTED;
    }
  }
  ethtoolSetWanted(r.dev, wanted, mask);
  const after = ethtoolGetFeatures(r.dev);
  for (let i = 0; i < FEATURE_WORDS; i++) if (((after.wanted[i]! ^ after.active[i]!) & mask[i]!) !== 0) ret |= ETHTOOL_F_WISH;
  return ret;
}

/** The groups of features that had commands of their own, by the one that asks; the one that sets is the next. */
const OLD_FEATURES: ReadonlyMap<number, Uint32Array> = new Map([
  [ETHTOOL_GRXCSUM, ethtoolFeatureMask(['rx-checksum'])],
  [ETHTOOL_GTXCSUM, ethtoolFeatureMask(['tx-checksum-ipv4', 'tx-checksum-ipv6', 'tx-checksum-ip-generic', 'tx-checksum-fcoe-crc', 'tx-checksum-sctp'])],
  [ETHTOOL_GSG, ethtoolFeatureMask(['tx-scatter-gather', 'tx-scatter-gather-fraglist'])],
  [ETHTOOL_GTSO, ethtoolFeatureMask(['tx-tcp-segmentation', 'tx-tcp-ecn-segmentation', 'tx-tcp-mangleid-segmentation', 'tx-tcp6-segmentation'])],
  [ETHTOOL_GGSO, ethtoolFeatureMask(['tx-generic-segmentation'])],
  [ETHTOOL_GGRO, ethtoolFeatureMask(['rx-gro'])],
]);
const OLD_SETTERS: ReadonlySet<number> = new Set([ETHTOOL_SRXCSUM, ETHTOOL_STXCSUM, ETHTOOL_SSG, ETHTOOL_STSO, ETHTOOL_SGSO, ETHTOOL_SGRO]);

function getOld(r: Req, mask: Uint32Array): number {
  if (!has(r, 8)) return -EFAULT;
  const { active } = ethtoolGetFeatures(r.dev);
  put(r, 4, (active[0]! & mask[0]!) !== 0 || (active[1]! & mask[1]!) !== 0 ? 1 : 0);
  return 0;
}

function setOld(r: Req, mask: Uint32Array): number {
  if (!has(r, 8)) return -EFAULT;
  const { hw } = ethtoolGetFeatures(r.dev);
  const may = new Uint32Array([mask[0]! & hw[0]!, mask[1]! & hw[1]!]);
  if (may[0] === 0 && may[1] === 0) return -EOPNOTSUPP;
  ethtoolSetWanted(r.dev, get(r, 4) !== 0 ? may : new Uint32Array(2), may);
  return 0;
}

/** ETHTOOL_GFLAGS: five features by bits of their own. */
const FLAGS: readonly (readonly [flag: number, mask: Uint32Array])[] = Object.freeze([
  [ETH_FLAG_LRO, ethtoolFeatureMask(['rx-lro'])], [ETH_FLAG_RXVLAN, ethtoolFeatureMask(['rx-vlan-hw-parse'])], [ETH_FLAG_TXVLAN, ethtoolFeatureMask(['tx-vlan-hw-insert'])],
  [ETH_FLAG_NTUPLE, ethtoolFeatureMask(['rx-ntuple-filter'])], [ETH_FLAG_RXHASH, ethtoolFeatureMask(['rx-hashing'])],
] as const);

const overlap = (a: Uint32Array, b: Uint32Array): boolean => (a[0]! & b[0]!) !== 0 || (a[1]! & b[1]!) !== 0;

function gflags(r: Req): number {
  if (!has(r, 8)) return -EFAULT;
  const { active } = ethtoolGetFeatures(r.dev);
  let flags = 0;
  for (const [flag, mask] of FLAGS) if (overlap(active, mask)) flags |= flag;
  put(r, 4, flags);
  return 0;
}

function sflags(r: Req): number {
  if (!has(r, 8)) return -EFAULT;
  const want = get(r, 4);
  const all = FLAGS.reduce((a, [flag]) => a | flag, 0);
  if ((want & ~all) !== 0) return -EINVAL;
  const { active, hw } = ethtoolGetFeatures(r.dev);
  const wanted = new Uint32Array(2);
  const changed = new Uint32Array(2);
  let fixed = false;
  let some = false;
  for (const [flag, mask] of FLAGS) {
    const on = (want & flag) !== 0;
    if (on === overlap(active, mask)) continue;
    if (overlap(hw, mask)) some = true;
    else fixed = true;
    for (let i = 0; i < 2; i++) {
      changed[i]! |= mask[i]!;
      if (on) wanted[i]! |= mask[i]!;
    }
  }
  if (fixed) return some ? -EINVAL : -EOPNOTSUPP;
  ethtoolSetWanted(r.dev, wanted, changed);
  return 0;
}

const COMMANDS: ReadonlyMap<number, (r: Req) => number> = new Map([
  [ETHTOOL_GSET, gset], [ETHTOOL_SSET, sset], [ETHTOOL_GDRVINFO, drvinfo], [ETHTOOL_GWOL, gwol], [ETHTOOL_SWOL, swol], [ETHTOOL_GMSGLVL, gmsglvl], [ETHTOOL_SMSGLVL, smsglvl],
  [ETHTOOL_NWAY_RST, (r: Req): number => r.ops.nwayReset?.(r.dev) ?? -EOPNOTSUPP], [ETHTOOL_GLINK, glink], [ETHTOOL_GCOALESCE, gcoalesce], [ETHTOOL_SCOALESCE, scoalesce],
  [ETHTOOL_GRINGPARAM, gring], [ETHTOOL_SRINGPARAM, sring], [ETHTOOL_GPAUSEPARAM, gpause], [ETHTOOL_SPAUSEPARAM, spause], [ETHTOOL_GSTRINGS, gstrings], [ETHTOOL_GSTATS, gstats],
  [ETHTOOL_GPERMADDR, gpermaddr], [ETHTOOL_GFLAGS, gflags], [ETHTOOL_SFLAGS, sflags], [ETHTOOL_GPFLAGS, gpflags], [ETHTOOL_SPFLAGS, spflags], [ETHTOOL_GSSET_INFO, gssetInfo],
  [ETHTOOL_GFEATURES, gfeatures], [ETHTOOL_SFEATURES, sfeatures], [ETHTOOL_GCHANNELS, gchannels], [ETHTOOL_SCHANNELS, schannels], [ETHTOOL_GET_TS_INFO, gtsInfo],
  [ETHTOOL_GLINKSETTINGS, glinksettings], [ETHTOOL_SLINKSETTINGS, slinksettings],
  // Firmware goes nowhere: devices without such memory take the request as done.
  [ETHTOOL_FLASHDEV, (): number => 0],
]);

const NO_OPS: EthtoolOps = Object.freeze({});

/**
 * SIOCETHTOOL on the device `ifname`: `data` is the caller's buffer, which begins with the command and is read and written in place. Returns 0 (or bits, for
 * ETHTOOL_SFEATURES), or a negative errno: -ENODEV, -EPERM, -EFAULT for a buffer that is too short, -EOPNOTSUPP for what neither the stack nor the driver can do.
 * @alpha
 */
export function devEthtoolIoctl(net: Net, ifname: string, data: Uint8Array): number {
  if (data.length < 4) return -EFAULT;
  const dev = devGetByName(net, ifname);
  if (dev === null) return -ENODEV;
  const r: Req = { dev, ops: dev.ethtoolOps ?? NO_OPS, u8: data, view: new DataView(data.buffer, data.byteOffset, data.length) };
  const cmd = get(r, 0);
  if (!ANYBODY.has(cmd) && !capable(net.kernel, CAP_NET_ADMIN)) return -EPERM;
  return net.kernel.run(() => {
    const old = OLD_FEATURES.get(cmd);
    if (old !== undefined) return getOld(r, old);
    if (OLD_SETTERS.has(cmd)) return setOld(r, OLD_FEATURES.get(cmd - 1)!);
    return COMMANDS.get(cmd)?.(r) ?? -EOPNOTSUPP;
  });
}

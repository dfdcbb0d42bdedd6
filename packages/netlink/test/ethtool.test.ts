import { Cred, EBUSY, EINVAL, EOPNOTSUPP, EPERM } from '@linnet/kernel';
import {
  devEthtoolIoctl, devGetByName, type EthtoolEee, ethtoolLinkSettings, ethtoolNoModes, type EthtoolOps, type EthtoolPause, type EthtoolRings, type EthtoolWol, type NetDevice,
} from '@linnet/netdev';
import {
  ETH_SS_PRIV_FLAGS, ETHTOOL_A_CHANNELS_COMBINED_COUNT, ETHTOOL_A_CHANNELS_RX_COUNT, ETHTOOL_A_COALESCE_RX_MAX_FRAMES, ETHTOOL_A_COALESCE_USE_ADAPTIVE_RX, ETHTOOL_A_EEE_ENABLED, ETHTOOL_A_EEE_MODES_OURS, ETHTOOL_A_EEE_TX_LPI_TIMER,
  ETHTOOL_A_HEADER_DEV_NAME, ETHTOOL_A_HEADER_FLAGS, ETHTOOL_A_PAUSE_RX, ETHTOOL_A_PRIVFLAGS_FLAGS, ETHTOOL_A_RINGS_RX, ETHTOOL_A_RINGS_RX_JUMBO, ETHTOOL_A_RINGS_RX_PUSH, ETHTOOL_A_RINGS_TX, ETHTOOL_A_STATS_GRP,
  ETHTOOL_A_STATS_GRP_STAT, ETHTOOL_A_TSINFO_PHC_INDEX, ETHTOOL_A_WOL_MODES, ETHTOOL_A_WOL_SOPASS, ETHTOOL_GPAUSEPARAM, ETHTOOL_GPFLAGS, ETHTOOL_GRINGPARAM, ETHTOOL_GWOL, ETHTOOL_MSG_CHANNELS_GET, ETHTOOL_MSG_CHANNELS_NTF, ETHTOOL_MSG_CHANNELS_SET,
  ETHTOOL_MSG_COALESCE_GET, ETHTOOL_MSG_COALESCE_NTF, ETHTOOL_MSG_COALESCE_SET, ETHTOOL_MSG_EEE_GET, ETHTOOL_MSG_EEE_NTF, ETHTOOL_MSG_EEE_SET, ETHTOOL_MSG_FEATURES_SET, ETHTOOL_MSG_PAUSE_GET, ETHTOOL_MSG_PAUSE_NTF,
  ETHTOOL_MSG_PAUSE_SET, ETHTOOL_MSG_PRIVFLAGS_GET, ETHTOOL_MSG_PRIVFLAGS_NTF, ETHTOOL_MSG_PRIVFLAGS_SET, ETHTOOL_MSG_RINGS_GET, ETHTOOL_MSG_RINGS_NTF, ETHTOOL_MSG_RINGS_SET, ETHTOOL_MSG_STATS_GET, ETHTOOL_MSG_TSINFO_GET,
  ETHTOOL_MSG_WOL_GET, ETHTOOL_MSG_WOL_NTF, ETHTOOL_MSG_WOL_SET, ETHTOOL_NWAY_RST, ETHTOOL_SCHANNELS, ETHTOOL_SPAUSEPARAM, ETHTOOL_SPFLAGS, ETHTOOL_SRINGPARAM, ETHTOOL_SWOL, NETLINK_GENERIC, NlWriter,
} from '@linnet/uapi';
import { expect, test } from 'vitest';
import { genlFamilyByName } from '../src/index.ts';
import { type Ack, attrs, Client, finish, makeKernel, u32 } from './helpers.ts';

/** A driver that has everything, and remembers what it was told. */
class Driver {
  rings: EthtoolRings = { rxMax: 4096, rxMiniMax: 0, rxJumboMax: 64, txMax: 2048, rx: 512, rxMini: 0, rxJumbo: 32, tx: 256 };
  combined = 4;
  coalesce: Uint32Array = new Uint32Array(22);
  pause: EthtoolPause = { autoneg: true, rx: false, tx: true };
  eee: EthtoolEee = { supported: new Uint32Array([0x20, 0, 0, 0]), advertised: new Uint32Array([0x20, 0, 0, 0]), lpAdvertised: ethtoolNoModes(), active: false, enabled: true, txLpiEnabled: false, txLpiTimer: 17 };
  wol: EthtoolWol = { supported: 0x60, wolopts: 0x20, sopass: new Uint8Array([1, 2, 3, 4, 5, 6]) };
  privFlags = 2;
  resets = 0;
  busy = false;

  ops(): EthtoolOps {
    const may = (fn: () => void): number => {
      if (this.busy) return -EBUSY;
      fn();
      return 0;
    };
    return {
      getDrvinfo: () => ({ driver: 'test', version: '7', fwVersion: '1.2', busInfo: '0000:00:01.0' }),
      getRingparam: () => this.rings, setRingparam: (_d, r) => may(() => (this.rings = r)),
      getChannels: () => ({ rxMax: 0, txMax: 0, otherMax: 1, combinedMax: 8, rx: 0, tx: 0, other: 1, combined: this.combined }), setChannels: (_d, c) => may(() => (this.combined = c.combined)),
      supportedCoalesceParams: 0b10_0000_0011, getCoalesce: () => this.coalesce, setCoalesce: (_d, c) => may(() => (this.coalesce = c)),
      getPauseparam: () => this.pause, setPauseparam: (_d, p) => may(() => (this.pause = p)),
      getEee: () => this.eee, setEee: (_d, e) => may(() => (this.eee = e)),
      getWol: () => this.wol, setWol: (_d, w) => may(() => (this.wol = w)),
      getStrings: (_d, sset) => (sset === ETH_SS_PRIV_FLAGS ? ['fast', 'loud', 'odd'] : null),
      getPrivFlags: () => this.privFlags, setPrivFlags: (_d, f) => may(() => (this.privFlags = f)),
      nwayReset: () => may(() => this.resets++),
      getTsInfo: () => ({ soTimestamping: 0x5f, phcIndex: 3, txTypes: 3, rxFilters: 1 }),
      getStdStats: (_d, group) => (group === 1 ? [5, null, 2 ** 40] : null),
      getLinkKsettings: () => ethtoolLinkSettings(100, 1),
    };
  }
}

function open(): { k: ReturnType<typeof makeKernel>; d: Driver; dev: NetDevice; ask: (cmd: number, fill?: (w: NlWriter) => void, flags?: number) => Map<number, Uint8Array>; set: (cmd: number, fill: (w: NlWriter) => void) => Ack; told: () => number[]; ioctl: (cmd: number, ...words: number[]) => [number, number[]] } {
  const k = makeKernel();
  const d = new Driver();
  const dev = devGetByName(k.initNet, 'lo')!;
  dev.ethtoolOps = d.ops();
  const fam = genlFamilyByName(k, 'ethtool')!;
  const c = new Client(k.initNet, { protocol: NETLINK_GENERIC });
  const ear = new Client(k.initNet, { protocol: NETLINK_GENERIC, groups: 1 << (fam.mcgrpOffset - 1) });
  const body = (cmd: number, flags: number, fill?: (w: NlWriter) => void): Uint8Array => {
    const w = new NlWriter();
    w.begin(0, 0, 0, 0);
    w.view.setUint8(w.reserve(4), cmd);
    w.nestStart(cmd === ETHTOOL_MSG_STATS_GET ? 2 : 1);
    w.putString(ETHTOOL_A_HEADER_DEV_NAME, 'lo');
    w.putU32(ETHTOOL_A_HEADER_FLAGS, flags);
    w.nestEnd();
    fill?.(w);
    w.end();
    return w.bytes().slice(16);
  };
  return {
    k, d, dev,
    ask: (cmd, fill, flags = 1) => attrs(c.request(fam.id, 0, body(cmd, flags, fill))[0]!.payload, 4),
    set: (cmd, fill) => c.ack(fam.id, 0, body(cmd, 0, fill)),
    told: () => ear.messages().map((m) => m.payload[0]!),
    ioctl(cmd, ...words): [number, number[]] {
      const buf = new Uint8Array(256);
      const view = new DataView(buf.buffer);
      [cmd, ...words].forEach((v, i) => view.setUint32(i * 4, v, true));
      const rc = devEthtoolIoctl(k.initNet, 'lo', buf);
      return [rc, Array.from({ length: 12 }, (_, i) => view.getUint32(4 + i * 4, true))];
    },
  };
}

test('rings', () => {
  const { k, d, ask, set, told, ioctl } = open();
  expect([...ask(ETHTOOL_MSG_RINGS_GET).keys()]).toEqual([1, 2, 6, 4, 8, 5, 9]);
  expect(set(ETHTOOL_MSG_RINGS_SET, (w) => w.putU32(ETHTOOL_A_RINGS_RX, 1024)).errno).toBe(0);
  expect([d.rings.rx, d.rings.tx]).toEqual([1024, 256]);
  expect(told()).toEqual([ETHTOOL_MSG_RINGS_NTF]);
  expect(set(ETHTOOL_MSG_RINGS_SET, (w) => w.putU32(ETHTOOL_A_RINGS_RX, 1024)).errno).toBe(0);
  expect(set(ETHTOOL_MSG_RINGS_SET, (w) => w.putU32(ETHTOOL_A_RINGS_TX, 2049)).msg).toBe('requested ring size exceeds maximum');
  expect(set(ETHTOOL_MSG_RINGS_SET, (w) => w.putU32(ETHTOOL_A_RINGS_RX_JUMBO, 65)).errno).toBe(-EINVAL);
  expect(set(ETHTOOL_MSG_RINGS_SET, (w) => w.putU8(ETHTOOL_A_RINGS_RX_PUSH, 1)).errno).toBe(-EOPNOTSUPP);
  d.busy = true;
  expect(set(ETHTOOL_MSG_RINGS_SET, (w) => w.putU32(ETHTOOL_A_RINGS_RX, 7)).errno).toBe(-EBUSY);
  expect(told()).toEqual([]);
  d.busy = false;
  expect(ioctl(ETHTOOL_GRINGPARAM)[1].slice(0, 8)).toEqual([4096, 0, 64, 2048, 1024, 0, 32, 256]);
  expect(ioctl(ETHTOOL_SRINGPARAM, 0, 0, 0, 0, 100, 0, 10, 20)[0]).toBe(0);
  expect([d.rings.rx, d.rings.rxJumbo, d.rings.tx, told()]).toEqual([100, 10, 20, [ETHTOOL_MSG_RINGS_NTF]]);
  expect(ioctl(ETHTOOL_SRINGPARAM, 0, 0, 0, 0, 5000, 0, 10, 20)[0]).toBe(-EINVAL);
  finish(k);
});

test('channels and coalescing', () => {
  const { k, d, ask, set, told, ioctl } = open();
  expect(u32(ask(ETHTOOL_MSG_CHANNELS_GET).get(ETHTOOL_A_CHANNELS_COMBINED_COUNT))).toBe(4);
  expect(set(ETHTOOL_MSG_CHANNELS_SET, (w) => w.putU32(ETHTOOL_A_CHANNELS_COMBINED_COUNT, 8)).errno).toBe(0);
  expect(set(ETHTOOL_MSG_CHANNELS_SET, (w) => w.putU32(ETHTOOL_A_CHANNELS_COMBINED_COUNT, 0)).errno).toBe(-EINVAL);
  expect(set(ETHTOOL_MSG_CHANNELS_SET, (w) => w.putU32(ETHTOOL_A_CHANNELS_RX_COUNT, 1)).msg).toBe('requested channel count exceeds maximum');
  expect(ioctl(ETHTOOL_SCHANNELS, 0, 0, 0, 0, 0, 0, 1, 2)[0]).toBe(0);
  expect([d.combined, told()]).toEqual([2, [ETHTOOL_MSG_CHANNELS_NTF, ETHTOOL_MSG_CHANNELS_NTF]]);
  expect([...ask(ETHTOOL_MSG_COALESCE_GET).keys()]).toEqual([1, 2, 3, 11]);
  expect(set(ETHTOOL_MSG_COALESCE_SET, (w) => {
    w.putU32(ETHTOOL_A_COALESCE_RX_MAX_FRAMES, 9);
    w.putU8(ETHTOOL_A_COALESCE_USE_ADAPTIVE_RX, 7);
  }).errno).toBe(0);
  expect([d.coalesce[1], d.coalesce[9], told()]).toEqual([9, 1, [ETHTOOL_MSG_COALESCE_NTF]]);
  finish(k);
});

test('pause frames, energy, waking, private flags', () => {
  const { k, d, ask, set, told, ioctl } = open();
  expect([...ask(ETHTOOL_MSG_PAUSE_GET).values()].slice(1).map((v) => v[0])).toEqual([1, 0, 1]);
  expect(set(ETHTOOL_MSG_PAUSE_SET, (w) => w.putU8(ETHTOOL_A_PAUSE_RX, 1)).errno).toBe(0);
  expect(d.pause).toEqual({ autoneg: true, rx: true, tx: true });
  expect(ioctl(ETHTOOL_SPAUSEPARAM, 0, 0, 1)[0]).toBe(0);
  expect(ioctl(ETHTOOL_GPAUSEPARAM)[1].slice(0, 3)).toEqual([0, 0, 1]);
  expect(told()).toEqual([ETHTOOL_MSG_PAUSE_NTF, ETHTOOL_MSG_PAUSE_NTF]);

  expect(u32(ask(ETHTOOL_MSG_EEE_GET).get(ETHTOOL_A_EEE_TX_LPI_TIMER))).toBe(17);
  expect(set(ETHTOOL_MSG_EEE_SET, (w) => {
    w.putU8(ETHTOOL_A_EEE_ENABLED, 0);
    w.nestStart(ETHTOOL_A_EEE_MODES_OURS);
    w.putFlag(1);
    w.nestStart(3);
    w.nestEnd();
    w.nestEnd();
  }).errno).toBe(0);
  expect([d.eee.enabled, d.eee.advertised[0], told()]).toEqual([false, 0, [ETHTOOL_MSG_EEE_NTF]]);

  // The password comes with an answer, never with a notification.
  expect([...(ask(ETHTOOL_MSG_WOL_GET).get(ETHTOOL_A_WOL_SOPASS) ?? [])]).toEqual([1, 2, 3, 4, 5, 6]);
  const mode = (name: string, on: boolean) => (w: NlWriter): void => {
    w.nestStart(ETHTOOL_A_WOL_MODES);
    w.nestStart(3);
    w.nestStart(1);
    w.putString(2, name);
    if (on) w.putFlag(3);
  };
  expect(set(ETHTOOL_MSG_WOL_SET, mode('magicsecure', true)).errno).toBe(0);
  expect(d.wol.wolopts).toBe(0x60);
  expect(set(ETHTOOL_MSG_WOL_SET, mode('arp', true)).msg).toBe('cannot enable unsupported WoL mode');
  expect(set(ETHTOOL_MSG_WOL_SET, (w) => w.putBytes(ETHTOOL_A_WOL_SOPASS, new Uint8Array([9, 9]))).errno).toBe(0);
  expect([...d.wol.sopass]).toEqual([9, 9, 0, 0, 0, 0]);
  expect(ioctl(ETHTOOL_GWOL)[1].slice(0, 3)).toEqual([0x60, 0x60, 0x0909]);
  expect(ioctl(ETHTOOL_SWOL, 0, 1)[0]).toBe(-EINVAL);
  expect(ioctl(ETHTOOL_SWOL, 0, 0x20)[0]).toBe(0);
  expect(told()).toEqual([ETHTOOL_MSG_WOL_NTF, ETHTOOL_MSG_WOL_NTF, ETHTOOL_MSG_WOL_NTF]);

  expect(ask(ETHTOOL_MSG_PRIVFLAGS_GET).has(ETHTOOL_A_PRIVFLAGS_FLAGS)).toBe(true);
  const flag = (name: string) => (w: NlWriter): void => {
    w.nestStart(ETHTOOL_A_PRIVFLAGS_FLAGS);
    w.nestStart(3);
    w.nestStart(1);
    w.putString(2, name);
    w.putFlag(3);
  };
  expect(set(ETHTOOL_MSG_PRIVFLAGS_SET, flag('odd')).errno).toBe(0);
  expect(set(ETHTOOL_MSG_PRIVFLAGS_SET, flag('even')).msg).toBe('bit name not found');
  expect([d.privFlags, ioctl(ETHTOOL_GPFLAGS)[1][0], ioctl(ETHTOOL_SPFLAGS, 1)[0], d.privFlags]).toEqual([6, 6, 0, 1]);
  expect(told()).toEqual([ETHTOOL_MSG_PRIVFLAGS_NTF, ETHTOOL_MSG_PRIVFLAGS_NTF]);
  expect([ioctl(ETHTOOL_NWAY_RST)[0], d.resets]).toEqual([0, 1]);
  finish(k);
});

test('time stamps of hardware, standard counters', () => {
  const { k, ask } = open();
  const ts = ask(ETHTOOL_MSG_TSINFO_GET);
  expect([[...ts.keys()], u32(ts.get(ETHTOOL_A_TSINFO_PHC_INDEX))]).toEqual([[1, 2, 3, 4, 5], 3]);
  const st = ask(ETHTOOL_MSG_STATS_GET, (w) => {
    w.nestStart(3);
    w.putFlag(1);
    w.putU32(2, 5);
    w.putBytes(4, new Uint8Array([2, 0, 0, 0]));
  });
  const grp = st.get(ETHTOOL_A_STATS_GRP)!;
  // Two counters: number 0, and number 2, which needs 64 bits.
  const stat = attrs(grp).get(ETHTOOL_A_STATS_GRP_STAT)!;
  expect([attrs(stat).has(2), new DataView(attrs(stat).get(2)!.buffer).getBigUint64(0, true)]).toEqual([true, 2n ** 40n]);
  finish(k);
});

test('only the privileged change things, or see passwords', () => {
  const { k, set, ioctl } = open();
  k.cred = new Cred(1000);
  expect(set(ETHTOOL_MSG_RINGS_SET, (w) => w.putU32(ETHTOOL_A_RINGS_RX, 1)).errno).toBe(-EPERM);
  expect(set(ETHTOOL_MSG_FEATURES_SET, () => undefined).errno).toBe(-EPERM);
  expect(set(ETHTOOL_MSG_WOL_GET, () => undefined).errno).toBe(-EPERM);
  expect(ioctl(ETHTOOL_SPAUSEPARAM, 1, 1, 1)[0]).toBe(-EPERM);
  expect(ioctl(ETHTOOL_GWOL)[0]).toBe(-EPERM);
  expect(ioctl(ETHTOOL_GRINGPARAM)[0]).toBe(0);
  finish(k);
});

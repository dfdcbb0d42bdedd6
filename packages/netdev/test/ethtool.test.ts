import { EFAULT, ENODEV, EOPNOTSUPP } from '@linnet/kernel';
import { SPEED_UNKNOWN } from '@linnet/uapi';
import { expect, test } from 'vitest';
import {
  devEthtoolIoctl, devGetByName, ETHTOOL_FEATURE_COUNT, ETHTOOL_FEATURE_NAMES, ETHTOOL_STRING_SETS, ethtoolFeatureMask, ethtoolGetFeatures, ethtoolLinkSettings, ethtoolSetWanted, ethtoolStrings, ethtoolStringsPerDevice, ethtoolTsInfo,
  netdevFeatureNames, NETIF_F_HW_CSUM, NETIF_F_SG, NETIF_F_TSO, NETIF_FEATURE_NAMES, NETIF_FX_HIGHDMA,
} from '../src/index.ts';
import { FakeDevice } from '../src/testing.ts';
import { finish, makeKernel } from './helpers.ts';

test('every feature of this stack has its place among the kernel\'s sixty-four', () => {
  expect(ETHTOOL_FEATURE_COUNT).toBe(64);
  const named = ETHTOOL_FEATURE_NAMES.filter((n) => n !== '');
  expect(new Set(named).size).toBe(named.length);
  for (const name of NETIF_FEATURE_NAMES) if (name !== '') expect(ETHTOOL_FEATURE_NAMES).toContain(name);
});

test('what a device has is shown bit by bit', () => {
  const k = makeKernel();
  const { dev } = new FakeDevice(k.initNet, { features: NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_TSO });
  dev.featuresExt |= NETIF_FX_HIGHDMA;
  const names = (w: Uint32Array): string[] => ETHTOOL_FEATURE_NAMES.filter((_n, i) => ((w[i >>> 5]! >>> (i & 31)) & 1) !== 0);
  const f = ethtoolGetFeatures(dev);
  expect(names(f.active)).toEqual([...netdevFeatureNames(dev.features), 'highdma'].sort((a, b) => ETHTOOL_FEATURE_NAMES.indexOf(a) - ETHTOOL_FEATURE_NAMES.indexOf(b)));
  expect(names(f.nochange)).toEqual(['vlan-challenged']);
  expect(names(f.hw)).toContain('rx-gro-list');
  const bits = ethtoolFeatureMask(['rx-gro-list', 'tx-scatter-gather', 'highdma']);
  ethtoolSetWanted(dev, new Uint32Array(2), bits);
  // Segmentation needs scatter-gather, and goes with it; what is no choice stays.
  expect(names(ethtoolGetFeatures(dev).active)).not.toContain('tx-tcp-segmentation');
  expect(names(ethtoolGetFeatures(dev).active)).toContain('highdma');
  ethtoolSetWanted(dev, bits, bits);
  expect(names(ethtoolGetFeatures(dev).active)).toEqual(expect.arrayContaining(['tx-tcp-segmentation', 'rx-gro-list']));
  finish(k);
});

test('strings, and what a device without ops answers', () => {
  const k = makeKernel();
  const { dev } = new FakeDevice(k.initNet);
  for (const sset of ETHTOOL_STRING_SETS) {
    const list = ethtoolStrings(dev, sset);
    if (ethtoolStringsPerDevice(sset)) expect(list).toBeNull();
    else expect(list!.length).toBeGreaterThan(0);
  }
  expect(ethtoolStrings(null, 9)!.length).toBe(121);
  expect(ethtoolTsInfo(dev).soTimestamping).toBe(0x18);
  expect(ethtoolTsInfo(devGetByName(k.initNet, 'lo')!).soTimestamping).toBe(0x1a);
  const call = (name: string, cmd: number, len: number): number => devEthtoolIoctl(k.initNet, name, new Uint8Array([cmd, 0, 0, 0, ...new Array<number>(len).fill(0)]));
  expect(call('nobody', 3, 192)).toBe(-ENODEV);
  expect(call(dev.name, 3, 192)).toBe(-EOPNOTSUPP);
  expect(call(dev.name, 0x3a, 4)).toBe(0);
  expect(call(dev.name, 0x3a, 0)).toBe(-EFAULT);
  expect(devEthtoolIoctl(k.initNet, dev.name, new Uint8Array(3))).toBe(-EFAULT);
  finish(k);
});

test('a speed that nobody knows is the same number for every driver, however it was asked for', () => {
  const k = makeKernel();
  const { dev } = new FakeDevice(k.initNet);
  let link = ethtoolLinkSettings(1000, 1);
  dev.ethtoolOps = {
    getLinkKsettings: () => link,
    setLinkKsettings(_dev, s) {
      link = s;
      return 0;
    },
  };
  // ETHTOOL_SSET with both halves of the speed, ETHTOOL_SLINKSETTINGS with its four words of modes.
  const sset = new Uint8Array(44);
  sset.set([2, 0, 0, 0]);
  sset.fill(0xff, 12, 14);
  sset.fill(0xff, 28, 30);
  expect(devEthtoolIoctl(k.initNet, dev.name, sset)).toBe(0);
  expect(link.speed).toBe(SPEED_UNKNOWN);
  link = ethtoolLinkSettings(1000, 1);
  const sls = new Uint8Array(48 + 3 * 16);
  sls.set([0x4d, 0, 0, 0, 255, 255, 255, 255]);
  sls[15] = 4;
  expect(devEthtoolIoctl(k.initNet, dev.name, sls)).toBe(0);
  expect(link.speed).toBe(SPEED_UNKNOWN);
  finish(k);
});

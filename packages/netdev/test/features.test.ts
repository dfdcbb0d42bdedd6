import { expect, test } from 'vitest';
import {
  NETIF_F_ALL_TSO, NETIF_F_FRAGLIST, NETIF_F_GSO, NETIF_F_GSO_SHIFT, NETIF_F_HW_CSUM, NETIF_F_IP_CSUM, NETIF_F_IPV6_CSUM, NETIF_F_SG, NETIF_F_SOFT_DEVICE, NETIF_F_TSO_MANGLEID,
  NETIF_F_TSO, NETIF_F_TSO6, NETIF_F_TSO_ECN, NETIF_F_GSO_UDP_L4, netdevFeatureNames, netdevFixFeatures, netdevUpdateFeatures,
} from '../src/index.ts';
import { SKB_GSO_TCP_ECN, SKB_GSO_TCPV4, SKB_GSO_TCPV6, SKB_GSO_UDP_L4 } from '@linnet/skbuff';
import { FakeDevice } from '../src/testing.ts';
import { finish, makeKernel } from './helpers.ts';

test('GSO types are feature bits', () => {
  expect([SKB_GSO_TCPV4, SKB_GSO_TCPV6, SKB_GSO_TCP_ECN, SKB_GSO_UDP_L4].map((t) => t << NETIF_F_GSO_SHIFT)).toEqual([
    NETIF_F_TSO, NETIF_F_TSO6, NETIF_F_TSO_ECN, NETIF_F_GSO_UDP_L4,
  ]);
  expect(netdevFeatureNames(NETIF_F_TSO | NETIF_F_SG | (1 << 31))).toEqual(['tx-scatter-gather', 'tx-tcp-segmentation']);
});

test('what needs something that is missing is switched off', () => {
  expect(netdevFixFeatures(NETIF_F_SOFT_DEVICE | NETIF_F_GSO)).toBe(NETIF_F_SOFT_DEVICE | NETIF_F_GSO);
  expect(netdevFixFeatures(NETIF_F_ALL_TSO | NETIF_F_HW_CSUM | NETIF_F_GSO | NETIF_F_FRAGLIST)).toBe(NETIF_F_HW_CSUM | NETIF_F_FRAGLIST);
  expect(netdevFixFeatures(NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_TSO_MANGLEID)).toBe(NETIF_F_SG | NETIF_F_HW_CSUM);
  expect(netdevFixFeatures(NETIF_F_SG | NETIF_F_ALL_TSO)).toBe(NETIF_F_SG);
  expect(netdevFixFeatures(NETIF_F_SG | NETIF_F_ALL_TSO | NETIF_F_IPV6_CSUM)).toBe(NETIF_F_SG | NETIF_F_TSO6 | NETIF_F_IPV6_CSUM);
  expect(netdevFixFeatures(NETIF_F_HW_CSUM | NETIF_F_IP_CSUM)).toBe(NETIF_F_HW_CSUM);
});

test('user space switches what the hardware has, and the driver has a say', () => {
  const k = makeKernel();
  const { dev } = new FakeDevice(k.initNet, { features: NETIF_F_SG | NETIF_F_HW_CSUM });
  dev.wantedFeatures &= ~NETIF_F_HW_CSUM;
  netdevUpdateFeatures(dev);
  expect(dev.features & NETIF_F_HW_CSUM).toBe(0);
  dev.wantedFeatures |= NETIF_F_HW_CSUM | NETIF_F_TSO;
  dev.netdevOps = { ...dev.netdevOps, setFeatures: () => -5 };
  netdevUpdateFeatures(dev);
  expect(dev.features & NETIF_F_HW_CSUM).toBe(0);
  dev.netdevOps = { startXmit: dev.netdevOps.startXmit, fixFeatures: (_d, f) => f & ~NETIF_F_SG };
  netdevUpdateFeatures(dev);
  expect(dev.features & (NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_TSO)).toBe(NETIF_F_HW_CSUM);
  finish(k);
});

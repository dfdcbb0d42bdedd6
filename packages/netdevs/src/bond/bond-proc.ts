/** /proc/net/bonding/NAME (bond_procfs.c). */
// datapath-ok-file: administration
import { defineKey, type Key } from '@linnet/kernel';
import { NETDEV_CHANGENAME, NETDEV_REGISTER, NETDEV_UNREGISTER, type NetDevice } from '@linnet/netdev';
import {
  activeAggregator, type Bond, bondGet, type BondSlave, LINK_BACK, LINK_FAIL, LINK_UP, MODE_8023AD, MODE_XOR, type PortParams, SPEED_UNKNOWN, usesPrimary,
} from './bond.ts';

const MODES = ['load balancing (round-robin)', 'fault-tolerance (active-backup)', 'load balancing (xor)', 'fault-tolerance (broadcast)', 'IEEE 802.3ad Dynamic link aggregation', 'transmit load balancing', 'adaptive load balancing'];
const POLICIES = ['layer2', 'layer3+4', 'layer2+3', 'encap2+3', 'encap3+4', 'vlan+srcmac'];
const mac = (u8: Uint8Array): string => Array.from(u8.subarray(0, 6), (b) => b.toString(16).padStart(2, '0')).join(':');
function status(s: BondSlave): string {
  return s.link === LINK_UP ? 'up' : s.link === LINK_FAIL ? 'going down' : s.link === LINK_BACK ? 'going back' : 'down';
}

function side(what: string, p: PortParams, actor: boolean): string {
  return `details ${what} lacp pdu:\n    system priority: ${p.systemPriority}\n    system mac address: ${mac(p.system)}\n    ${actor ? 'port' : 'oper'} key: ${p.key}\n`
    + `    port priority: ${p.portPriority}\n    port number: ${p.portNumber}\n    port state: ${p.state}\n`;
}

function slaveText(s: BondSlave): string {
  let t = `\nSlave Interface: ${s.dev.name}\nMII Status: ${status(s)}\n`;
  t += s.speed === SPEED_UNKNOWN ? 'Speed: Unknown\n' : `Speed: ${s.speed} Mbps\n`;
  t += s.duplex === 0xff ? 'Duplex: Unknown\n' : `Duplex: ${s.duplex === 1 ? 'full' : 'half'}\n`;
  t += `Link Failure Count: ${s.linkFailureCount}\nPermanent HW addr: ${mac(s.permAddr)}\nSlave queue ID: ${s.queueId}\n`;
  if (s.port !== null) {
    t += s.port.aggregator === null ? 'Aggregator ID: N/A\n' : `Aggregator ID: ${s.port.aggregator.id}\n${side('actor', s.port.actor, true)}${side('partner', s.port.partner, false)}`;
  }
  return t;
}

/** The text of a bond's file. */
export function bondProc(bond: Bond): string {
  const { params: q, current } = bond;
  let t = `Ethernet Channel Bonding Driver: v6.18.5\n\nBonding Mode: ${MODES[q.mode]}\n`;
  if (q.mode === MODE_XOR || q.mode === MODE_8023AD) t += `Transmit Hash Policy: ${POLICIES[q.xmitPolicy]} (${q.xmitPolicy})\n`;
  if (usesPrimary(bond)) {
    t += `Primary Slave: ${bond.primary === null ? 'None' : `${bond.primary.dev.name} (primary_reselect ${['always', 'better', 'failure'][q.primaryReselect]})`}\n`;
    t += `Currently Active Slave: ${current?.dev.name ?? 'None'}\n`;
  }
  t += `MII Status: ${bond.dev.carrier ? 'up' : 'down'}\nMII Polling Interval (ms): ${q.miimon}\nUp Delay (ms): ${q.upDelay * q.miimon}\nDown Delay (ms): ${q.downDelay * q.miimon}\n`;
  t += `Peer Notification Delay (ms): ${q.peerNotifDelay * q.miimon}\n`;
  if (q.mode === MODE_8023AD) {
    t += `\n802.3ad info\nLACP active: ${q.lacpActive !== 0 ? 'on' : 'off'}\nLACP rate: ${q.lacpFast !== 0 ? 'fast' : 'slow'}\nMin links: ${q.minLinks}\n`;
    t += `Aggregator selection policy (ad_select): ${['stable', 'bandwidth', 'count'][q.adSelect]}\n`;
    const agg = activeAggregator(bond);
    t += `System priority: ${q.adActorSysPrio}\nSystem MAC address: ${mac(q.adActorSystem.some((b) => b !== 0) ? q.adActorSystem : bond.dev.devAddr)}\n`;
    if (agg === null) t += `bond ${bond.dev.name} has no active aggregator\n`;
    else {
      t += `Active Aggregator Info:\n\tAggregator ID: ${agg.id}\n\tNumber of ports: ${agg.ports.length}\n\tActor Key: ${agg.key}\n\tPartner Key: ${agg.partnerKey}\n\tPartner Mac Address: ${mac(agg.partnerSystem)}\n`;
    }
  }
  return t + bond.slaves.map(slaveText).join('');
}

const FILES: Key<Map<NetDevice, string>> = defineKey<Map<NetDevice, string>>('bonding-proc');

/** Keeps the files in step with the devices. */
export function bondProcEvent(event: number, dev: NetDevice): void {
  const bond = bondGet(dev);
  if (bond === null || (event !== NETDEV_REGISTER && event !== NETDEV_UNREGISTER && event !== NETDEV_CHANGENAME)) return;
  const { net } = dev;
  let files = net.tryGet(FILES);
  if (files === null) {
    files = new Map();
    net.set(FILES, files);
  }
  const old = files.get(dev);
  if (old !== undefined) {
    net.proc.remove(old);
    files.delete(dev);
  }
  if (event === NETDEV_UNREGISTER) return;
  const path = `net/bonding/${dev.name}`;
  files.set(dev, path);
  net.proc.create(path, () => bondProc(bond));
}

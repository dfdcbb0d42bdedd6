import { SKB, skbStats } from '@linnet/skbuff';
import { NlTestClient, nlAttrs, nlIfinfo, nlPayload } from '@linnet/netlink/testing';
import { copyFrame, devAddTap, devOpen, frameLength } from '@linnet/netdev';
import {
  BRIDGE_VLANDB_DUMP_FLAGS, BRIDGE_VLANDB_ENTRY, BRIDGE_VLANDB_ENTRY_INFO, BRIDGE_VLANDB_ENTRY_STATE, BRIDGE_VLANDB_GLOBAL_OPTIONS, BRIDGE_VLANDB_GOPTS_ID, BRIDGE_VLANDB_GOPTS_MCAST_QUERIER, ETH_P_8021AD, IFLA_AF_SPEC, IFLA_BR_MULTI_BOOLOPT,
  IFLA_BR_VLAN_DEFAULT_PVID, IFLA_BR_VLAN_FILTERING, IFLA_BR_VLAN_PROTOCOL, IFLA_BR_VLAN_STATS_ENABLED, IFLA_EXT_MASK, NLM_F_DUMP, type NlWriter, PF_BRIDGE, RTEXT_FILTER_BRVLAN, RTEXT_FILTER_BRVLAN_COMPRESSED, RTM_GETLINK,
  RTM_GETVLAN, RTM_NEWVLAN,
} from '@linnet/uapi';
import { afterEach, describe, expect, test } from 'vitest';
import { vlanNewlink } from '../../src/index.ts';
import { send as sendBy } from '../helpers.ts';
import { BROADCAST, frame, hex, Lab, macOf, PVID, setBridge, setVlan, UNTAGGED } from './lab.ts';

let lab: Lab;
afterEach(() => {
  lab.k.shutdown();
  expect(skbStats(lab.k).live).toBe(0);
});

function filtering(n: number): void {
  lab = new Lab(n);
  expect(setBridge(lab, (w) => w.putU8(IFLA_BR_VLAN_FILTERING, 1)).errno).toBe(0);
}
const dev = (i: number): Lab['br'] => lab.ports[i]!.dev;
/** Port and VLAN tag of each frame sent, '-' without. */
const sent = (list: [number, string][]): string[] => list.map(([i, f]) => `${i}:${f.slice(24, 28) === '8100' || f.slice(24, 28) === '88a8' ? f.slice(24, 32) : '-'}`).sort();

/** The VLANs that a bridge's link messages show: name of the device, then flags and id of each. */
function shown(mask: number): Map<number, string[]> {
  const c = new NlTestClient(lab.k.initNet);
  const out = new Map<number, string[]>();
  for (const m of c.request(RTM_GETLINK, NLM_F_DUMP, nlIfinfo({ family: PF_BRIDGE }, (w) => w.putU32(IFLA_EXT_MASK, mask)))) {
    if (m.type !== 16) continue;
    const spec = nlAttrs(m.payload, 16).get(IFLA_AF_SPEC);
    const list: string[] = [];
    for (let o = 0; spec !== undefined && o < spec.length; o += 8) list.push(`${spec[o + 4]! | (spec[o + 5]! << 8)}/${spec[o + 6]! | (spec[o + 7]! << 8)}`);
    out.set(m.payload[4]!, list);
  }
  c.close();
  return out;
}

describe('filtering', () => {
  test('everything is in VLAN 1 to begin with, without tags', () => {
    filtering(3);
    expect(sent(lab.send(0, frame(BROADCAST, macOf(1))))).toEqual(['1:-', '2:-']);
    expect(sent(lab.send(0, frame(BROADCAST, macOf(1), { vid: 1 })))).toEqual(['1:-', '2:-']);
    expect(sent(lab.send(0, frame(BROADCAST, macOf(1), { vid: 5 })))).toEqual([]);
    expect(shown(RTEXT_FILTER_BRVLAN)).toEqual(new Map([[lab.br.ifindex, ['6/1']], [dev(0).ifindex, ['6/1']], [dev(1).ifindex, ['6/1']], [dev(2).ifindex, ['6/1']]]));
  });
  test('tagged and untagged members, PVID, priority tags', () => {
    filtering(3);
    expect(setVlan(lab, dev(0), 10, PVID | UNTAGGED).errno).toBe(0);
    expect(setVlan(lab, dev(1), 10, 0).errno).toBe(0);
    expect(setVlan(lab, dev(2), 10, UNTAGGED).errno).toBe(0);
    expect(sent(lab.send(0, frame(BROADCAST, macOf(1))))).toEqual(['1:8100000a', '2:-']);
    expect(sent(lab.send(0, frame(BROADCAST, macOf(1), { vid: 0, prio: 5 })))).toEqual(['1:8100a00a', '2:-']);
    expect(sent(lab.send(1, frame(macOf(1), macOf(2), { vid: 10 })))).toEqual(['0:-']);
    // An address is known in its VLAN only.
    expect(sent(lab.send(1, frame(macOf(1), macOf(2))))).toEqual(['0:-', '2:-']);
    expect(setVlan(lab, dev(0), 1, 0, { del: true }).errno).toBe(0);
    expect(sent(lab.send(1, frame(macOf(1), macOf(2))))).toEqual(['2:-']);
    expect(setVlan(lab, dev(0), 10, 0, { del: true }).errno).toBe(0);
    expect(sent(lab.send(0, frame(BROADCAST, macOf(1))))).toEqual([]);
    expect(lab.k.get(SKB).dropCounts()['VLAN_FILTER']).toBeGreaterThan(0);
  });
  test('ranges, and refusals', () => {
    filtering(2);
    expect(setVlan(lab, dev(0), 20, 0, { end: 24 }).errno).toBe(0);
    expect(shown(RTEXT_FILTER_BRVLAN_COMPRESSED).get(dev(0).ifindex)).toEqual(['6/1', '8/20', '16/24']);
    expect(setVlan(lab, dev(0), 22, UNTAGGED).errno).toBe(0);
    expect(shown(RTEXT_FILTER_BRVLAN_COMPRESSED).get(dev(0).ifindex)).toEqual(['6/1', '8/20', '16/21', '4/22', '8/23', '16/24']);
    expect(shown(RTEXT_FILTER_BRVLAN).get(dev(0).ifindex)).toEqual(['6/1', '0/20', '0/21', '4/22', '0/23', '0/24']);
    expect(setVlan(lab, dev(0), 21, 0, { end: 23, del: true }).errno).toBe(0);
    expect(shown(RTEXT_FILTER_BRVLAN).get(dev(0).ifindex)).toEqual(['6/1', '0/20', '0/24']);
    expect(setVlan(lab, dev(0), 0, 0)).toEqual({ errno: -22, msg: 'bridge: Vlan id is invalid' });
    expect(setVlan(lab, dev(0), 4095, 0).errno).toBe(-22);
    expect(setVlan(lab, dev(0), 30, PVID, { end: 31 })).toEqual({ errno: -22, msg: "bridge: Pvid isn't allowed in a range" });
    expect(setVlan(lab, dev(0), 31, 0, { end: 30 }).errno).toBe(-22);
    expect(setVlan(lab, dev(0), 99, 0, { del: true }).errno).toBe(0);
  });
  test('the bridge itself is a member only where it says so', () => {
    filtering(2);
    const seen: string[] = [];
    devAddTap(lab.k, { dev: lab.br, ignoreOutgoing: true, func: (skb) => {
      const b = new Uint8Array(frameLength(skb));
      copyFrame(skb, b);
      seen.push(hex(b));
    } });
    for (const i of [0, 1]) setVlan(lab, dev(i), 7, 0);
    const f = frame(BROADCAST, macOf(1), { vid: 7 });
    lab.send(0, f);
    expect(seen).toEqual([]);
    expect(setVlan(lab, lab.br, 7, 0, { self: true }).errno).toBe(0);
    lab.send(0, f);
    expect(seen).toEqual([hex(f)]);
    // A VLAN device on the bridge speaks for its VLAN.
    const v = vlanNewlink(lab.br, 'br0.7', 7);
    if (typeof v === 'number') throw new Error(`${v}`);
    lab.k.run(() => devOpen(v));
    sendBy(v, frame(BROADCAST, lab.br.devAddr));
    expect(sent(lab.take())).toEqual(['0:81000007', '1:81000007']);
    lab.send(0, f);
    expect([v.stats.rxPackets, v.stats.txPackets]).toEqual([1, 1]);
  });
  test('an 802.1ad bridge: customer tags are payload', () => {
    filtering(2);
    expect(setBridge(lab, (w) => w.putBe16(IFLA_BR_VLAN_PROTOCOL, ETH_P_8021AD)).errno).toBe(0);
    setVlan(lab, dev(1), 1, 0);
    const out = lab.send(0, frame(BROADCAST, macOf(1), { vid: 5 }));
    expect(out.map(([i, f]) => [i, f.slice(24, 40)])).toEqual([[1, '88a8000181000005']]);
  });
  test('default PVID, counters, snooping per VLAN', () => {
    lab = new Lab(1);
    expect(setBridge(lab, (w) => w.putU16(IFLA_BR_VLAN_DEFAULT_PVID, 50)).errno).toBe(0);
    expect(shown(RTEXT_FILTER_BRVLAN)).toEqual(new Map([[lab.br.ifindex, ['6/50']], [dev(0).ifindex, ['6/50']]]));
    expect(setBridge(lab, (w) => w.putU16(IFLA_BR_VLAN_DEFAULT_PVID, 0)).errno).toBe(0);
    expect(shown(RTEXT_FILTER_BRVLAN).get(dev(0).ifindex)).toEqual([]);
    const snoop = (w: NlWriter): void => {
      const o = w.reserveAttr(IFLA_BR_MULTI_BOOLOPT, 8);
      w.view.setUint32(o, 2, true);
      w.view.setUint32(o + 4, 2, true);
    };
    expect(setBridge(lab, snoop)).toEqual({ errno: -22, msg: 'bridge: Cannot enable multicast vlan snooping with vlan filtering disabled' });
    setBridge(lab, (w) => w.putU8(IFLA_BR_VLAN_FILTERING, 1));
    expect(setBridge(lab, snoop).errno).toBe(0);
    expect(setBridge(lab, (w) => w.putU16(IFLA_BR_VLAN_DEFAULT_PVID, 5)).errno).toBe(0);
    expect(setBridge(lab, (w) => w.putU8(IFLA_BR_VLAN_STATS_ENABLED, 2)).errno).toBe(-22);
  });
});

describe('RTM_*VLAN', () => {
  const vlanMsg = (ifindex: number, fill: (w: NlWriter) => void): Uint8Array => nlPayload(8, (v, o) => {
    v.setUint8(o, PF_BRIDGE);
    v.setUint32(o + 4, ifindex, true);
  }, fill);
  const entry = (w: NlWriter, vid: number, flags: number, end: number, more?: (w: NlWriter) => void): void => {
    w.nestStart(BRIDGE_VLANDB_ENTRY);
    const o = w.reserveAttr(BRIDGE_VLANDB_ENTRY_INFO, 4);
    w.view.setUint16(o, flags, true);
    w.view.setUint16(o + 2, vid, true);
    if (end !== 0) w.putU16(2, end);
    more?.(w);
    w.nestEnd();
  };
  test('adds ranges with options, and shows them joined', () => {
    filtering(1);
    const c = new NlTestClient(lab.k.initNet);
    expect(c.ack(RTM_NEWVLAN, 0, vlanMsg(dev(0).ifindex, (w) => entry(w, 10, 0, 14))).errno).toBe(0);
    expect(c.ack(RTM_NEWVLAN, 0, vlanMsg(dev(0).ifindex, (w) => entry(w, 12, 0x40, 13, (x) => x.putU8(BRIDGE_VLANDB_ENTRY_STATE, 4)))).errno).toBe(0);
    expect(c.ack(RTM_NEWVLAN, 0, vlanMsg(dev(0).ifindex, (w) => entry(w, 90, 0x40, 0, (x) => x.putU8(BRIDGE_VLANDB_ENTRY_STATE, 4)))).errno).toBe(-2);
    expect(c.ack(RTM_NEWVLAN, 0, vlanMsg(dev(0).ifindex, (w) => entry(w, 12, 0x40, 0, (x) => x.putU8(BRIDGE_VLANDB_ENTRY_STATE, 9))))).toMatchObject({ errno: -22, msg: 'bridge: Invalid vlan state' });
    expect(c.ack(RTM_NEWVLAN, 0, vlanMsg(1, (w) => entry(w, 12, 0, 0)))).toMatchObject({ errno: -22, msg: 'bridge: The device is not a valid bridge or bridge port' });
    const dump = (flags: number, index: number): string[] => c.request(RTM_GETVLAN, NLM_F_DUMP, vlanMsg(index, (w) => w.putU32(BRIDGE_VLANDB_DUMP_FLAGS, flags))).filter((m) => m.type === RTM_NEWVLAN).flatMap((m) => {
      const out: string[] = [];
      for (let o = 8; o < m.payload.length; ) {
        const len = m.payload[o]! | (m.payload[o + 1]! << 8);
        const tb = nlAttrs(m.payload.slice(o + 4, o + len));
        const i = tb.get(1)!;
        out.push(flags === 2 ? `${i[0]}` : `${i[2]! | (i[3]! << 8)}-${tb.get(2)?.[0] ?? ''} state ${tb.get(3)![0]}`);
        o += (len + 3) & ~3;
      }
      return out;
    });
    expect(dump(0, dev(0).ifindex)).toEqual(['1- state 3', '10-11 state 3', '12-13 state 4', '14- state 3']);
    expect(dump(0, 0)).toEqual(['1- state 3', '1- state 3', '10-11 state 3', '12-13 state 4', '14- state 3']);
    expect(dump(2, 0)).toEqual(['1', '10', '11', '12', '13', '14']);
    // A VLAN that is blocked lets nothing in.
    expect(lab.send(0, frame(BROADCAST, macOf(1), { vid: 12 }))).toEqual([]);
    expect(c.ack(RTM_NEWVLAN, 0, vlanMsg(lab.br.ifindex, (w) => {
      w.nestStart(BRIDGE_VLANDB_GLOBAL_OPTIONS);
      w.putU16(BRIDGE_VLANDB_GOPTS_ID, 10);
      w.putU8(BRIDGE_VLANDB_GOPTS_MCAST_QUERIER, 1);
      w.nestEnd();
    })).errno).toBe(0);
    c.close();
  });
});

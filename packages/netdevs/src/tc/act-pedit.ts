/** pedit: writes into a packet's bytes by offset (tc-pedit(8)). */
// datapath-ok-file: building keys; act() itself allocates nothing
import { EINVAL } from '@linnet/kernel';
import { NL_VALIDATE_LIBERAL, NLA_BINARY, NLA_NESTED, NLA_U16, nlaParseNestedPolicy, nlaParsePolicy } from '@linnet/netlink';
import { pskbMayPull, type Skb, skbEnsureWritable } from '@linnet/skbuff';
import {
  ETH_P_IP, ETH_P_IPV6, IPPROTO_TCP, IPPROTO_UDP, nlaForEachNested, nlaGetU16, nlaLen, nlaType, type NlWriter, TCA_ID_PEDIT, TCA_PEDIT_CMD_MAX, TCA_PEDIT_HDR_TYPE_MAX,
  TCA_PEDIT_KEY_EX, TCA_PEDIT_KEY_EX_CMD, TCA_PEDIT_KEY_EX_CMD_ADD, TCA_PEDIT_KEY_EX_CMD_SET, TCA_PEDIT_KEY_EX_HDR_TYPE_ETH, TCA_PEDIT_KEY_EX_HDR_TYPE_NETWORK,
  TCA_PEDIT_KEY_EX_HDR_TYPE_TCP, TCA_PEDIT_KEY_EX_HDR_TYPE_UDP, TCA_PEDIT_KEY_EX_HTYPE, TCA_PEDIT_KEY_EX_MAX, TCA_PEDIT_KEYS_EX, TCA_PEDIT_MAX, TCA_PEDIT_PARMS,
  TCA_PEDIT_PARMS_EX, TCA_PEDIT_TM,
} from '@linnet/uapi';
import { putTcfT, putTcGen, tcfActionAbort, tcfActionSetup, tcfCheckCtrlact, tcfSetCtrlact } from './act-api.ts';
import { TC_GEN_LEN, tcGen } from './act-common.ts';
import { tcfActionSeen } from './act-exec.ts';
import { say } from './tc-core.ts';
import type { TcActInit, TcAction, TcActOps } from './tc-types.ts';

/** Bytes of struct tc_pedit_sel without keys, and of a key. */
const SEL_LEN = 24;
const KEY_LEN = 24;
const KEY_POLICY = { maxtype: TCA_PEDIT_KEY_EX_MAX, rules: { [TCA_PEDIT_KEY_EX_HTYPE]: { type: NLA_U16 }, [TCA_PEDIT_KEY_EX_CMD]: { type: NLA_U16 } } };
const POLICY = { maxtype: TCA_PEDIT_MAX, rules: { [TCA_PEDIT_PARMS]: { type: NLA_BINARY }, [TCA_PEDIT_PARMS_EX]: { type: NLA_BINARY }, [TCA_PEDIT_KEYS_EX]: { type: NLA_NESTED } } };

class Key {
  mask = 0;
  val = 0;
  off = 0;
  at = 0;
  offmask = 0;
  shift = 0;
  htype = TCA_PEDIT_KEY_EX_HDR_TYPE_NETWORK;
  cmd = TCA_PEDIT_KEY_EX_CMD_SET;
}

class Pedit {
  keys: Key[] = [];
  flags = 0;
  extended = false;
}

function readKeys(p: TcActInit, parms: number, keysEx: number): Pedit | number {
  const { view } = p.req;
  const sel = parms + 4;
  const n = view.getUint8(sel + TC_GEN_LEN);
  if (n === 0) {
    say(p.extack, 'Pedit requires keys to be passed');
    return -EINVAL;
  }
  if (nlaLen(view, parms) < SEL_LEN + n * KEY_LEN) {
    say(p.extack, 'Not enough keys');
    return -EINVAL;
  }
  const pe = new Pedit();
  pe.flags = view.getUint8(sel + TC_GEN_LEN + 1);
  for (let i = 0; i < n; i++) {
    const o = sel + SEL_LEN + i * KEY_LEN;
    const k = new Key();
    // Words as the packet has them in memory; additions carry as they do on a little-endian machine.
    k.mask = view.getInt32(o, true);
    k.val = view.getInt32(o + 4, true);
    k.off = view.getInt32(o + 8, true);
    k.at = view.getUint32(o + 12, true);
    k.offmask = view.getUint32(o + 16, true);
    k.shift = view.getUint32(o + 20, true);
    pe.keys.push(k);
  }
  if (keysEx === 0) return pe;
  pe.extended = true;
  let i = 0;
  let err = 0;
  nlaForEachNested(view, keysEx, (nla) => {
    if (err < 0) return;
    const k = pe.keys[i++];
    if (k === undefined || nlaType(view, nla) !== TCA_PEDIT_KEY_EX) {
      err = -EINVAL;
      return;
    }
    const tb = new Int32Array(TCA_PEDIT_KEY_EX_MAX + 1);
    err = nlaParsePolicy(view, nla + 4, nlaLen(view, nla), tb, TCA_PEDIT_KEY_EX_MAX, KEY_POLICY, NL_VALIDATE_LIBERAL, p.extack);
    if (err < 0) return;
    if (tb[TCA_PEDIT_KEY_EX_HTYPE] === 0 || tb[TCA_PEDIT_KEY_EX_CMD] === 0) err = -EINVAL;
    else {
      k.htype = nlaGetU16(view, tb[TCA_PEDIT_KEY_EX_HTYPE]!);
      k.cmd = nlaGetU16(view, tb[TCA_PEDIT_KEY_EX_CMD]!);
      if (k.htype > TCA_PEDIT_HDR_TYPE_MAX || k.cmd > TCA_PEDIT_CMD_MAX) err = -EINVAL;
    }
  });
  return err < 0 ? err : i < pe.keys.length ? -EINVAL : pe;
}

function init(p: TcActInit, nla: number): TcAction | number {
  if (nla === 0) {
    say(p.extack, 'act_pedit: Pedit requires attributes to be passed');
    return -EINVAL;
  }
  const tb = new Int32Array(TCA_PEDIT_MAX + 1);
  const err = nlaParseNestedPolicy(p.req, nla, tb, POLICY, NL_VALIDATE_LIBERAL);
  if (err < 0) return err;
  const parms = tb[TCA_PEDIT_PARMS] !== 0 ? tb[TCA_PEDIT_PARMS]! : tb[TCA_PEDIT_PARMS_EX]!;
  if (parms === 0 || nlaLen(p.req.view, parms) < SEL_LEN) {
    say(p.extack, 'act_pedit: Missing required TCA_PEDIT_PARMS or TCA_PEDIT_PARMS_EX pedit attribute');
    return -EINVAL;
  }
  const { index, action } = tcGen(p, parms);
  const pe = readKeys(p, parms, tb[TCA_PEDIT_KEYS_EX]!);
  if (typeof pe === 'number') return pe;
  const slot = tcfActionSetup(p, PEDIT_OPS, index);
  if (typeof slot === 'number' || slot.bound) return typeof slot === 'number' ? slot : slot.a;
  const { a } = slot;
  const chain = tcfCheckCtrlact(action, p);
  if (typeof chain === 'number') return tcfActionAbort(p, a, chain);
  tcfSetCtrlact(a, action, chain);
  a.priv = pe;
  return a;
}

/** Where a key's header begins, as an absolute offset; -1 when the packet has none of that kind. */
function headerAt(skb: Skb, htype: number): number {
  const nh = skb.networkHeader;
  if (htype === TCA_PEDIT_KEY_EX_HDR_TYPE_ETH) return skb.macHeader;
  if (htype !== TCA_PEDIT_KEY_EX_HDR_TYPE_TCP && htype !== TCA_PEDIT_KEY_EX_HDR_TYPE_UDP) return nh;
  const want = htype === TCA_PEDIT_KEY_EX_HDR_TYPE_TCP ? IPPROTO_TCP : IPPROTO_UDP;
  if (skb.protocol === ETH_P_IP && nh + 20 <= skb.tail) {
    const ihl = (skb.u8[nh]! & 15) << 2;
    if (skb.u8[nh + 9] !== want || ihl < 20 || (skb.view.getUint16(nh + 6) & 0x1fff) !== 0) return -1;
    return nh + ihl;
  }
  if (skb.protocol === ETH_P_IPV6 && nh + 40 <= skb.tail && skb.u8[nh + 6] === want) return nh + 40;
  return -1;
}

/** Is the word at `at` in the packet, linear and ours? */
function writable(skb: Skb, at: number): boolean {
  const n = at + 4 - skb.data;
  if (n <= 0) return at >= 0 && at >= skb.macHeader && skb.macHeader >= 0; // in the link-layer header before data
  return pskbMayPull(skb, n) && skbEnsureWritable(skb, n);
}

function edit(skb: Skb, k: Key): boolean {
  let h = headerAt(skb, k.htype);
  if (h < 0) return false;
  let { off } = k;
  if (k.offmask !== 0) {
    const at = h + k.at;
    const n = at + 1 - skb.data;
    if (n > 0 && !pskbMayPull(skb, n)) return false;
    h = headerAt(skb, k.htype);
    off += (skb.u8[h + k.at]! & k.offmask) >> k.shift;
  }
  if ((off & 3) !== 0) return false;
  if (!writable(skb, h + off)) return false;
  const at = headerAt(skb, k.htype) + off;
  const old = skb.view.getInt32(at, true);
  const val = k.cmd === TCA_PEDIT_KEY_EX_CMD_ADD ? addMasked(old, k) : k.val;
  skb.view.setInt32(at, (old & k.mask) ^ val, true);
  return true;
}

/** A field plus a value, within the field: bits that the mask keeps are not touched. */
function addMasked(old: number, k: Key): number {
  return (old + k.val) & ~k.mask;
}

/** The action `pedit`. @alpha */
export const PEDIT_OPS: TcActOps = Object.freeze({
  kind: 'pedit',
  id: TCA_ID_PEDIT,
  init,
  act(skb: Skb, a: TcAction): number {
    tcfActionSeen(skb, a);
    const { keys } = a.priv as Pedit;
    for (let i = 0; i < keys.length; i++) {
      if (edit(skb, keys[i]!)) continue;
      a.overlimits++;
      break;
    }
    return a.action;
  },
  dump(a: TcAction, w: NlWriter): void {
    const pe = a.priv as Pedit;
    if (pe.extended) {
      w.nestStartNoflag(TCA_PEDIT_KEYS_EX);
      for (const k of pe.keys) {
        w.nestStartNoflag(TCA_PEDIT_KEY_EX);
        w.putU16(TCA_PEDIT_KEY_EX_HTYPE, k.htype);
        w.putU16(TCA_PEDIT_KEY_EX_CMD, k.cmd);
        w.nestEnd();
      }
      w.nestEnd();
    }
    const off = w.reserveAttr(pe.extended ? TCA_PEDIT_PARMS_EX : TCA_PEDIT_PARMS, SEL_LEN + pe.keys.length * KEY_LEN);
    const { view } = w;
    putTcGen(view, off, a);
    view.setUint8(off + TC_GEN_LEN, pe.keys.length);
    view.setUint8(off + TC_GEN_LEN + 1, pe.flags);
    pe.keys.forEach((k, i) => {
      const o = off + SEL_LEN + i * KEY_LEN;
      view.setInt32(o, k.mask, true);
      view.setInt32(o + 4, k.val, true);
      view.setInt32(o + 8, k.off, true);
      view.setUint32(o + 12, k.at, true);
      view.setUint32(o + 16, k.offmask, true);
      view.setUint32(o + 20, k.shift, true);
    });
    putTcfT(w, TCA_PEDIT_TM, a);
  },
});

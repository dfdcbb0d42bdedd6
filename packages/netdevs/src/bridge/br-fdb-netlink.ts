/** Forwarding entries by netlink: RTM_*NEIGH of PF_BRIDGE for bridges and their ports (br_fdb_add and its like). */
// datapath-ok-file: configuration
import { EEXIST, EINVAL, ENODEV, ENOENT, ENOMEM, EPERM } from '@linnet/kernel';
import { devGetByIndex, type NetDevice } from '@linnet/netdev';
import { type NlDump, nlDumpBegin, nlmsgReplyBegin, nlSetErrMsg, type NlRequest, rtnlDfltFdbDump, type RtnlBridgeOps, type RtnlFdbParams } from '@linnet/netlink';
import {
  FDB_NOTIFY_BIT, FDB_NOTIFY_INACTIVE_BIT, isZeroEtherAddr, NDA_FDB_EXT_ATTRS, NDA_FLAGS_EXT, NDA_IFINDEX, NDA_NDM_FLAGS_MASK, NDA_NDM_STATE_MASK, NDA_VLAN, ndmsgRead, NFEA_ACTIVITY_NOTIFY, NFEA_DONT_REFRESH, NFEA_MAX,
  nlaGetU16, nlaGetU32, nlaGetU8, nlaParseNested, NLM_F_CREATE, NLM_F_EXCL, type NlWriter, NTF_EXT_LEARNED, NTF_EXT_LOCKED, NTF_STICKY, NTF_USE, NUD_NOARP, NUD_PERMANENT, NUD_REACHABLE, RTM_NEWNEIGH,
} from '@linnet/uapi';
import { type Bridge, type BridgePort, brGet, brPortGet } from './br.ts';
import { fdbCreate, fdbDelete, fdbFind, fdbFlush, fdbMarkActive, fdbSetFlags, fdbUpdate, portLearns } from './br-fdb.ts';
import { fdbFillInfo, fdbNotify, fdbToNud } from './br-fdb-fill.ts';
import {
  FDB_ADDED_BY_EXT_LEARN, FDB_ADDED_BY_USER, FDB_DYNAMIC_LEARNED, FDB_LOCAL, FDB_LOCKED, FDB_NOTIFY, FDB_NOTIFY_INACTIVE, FDB_STATIC, FDB_STICKY, type FdbEntry,
} from './br-fdb-table.ts';
import { vlanGroupEntries, vlanShouldUse } from './br-vlan-group.ts';

/** What an entry is to be, besides its address. */
interface Wanted {
  readonly state: number;
  readonly flags: number;
  readonly nlFlags: number;
  /** NFEA_ACTIVITY_NOTIFY, or -1. */
  readonly notify: number;
  readonly refresh: boolean;
}

function where(owner: NetDevice, dev: NetDevice): { readonly br: Bridge; readonly p: BridgePort | null } | null {
  const br = brGet(owner);
  if (br === null) return null;
  if (dev === owner) return { br, p: null };
  const p = brPortGet(dev);
  return p === null ? null : { br, p };
}

/** Brings the flag that tells of activity up to date; true when that is news (fdb_handle_notify). */
function handleNotify(f: FdbEntry, notify: number): boolean {
  if (notify < 0) return false;
  let news = false;
  if ((notify & FDB_NOTIFY_BIT) !== 0) {
    if ((f.flags & FDB_NOTIFY) === 0) news = true;
    f.flags |= FDB_NOTIFY;
  } else {
    if ((f.flags & FDB_NOTIFY) !== 0) news = true;
    f.flags &= ~FDB_NOTIFY;
  }
  if ((notify & FDB_NOTIFY_INACTIVE_BIT) !== 0) {
    if ((f.flags & FDB_NOTIFY_INACTIVE) === 0) news = true;
    f.flags |= FDB_NOTIFY_INACTIVE;
  }
  return news;
}

function addEntry(br: Bridge, p: BridgePort | null, addr: Uint8Array, vid: number, want: Wanted): number {
  const { state, nlFlags } = want;
  const permanent = (state & NUD_PERMANENT) !== 0;
  const sticky = (want.flags & NTF_STICKY) !== 0;
  if (p !== null && !permanent && (state & NUD_NOARP) === 0 && !portLearns(p)) return -EPERM;
  if (p === null && !permanent) return -EINVAL;
  if (sticky && permanent) return -EINVAL;
  let f = fdbFind(br, addr, 0, vid);
  let modified = false;
  if (f === null) {
    if ((nlFlags & NLM_F_CREATE) === 0) return -ENOENT;
    f = fdbCreate(br, p, addr, 0, vid, FDB_ADDED_BY_USER);
    if (f === null) return -ENOMEM;
    modified = true;
  } else {
    if ((nlFlags & NLM_F_EXCL) !== 0) return -EEXIST;
    if (f.dst !== p) {
      f.dst = p;
      modified = true;
    }
    fdbSetFlags(br, f, (f.flags | FDB_ADDED_BY_USER) & ~FDB_DYNAMIC_LEARNED);
  }
  if (fdbToNud(br, f) !== state) {
    const kind = permanent ? FDB_LOCAL | FDB_STATIC : (state & NUD_NOARP) !== 0 ? FDB_STATIC : 0;
    fdbSetFlags(br, f, (f.flags & ~(FDB_LOCAL | FDB_STATIC)) | kind);
    modified = true;
  }
  if (sticky !== ((f.flags & FDB_STICKY) !== 0)) {
    f.flags ^= FDB_STICKY;
    modified = true;
  }
  if (handleNotify(f, want.notify)) modified = true;
  if ((f.flags & FDB_LOCKED) !== 0) {
    f.flags &= ~FDB_LOCKED;
    modified = true;
  }
  f.used = br.kernel.jiffies;
  if (modified) {
    if (want.refresh) f.updated = br.kernel.jiffies;
    fdbNotify(br, f, RTM_NEWNEIGH);
  }
  return 0;
}

/** An entry that a control plane has learned elsewhere (br_fdb_external_learn_add). */
function externalLearn(br: Bridge, p: BridgePort | null, addr: Uint8Array, vid: number): number {
  let f = fdbFind(br, addr, 0, vid);
  let modified = false;
  if (f === null) {
    let flags = FDB_ADDED_BY_EXT_LEARN | FDB_ADDED_BY_USER;
    if (p === null) flags |= FDB_LOCAL;
    f = fdbCreate(br, p, addr, 0, vid, flags);
    if (f === null) return -ENOMEM;
    modified = true;
  } else {
    f.updated = br.kernel.jiffies;
    if (f.dst !== p) {
      f.dst = p;
      modified = true;
    }
    if ((f.flags & FDB_ADDED_BY_EXT_LEARN) === 0) {
      // What was learned here is now kept by somebody else, unless the administrator put it there.
      if ((f.flags & FDB_ADDED_BY_USER) === 0 || (f.flags & FDB_STATIC) === 0) modified = true;
      fdbSetFlags(br, f, (f.flags | FDB_ADDED_BY_EXT_LEARN | FDB_ADDED_BY_USER) & ~FDB_DYNAMIC_LEARNED);
      modified = true;
    }
    if ((f.flags & FDB_LOCKED) !== 0) {
      f.flags &= ~FDB_LOCKED;
      modified = true;
    }
  }
  fdbMarkActive(f);
  if (modified) fdbNotify(br, f, RTM_NEWNEIGH);
  return 0;
}

function fdbAdd(owner: NetDevice, params: RtnlFdbParams): number {
  const { req, tb, dev, addr, vid } = params;
  const { view, extack } = req;
  const ndm = ndmsgRead(view, req.data);
  if ((ndm.state & (NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE)) === 0 || isZeroEtherAddr(addr, 0)) return -EINVAL;
  const at = where(owner, dev);
  if (at === null) return -EINVAL;
  const { br, p } = at;
  const ext = tb[NDA_FLAGS_EXT] === 0 ? 0 : nlaGetU32(view, tb[NDA_FLAGS_EXT]!);
  if ((ext & NTF_EXT_LOCKED) !== 0) {
    nlSetErrMsg(extack, 'bridge: Cannot add FDB entry with "locked" flag set');
    return -EINVAL;
  }
  let notify = -1;
  let refresh = true;
  if (tb[NDA_FDB_EXT_ATTRS] !== 0) {
    const ntb = nlaParseNested(view, tb[NDA_FDB_EXT_ATTRS]!, NFEA_MAX);
    if (ntb[NFEA_ACTIVITY_NOTIFY] !== 0) {
      notify = nlaGetU8(view, ntb[NFEA_ACTIVITY_NOTIFY]!);
      if ((notify & ~(FDB_NOTIFY_BIT | FDB_NOTIFY_INACTIVE_BIT)) !== 0) return -EINVAL;
    }
    refresh = ntb[NFEA_DONT_REFRESH] === 0;
  }
  const want: Wanted = { state: ndm.state, flags: ndm.flags, nlFlags: req.flags, notify, refresh };
  const one = (v: number): number => {
    if ((ndm.flags & NTF_USE) !== 0) {
      if (p === null) return -EINVAL;
      if (portLearns(p)) fdbUpdate(br, p, addr, 0, v, FDB_ADDED_BY_USER);
      return 0;
    }
    if ((ndm.flags & NTF_EXT_LEARNED) !== 0) {
      if (p === null && (ndm.state & NUD_PERMANENT) === 0) {
        nlSetErrMsg(extack, 'bridge: FDB entry towards bridge must be permanent');
        return -EINVAL;
      }
      return externalLearn(br, p, addr, v);
    }
    return addEntry(br, p, addr, v, want);
  };
  const vg = p === null ? br.vlans : p.vlans;
  if (vid !== 0) {
    const v = vg.vlans.get(vid);
    if (v === undefined || !vlanShouldUse(v)) return -EINVAL;
    const rc = one(vid);
    return rc < 0 ? rc : 1;
  }
  // Without a VLAN: for frames of a bridge that does not filter, and in each VLAN that the port is in.
  let rc = one(0);
  if (rc < 0) return rc;
  for (const v of vlanGroupEntries(vg)) {
    if (!vlanShouldUse(v)) continue;
    rc = one(v.vid);
    if (rc < 0) return rc;
  }
  return 1;
}

function fdbDel(owner: NetDevice, params: RtnlFdbParams): number {
  const at = where(owner, params.dev);
  if (at === null) return -EINVAL;
  const { br, p } = at;
  const one = (vid: number): boolean => {
    const f = fdbFind(br, params.addr, 0, vid);
    if (f === null || f.dst !== p) return false;
    fdbDelete(br, f);
    return true;
  };
  const vg = p === null ? br.vlans : p.vlans;
  if (params.vid !== 0) {
    if (!vg.vlans.has(params.vid)) return -EINVAL;
    return one(params.vid) ? 1 : -ENOENT;
  }
  let found = one(0);
  for (const v of vlanGroupEntries(vg)) if (vlanShouldUse(v) && one(v.vid)) found = true;
  return found ? 1 : -ENOENT;
}

/** NLM_F_BULK: what a flush is about, from states and flags with their masks (br_fdb_delete_bulk). */
function fdbDelBulk(owner: NetDevice, dev: NetDevice, req: NlRequest, tb: Int32Array): number {
  const br = brGet(owner);
  if (br === null) return -EINVAL;
  const { view, extack } = req;
  const ndm = ndmsgRead(view, req.data);
  let port = dev === owner ? null : brPortGet(dev);
  const vid = tb[NDA_VLAN] === 0 ? 0 : nlaGetU16(view, tb[NDA_VLAN]!);
  if ((ndm.state & ~(NUD_PERMANENT | NUD_NOARP)) !== 0) {
    nlSetErrMsg(extack, 'Unsupported fdb flush ndm state bits set');
    return -EINVAL;
  }
  const pairs: readonly (readonly [number, number])[] = [[NTF_USE, FDB_ADDED_BY_USER], [NTF_EXT_LEARNED, FDB_ADDED_BY_EXT_LEARN], [NTF_STICKY, FDB_STICKY]];
  const allowed = pairs.reduce((m, [n]) => m | n, 0x20) | 0x06;
  if ((ndm.flags & ~allowed) !== 0) {
    nlSetErrMsg(extack, 'Unsupported fdb flush ndm flag bits set');
    return -EINVAL;
  }
  let flags = 0;
  let mask = 0;
  const put = (meant: boolean, on: boolean, bit: number): void => {
    if (!meant) return;
    mask |= bit;
    if (on) flags |= bit;
  };
  const states = tb[NDA_NDM_STATE_MASK] === 0 ? 0 : nlaGetU16(view, tb[NDA_NDM_STATE_MASK]!);
  put((states & NUD_PERMANENT) !== 0, (ndm.state & NUD_PERMANENT) !== 0, FDB_LOCAL);
  put((states & NUD_NOARP) !== 0, (ndm.state & NUD_NOARP) !== 0, FDB_STATIC);
  const fm = tb[NDA_NDM_FLAGS_MASK] === 0 ? 0 : nlaGetU8(view, tb[NDA_NDM_FLAGS_MASK]!);
  for (const [n, bit] of pairs) put((fm & n) !== 0, (ndm.flags & n) !== 0, bit);
  if (tb[NDA_IFINDEX] !== 0) {
    const other = devGetByIndex(owner.net, nlaGetU32(view, tb[NDA_IFINDEX]!) | 0);
    port = other === null ? null : brPortGet(other);
    if (other === null || (other !== owner && port?.br !== br)) {
      nlSetErrMsg(extack, `bridge: ${other === null ? 'Unknown flush device ifindex' : 'Flush device is not a bridge or bridge port'}`);
      return other === null ? -ENODEV : -EINVAL;
    }
    fdbFlush(br, { flags, mask, port, self: other === owner, vid });
    return 0;
  }
  fdbFlush(br, { flags, mask, port, vid });
  return 0;
}

function fdbDump(owner: NetDevice, filter: NetDevice | null, w: NlWriter, cb: NlDump): number {
  const br = brGet(owner);
  if (br === null) return 0;
  if (filter === null) {
    const ret = rtnlDfltFdbDump(owner, w, cb);
    if (ret < 0) return ret;
  }
  for (let f = br.fdb.head; f !== null; f = f.next) {
    if (filter === null ? f.dst !== null : f.dst?.dev !== filter) continue;
    if (cb.k++ < cb.j) continue;
    nlDumpBegin(w, cb, RTM_NEWNEIGH);
    fdbFillInfo(w, br, f);
    const ret = w.end();
    if (ret < 0) return ret;
    cb.j++;
  }
  return 0;
}

function fdbGet(owner: NetDevice, p: RtnlFdbParams, w: NlWriter): number {
  const br = brGet(owner);
  const f = br === null ? null : fdbFind(br, p.addr, 0, p.vid);
  if (br === null || f === null) return -ENOENT;
  nlmsgReplyBegin(w, p.req, RTM_NEWNEIGH);
  fdbFillInfo(w, br, f);
  return w.end();
}

/** The part of PF_BRIDGE that is about forwarding entries. */
export const brFdbOps: RtnlBridgeOps = Object.freeze({ fdbAdd, fdbDel, fdbDelBulk, fdbDump, fdbGet });

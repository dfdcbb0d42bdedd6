/** The label table over rtnetlink: RTM_*ADDRLABEL (ip-addrlabel(8); messages as Linux 6.18 gives them). */
// datapath-ok-file: messages
import { EINVAL, ESRCH } from '@linnet/kernel';
import type { Kernel, Net } from '@linnet/kernel';
import { devGetByIndex } from '@linnet/netdev';
import { NLA_U32, NLA_UNSPEC, NL_VALIDATE_LIBERAL, nlDumpBegin, nlmsgParse, nlmsgReplyBegin, rtnlDump, rtnlRegister } from '@linnet/netlink';
import type { NlDump, NlRequest, NlaPolicyTable } from '@linnet/netlink';
import { AF_INET6, NLM_F_CREATE, NLM_F_REPLACE, RTM_DELADDRLABEL, RTM_GETADDRLABEL, RTM_NEWADDRLABEL, nlaGetIn6Addr, nlaGetU32 } from '@linnet/uapi';
import type { NlWriter } from '@linnet/uapi';
import { a6Mapped } from './addr6.ts';
import type { AddrlabelEntry, AddrlabelTable } from './addrlabel.ts';
import { IPV6 } from './ipv6-net.ts';

const MSG_LEN = 12;
const IFAL_ADDRESS = 1;
const IFAL_LABEL = 2;
const IFAL_MAX = 2;

const POLICY: NlaPolicyTable = Object.freeze({ maxtype: IFAL_MAX, rules: { [IFAL_ADDRESS]: { type: NLA_UNSPEC, len: 16 }, [IFAL_LABEL]: { type: NLA_U32 } } });

function fill(w: NlWriter, t: AddrlabelTable, e: { prefix: Int32Array; plen: number; ifindex: number; label: number }): number {
  const off = w.reserve(MSG_LEN);
  w.view.setUint8(off, AF_INET6);
  w.view.setUint8(off + 2, e.plen);
  w.view.setUint32(off + 4, e.ifindex, true);
  w.view.setUint32(off + 8, t.seq, true);
  w.putIn6Addr(IFAL_ADDRESS, e.prefix);
  w.putU32(IFAL_LABEL, e.label);
  return w.end();
}

function change(net: Net, req: NlRequest): number {
  const tb = new Int32Array(IFAL_MAX + 1);
  const bad = nlmsgParse(req, MSG_LEN, tb, POLICY, NL_VALIDATE_LIBERAL);
  if (bad !== 0) return bad;
  const { view } = req;
  const plen = view.getUint8(req.data + 2);
  const ifindex = view.getUint32(req.data + 4, true);
  if (view.getUint8(req.data) !== AF_INET6 || plen > 128 || tb[IFAL_ADDRESS] === 0 || tb[IFAL_LABEL] === 0) return -EINVAL;
  const prefix = nlaGetIn6Addr(view, tb[IFAL_ADDRESS]!);
  const label = nlaGetU32(view, tb[IFAL_LABEL]!);
  if (label === 0xffffffff) return -EINVAL;
  if (ifindex !== 0 && devGetByIndex(net, ifindex) === null && req.type === RTM_NEWADDRLABEL) return -EINVAL;
  if (a6Mapped(prefix) && plen < 96) return -EINVAL;
  const t = net.get(IPV6).addrlabels!;
  if (req.type === RTM_DELADDRLABEL) return t.del(prefix, plen, ifindex);
  return t.add(prefix, plen, ifindex, label, (req.flags & NLM_F_CREATE) !== 0, (req.flags & NLM_F_REPLACE) !== 0);
}

function get(net: Net, req: NlRequest, reply: NlWriter): number {
  const tb = new Int32Array(IFAL_MAX + 1);
  const bad = nlmsgParse(req, MSG_LEN, tb, POLICY, NL_VALIDATE_LIBERAL);
  if (bad !== 0) return bad;
  const { view } = req;
  const ifindex = view.getUint32(req.data + 4, true);
  if (view.getUint8(req.data + 2) !== 128 || tb[IFAL_ADDRESS] === 0) return -EINVAL;
  if (ifindex !== 0 && devGetByIndex(net, ifindex) === null) return -EINVAL;
  const t = net.get(IPV6).addrlabels!;
  const addr = nlaGetIn6Addr(view, tb[IFAL_ADDRESS]!);
  const e = t.find(addr, ifindex);
  if (e === null) return -ESRCH;
  nlmsgReplyBegin(reply, req, RTM_NEWADDRLABEL);
  const ret = fill(reply, t, { prefix: e.prefix, plen: e.plen, ifindex, label: e.label });
  return ret < 0 ? ret : 0;
}

function dump(net: Net, _req: NlRequest, w: NlWriter, cb: NlDump): number {
  const t = net.get(IPV6).addrlabels!;
  return rtnlDump<AddrlabelEntry>(t.entries, w, cb, (e) => {
    nlDumpBegin(w, cb, RTM_NEWADDRLABEL);
    return fill(w, t, e);
  });
}

/** Registers the handlers. @alpha */
export function addrlabelInit(k: Kernel): void {
  rtnlRegister(k, AF_INET6, RTM_NEWADDRLABEL, { doit: change });
  rtnlRegister(k, AF_INET6, RTM_DELADDRLABEL, { doit: change });
  rtnlRegister(k, AF_INET6, RTM_GETADDRLABEL, { doit: get, dumpit: dump });
}

/** A datagram for NETLINK_GENERIC: finds family and command, checks the attributes, runs the handler. */
import { EINVAL, ENOENT, EOPNOTSUPP, EPERM, type Net } from '@linnet/kernel';
import type { Skb } from '@linnet/skbuff';
import { CAP_NET_ADMIN, CAP_SYS_ADMIN, GENL_ADMIN_PERM, GENL_HDRLEN, GENL_UNS_ADMIN_PERM, NLM_F_ACK, NLM_F_DUMP, NLM_F_ECHO, NLM_F_REQUEST, NlWriter } from '@linnet/uapi';
import { nlSetErrMsg } from './extack.ts';
import {
  GENL_DONT_VALIDATE_DUMP, GENL_DONT_VALIDATE_DUMP_STRICT, GENL_DONT_VALIDATE_STRICT, type GenlFamily, type GenlOps,
} from './genl-kernel.ts';
import { netlinkNetCapable } from './netlink-capable.ts';
import { netlinkSendskb } from './netlink-deliver.ts';
import { netlinkDumpStart } from './netlink-dump.ts';
import { netlinkRcvSkb } from './netlink-rcv.ts';
import type { NetlinkSock } from './netlink-sock.ts';
import { NETLINK } from './netlink-table.ts';
import { NL_VALIDATE_LIBERAL, NL_VALIDATE_STRICT, nlmsgParse, type NlaPolicyTable } from './nla-policy.ts';
import { type NlRequest, nlreqLen } from './request.ts';

/** genl_rcv. */
export function genlRcv(net: Net, sk: NetlinkSock, skb: Skb): void {
  netlinkRcvSkb(net, sk, skb, genlRcvMsg);
}

/** Attributes of a request, checked; or a negative errno. */
function parseAttrs(req: NlRequest, family: GenlFamily, policy: NlaPolicyTable | undefined, liberal: boolean, check: boolean): Int32Array | number {
  if (policy === undefined || policy.maxtype === 0) return new Int32Array(1);
  const tb = new Int32Array(policy.maxtype + 1);
  if (!check) return tb;
  const err = nlmsgParse(req, GENL_HDRLEN + family.hdrsize, tb, policy, liberal ? NL_VALIDATE_LIBERAL : NL_VALIDATE_STRICT);
  return err < 0 ? err : tb;
}

/** Newer commands take no unknown header flags and no reserved bits (genl_header_check). */
function headerCheck(req: NlRequest, family: GenlFamily): number {
  const cmd = req.view.getUint8(req.data);
  if (family.def.resvStartOp === undefined || cmd < family.def.resvStartOp) return 0;
  if (req.view.getUint16(req.data + 2, true) !== 0) {
    nlSetErrMsg(req.extack, 'genlmsghdr.reserved field is not 0');
    return -EINVAL;
  }
  // A dump is asked for by both of its bits, or by none.
  let flags = req.flags & ~NLM_F_DUMP;
  if ((req.flags & NLM_F_DUMP) !== 0 && (req.flags & NLM_F_DUMP) !== NLM_F_DUMP) flags |= 0x8000;
  if ((flags & ~(NLM_F_REQUEST | NLM_F_ACK | NLM_F_ECHO)) !== 0) {
    nlSetErrMsg(req.extack, 'ambiguous or reserved bits set in nlmsg_flags');
    return -EINVAL;
  }
  return 0;
}

function genlDumpit(req: NlRequest, skb: Skb, family: GenlFamily, op: GenlOps): number {
  const { net } = req;
  const dumpit = op.dumpit?.bind(op);
  if (dumpit === undefined) return -EOPNOTSUPP;
  const v = op.validate ?? 0;
  const policy = op.dumpPolicy ?? op.policy ?? family.def.policy;
  let attrs: Int32Array = new Int32Array(1);
  return netlinkDumpStart(req, skb, {
    start(cb): number {
      const parsed = parseAttrs(req, family, policy, (v & GENL_DONT_VALIDATE_DUMP_STRICT) !== 0, (v & GENL_DONT_VALIDATE_DUMP) === 0);
      if (typeof parsed === 'number') return parsed;
      attrs = parsed;
      return op.start?.(net, req, cb, attrs) ?? 0;
    },
    dump: (r, w, cb) => dumpit(net, r, w, cb, attrs),
    ...(op.done === undefined ? {} : { done: (cb): void => op.done!(cb) }),
  });
}

function genlDoit(req: NlRequest, family: GenlFamily, op: GenlOps): number {
  const { net } = req;
  if (op.doit === undefined) return -EOPNOTSUPP;
  const attrs = parseAttrs(req, family, op.policy ?? family.def.policy, ((op.validate ?? 0) & GENL_DONT_VALIDATE_STRICT) !== 0, true);
  if (typeof attrs === 'number') return attrs;
  let err = family.def.preDoit?.(op, net, req, attrs) ?? 0;
  if (err < 0) return err;
  const reply = new NlWriter({ capacity: 512 });
  err = op.doit(net, req, reply, attrs);
  if (err < 0) return err;
  if (reply.start >= 0) reply.cancel();
  if (reply.len > 0) netlinkSendskb(req.sk, reply.u8, reply.len, 0, 0);
  return 0;
}

/** One request (genl_rcv_msg). */
function genlRcvMsg(req: NlRequest, skb: Skb): number {
  const { net } = req;
  const family = net.kernel.get(NETLINK).genl.families.get(req.type);
  if (family === undefined) return -ENOENT;
  if (!family.netnsok && net !== net.kernel.initNet) return -ENOENT;
  if (nlreqLen(req) < GENL_HDRLEN + family.hdrsize) return -EINVAL;
  const err = headerCheck(req, family);
  if (err < 0) return err;
  const dump = (req.flags & NLM_F_DUMP) === NLM_F_DUMP;
  const op = family.ops.get(req.view.getUint8(req.data));
  if (op === undefined || (dump ? op.dumpit : op.doit) === undefined) return -EOPNOTSUPP;
  if (((op.flags ?? 0) & (GENL_ADMIN_PERM | GENL_UNS_ADMIN_PERM)) !== 0 && !netlinkNetCapable(req, CAP_NET_ADMIN)) return -EPERM;
  return dump ? genlDumpit(req, skb, family, op) : genlDoit(req, family, op);
}

/** A socket joins a group: some are only for the privileged (genl_bind). */
export function genlBind(net: Net, group: number, privileged: (cap: number) => boolean): number {
  for (const f of net.kernel.get(NETLINK).genl.families.values()) {
    const i = group - f.mcgrpOffset;
    if (f.mcgrps.length === 0 || i < 0 || i >= f.mcgrps.length) continue;
    const flags = f.mcgrps[i]!.flags ?? 0;
    if ((flags & 1) !== 0 && !privileged(CAP_NET_ADMIN)) return -EPERM;
    if ((flags & 2) !== 0 && !privileged(CAP_SYS_ADMIN)) return -EPERM;
    return f.def.mcastBind?.(net, i) ?? 0;
  }
  // A number that no family has yet may be listened to all the same.
  return 0;
}

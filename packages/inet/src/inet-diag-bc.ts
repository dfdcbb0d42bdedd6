/** The little programs with which `ss` says which sockets it wants (INET_DIAG_REQ_BYTECODE): checking them, and running them (inet_diag_bc_*). */
// datapath-ok-file: requests
import { EINVAL, EPERM } from '@linnet/kernel';
import { SOCK_BINDPORT_LOCK } from '@linnet/socket';
import {
  AF_INET, AF_INET6, AF_UNSPEC, INET_DIAG_BC_AUTO, INET_DIAG_BC_CGROUP_COND, INET_DIAG_BC_D_COND, INET_DIAG_BC_D_EQ, INET_DIAG_BC_D_GE, INET_DIAG_BC_D_LE, INET_DIAG_BC_DEV_COND,
  INET_DIAG_BC_JMP, INET_DIAG_BC_MARK_COND, INET_DIAG_BC_NOP, INET_DIAG_BC_S_COND, INET_DIAG_BC_S_EQ, INET_DIAG_BC_S_GE, INET_DIAG_BC_S_LE,
} from '@linnet/uapi';

/** What a program can ask of a socket (struct inet_diag_entry). Addresses as four words in network's order of significance; IPv4 ones in the first. */
export class InetDiagEntry {
  family = 0;
  saddr: Int32Array = new Int32Array(4);
  daddr: Int32Array = new Int32Array(4);
  sport = 0;
  dport = 0;
  ifindex = 0;
  userlocks = 0;
  mark = 0;
  cgroupId = 0;
}

/** Bytes of an operation (struct inet_diag_bc_op): code u8, yes u8, no u16, where yes and no are jumps in bytes. */
const OP_LEN = 4;
/** Bytes of the head of a host condition (struct inet_diag_hostcond): family u8, prefix_len u8, two of padding, port s32; the address follows. */
const HOSTCOND_LEN = 8;

function addrLen(family: number): number {
  return family === AF_UNSPEC ? 0 : family === AF_INET ? 4 : family === AF_INET6 ? 16 : -1;
}

/** Bytes that the operation at `at` takes at least, arguments included; 0 when it is none or its arguments are wrong; -1 when the caller may not use it. */
function opLength(v: DataView, at: number, len: number, netAdmin: boolean): number {
  switch (v.getUint8(at)) {
    case INET_DIAG_BC_S_COND:
    case INET_DIAG_BC_D_COND: {
      if (len < OP_LEN + HOSTCOND_LEN) return 0;
      const n = addrLen(v.getUint8(at + OP_LEN));
      if (n < 0 || len < OP_LEN + HOSTCOND_LEN + n || v.getUint8(at + OP_LEN + 1) > 8 * n) return 0;
      return OP_LEN + HOSTCOND_LEN + n;
    }
    case INET_DIAG_BC_DEV_COND:
      return len < OP_LEN + 4 ? 0 : OP_LEN + 4;
    case INET_DIAG_BC_S_EQ:
    case INET_DIAG_BC_D_EQ:
    case INET_DIAG_BC_S_GE:
    case INET_DIAG_BC_S_LE:
    case INET_DIAG_BC_D_GE:
    case INET_DIAG_BC_D_LE:
      // The port stands in the `no` of a second operation.
      return len < 2 * OP_LEN ? 0 : 2 * OP_LEN;
    case INET_DIAG_BC_MARK_COND:
      if (!netAdmin) return -1;
      return len < OP_LEN + 8 ? 0 : OP_LEN + 8;
    case INET_DIAG_BC_CGROUP_COND:
      return len < OP_LEN + 8 ? 0 : OP_LEN + 8;
    case INET_DIAG_BC_AUTO:
    case INET_DIAG_BC_JMP:
    case INET_DIAG_BC_NOP:
      return OP_LEN;
    default:
      return 0;
  }
}

/** Does a jump to `cc` bytes before the end land on an operation? */
function validCc(v: DataView, off: number, len: number, cc: number): boolean {
  while (len >= 0) {
    if (cc > len) return false;
    if (cc === len) return true;
    const yes = v.getUint8(off + 1);
    if (yes < OP_LEN || (yes & 3) !== 0) return false;
    len -= yes;
    off += yes;
  }
  return false;
}

/** May the program of `total` bytes at `off` be run? It must end, and never leave itself (inet_diag_bc_audit). 0, -EINVAL, or -EPERM for marks. */
export function inetDiagBcAudit(v: DataView, off: number, total: number, netAdmin: boolean): number {
  if (total < OP_LEN) return -EINVAL;
  let at = off;
  let len = total;
  while (len > 0) {
    if (len < OP_LEN) return -EINVAL;
    const min = opLength(v, at, len, netAdmin);
    if (min === -1) return -EPERM;
    if (min === 0) return -EINVAL;
    const yes = v.getUint8(at + 1);
    const no = v.getUint16(at + 2, true);
    if (v.getUint8(at) !== INET_DIAG_BC_NOP) {
      if (no < min || no > len + 4 || (no & 3) !== 0) return -EINVAL;
      if (no < len && !validCc(v, off, total, len - no)) return -EINVAL;
    }
    if (yes < min || yes > len + 4 || (yes & 3) !== 0) return -EINVAL;
    at += yes;
    len -= yes;
  }
  return len === 0 ? 0 : -EINVAL;
}

/** Do the first `bits` of an address, whose first word is `words[from]`, agree with the bytes at `off`? */
function prefixMatch(words: Int32Array, from: number, v: DataView, off: number, bits: number): boolean {
  let i = from;
  while (bits >= 32) {
    if (words[i] !== v.getInt32(off)) return false;
    i++;
    off += 4;
    bits -= 32;
  }
  return bits === 0 || ((words[i]! ^ v.getInt32(off)) & (-1 << (32 - bits))) === 0;
}

function hostMatch(v: DataView, at: number, e: InetDiagEntry, port: number, addr: Int32Array): boolean {
  const family = v.getUint8(at);
  const bits = v.getUint8(at + 1);
  const want = v.getInt32(at + 4, true);
  if (want !== -1 && want !== port) return false;
  if (family !== AF_UNSPEC && family !== e.family) {
    // An IPv4 address may stand in a socket of IPv6.
    return e.family === AF_INET6 && family === AF_INET && addr[0] === 0 && addr[1] === 0 && addr[2] === 0xffff && prefixMatch(addr, 3, v, at + HOSTCOND_LEN, bits);
  }
  return bits === 0 || prefixMatch(addr, 0, v, at + HOSTCOND_LEN, bits);
}

/** Does a program that passed the audit want this socket? (inet_diag_bc_run) */
export function inetDiagBcRun(v: DataView, off: number, len: number, e: InetDiagEntry): boolean {
  while (len > 0) {
    const arg = off + OP_LEN;
    let ok = true;
    switch (v.getUint8(off)) {
      case INET_DIAG_BC_NOP: break;
      case INET_DIAG_BC_JMP: ok = false; break;
      case INET_DIAG_BC_S_EQ: ok = e.sport === v.getUint16(arg + 2, true); break;
      case INET_DIAG_BC_S_GE: ok = e.sport >= v.getUint16(arg + 2, true); break;
      case INET_DIAG_BC_S_LE: ok = e.sport <= v.getUint16(arg + 2, true); break;
      case INET_DIAG_BC_D_EQ: ok = e.dport === v.getUint16(arg + 2, true); break;
      case INET_DIAG_BC_D_GE: ok = e.dport >= v.getUint16(arg + 2, true); break;
      case INET_DIAG_BC_D_LE: ok = e.dport <= v.getUint16(arg + 2, true); break;
      case INET_DIAG_BC_AUTO: ok = (e.userlocks & SOCK_BINDPORT_LOCK) === 0; break;
      case INET_DIAG_BC_S_COND: ok = hostMatch(v, arg, e, e.sport, e.saddr); break;
      case INET_DIAG_BC_D_COND: ok = hostMatch(v, arg, e, e.dport, e.daddr); break;
      case INET_DIAG_BC_DEV_COND: ok = v.getInt32(arg, true) === e.ifindex; break;
      case INET_DIAG_BC_MARK_COND: ok = (e.mark & v.getInt32(arg + 4, true)) === v.getInt32(arg, true); break;
      case INET_DIAG_BC_CGROUP_COND: ok = v.getUint32(arg, true) === e.cgroupId && v.getUint32(arg + 4, true) === 0; break;
      default: return false;
    }
    const step = ok ? v.getUint8(off + 1) : v.getUint16(off + 2, true);
    off += step;
    len -= step;
  }
  return len === 0;
}

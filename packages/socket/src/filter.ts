/** Socket filters: SO_ATTACH_FILTER and its relatives (socket(7)). A program is given and shown as its instructions (an array of struct sock_filter), without the pointer of struct sock_fprog. */
import { EINVAL, ENOENT, ENOMEM, EPERM } from '@linnet/kernel';
import { bpfCompile, bpfDecode, bpfEncode, bpfProgCreate, bpfRun } from '@linnet/netdev';
import { pskbTrim, type Skb } from '@linnet/skbuff';
import { SOCK_FILTER_LOCKED, sockFlag, sockSetFlag, type Sock } from './sock.ts';
import { SOCKET_NET } from './core-sysctl.ts';

/** What a program of `n` instructions counts against net.core.optmem_max (measured: SO_MEMINFO). */
function filterCost(n: number): number {
  return 128 + 8 * n;
}

/** Option memory of a sock (sk_omem_alloc): its program. @alpha */
export function skOptmem(sk: Sock): number {
  return sk.filter === null ? 0 : filterCost(sk.filter.len);
}

/** Attaches a program, in place of one that is there (sk_attach_filter): 0, -EINVAL for a bad one, -EPERM when the filter is locked, -ENOMEM beyond net.core.optmem_max. @alpha */
export function skAttachFilter(sk: Sock, bytes: Uint8Array): number {
  if (sockFlag(sk, SOCK_FILTER_LOCKED)) return -EPERM;
  const insns = bpfDecode(bytes);
  if (typeof insns === 'number') return insns;
  const prog = bpfProgCreate(sk.kernel, insns);
  if (typeof prog === 'number') return prog;
  if (skOptmem(sk) + filterCost(prog.len) >= sk.net.get(SOCKET_NET).optmemMax) return -ENOMEM;
  bpfCompile(prog);
  sk.filter = prog;
  return 0;
}

/** Takes the program away (sk_detach_filter): 0, -ENOENT when there is none, -EPERM when it is locked. @alpha */
export function skDetachFilter(sk: Sock): number {
  if (sockFlag(sk, SOCK_FILTER_LOCKED)) return -EPERM;
  if (sk.filter === null) return -ENOENT;
  sk.filter = null;
  return 0;
}

/** SO_LOCK_FILTER: a lock cannot be undone. 0 or -EPERM. @alpha */
export function skLockFilter(sk: Sock, on: boolean): number {
  if (!on && sockFlag(sk, SOCK_FILTER_LOCKED)) return -EPERM;
  sockSetFlag(sk, SOCK_FILTER_LOCKED, on);
  return 0;
}

/** The attached program's instructions (sk_get_filter), none when there is no program; -EINVAL when `maxLen` bytes are too few for them. @alpha */
export function skGetFilter(sk: Sock, maxLen: number): Uint8Array | number {
  if (sk.filter === null) return new Uint8Array(0);
  const out = bpfEncode(sk.filter);
  return out.length > maxLen ? -EINVAL : out;
}

/** How many bytes of a packet the sock's program keeps, from `data` on: 0 drops it, 0xffffffff (or any number over its length) keeps it whole. Neither changes nor frees the skb. @alpha */
export function skFilter(sk: Sock, skb: Skb): number {
  return sk.filter === null ? 0xffffffff : bpfRun(sk.filter, skb);
}

/**
 * Runs the sock's program on a packet and cuts off what it does not keep, but never into the first `cap` bytes (sk_filter_trim_cap): 0, or -EPERM for a packet to drop, which stays the
 * caller's.
 * @alpha
 */
export function skFilterTrimCap(sk: Sock, skb: Skb, cap: number): number {
  if (sk.filter === null) return 0;
  const keep = bpfRun(sk.filter, skb);
  if (keep === 0) return -EPERM;
  const len = keep > cap ? keep : cap;
  if (len < skb.len) pskbTrim(skb, len);
  return 0;
}

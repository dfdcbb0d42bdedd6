/**
 * Sockets that share an address with SO_REUSEPORT, and the program that chooses among them: SO_ATTACH_REUSEPORT_CBPF (socket(7)). They are numbered in the order in which they came (bind(2) of
 * datagram sockets, listen(2) of streams); the last one takes the number of one that goes.
 */
import { EINVAL, ENOENT, EPERM } from '@linnet/kernel';
import { bpfCompile, bpfDecode, type BpfProg, bpfProgCreate, bpfRun } from '@linnet/netdev';
import { type Skb, skbPullUnchecked, skbPush } from '@linnet/skbuff';
import { SOCK_FILTER_LOCKED, sockFlag, type Sock } from './sock.ts';

/** Those who share one address. @alpha */
export class ReuseportGroup {
  readonly members: Sock[] = [];
  prog: BpfProg | null = null;
}

/** A sock begins to share with `other`, which shares already, or is the first of its group when that is null. @alpha */
export function reuseportJoin(sk: Sock, other: Sock | null): void {
  const group = other?.reuseGroup ?? sk.reuseGroup ?? new ReuseportGroup();
  if (sk.reuseGroup !== null && sk.reuseGroup !== group) reuseportLeave(sk);
  sk.reuseGroup = group;
  if (!group.members.includes(sk)) group.members.push(sk);
}

/** It shares no more. @alpha */
export function reuseportLeave(sk: Sock): void {
  const group = sk.reuseGroup;
  if (group === null) return;
  sk.reuseGroup = null;
  const at = group.members.indexOf(sk);
  const last = group.members.pop()!;
  if (last !== sk) group.members[at] = last;
}

/** Who of the group of `sk` gets a packet: whom its program names, which sees it from `hdrLen` bytes behind `data` on, or null when it names nobody. Does not change the packet. @alpha */
export function reuseportChoose(group: ReuseportGroup, skb: Skb, hdrLen: number): Sock | null {
  if (group.prog === null || skb.tail - skb.data < hdrLen) return null;
  skbPullUnchecked(skb, hdrLen);
  const i = bpfRun(group.prog, skb) >>> 0;
  skbPush(skb, hdrLen);
  return i < group.members.length ? group.members[i]! : null;
}

/** SO_ATTACH_REUSEPORT_CBPF: 0, -EINVAL for a bad program or a sock that shares with nobody, -EPERM when filters are locked. `bound`: it is too late to begin a group. */
export function reuseportAttach(sk: Sock, bytes: Uint8Array, bound: boolean): number {
  if (sockFlag(sk, SOCK_FILTER_LOCKED)) return -EPERM;
  const insns = bpfDecode(bytes);
  if (typeof insns === 'number') return insns;
  const prog = bpfProgCreate(sk.kernel, insns);
  if (typeof prog === 'number') return prog;
  if (sk.reuseGroup === null) {
    if (!sk.reuseport || bound) return -EINVAL;
    reuseportJoin(sk, null);
  }
  bpfCompile(prog);
  sk.reuseGroup!.prog = prog;
  return 0;
}

/** SO_DETACH_REUSEPORT_BPF: 0, -ENOENT when there is no program, -EINVAL for a sock that shares with nobody. */
export function reuseportDetach(sk: Sock): number {
  const group = sk.reuseGroup;
  if (group === null) return sk.reuseport ? -ENOENT : -EINVAL;
  if (group.prog === null) return -ENOENT;
  group.prog = null;
  return 0;
}

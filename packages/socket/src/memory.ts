/** Memory accounting of sockets: who holds how many bytes of packets, and when it is too much. */
import { skbOrphan, type Skb } from '@linnet/skbuff';
import type { Sock } from './sock.ts';

/** The unit in which a sock borrows from its transport's memory. @alpha */
export const SK_MEM_QUANTUM = 4096;

/** Bytes of one transport in one kernel, against low, pressure and hard limits in pages (`tcp_mem`, `udp_mem`). @alpha */
export class ProtoMemory {
  /** Pages lent to socks. */
  allocated = 0;
  pressure = false;
  /** Pages: below low no pressure, above pressure be modest, above high refuse. */
  low: number;
  mid: number;
  high: number;
  constructor(low: number, mid: number, high: number) {
    this.low = low;
    this.mid = mid;
    this.high = high;
  }
}

/**
 * Lends `size` more bytes to a sock (sk_mem_schedule). `force` takes them beyond the limits (a FIN must go out).
 * Returns false when the transport's memory is used up.
 * @alpha
 */
export function skMemSchedule(sk: Sock, size: number, force: boolean = false): boolean {
  if (size <= sk.forwardAlloc) return true;
  const memory = sk.prot.memory;
  const pages = Math.ceil((size - sk.forwardAlloc) / SK_MEM_QUANTUM);
  if (memory !== null) {
    memory.allocated += pages;
    if (memory.allocated > memory.high && !force) {
      memory.allocated -= pages;
      memory.pressure = true;
      return false;
    }
    memory.pressure = memory.allocated > memory.mid || (memory.pressure && memory.allocated > memory.low);
  }
  sk.forwardAlloc += pages * SK_MEM_QUANTUM;
  return true;
}

/** Uses `size` bytes of what {@link skMemSchedule} lent (sk_mem_charge). @alpha */
export function skMemCharge(sk: Sock, size: number): void {
  sk.forwardAlloc -= size;
}

/** Gives `size` used bytes back to the sock, and whole pages beyond a small reserve to the transport (sk_mem_uncharge). @alpha */
export function skMemUncharge(sk: Sock, size: number): void {
  sk.forwardAlloc += size;
  // Some stays with the sock, so that a steady stream does not go to the shared counter for each packet.
  if (sk.forwardAlloc > 1 << 17) skMemReclaim(sk, 1 << 16);
}

/** Returns the sock's unused pages to the transport, keeping about `keep` bytes (sk_mem_reclaim). @alpha */
export function skMemReclaim(sk: Sock, keep: number = 0): void {
  const memory = sk.prot.memory;
  const pages = Math.floor((sk.forwardAlloc - keep) / SK_MEM_QUANTUM);
  if (pages <= 0) return;
  sk.forwardAlloc -= pages * SK_MEM_QUANTUM;
  if (memory !== null) {
    memory.allocated -= pages;
    if (memory.pressure && memory.allocated <= memory.low) memory.pressure = false;
  }
}

/** Charges a packet to its receiver until it is freed or orphaned (skb_set_owner_r). @alpha */
export function skSetOwnerR(skb: Skb, sk: Sock): void {
  if (skb.destructor !== null) skbOrphan(skb);
  skb.sk = sk;
  skb.destructor = sockRfree;
  sk.rmemAlloc += skb.truesize;
  skMemCharge(sk, skb.truesize);
}

/** The destructor of received packets (sock_rfree). @alpha */
export function sockRfree(skb: Skb): void {
  const sk = skb.sk as Sock;
  sk.rmemAlloc -= skb.truesize;
  skMemUncharge(sk, skb.truesize);
}

/** Charges a packet to its sender until it leaves the machine (skb_set_owner_w). @alpha */
export function skSetOwnerW(skb: Skb, sk: Sock): void {
  if (skb.destructor !== null) skbOrphan(skb);
  skb.sk = sk;
  skb.destructor = sockWfree;
  sk.wmemAlloc += skb.truesize;
}

/** The destructor of sent packets: gives the bytes back and tells writers (sock_wfree). @alpha */
export function sockWfree(skb: Skb): void {
  const sk = skb.sk as Sock;
  sk.wmemAlloc -= skb.truesize;
  sk.writeSpace(sk);
}

/** Is at least half of the send buffer free? (sock_writeable) @alpha */
export function sockWriteable(sk: Sock): boolean {
  return sk.wmemAlloc < sk.sndbuf >> 1;
}

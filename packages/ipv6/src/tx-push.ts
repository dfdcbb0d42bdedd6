/** Putting a socket's extension headers into its packets (ipv6_push_nfrag_opts, ipv6_push_frag_opts). */
import { skbPush } from '@linnet/skbuff';
import type { Skb } from '@linnet/skbuff';
import { NEXTHDR_DEST, NEXTHDR_HOP, NEXTHDR_ROUTING } from '@linnet/uapi';
import { a6Copy, a6Load, a6Store } from './addr6.ts';
import type { Ipv6TxOptions } from './tx-options.ts';

function pushOpt(skb: Skb, proto: number, opt: Uint8Array): void {
  const at = skbPush(skb, opt.length);
  skb.u8.set(opt, at);
  skb.u8[at] = proto;
}

/** The first hop of a routing header goes to `first`, and the final destination into the header's place for it. */
function pushRouting(skb: Skb, proto: number, opt: Uint8Array, final: Int32Array, first: Int32Array): void {
  const at = skbPush(skb, opt.length);
  skb.u8.set(opt, at);
  skb.u8[at] = proto;
  const type = opt[2]!;
  if (type === 4) {
    // Segments are kept last first (RFC 8754 2): the first to visit is the one that «segments left» names.
    const left = opt[3]!;
    a6Load(first, skb.view, at + 8 + 16 * left);
    a6Store(skb.view, at + 8, final);
    return;
  }
  const hops = (opt.length - 8) >> 4;
  if (hops === 0) {
    a6Copy(first, final);
    return;
  }
  a6Load(first, skb.view, at + 8);
  for (let i = 1; i < hops; i++) for (let j = 0; j < 16; j++) skb.u8[at + 8 + 16 * (i - 1) + j] = skb.u8[at + 8 + 16 * i + j]!;
  a6Store(skb.view, at + 8 + 16 * (hops - 1), final);
}

/** Pushes all headers of `opt` before `data`; with `all` also those behind a fragment header. `first` gets the first destination when there is a routing header. Returns the type of the outermost. @alpha */
export function pushNfragOpts(skb: Skb, opt: Ipv6TxOptions, proto0: number, final: Int32Array, first: Int32Array, all: boolean): number {
  let proto = proto0;
  if (all && opt.dst1opt !== null) {
    pushOpt(skb, proto, opt.dst1opt);
    proto = NEXTHDR_DEST;
  }
  if (opt.srcrt !== null) {
    pushRouting(skb, proto, opt.srcrt, final, first);
    proto = NEXTHDR_ROUTING;
    if (opt.dst0opt !== null) {
      pushOpt(skb, proto, opt.dst0opt);
      proto = NEXTHDR_DEST;
    }
  }
  if (opt.hopopt !== null) {
    pushOpt(skb, proto, opt.hopopt);
    proto = NEXTHDR_HOP;
  }
  return proto;
}

/** Pushes what stands behind a fragment header. Returns its type, or `proto`. @alpha */
export function pushFragOpts(skb: Skb, opt: Ipv6TxOptions, proto: number): number {
  if (opt.dst1opt === null) return proto;
  pushOpt(skb, proto, opt.dst1opt);
  return NEXTHDR_DEST;
}

/** Where packets with these headers go first: the first hop of the routing header, else `final` (fl6_update_dst). @alpha */
export function firstDestination(opt: Ipv6TxOptions | null, final: Int32Array, out: Int32Array): Int32Array {
  if (opt === null || opt.srcrt === null) return final;
  const r = opt.srcrt;
  const view = new DataView(r.buffer, r.byteOffset, r.byteLength); // datapath-ok: sockets with routing headers
  if (r[2] === 4) a6Load(out, view, 8 + 16 * r[3]!);
  else if (r.length >= 24) a6Load(out, view, 8);
  else return final;
  return out;
}

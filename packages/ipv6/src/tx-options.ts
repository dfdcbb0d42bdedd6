/** The extension headers of a socket. */
/** Extension headers that a socket puts into its packets (struct ipv6_txoptions): in wire form, their next-header bytes not filled in. @alpha */
export class Ipv6TxOptions {
  hopopt: Uint8Array | null = null;
  /** Destination options before a routing header. */
  dst0opt: Uint8Array | null = null;
  srcrt: Uint8Array | null = null;
  dst1opt: Uint8Array | null = null;

  /** Bytes of what comes before the fragment header: hop-by-hop, the first destination options, routing. Without a routing header there are no options before it. */
  get nflen(): number {
    return (this.hopopt?.length ?? 0) + (this.srcrt === null ? 0 : (this.dst0opt?.length ?? 0) + this.srcrt.length);
  }
  /** Bytes of what comes behind it. */
  get flen(): number {
    return this.dst1opt?.length ?? 0;
  }
  get empty(): boolean {
    return this.hopopt === null && this.dst0opt === null && this.srcrt === null && this.dst1opt === null;
  }
}

/** A copy that may be changed. @alpha */
export function txOptionsClone(o: Ipv6TxOptions | null): Ipv6TxOptions {
  const c = new Ipv6TxOptions(); // datapath-ok: socket options
  if (o !== null) {
    c.hopopt = o.hopopt;
    c.dst0opt = o.dst0opt;
    c.srcrt = o.srcrt;
    c.dst1opt = o.dst1opt;
  }
  return c;
}

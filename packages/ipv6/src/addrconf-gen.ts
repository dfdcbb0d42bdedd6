/** Interface identifiers: from hardware addresses (RFC 4291 appendix A), stable and opaque ones (RFC 7217), random ones (RFC 8981). */
// datapath-ok-file: configuration
import type { NetDevice } from '@linnet/netdev';
import { ARPHRD_ETHER, MAX_ADDR_LEN } from '@linnet/uapi';
import { a6Clone } from './addr6.ts';
import type { Inet6Dev } from './inet6-dev.ts';
import type { Ipv6Net } from './ipv6-net.ts';

/** Writes the modified EUI-64 of a device to the low words of `addr`; false when it has none (ipv6_generate_eui64). @alpha */
export function eui64(addr: Int32Array, dev: NetDevice): boolean {
  const { devAddr: m } = dev;
  if (dev.type === ARPHRD_ETHER || dev.addrLen === 6) {
    addr[2] = ((m[0]! ^ 2) << 24) | (m[1]! << 16) | (m[2]! << 8) | 0xff;
    addr[3] = 0xfe000000 | (m[3]! << 16) | (m[4]! << 8) | m[5]!;
    return true;
  }
  if (dev.addrLen === 8) {
    addr[2] = ((m[0]! ^ 2) << 24) | (m[1]! << 16) | (m[2]! << 8) | m[3]!;
    addr[3] = (m[4]! << 24) | (m[5]! << 16) | (m[6]! << 8) | m[7]!;
    return true;
  }
  return false;
}

function rol(x: number, n: number): number {
  return (x << n) | (x >>> (32 - n));
}

/** One step of SHA-1 over a block of 64 bytes, from the start state (FIPS 180-4 6.1.2). */
function sha1Block(block: DataView): Int32Array {
  const w = new Int32Array(80);
  for (let i = 0; i < 16; i++) w[i] = block.getInt32(4 * i);
  for (let i = 16; i < 80; i++) w[i] = rol(w[i - 3]! ^ w[i - 8]! ^ w[i - 14]! ^ w[i - 16]!, 1);
  const h = Int32Array.of(0x67452301, 0xefcdab89 | 0, 0x98badcfe | 0, 0x10325476, 0xc3d2e1f0 | 0);
  let [a, b, c, d, e] = h as unknown as [number, number, number, number, number];
  for (let i = 0; i < 80; i++) {
    let f: number;
    let k: number;
    if (i < 20) {
      f = (b & c) | (~b & d);
      k = 0x5a827999;
    } else if (i < 40) {
      f = b ^ c ^ d;
      k = 0x6ed9eba1;
    } else if (i < 60) {
      f = (b & c) | (b & d) | (c & d);
      k = 0x8f1bbcdc;
    } else {
      f = b ^ c ^ d;
      k = 0xca62c1d6;
    }
    const t = (rol(a, 5) + f + e + k + w[i]!) | 0;
    e = d;
    d = c;
    c = rol(b, 30);
    b = a;
    a = t;
  }
  h[0] = (h[0]! + a) | 0;
  h[1] = (h[1]! + b) | 0;
  h[2] = (h[2]! + c) | 0;
  h[3] = (h[3]! + d) | 0;
  h[4] = (h[4]! + e) | 0;
  return h;
}

function swap(x: number): number {
  return (x << 24) | ((x & 0xff00) << 8) | ((x >>> 8) & 0xff00) | (x >>> 24);
}

/** Identifiers that must not be made: of the subnet router, of reserved anycast addresses, of ISATAP's and proxies' blocks (RFC 5453). */
function reserved(a2: number, a3: number): boolean {
  if ((a2 | a3) === 0) return true;
  if (a2 === (0x02005eff | 0) && a3 >>> 24 === 0xfe) return true;
  return a2 === (0xfdffffff | 0) && a3 >>> 0 >= 0xffffff80;
}

/**
 * The stable and opaque address of a device in the prefix of `prefix` (RFC 7217, with the inputs in Linux's order: secret, prefix, permanent hardware address,
 * count of conflicts); null without a secret, or when no retry is left. `retry` is the count to begin with.
 * @alpha
 */
export function stableAddress(n6: Ipv6Net, idev: Inet6Dev, prefix: Int32Array, retry: number): { addr: Int32Array; retry: number } | null {
  const secret = idev.cnf.stableSecret ?? n6.devconfDflt.stableSecret;
  if (secret === null) return null;
  const block = new Uint8Array(64);
  const view = new DataView(block.buffer);
  block.set(secret, 0);
  view.setInt32(16, prefix[0]!);
  view.setInt32(20, prefix[1]!);
  block.set(idev.dev.permAddr.subarray(0, Math.min(MAX_ADDR_LEN, 32)), 24);
  for (let n = retry; n <= n6.sysctlIdgenRetries; n++) {
    block[56] = n;
    const h = sha1Block(view);
    const a2 = swap(h[0]!);
    const a3 = swap(h[1]!);
    if (reserved(a2, a3)) continue;
    const addr = a6Clone(prefix);
    addr[2] = a2;
    addr[3] = a3;
    return { addr, retry: n };
  }
  return null;
}

/** Writes a random identifier to the low words (RFC 8981 3.3.1). @alpha */
export function randomIid(n6: Ipv6Net, addr: Int32Array): void {
  do {
    addr[2] = n6.rng.u32() | 0;
    addr[3] = n6.rng.u32() | 0;
  } while (reserved(addr[2]!, addr[3]!));
}

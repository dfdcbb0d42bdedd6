/** Seeing what passes through a machine's devices, in wire format: for captures and traces. */
import { csumFold, csumPartial, Kernel, type Net } from '@linnet/kernel';
import { CHECKSUM_PARTIAL, type Skb, skbCopyBits } from '@linnet/skbuff';
import { ETH_ALEN, ETH_P_ALL, VLAN_HLEN } from '@linnet/uapi';
import { ignorePacket } from './dev-rx.ts';
import type { NetDevice } from './netdevice.ts';
import { devAddPack, devRemovePack, PacketType, type TapFunc } from './packet-type.ts';

/** A tap in place; `remove` takes it away, and may be called twice. @public */
export interface DevTap {
  remove(): void;
}

/**
 * Shows every frame that the devices of a machine (a `Kernel`) or of one namespace (a `Net`) send or receive to `func`; with `dev` only those of that
 * device. The skb is lent: `func` must neither change, keep nor free it, and calls {@link copyFrame} for its bytes. A super-segment is
 * shown whole when the device takes it whole. Frames on loopback are shown twice, sent and received, as on Linux.
 * @public
 */
export function devAddTap(where: Kernel | Net, opts: { readonly dev?: NetDevice; readonly func: TapFunc; readonly ignoreOutgoing?: boolean }): DevTap {
  const isKernel = where instanceof Kernel;
  const k = isKernel ? where : where.kernel;
  const pt = new PacketType({
    type: ETH_P_ALL,
    func: ignorePacket,
    dev: opts.dev ?? null,
    net: isKernel ? null : where,
    tap: opts.func,
    ignoreOutgoing: opts.ignoreOutgoing ?? false,
  });
  devAddPack(k, pt);
  return {
    remove(): void {
      devRemovePack(k, pt);
    },
  };
}

/** Bytes of a frame from its link-layer header on, as a wire would carry it: with the VLAN tag that goes beside it. @public */
export function frameLength(skb: Skb): number {
  return skb.len + (skb.data - skb.macHeader) + (skb.vlanProto !== 0 ? VLAN_HLEN : 0);
}

/** Like {@link copyFrame} for a frame with a tag beside it: the tag goes behind the addresses. */
function copyTagged(skb: Skb, dst: Uint8Array, dstOff: number, len: number): number {
  const n = Math.min(len, frameLength(skb));
  if (n <= 0 || dstOff + n > dst.length) return 0;
  const at = 2 * ETH_ALEN;
  const bare = new Uint8Array(Math.max(n - VLAN_HLEN, at));
  copyUntagged(skb, bare, 0, bare.length);
  const tag = [skb.vlanProto >>> 8, skb.vlanProto & 0xff, skb.vlanTci >>> 8, skb.vlanTci & 0xff];
  for (let i = 0; i < n; i++) dst[dstOff + i] = i < at ? bare[i]! : i < at + VLAN_HLEN ? tag[i - at]! : bare[i - VLAN_HLEN]!;
  return n;
}

/**
 * Copies the first `len` bytes (default: all) of a frame from its link-layer header on to `dst` at `dstOff`, and returns how many.
 * A checksum that was left to the device is filled in if it lies in what is copied, so a capture shows what the wire would carry; the skb is
 * not changed. Returns 0 when `dst` is too small.
 * @public
 */
export function copyFrame(skb: Skb, dst: Uint8Array, dstOff: number = 0, len: number = frameLength(skb)): number {
  return skb.vlanProto !== 0 ? copyTagged(skb, dst, dstOff, len) : copyUntagged(skb, dst, dstOff, len);
}

function copyUntagged(skb: Skb, dst: Uint8Array, dstOff: number, len: number): number {
  const whole = skb.len + (skb.data - skb.macHeader);
  const n = len < whole ? len : whole;
  if (n <= 0 || dstOff + n > dst.length) return 0;
  const off = skb.macHeader - skb.data;
  if (skbCopyBits(skb, off, dst, dstOff, n) !== 0) return 0;
  if (skb.ipSummed !== CHECKSUM_PARTIAL) return n;
  const start = skb.csumStart - skb.macHeader;
  const field = start + skb.csumOffset;
  if (start < 0 || field + 2 > n) return n;
  let sum: number;
  if (n === whole) sum = csumPartial(dst, dstOff + start, n - start, 0);
  else {
    const all = new Uint8Array(whole - start);
    skbCopyBits(skb, off + start, all, 0, whole - start);
    sum = csumPartial(all, 0, all.length, 0);
  }
  let folded = csumFold(sum);
  // Zero would mean «none» to UDP (RFC 768), whose checksum is 6 bytes into its header.
  if (folded === 0 && skb.csumOffset === 6) folded = 0xffff;
  dst[dstOff + field] = folded >>> 8;
  dst[dstOff + field + 1] = folded & 0xff;
  return n;
}

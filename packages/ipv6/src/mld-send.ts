/** Messages of MLD to routers (RFC 2710, RFC 3810, RFC 3590). */
import { skbPut, skbTailroom } from '@linnet/skbuff';
import type { Skb } from '@linnet/skbuff';
import { ICMPV6_MGM_REDUCTION, ICMPV6_MGM_REPORT, ICMPV6_MLD2_REPORT, IFA_F_OPTIMISTIC, IFA_F_TENTATIVE } from '@linnet/uapi';
import { a6Store, IN6ADDR_ANY, IN6ADDR_LINKLOCAL_ALLROUTERS, IN6ADDR_MLDV2_MCR } from './addr6.ts';
import { ipv6GetLladdr } from './addr-find.ts';
import { ctlAlloc, ctlSend } from './ctl-send.ts';
import type { Inet6Dev } from './inet6-dev.ts';

/** Record types of MLDv2 reports (RFC 3810 5.2.12). @alpha */
export const MLD2_MODE_IS_INCLUDE = 1;
/** The filter lets all in but these. @alpha */
export const MLD2_MODE_IS_EXCLUDE = 2;
/** It came to be so. @alpha */
export const MLD2_CHANGE_TO_INCLUDE = 3;
/** It came to be so. @alpha */
export const MLD2_CHANGE_TO_EXCLUDE = 4;
/** More sources. @alpha */
export const MLD2_ALLOW_NEW_SOURCES = 5;
/** Fewer sources. @alpha */
export const MLD2_BLOCK_OLD_SOURCES = 6;

const EXTRA = 8;

/** Whom messages come from: the device's link-local address, or nobody while it has none (RFC 3590). */
function source(idev: Inet6Dev): Int32Array {
  return ipv6GetLladdr(idev, IFA_F_TENTATIVE | IFA_F_OPTIMISTIC) ?? IN6ADDR_ANY;
}

function sendV1(idev: Inet6Dev, type: number, group: Int32Array, to: Int32Array): void {
  const skb = ctlAlloc(idev.dev, 24, EXTRA);
  const at = skb.data;
  skb.u8[at] = type;
  a6Store(skb.view, at + 8, group);
  ctlSend(skb, source(idev), to, 1, 0, true);
}

/** Reports a group as MLDv1 does. @alpha */
export function mldSendReportV1(idev: Inet6Dev, group: Int32Array): void {
  sendV1(idev, ICMPV6_MGM_REPORT, group, group);
}

/** Says that nobody is in the group any more, as MLDv1 does. @alpha */
export function mldSendDone(idev: Inet6Dev, group: Int32Array): void {
  sendV1(idev, ICMPV6_MGM_REDUCTION, group, IN6ADDR_LINKLOCAL_ALLROUTERS);
}

/** An MLDv2 report in the making: records are added until the MTU is full, then it is sent and the next begins. @alpha */
export class Mld2Report {
  private readonly idev: Inet6Dev;
  private skb: Skb | null;
  private records: number;
  constructor(idev: Inet6Dev) {
    this.idev = idev;
    this.skb = null;
    this.records = 0;
  }

  /** Adds a record; one with more sources than fit is cut in several (RFC 3810 5.2.15), but that of a filter that keeps out must be one: it begins a message, and what does not fit there is left out. */
  add(type: number, group: Int32Array, sources: readonly { readonly addr: Int32Array }[]): void {
    let from = 0;
    do {
      const max = Math.floor((this.room() - 20) / 16);
      const whole = type === MLD2_MODE_IS_EXCLUDE || type === MLD2_CHANGE_TO_EXCLUDE;
      if (this.records > 0 && (this.room() < 20 || max < (whole ? sources.length : Math.min(1, sources.length)))) this.send();
      const fit = Math.max(0, Math.floor((this.room() - 20) / 16));
      const n = Math.min(sources.length - from, fit);
      const skb = this.open();
      const at = skbPut(skb, 20 + 16 * n);
      const { view } = skb;
      view.setUint8(at, type);
      view.setUint8(at + 1, 0);
      view.setUint16(at + 2, n);
      a6Store(view, at + 4, group);
      for (let i = 0; i < n; i++) a6Store(view, at + 20 + 16 * i, sources[from + i]!.addr);
      this.records++;
      from += n;
    } while (from < sources.length && type !== MLD2_MODE_IS_EXCLUDE && type !== MLD2_CHANGE_TO_EXCLUDE);
  }

  /** Sends what there is. */
  send(): void {
    const { skb } = this;
    if (skb === null) return;
    skb.view.setUint16(skb.data + 6, this.records);
    this.skb = null;
    this.records = 0;
    ctlSend(skb, source(this.idev), IN6ADDR_MLDV2_MCR, 1, 0, true);
  }

  private open(): Skb {
    if (this.skb === null) {
      const mtu = Math.max(1280, Math.min(this.idev.dev.mtu, 1500));
      // The room of a full message is there from the start, and filled by the records.
      const skb = ctlAlloc(this.idev.dev, mtu - 40 - EXTRA, EXTRA);
      skb.len = 8;
      skb.tail = skb.data + 8;
      skb.u8[skb.data] = ICMPV6_MLD2_REPORT;
      this.skb = skb;
    }
    return this.skb;
  }

  private room(): number {
    return Math.min(skbTailroom(this.open()), Math.max(1280, Math.min(this.idev.dev.mtu, 1500)) - 40 - EXTRA - this.open().len);
  }
}

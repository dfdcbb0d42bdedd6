/** Dumps: a request answered in parts, each made when the reader has room for it. */
import { EBUSY, EINTR, EMSGSIZE, ENOBUFS } from '@linnet/kernel';
import { consumeSkb, skbGet, type Skb } from '@linnet/skbuff';
import { NLM_F_ACK_TLVS, NLM_F_DUMP_INTR, NLM_F_MULTI, NlWriter, NLMSG_DONE } from '@linnet/uapi';
import { ackTlvs, hasTlvs } from './netlink-ack.ts';
import { netlinkAllocSkb, netlinkQueueSkb } from './netlink-deliver.ts';
import { NETLINK_F_EXT_ACK, type NetlinkSock } from './netlink-sock.ts';
import { NlDump, type NlRequest } from './request.ts';

/** Writes the next part of a dump: 0 when all is written, -EMSGSIZE when there is more, or an errno (netlink_callback.dump). @alpha */
export type NlDumpit = (req: NlRequest, w: NlWriter, cb: NlDump) => number;

/** How to run a dump (struct netlink_dump_control). @alpha */
export interface NlDumpControl {
  readonly dump: NlDumpit;
  /** Runs once before the first part; a negative errno refuses the dump. */
  readonly start?: (cb: NlDump) => number;
  /** Runs once when the dump ends, also when its socket closes. */
  readonly done?: (cb: NlDump) => void;
  /** NLMSG_DONE in a datagram of its own. */
  readonly splitDone?: boolean;
}

/** Bytes of a part for a reader who has not shown how much it takes (NLMSG_GOODSIZE). */
const GOODSIZE = 3776;
/** No part is larger, however much the reader offers. */
const MAX_PART = 32768;
/** A single message may not need more than this. */
const HARD_LIMIT = 1 << 20;
/** NLMSG_DONE with its errno. */
const DONE_LEN = 20;

/**
 * Starts a dump for `req` (netlink_dump_start), whose bytes are in `skb`. Returns -EINTR, which says «no acknowledgement: the answer is under way»,
 * -EBUSY while another dump of the socket runs, -ENOBUFS when the reader's buffer is full, or what `start` refused with.
 * @alpha
 */
export function netlinkDumpStart(req: NlRequest, skb: Skb, control: NlDumpControl): number {
  const nlk = req.sk;
  if (nlk.cb !== null) return -EBUSY;
  const cb = new NlDump(req, skb);
  if (control.start !== undefined) {
    const err = control.start(cb);
    if (err !== 0) return err;
  }
  skbGet(skb);
  nlk.cb = cb;
  nlk.dumpit = control.dump;
  nlk.dumpDone = control.done ?? null;
  nlk.dumpSplitDone = control.splitDone ?? false;
  nlk.dumpDoneErrno = 1;
  const err = netlinkDump(nlk);
  return err !== 0 ? err : -EINTR;
}

/** Ends the dump of a sock, if any, freeing what it holds. */
export function netlinkDumpEnd(nlk: NetlinkSock): void {
  const cb = nlk.cb;
  if (cb === null) return;
  nlk.cb = null;
  nlk.dumpit = null;
  const done = nlk.dumpDone;
  nlk.dumpDone = null;
  done?.(cb);
  if (cb.skb !== null) consumeSkb(cb.skb);
  cb.skb = null;
}

/** Makes and queues the next part of a dump (netlink_dump). Returns 0, or -ENOBUFS while the reader's buffer is full. */
export function netlinkDump(nlk: NetlinkSock): number {
  const cb = nlk.cb;
  if (cb === null) return 0;
  if (nlk.rmemAlloc >= nlk.rcvbuf) return -ENOBUFS;
  let room = Math.max(GOODSIZE, Math.min(nlk.maxRecvmsgLen, MAX_PART));
  const w = new NlWriter({ capacity: room, limit: room });
  let part = w;
  if (nlk.dumpDoneErrno > 0) {
    for (;;) {
      const err = nlk.dumpit!(cb.req, part, cb);
      if (part.start >= 0) part.cancel();
      if (err !== -EMSGSIZE) {
        nlk.dumpDoneErrno = err > 0 ? 0 : err;
        break;
      }
      if (part.len > 0) break; // full: more with the next read
      // One message is larger than a part: give it what it needs.
      room *= 2;
      if (room > HARD_LIMIT) {
        nlk.dumpDoneErrno = -EMSGSIZE;
        break;
      }
      part = new NlWriter({ capacity: room, limit: room });
    }
    // The generation of this part is what the next one is compared with.
    cb.prevSeq = cb.seq;
  }
  const wrote = part.len > 0;
  if (nlk.dumpDoneErrno > 0 || (wrote && (nlk.dumpSplitDone || room - part.len < DONE_LEN))) {
    netlinkQueueSkb(nlk, netlinkAllocSkb(nlk, part.u8, part.len, 0, 0));
    return 0;
  }
  putDone(nlk, cb, part);
  netlinkQueueSkb(nlk, netlinkAllocSkb(nlk, part.u8, part.len, 0, 0));
  netlinkDumpEnd(nlk);
  return 0;
}

function putDone(nlk: NetlinkSock, cb: NlDump, part: NlWriter): void {
  const { req } = cb;
  // The limit is for the dumper; what ends the dump always fits.
  const w = new NlWriter({ capacity: 64 });
  const tlvs = (nlk.nlFlags & NETLINK_F_EXT_ACK) !== 0 && hasTlvs(req, nlk.dumpDoneErrno);
  w.begin(NLMSG_DONE, NLM_F_MULTI | cb.answerFlags | (cb.interrupted ? NLM_F_DUMP_INTR : 0) | (tlvs ? NLM_F_ACK_TLVS : 0), req.seq, req.portid);
  const off = w.reserve(4);
  w.view.setInt32(off, nlk.dumpDoneErrno, true);
  if (tlvs) ackTlvs(w, req, nlk.dumpDoneErrno);
  w.end();
  appendRaw(part, w);
}

/** Puts finished messages behind those of another writer, whatever its limit. */
function appendRaw(part: NlWriter, w: NlWriter): void {
  const off = part.len;
  if (off + w.len > part.u8.length) {
    const bigger = new Uint8Array(off + w.len);
    bigger.set(part.u8.subarray(0, off));
    part.u8 = bigger;
    part.view = new DataView(bigger.buffer);
  }
  part.u8.set(w.u8.subarray(0, w.len), off);
  part.len = off + w.len;
}


/**
 * When a packet was given to a device's queue and to its driver, told to its sender in the error queue (SO_TIMESTAMPING with SOF_TIMESTAMPING_TX_SCHED and TX_SOFTWARE; the kernel's timestamping
 * document). What the sender wants stands in `Skb.ext` until it was told.
 */
import { EINVAL, ENOMSG } from '@linnet/kernel';
import { NETDEV } from '@linnet/netdev';
import { allocSkb, type Skb, skbCopyBits, skbPut } from '@linnet/skbuff';
import {
  SCM_TSTAMP_ACK, SCM_TSTAMP_SCHED, SCM_TSTAMP_SND, SO_EE_ORIGIN_TIMESTAMPING, SO_TIMESTAMPING_NEW, SO_TIMESTAMPING_OLD, SOF_TIMESTAMPING_OPT_ID, SOF_TIMESTAMPING_OPT_TSONLY, SOF_TIMESTAMPING_TX_RECORD_MASK,
  SOF_TIMESTAMPING_TX_ACK, SOF_TIMESTAMPING_TX_SCHED, SOF_TIMESTAMPING_TX_SOFTWARE, SOL_SOCKET,
} from '@linnet/uapi';
import type { MsgHdr } from './msg.ts';
import { SOCK_DEAD, sockFlag, type Sock } from './sock.ts';
import { sockQueueErrSkb } from './sock-queue.ts';
import { sockRare } from './sock-rare.ts';

/** What is wanted of a packet and its pieces: each thing is told once. */
class TxStamp {
  readonly sk: Sock;
  want: number;
  readonly id: number;

  constructor(sk: Sock, want: number, id: number) {
    this.sk = sk;
    this.want = want;
    this.id = id;
  }
}

/** Notes which stamps the packets of a send shall have, by its control messages or else by the socket's option: 0, or -EINVAL. {@link sockTxStamp} asks. @alpha */
export function sockTxFlags(sk: Sock, msg: MsgHdr): number {
  let want = (sk.rare?.tsflags ?? 0) & SOF_TIMESTAMPING_TX_RECORD_MASK;
  for (const c of msg.control) {
    if (c.level !== SOL_SOCKET || (c.type !== SO_TIMESTAMPING_OLD && c.type !== SO_TIMESTAMPING_NEW)) continue;
    if (c.data.length !== 4) return -EINVAL;
    want = c.data[0]! | (c.data[1]! << 8) | (c.data[2]! << 16) | (c.data[3]! << 24);
    if ((want & ~SOF_TIMESTAMPING_TX_RECORD_MASK) !== 0) return -EINVAL;
  }
  if (want !== 0) sockRare(sk).txFlags = want;
  else if (sk.rare !== null) sk.rare.txFlags = 0;
  return 0;
}

function mark(sk: Sock, skb: Skb, id: number): void {
  // Devices look at marked packets from the first one on.
  sk.kernel.get(NETDEV).txStamp = stamp;
  skb.ext = new TxStamp(sk, sk.rare!.txFlags, id);
}

/** Marks a packet of the send under way. @alpha */
export function sockTxStamp(sk: Sock, skb: Skb): void {
  const r = sk.rare!;
  let id = 0;
  if ((r.tsflags & SOF_TIMESTAMPING_OPT_ID) !== 0) {
    id = r.txId;
    r.txId = (id + 1) | 0;
  }
  mark(sk, skb, id);
}

/** Marks the segment with the last byte of a stream's send under way, the byte of sequence number `seq`. @alpha */
export function sockTxStampByte(sk: Sock, skb: Skb, seq: number): void {
  const r = sk.rare!;
  mark(sk, skb, (r.tsflags & SOF_TIMESTAMPING_OPT_ID) !== 0 ? (seq - r.txId) | 0 : 0);
}

/** A segment was acknowledged with all its bytes, which begin at `data`: its sender hears of it if he asked. Does not consume. @alpha */
export function sockTxAcked(skb: Skb): void {
  if (skb.ext instanceof TxStamp) tell(skb, skb.ext, SOF_TIMESTAMPING_TX_ACK, SCM_TSTAMP_ACK);
}

/** A marked packet has come to a queue (`sched`) or to a driver. */
function stamp(skb: Skb, sched: boolean): void {
  const { ext } = skb;
  if (!(ext instanceof TxStamp)) return;
  if (sched) tell(skb, ext, SOF_TIMESTAMPING_TX_SCHED, SCM_TSTAMP_SCHED);
  else tell(skb, ext, SOF_TIMESTAMPING_TX_SOFTWARE, SCM_TSTAMP_SND);
}

function tell(skb: Skb, ext: TxStamp, bit: number, what: number): void {
  const { sk } = ext;
  if ((ext.want & bit) === 0 || sockFlag(sk, SOCK_DEAD)) return;
  ext.want &= ~bit;
  const len = ((sk.rare?.tsflags ?? 0) & SOF_TIMESTAMPING_OPT_TSONLY) !== 0 ? 0 : skb.len;
  const note = allocSkb(sk.pool, len);
  if (len > 0) skbCopyBits(skb, 0, note.u8, skbPut(note, len), len);
  // What was acknowledged has no headers.
  note.networkHeader = what === SCM_TSTAMP_ACK ? -1 : note.data + skb.networkHeader - skb.data;
  note.tstamp = sk.kernel.wallNow();
  note.cb6 = ENOMSG;
  note.cb7 = SO_EE_ORIGIN_TIMESTAMPING;
  note.cb8 = what;
  note.cb9 = ext.id;
  sockQueueErrSkb(sk, note);
}

/** Reading and writing TCP options (RFC 9293 section 3.1, RFC 7323, RFC 2018). */
import {
  TCPHDR_LEN,
  TCPOLEN_MAXSEG,
  TCPOLEN_SACK_PERBLOCK,
  TCPOLEN_SACK_PERMITTED,
  TCPOLEN_TIMESTAMP,
  TCPOLEN_WINDOW,
  TCPOPT_MAXSEG,
  TCPOPT_NOP,
  TCPOPT_SACK,
  TCPOPT_SACK_PERM,
  TCPOPT_TIMESTAMP,
  TCPOPT_WINDOW,
  TCP_MAX_WSCALE,
  tcpOptLen,
} from '@linnet/uapi';

/** NOP NOP TIMESTAMP 10: the aligned form that everybody sends. */
export const TSTAMP_WORD = 0x0101080a;

/** What the peer's options said (struct tcp_options_received). @alpha */
export class TcpOptionsReceived {
  /** TS.Recent (RFC 7323 section 4.3). */
  tsRecent = 0;
  /** Second in which it was taken; 0 when there is none. */
  tsRecentStamp = 0;
  rcvTsval = 0;
  rcvTsecr = 0;
  /** The segment in hand had a timestamp. */
  sawTstamp = false;
  /** Timestamps are in use on this connection. */
  tstampOk = false;
  sackOk = false;
  wscaleOk = false;
  sndWscale = 0;
  rcvWscale = 0;
  /** MSS option of the SYN in hand, clamped by the user's. 0: none. */
  mssClamp = 0;
  userMss = 0;
  /** Offset of the SACK option's first block in the segment in hand, and how many blocks; 0 blocks: none. */
  sackOff = 0;
  sackBlocks = 0;
}

/** Forgets everything before the options of a SYN are read (tcp_clear_options). */
export function tcpClearOptions(rx: TcpOptionsReceived): void {
  rx.tsRecent = 0;
  rx.tsRecentStamp = 0;
  rx.rcvTsval = 0;
  rx.rcvTsecr = 0;
  rx.sawTstamp = false;
  rx.tstampOk = false;
  rx.sackOk = false;
  rx.wscaleOk = false;
  rx.sndWscale = 0;
  rx.rcvWscale = 0;
  rx.sackOff = 0;
  rx.sackBlocks = 0;
}

/**
 * Reads the options of the header at `th`, `len` bytes long with them (tcp_parse_options). Malformed options end the reading and are no error.
 * `syn`: take the options that count on a SYN only. `estab`: timestamps count only where they were negotiated; else `useTs`, `useSack`, `useWs` say what
 * this host allows.
 */
export function tcpParseOptions(
  view: DataView,
  th: number,
  len: number,
  rx: TcpOptionsReceived,
  syn: boolean,
  estab: boolean,
  useTs: boolean,
  useSack: boolean,
  useWs: boolean,
): void {
  rx.sawTstamp = false;
  rx.sackBlocks = 0;
  const end = th + len;
  for (let p = th + TCPHDR_LEN, size; (size = tcpOptLen(view, p, end)) !== 0; p += size) {
    switch (view.getUint8(p)) {
      case TCPOPT_MAXSEG:
        if (size === TCPOLEN_MAXSEG && syn && !estab) {
          let mss = view.getUint16(p + 2);
          if (mss !== 0) {
            if (rx.userMss !== 0 && rx.userMss < mss) mss = rx.userMss;
            rx.mssClamp = mss;
          }
        }
        break;
      case TCPOPT_WINDOW:
        if (size === TCPOLEN_WINDOW && syn && !estab && useWs) {
          const shift = view.getUint8(p + 2);
          rx.wscaleOk = true;
          rx.sndWscale = shift > TCP_MAX_WSCALE ? TCP_MAX_WSCALE : shift;
        }
        break;
      case TCPOPT_TIMESTAMP:
        if (size === TCPOLEN_TIMESTAMP && (estab ? rx.tstampOk : useTs)) {
          rx.sawTstamp = true;
          rx.rcvTsval = view.getInt32(p + 2);
          rx.rcvTsecr = view.getInt32(p + 6);
        }
        break;
      case TCPOPT_SACK_PERM:
        if (size === TCPOLEN_SACK_PERMITTED && syn && !estab && useSack) {
          rx.sackOk = true;
        }
        break;
      case TCPOPT_SACK:
        if (size >= 2 + TCPOLEN_SACK_PERBLOCK && (size - 2) % TCPOLEN_SACK_PERBLOCK === 0 && rx.sackOk) {
          rx.sackOff = p + 2;
          rx.sackBlocks = (size - 2) / TCPOLEN_SACK_PERBLOCK;
        }
        break;
    }
  }
}

/**
 * Reads the options of a segment on an established connection: nothing, or the usual aligned timestamp, without a loop (tcp_fast_parse_options).
 */
export function tcpFastParseOptions(view: DataView, th: number, len: number, rx: TcpOptionsReceived): void {
  if (len === 20) {
    rx.sawTstamp = false;
    rx.sackBlocks = 0;
    return;
  }
  if (rx.tstampOk && len === 32 && view.getInt32(th + 20) === TSTAMP_WORD) {
    rx.sawTstamp = true;
    rx.sackBlocks = 0;
    rx.rcvTsval = view.getInt32(th + 24);
    rx.rcvTsecr = view.getInt32(th + 28);
    return;
  }
  tcpParseOptions(view, th, len, rx, false, true, false, false, false);
}

/** Length of the options of a SYN or SYN-ACK. */
export function tcpSynOptionsLen(ts: boolean, sack: boolean, ws: boolean): number {
  return 4 + (ts ? 12 : sack ? 4 : 0) + (ws ? 4 : 0);
}

/** Writes the options of a SYN or SYN-ACK at `p` in the order in which Linux sends them; `wscale` -1: none. */
export function tcpWriteSynOptions(view: DataView, p: number, mss: number, ts: boolean, tsval: number, tsecr: number, sack: boolean, wscale: number): void {
  view.setInt32(p, (TCPOPT_MAXSEG << 24) | (TCPOLEN_MAXSEG << 16) | mss);
  p += 4;
  if (ts) {
    view.setInt32(p, sack ? (TCPOPT_SACK_PERM << 24) | (TCPOLEN_SACK_PERMITTED << 16) | (TCPOPT_TIMESTAMP << 8) | TCPOLEN_TIMESTAMP : TSTAMP_WORD);
    view.setInt32(p + 4, tsval);
    view.setInt32(p + 8, tsecr);
    p += 12;
  } else if (sack) {
    view.setInt32(p, (TCPOPT_NOP << 24) | (TCPOPT_NOP << 16) | (TCPOPT_SACK_PERM << 8) | TCPOLEN_SACK_PERMITTED);
    p += 4;
  }
  if (wscale >= 0) view.setInt32(p, (TCPOPT_NOP << 24) | (TCPOPT_WINDOW << 16) | (TCPOLEN_WINDOW << 8) | wscale);
}

/** Writes the aligned timestamp option at `p`. */
export function tcpWriteTimestamp(view: DataView, p: number, tsval: number, tsecr: number): void {
  view.setInt32(p, TSTAMP_WORD);
  view.setInt32(p + 4, tsval);
  view.setInt32(p + 8, tsecr);
}

/** Writes the first word of a SACK option with `n` blocks at `p`: two NOPs, kind, length. */
export function tcpWriteSackHeader(view: DataView, p: number, n: number): void {
  view.setInt32(p, (TCPOPT_NOP << 24) | (TCPOPT_NOP << 16) | (TCPOPT_SACK << 8) | (2 + n * TCPOLEN_SACK_PERBLOCK));
}

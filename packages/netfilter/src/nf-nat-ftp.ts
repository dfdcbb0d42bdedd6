/** What an FTP command becomes on its way through NAT: it names the address and port at which the expected connection will reach this machine (RFC 959, RFC 2428). */
import { NF_ACCEPT, NF_DROP } from '@linnet/netdev';
import type { Skb } from '@linnet/skbuff';
import { AF_INET, in4ToString } from '@linnet/uapi';
import type { NfConn } from './nf-conn.ts';
import type { NfExpect } from './nf-conntrack-expect.ts';
import { nfIn6Text } from './nf-conntrack-proc.ts';
import type { NfTuple } from './nf-conntrack-tuple.ts';
import { nfNatExpectPort, nfNatFollowMaster, nfNatMangleTcp } from './nf-nat-helper.ts';

/** `h1,h2,h3,h4,p1,p2` of PORT and the answer 227. @alpha */
export const NF_FTP_COMMAS = 0;
/** `|1|address|port|` of EPRT. @alpha */
export const NF_FTP_EPRT = 1;
/** `|||port|` of the answer 229. @alpha */
export const NF_FTP_EPSV = 2;

function text(form: number, to: NfTuple, port: number): string {
  // datapath-ok: once an announced connection
  switch (form) {
    case NF_FTP_COMMAS:
      return `${in4ToString(to.dst0).replaceAll('.', ',')},${port >> 8},${port & 0xff}`; // datapath-ok: as above
    case NF_FTP_EPRT:
      return to.l3num === AF_INET ? `|1|${in4ToString(to.dst0)}|${port}|` : `|2|${nfIn6Text(to.dst0, to.dst1, to.dst2, to.dst3)}|${port}|`; // datapath-ok: as above
    default:
      return `|||${port}|`; // datapath-ok: as above
  }
}

/**
 * Expects the announced connection and rewrites its announcement, `len` bytes at `at` behind `data` (nf_nat_ftp). NF_ACCEPT, or NF_DROP when there is no port or no room.
 * @alpha
 */
export function nfNatFtp(skb: Skb, ct: NfConn, reply: boolean, protoff: number, form: number, at: number, len: number, exp: NfExpect, maxExpected: number): number {
  exp.savedProto = exp.tuple.dport;
  exp.dir = reply ? 0 : 1;
  exp.expectfn = nfNatFollowMaster;
  const port = nfNatExpectPort(exp, maxExpected);
  if (port === 0) return NF_DROP;
  // Where the other side thinks that this one is.
  if (nfNatMangleTcp(skb, ct, reply, protoff, at, len, text(form, reply ? ct.orig : ct.reply, port))) return NF_ACCEPT;
  exp.remove();
  return NF_DROP;
}

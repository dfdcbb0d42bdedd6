/** A DCC offer on its way through NAT: it names the address and port at which the expected connection will reach this machine (RFC 1459; CTCP's DCC). */
import { NF_ACCEPT, NF_DROP } from '@linnet/netdev';
import type { Skb } from '@linnet/skbuff';
import type { NfConn } from './nf-conn.ts';
import type { NfExpect } from './nf-conntrack-expect.ts';
import { nfNatExpectPort, nfNatFollowMaster, nfNatMangleTcp } from './nf-nat-helper.ts';

/** Expects the offered connection and rewrites the offer, `len` bytes at `at` behind `data` (nf_nat_irc). NF_ACCEPT, or NF_DROP when there is no port or no room. @alpha */
export function nfNatIrc(skb: Skb, ct: NfConn, protoff: number, at: number, len: number, exp: NfExpect, maxExpected: number): number {
  exp.savedProto = exp.tuple.dport;
  exp.dir = 1;
  exp.expectfn = nfNatFollowMaster;
  const port = nfNatExpectPort(exp, maxExpected);
  if (port === 0) return NF_DROP;
  if (nfNatMangleTcp(skb, ct, false, protoff, at, len, `${ct.reply.dst0 >>> 0} ${port}`)) return NF_ACCEPT; // datapath-ok: once an offer
  exp.remove();
  return NF_DROP;
}

/** TFTP through NAT: what comes to the translated port goes to the one that asked (RFC 1350 4). */
import { NF_ACCEPT, NF_DROP } from '@linnet/netdev';
import type { NfConn } from './nf-conn.ts';
import { nfCtExpectRelated, type NfExpect } from './nf-conntrack-expect.ts';
import { nfNatFollowMaster } from './nf-nat-helper.ts';

/** Expects the answer to a request of the connection (nf_nat_tftp). NF_ACCEPT, or NF_DROP when it cannot. @alpha */
export function nfNatTftp(ct: NfConn, exp: NfExpect, maxExpected: number): number {
  exp.savedProto = ct.orig.sport;
  exp.dir = 1;
  exp.expectfn = nfNatFollowMaster;
  return nfCtExpectRelated(exp, maxExpected) === 0 ? NF_ACCEPT : NF_DROP;
}

/** TFTP (RFC 1350): who is asked for a file answers from a port of its own choice, so a datagram from any of its ports is expected. */
import { NF_ACCEPT, NF_DROP } from '@linnet/netdev';
import { pskbMayPull } from '@linnet/skbuff';
import { IPPROTO_UDP, UDPHDR_LEN } from '@linnet/uapi';
import { IPS_NAT_MASK } from './nf-conntrack-common.ts';
import { nfCtExpectInit, nfCtExpectRelated, NfExpect } from './nf-conntrack-expect.ts';
import type { NfCtHelper } from './nf-ct-helper.ts';
import { nfNatTftp } from './nf-nat-tftp.ts';

/** Opcodes of requests. */
const RRQ = 1;
const WRQ = 2;

/** The helper «tftp». @alpha */
export const NF_CT_TFTP: NfCtHelper = {
  name: 'tftp',
  protonum: IPPROTO_UDP,
  maxExpected: 1,
  timeout: 300,
  state: () => null,
  help(skb, protoff, ct) {
    if (!pskbMayPull(skb, protoff + UDPHDR_LEN + 2)) return NF_ACCEPT;
    const opcode = skb.view.getUint16(skb.data + protoff + UDPHDR_LEN);
    if (opcode !== RRQ && opcode !== WRQ) return NF_ACCEPT;
    const exp = new NfExpect(ct); // datapath-ok: once a request
    nfCtExpectInit(exp, ct.reply);
    exp.tuple.sport = 0;
    exp.timeout = this.timeout;
    if ((ct.status & IPS_NAT_MASK) !== 0) return nfNatTftp(ct, exp, this.maxExpected);
    return nfCtExpectRelated(exp, this.maxExpected) === 0 ? NF_ACCEPT : NF_DROP;
  },
};

/**
 * IRC (RFC 1459): a client that offers a file or a talk to another one says, in a private message (CTCP's DCC), at which address and port it listens, so a connection to there is
 * expected. Only the first message of a segment counts, only what a client says of itself. Which letters count as such a message was observed on Linux 6.18.
 */
import { NF_ACCEPT, NF_DROP } from '@linnet/netdev';
import { skbLinearize, type Skb } from '@linnet/skbuff';
import { IPPROTO_TCP, TCPHDR_LEN, tcphDoff } from '@linnet/uapi';
import type { NfConn } from './nf-conn.ts';
import { IP_CT_ESTABLISHED, IPS_NAT_MASK } from './nf-conntrack-common.ts';
import { nfCtExpectInit, nfCtExpectRelated, NfExpect } from './nf-conntrack-expect.ts';
import type { NfCtHelp, NfCtHelper } from './nf-ct-helper.ts';
import { nfNatIrc } from './nf-nat-irc.ts';

/** Offers, each with the blank behind it. */
const OFFERS: readonly string[] = ['SEND ', 'CHAT ', 'MOVE ', 'TSEND ', 'SCHAT '];
const PRIVMSG = 'PRIVMSG ';
const DCC = '\x01DCC ';
/** The shortest offer that is read. */
const LEAST = 25;
const BLANK = 32;
const LF = 10;

/** What an offer says, and where: the address and the port are decimal numbers with blanks between them. */
class Offer {
  at = 0;
  end = 0;
  addr = 0;
  port = 0;
}

/** Does `word` stand there? */
function stands(u8: Uint8Array, at: number, end: number, word: string, anyCase: boolean): boolean {
  if (at + word.length > end) return false;
  for (let i = 0; i < word.length; i++) {
    const c = u8[at + i]!;
    if ((anyCase && c >= 97 && c <= 122 ? c - 32 : c) !== word.charCodeAt(i)) return false;
  }
  return true;
}
function isDigit(c: number | undefined): boolean {
  return c !== undefined && c >= 48 && c <= 57;
}
function find(u8: Uint8Array, at: number, end: number, c: number): number {
  while (at < end && u8[at] !== c) at++;
  return at;
}

/** Reads the message at the beginning of a segment; true: it makes an offer. */
function read(u8: Uint8Array, from: number, end: number, offer: Offer): boolean {
  let i = from;
  // What an empty message leaves (RFC 1459 2.3.1).
  while (i < end && (u8[i] === 13 || u8[i] === LF || u8[i] === BLANK)) i++;
  if (!stands(u8, i, end, PRIVMSG, true)) return false;
  i += PRIVMSG.length;
  // The text begins behind the first blank with a colon.
  while (i + 1 < end && (u8[i] !== BLANK || u8[i + 1] !== 58)) i++;
  i += 2;
  if (end - i < LEAST || !stands(u8, i, end, DCC, false)) return false;
  i += DCC.length;
  const word = OFFERS.find((o) => stands(u8, i, end, o, false)); // datapath-ok: a private message
  if (word === undefined) return false;
  // The file's name, which may be empty.
  i = find(u8, i + word.length, end, BLANK) + 1;
  if (find(u8, i, end, LF) >= end || !isDigit(u8[i])) return false;
  offer.at = i;
  let v = 0;
  for (; i < end && isDigit(u8[i]); i++) v = (Math.imul(v, 10) + u8[i]! - 48) | 0;
  offer.addr = v;
  if (u8[i] !== BLANK) return false;
  while (i < end && u8[i] === BLANK) i++;
  v = 0;
  for (; i < end && isDigit(u8[i]); i++) v = (v * 10 + u8[i]! - 48) & 0xffff;
  offer.port = v;
  offer.end = i;
  return v !== 0;
}

function help(skb: Skb, protoff: number, ct: NfConn, _help: NfCtHelp, ctinfo: number): number {
  // What a server passes on, another client said.
  if (ctinfo !== IP_CT_ESTABLISHED || skb.len < protoff + TCPHDR_LEN) return NF_ACCEPT;
  if (skb.dataLen !== 0) skbLinearize(skb);
  const { u8, view, data } = skb;
  const from = protoff + (tcphDoff(view, data + protoff) << 2);
  if (from >= skb.len) return NF_ACCEPT;
  const offer = new Offer(); // datapath-ok: a line of a control connection
  if (!read(u8, data + from, data + skb.len, offer)) return NF_ACCEPT;
  // Its own address, as it knows it or as the others do.
  if (offer.addr !== ct.orig.src0 && offer.addr !== ct.reply.dst0) return NF_ACCEPT;
  const exp = new NfExpect(ct); // datapath-ok: once an offer
  nfCtExpectInit(exp, ct.reply);
  // Whoever was told may come.
  exp.tuple.src0 = 0;
  exp.srcMask = 0;
  exp.tuple.sport = 0;
  exp.tuple.dport = offer.port;
  exp.timeout = NF_CT_IRC.timeout;
  if ((ct.status & IPS_NAT_MASK) !== 0) return nfNatIrc(skb, ct, protoff, offer.at - data, offer.end - offer.at, exp, NF_CT_IRC.maxExpected);
  return nfCtExpectRelated(exp, NF_CT_IRC.maxExpected) === 0 ? NF_ACCEPT : NF_DROP;
}

/** The helper «irc». @alpha */
export const NF_CT_IRC: NfCtHelper = {
  name: 'irc',
  protonum: IPPROTO_TCP,
  ipv4Only: true,
  maxExpected: 8,
  timeout: 300,
  state: () => null,
  help,
};

/** What ICMPv6 errors mean to sockets (RFC 4443; icmpv6_err_convert). */
import { EACCES, ECONNREFUSED, EHOSTUNREACH, EMSGSIZE, ENETUNREACH, EPROTO } from '@linnet/kernel';
import { ICMPV6_DEST_UNREACH, ICMPV6_PARAMPROB, ICMPV6_PKT_TOOBIG, ICMPV6_TIME_EXCEED } from '@linnet/uapi';

// errno * 2, plus one when the error ends the socket's hope.
const UNREACH: readonly number[] = [
  ENETUNREACH << 1, (EACCES << 1) | 1, EHOSTUNREACH << 1, EHOSTUNREACH << 1, (ECONNREFUSED << 1) | 1, (EACCES << 1) | 1, (EACCES << 1) | 1,
];

/** The errno of an ICMPv6 error and whether it is fatal: `err << 1 | fatal`. @alpha */
export function icmp6ErrConvert(type: number, code: number): number {
  switch (type) {
    case ICMPV6_DEST_UNREACH:
      return UNREACH[code] ?? ((EPROTO << 1) | 1);
    case ICMPV6_PKT_TOOBIG:
      return EMSGSIZE << 1;
    case ICMPV6_PARAMPROB:
      return (EPROTO << 1) | 1;
    case ICMPV6_TIME_EXCEED:
      return EHOSTUNREACH << 1;
    default:
      return EPROTO << 1;
  }
}

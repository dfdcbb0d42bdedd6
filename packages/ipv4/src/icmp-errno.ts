/** What ICMP errors mean to sockets (RFC 1122 3.2.2.1, 4.2.3.9; icmp_err_convert). */
import { ECONNREFUSED, EHOSTDOWN, EHOSTUNREACH, EMSGSIZE, ENETUNREACH, ENONET, ENOPROTOOPT, EOPNOTSUPP, EPROTO } from '@linnet/kernel';
import { ICMP_DEST_UNREACH, ICMP_PARAMETERPROB, ICMP_TIME_EXCEEDED, NR_ICMP_UNREACH } from '@linnet/uapi';

// errno * 2, plus one when the error ends the socket's hope.
const UNREACH_ERRNO: readonly number[] = [
  ENETUNREACH << 1, EHOSTUNREACH << 1, (ENOPROTOOPT << 1) | 1, (ECONNREFUSED << 1) | 1, EMSGSIZE << 1, EOPNOTSUPP << 1, (ENETUNREACH << 1) | 1, (EHOSTDOWN << 1) | 1,
  (ENONET << 1) | 1, (ENETUNREACH << 1) | 1, (EHOSTUNREACH << 1) | 1, ENETUNREACH << 1, EHOSTUNREACH << 1, (EHOSTUNREACH << 1) | 1, (EHOSTUNREACH << 1) | 1,
  (EHOSTUNREACH << 1) | 1,
];

/**
 * The errno of an ICMP error and whether it is fatal: `err << 1 | fatal`; 0 for messages that are no errors to a socket.
 * @alpha
 */
export function icmpErrConvert(type: number, code: number): number {
  switch (type) {
    case ICMP_DEST_UNREACH:
      return code <= NR_ICMP_UNREACH ? UNREACH_ERRNO[code]! : EHOSTUNREACH << 1;
    case ICMP_PARAMETERPROB:
      return (EPROTO << 1) | 1;
    case ICMP_TIME_EXCEEDED:
      return EHOSTUNREACH << 1;
    default:
      return 0;
  }
}

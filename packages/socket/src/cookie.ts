/** The numbers by which the outside knows a socket: its cookie (never used twice) and the inode number of its file. */
import { ESTALE, type Kernel } from '@linnet/kernel';
import type { Sock } from './sock.ts';
import { SOCKET } from './socket.ts';

/**
 * The sock's cookie, made when it is first asked for (sock_gen_cookie): a whole number from 1 on below 2^53, unique in its kernel. The ABI carries it as two words:
 * {@link sockCookieLow} and {@link sockCookieHigh}.
 * @alpha
 */
export function sockGenCookie(sk: Sock): number {
  if (sk.cookie === 0) sk.cookie = sockNewCookie(sk.kernel);
  return sk.cookie;
}

/** A cookie that nobody has, for what is no sock yet or no more: requests and TIME-WAITs. @alpha */
export function sockNewCookie(k: Kernel): number {
  return ++k.get(SOCKET).lastCookie;
}

/** The low 32 bits of a cookie, as int32. @alpha */
export function sockCookieLow(cookie: number): number {
  return cookie | 0;
}

/** The high 32 bits of a cookie. @alpha */
export function sockCookieHigh(cookie: number): number {
  return Math.floor(cookie / 0x1_0000_0000) | 0;
}

/**
 * Does a request of sock_diag mean this sock? (sock_diag_check_cookie) `low` and `high` are the words of its cookie, all bits set in both for «any»: 0 or -ESTALE.
 * @alpha
 */
export function sockCheckCookie(sk: Sock, low: number, high: number): number {
  if ((low | 0) === -1 && (high | 0) === -1) return 0;
  const cookie = sockGenCookie(sk);
  return (low | 0) === sockCookieLow(cookie) && (high | 0) === sockCookieHigh(cookie) ? 0 : -ESTALE;
}

/** The inode number of the sock's file; 0 when none stands behind it any more or yet (sock_i_ino). @alpha */
export function sockIno(sk: Sock): number {
  return sk.socket === null ? 0 : sk.socket.ino;
}

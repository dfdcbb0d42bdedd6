/** What hardly any socket is told. */
import { type Sock, SockRare } from './sock.ts';

/** The sock's rare state, made when it is first needed. */
export function sockRare(sk: Sock): SockRare {
  return (sk.rare ??= new SockRare());
}

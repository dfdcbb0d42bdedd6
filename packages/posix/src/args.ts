/** Checking and naming the arguments of system calls. */
import { EBADF, EFAULT, EINVAL, SystemError } from '@linnet/kernel';
import { AF_INET, AF_INET6, in4ToString, in6ToString, isSockAddrIn, isSockAddrIn6, isSockAddrLl, isSockAddrNl, isSockAddrUn, utf8Decode, type SockAddr } from '@linnet/uapi';

function integer(n: unknown, min: number, max: number): boolean {
  return typeof n === 'number' && Number.isInteger(n) && n >= min && n <= max;
}

/** What is wrong with a socket address, as 'addr.port: 70000'; empty when nothing is. */
export function addrFault(addr: unknown): string {
  if (typeof addr !== 'object' || addr === null) return `addr: ${String(addr)}`;
  const sa = addr as { family?: unknown; port?: unknown; addr?: unknown };
  if (!integer(sa.family, 0, 0xffff)) return `addr.family: ${String(sa.family)}`;
  if (sa.family !== AF_INET && sa.family !== AF_INET6) return '';
  if (!integer(sa.port, 0, 0xffff)) return `addr.port: ${String(sa.port)}`;
  if (sa.family === AF_INET6) return sa.addr instanceof Int32Array && sa.addr.length === 4 ? '' : 'addr.addr: not four words';
  return integer(sa.addr, -0x80000000, 0xffffffff) ? '' : `addr.addr: ${String(sa.addr)}`;
}

/** The errno for an address that {@link addrFault} finds fault with; 0 when it is good. */
export function addrErrno(addr: unknown): number {
  if (typeof addr !== 'object' || addr === null) return -EFAULT;
  return addrFault(addr) === '' ? 0 : -EINVAL;
}

/** An address as people write it: '10.0.0.1:80', '[fe80::1]:80'. @alpha */
export function sockaddrText(addr: SockAddr): string {
  if (isSockAddrIn(addr)) return `${in4ToString(addr.addr | 0)}:${addr.port}`;
  if (isSockAddrIn6(addr)) return `[${in6ToString(addr.addr)}]:${addr.port}`;
  if (isSockAddrUn(addr)) return utf8Decode(addr.path).replace('\0', '@');
  if (isSockAddrNl(addr)) return `pid ${addr.pid} groups ${addr.groups}`;
  if (isSockAddrLl(addr)) return `ifindex ${addr.ifindex}`;
  return `family ${addr.family}`;
}

/** The error of a call on a descriptor: its text names the descriptor when that was the fault, else `detail`. */
export function sysError(err: number, syscall: string, fd: number, detail: string = ''): SystemError {
  return new SystemError(err, syscall, err === -EBADF ? `fd ${fd}` : detail);
}

/** An address for an error's text: what is wrong with it, or the address. */
export function addrDetail(addr: unknown): string {
  const fault = addrFault(addr);
  return fault === '' ? sockaddrText(addr as SockAddr) : fault;
}

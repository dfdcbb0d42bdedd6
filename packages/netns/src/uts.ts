/** UTS namespaces: the names that a machine goes by (uts_namespaces(7), uname(2)). */
import { EINVAL, ENAMETOOLONG, type Kernel, type SysctlEntry, sysctlString } from '@linnet/kernel';

/** Bytes of each name (__NEW_UTS_LEN). @alpha */
export const UTS_LEN = 64;

/** The number of the initial one on Linux. */
const INIT_UTS_INUM = 0xeffffffe;

/** What uname(2) says. @public */
export interface Utsname {
  readonly sysname: string;
  readonly nodename: string;
  readonly release: string;
  readonly version: string;
  readonly machine: string;
  readonly domainname: string;
}

/** A host name and a domain name (struct uts_namespace). Shared by the tasks that have it. @alpha */
export class UtsNamespace {
  readonly kernel: Kernel;
  /** The initial one: its host name is that of the machine. */
  readonly init: boolean;
  /** The number that `/proc/PID/ns/uts` shows. */
  readonly inum: number;
  private name: string;
  domainname: string;

  constructor(kernel: Kernel, init: boolean, hostname: string, domainname: string) {
    this.kernel = kernel;
    this.init = init;
    this.inum = init ? INIT_UTS_INUM : kernel.allocInum();
    this.name = hostname;
    this.domainname = domainname;
  }

  get hostname(): string {
    return this.init ? this.kernel.hostname : this.name;
  }
  set hostname(name: string) {
    if (this.init) this.kernel.hostname = name;
    else this.name = name;
  }
}

/** Bytes of a name in UTF-8: that is what the system calls count. */
function byteLength(name: string): number {
  let n = 0;
  for (const c of name) {
    const p = c.codePointAt(0)!;
    n += p < 0x80 ? 1 : p < 0x800 ? 2 : p < 0x10000 ? 3 : 4;
  }
  return n;
}

/** Sets the host name (sethostname(2)). Returns 0 or -EINVAL for more than 64 bytes. @alpha */
export function setHostname(uts: UtsNamespace, name: string): number {
  if (byteLength(name) > UTS_LEN) return -EINVAL;
  uts.hostname = name;
  return 0;
}

/** Sets the domain name (setdomainname(2)). Returns 0 or -EINVAL for more than 64 bytes. @alpha */
export function setDomainname(uts: UtsNamespace, name: string): number {
  if (byteLength(name) > UTS_LEN) return -EINVAL;
  uts.domainname = name;
  return 0;
}

/** The host name into a buffer of `len` bytes (gethostname(2)): the name, or -ENAMETOOLONG when it and its NUL do not fit. @alpha */
export function getHostname(uts: UtsNamespace, len: number = UTS_LEN + 1): string | number {
  return byteLength(uts.hostname) + 1 > len ? -ENAMETOOLONG : uts.hostname;
}

/** uname(2) in a UTS namespace. @alpha */
export function uname(uts: UtsNamespace): Utsname {
  return { sysname: 'Linux', nodename: uts.hostname, release: '6.12.0-linnet', version: '#1 SMP PREEMPT', machine: 'x86_64', domainname: uts.domainname };
}

/** kernel.hostname and its kin, of the initial namespace. @alpha */
export function registerUtsSysctls(k: Kernel, uts: UtsNamespace): void {
  for (const name of UTS_SYSCTLS) k.sysctl.register(`kernel/${name}`, utsSysctl(uts, name)!);
}

/** Names of settings below `kernel/` that belong to a UTS namespace. @alpha */
export const UTS_SYSCTLS: readonly string[] = Object.freeze(['domainname', 'hostname', 'osrelease', 'ostype', 'version']);

/** The setting `kernel/NAME` as tasks of a UTS namespace see it; null for a name that is none of {@link UTS_SYSCTLS}. @alpha */
export function utsSysctl(uts: UtsNamespace, name: string): SysctlEntry | null {
  switch (name) {
    case 'hostname':
      return sysctlString(() => uts.hostname, (v) => setHostname(uts, v), UTS_LEN);
    case 'domainname':
      return sysctlString(() => uts.domainname, (v) => setDomainname(uts, v), UTS_LEN);
    case 'osrelease':
      return { get: () => uname(uts).release };
    case 'ostype':
      return { get: () => uname(uts).sysname };
    case 'version':
      return { get: () => uname(uts).version };
    default:
      return null;
  }
}

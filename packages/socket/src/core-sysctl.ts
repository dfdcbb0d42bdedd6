/** The limits of socket buffers: net.core.{r,w}mem_{default,max}, somaxconn, optmem_max. */
import { sysctlInt, type Kernel } from '@linnet/kernel';
import type { NetProtoFamily } from './socket.ts';

/** A kernel's families and limits. @alpha */
export class SocketKernel {
  readonly families: Map<number, NetProtoFamily> = new Map();
  rmemDefault = 212992;
  rmemMax = 212992;
  wmemDefault = 212992;
  wmemMax = 212992;
  optmemMax = 131072;
  somaxconn = 4096;
  nextCookie = 1;
}

/** Registers the sysctls of the socket layer (net/core/sysctl_net_core). */
export function registerCoreSysctls(k: Kernel, s: SocketKernel): void {
  const reg = (name: string, get: () => number, set: (v: number) => void, min: number): void => {
    k.sysctl.register(`net/core/${name}`, sysctlInt(get, set, { min, max: 0x7fffffff }));
  };
  reg('rmem_default', () => s.rmemDefault, (v) => { s.rmemDefault = v; }, 2304);
  reg('rmem_max', () => s.rmemMax, (v) => { s.rmemMax = v; }, 2304);
  reg('wmem_default', () => s.wmemDefault, (v) => { s.wmemDefault = v; }, 4608);
  reg('wmem_max', () => s.wmemMax, (v) => { s.wmemMax = v; }, 4608);
  reg('optmem_max', () => s.optmemMax, (v) => { s.optmemMax = v; }, 0);
  reg('somaxconn', () => s.somaxconn, (v) => { s.somaxconn = v; }, 0);
}

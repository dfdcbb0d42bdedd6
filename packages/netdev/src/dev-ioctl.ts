/** ioctls of interfaces that a module answers: bridges, VLANs (brioctl_set, vlan_ioctl_set). Who serves ioctl(2) looks here for what it does not know itself. */
import type { Kernel, Net } from '@linnet/kernel';
import { NETDEV } from './softnet.ts';

/**
 * Answers one ioctl. `arg` are the caller's bytes as long as the command's structure, and are written to. Returns 0 or a positive answer, or a negative errno.
 * @alpha
 */
export type NetIoctl = (net: Net, cmd: number, arg: Uint8Array) => number;

/** Answers `cmd` (SIOC*) from now on; for a module's `init`. @alpha */
export function netIoctlRegister(k: Kernel, cmd: number, fn: NetIoctl): void {
  k.get(NETDEV).ioctls.set(cmd, fn);
}

/** Who answers `cmd`; null when no module does. @alpha */
export function netIoctlFind(k: Kernel, cmd: number): NetIoctl | null {
  return k.get(NETDEV).ioctls.get(cmd) ?? null;
}

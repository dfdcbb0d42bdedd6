/** Ports and groups of netlink sockets. */
import { EADDRINUSE, EBUSY, EINVAL } from '@linnet/kernel';
import { netlinkHasGroup, type NetlinkSock } from './netlink-sock.ts';
import { NETLINK } from './netlink-table.ts';

/** Takes a port (unsigned) for the sock (netlink_insert): -EBUSY when it has one already, -EADDRINUSE when another has it. */
export function netlinkInsert(nlk: NetlinkSock, portid: number): number {
  if (nlk.bound) return nlk.portid === portid ? 0 : -EBUSY;
  const { ports } = nlk.table;
  if (ports.has(portid)) return -EADDRINUSE;
  ports.set(portid, nlk);
  nlk.portid = portid;
  nlk.bound = true;
  return 0;
}

/** Gives the sock a port of the kernel's choice: the process id, else a random one with the highest bit set (netlink_autobind). */
export function netlinkAutobind(nlk: NetlinkSock): number {
  const k = nlk.kernel;
  const pid = k.get(NETLINK).host?.currentPid() ?? 1;
  if (netlinkInsert(nlk, pid >>> 0) === 0) return 0;
  const rng = k.rng.stream('netlink.portid');
  for (;;) {
    // -4096 and below: no process has such an id.
    const portid = (0x80000000 + rng.below(0x7ffff000)) >>> 0;
    const err = netlinkInsert(nlk, portid);
    if (err !== -EADDRINUSE) return err;
  }
}

/** Joins or leaves group `group`, 1 being the first. Returns 0, -EINVAL for a group that is none, or what the protocol refused with. */
export function netlinkSetGroup(nlk: NetlinkSock, group: number, on: boolean): number {
  const { table } = nlk;
  if (group < 1 || group > table.groups) return -EINVAL;
  if (netlinkHasGroup(nlk, group) === on) return 0;
  if (on && table.cfg.bind !== undefined) {
    const err = table.cfg.bind(nlk.net, group);
    if (err < 0) return err;
  }
  const word = (group - 1) >>> 5;
  if (word >= nlk.groups.length) {
    const wider = new Uint32Array(((table.groups + 63) >>> 6) * 2);
    wider.set(nlk.groups);
    nlk.groups = wider;
  }
  nlk.groups[word]! ^= 1 << ((group - 1) & 31);
  nlk.subscriptions += on ? 1 : -1;
  if (nlk.subscriptions > 0) table.multicast.add(nlk);
  else table.multicast.delete(nlk);
  table.listeners[group] = (table.listeners[group] ?? 0) + (on ? 1 : -1);
  if (!on) table.cfg.unbind?.(nlk.net, group);
  return 0;
}

/** Sets the first 32 groups to the bits of `mask`, as bind does. */
export function netlinkSetGroupMask(nlk: NetlinkSock, mask: number): number {
  for (let group = 1; group <= 32; group++) {
    const want = (mask & (1 << (group - 1))) !== 0;
    if (group > nlk.table.groups) break; // bits beyond are passed over, as ever
    const err = netlinkSetGroup(nlk, group, want);
    if (err !== 0) return err;
  }
  return 0;
}

/** Takes the sock out of ports and groups. */
export function netlinkRemove(nlk: NetlinkSock): void {
  const { table } = nlk;
  for (let group = 1; nlk.subscriptions > 0; group++) netlinkSetGroup(nlk, group, false);
  if (nlk.bound) {
    table.ports.delete(nlk.portid);
    table.cfg.release?.(nlk.net, nlk.portid);
  }
  table.socks.delete(nlk);
  nlk.kernel.get(NETLINK).allNsid.delete(nlk);
}

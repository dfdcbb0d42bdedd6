/** Generic netlink: families by name, numbered as they register, and their messages (genetlink). */
import { EINVAL, type Kernel, type Net } from '@linnet/kernel';
import { GENL_HDRLEN, GENL_MAX_ID, GENL_NAMSIZ, GENL_START_ALLOC, NETLINK_GENERIC, type NlWriter } from '@linnet/uapi';
import { GenlFamily, type GenlFamilyDef, type GenlKernel } from './genl-kernel.ts';
import { netlinkBroadcast, netlinkHasListeners, netlinkUnicast, nlmsgNotify } from './netlink-deliver.ts';
import { NETLINK, netlinkTable } from './netlink-table.ts';
import { type NlDump, nlDumpBegin, type NlRequest } from './request.ts';

/** The first `n` free group numbers in a row. */
function groupRange(gk: GenlKernel, n: number): number {
  for (let first = 0; ; first++) {
    let i = 0;
    while (i < n && !gk.mcGroups.has(first + i)) i++;
    if (i === n) return first;
  }
}

/**
 * Registers a family (genl_register_family), for a module's `init`. The number is the next free one from 0x13 on. Throws for a name that is taken or too long,
 * an op that can do nothing, or when there are no numbers left: a module that is wrong.
 * @alpha
 */
export function genlRegisterFamily(k: Kernel, def: GenlFamilyDef): GenlFamily {
  const gk = k.get(NETLINK).genl;
  if (def.name.length >= GENL_NAMSIZ) throw new Error(`generic netlink: the name "${def.name}" is too long`);
  if (genlFamilyByName(k, def.name) !== null) throw new Error(`generic netlink: family "${def.name}" is registered twice`);
  for (const op of def.ops) {
    if (op.doit === undefined && op.dumpit === undefined) throw new Error(`generic netlink: command ${op.cmd} of "${def.name}" does nothing`);
  }
  let id = def.id ?? gk.next;
  if (def.id === undefined) {
    for (let tries = 0; gk.families.has(id); tries++) {
      if (tries > GENL_MAX_ID) throw new Error('generic netlink: no family numbers left');
      id = id >= GENL_MAX_ID ? GENL_START_ALLOC : id + 1;
    }
    gk.next = id >= GENL_MAX_ID ? GENL_START_ALLOC : id + 1;
  }
  const n = def.mcgrps?.length ?? 0;
  const base = n === 0 ? 0 : (def.mcgrpBase ?? groupRange(gk, n));
  for (let i = 0; i < n; i++) gk.mcGroups.add(base + i);
  const family = new GenlFamily(def, id, base);
  gk.families.set(id, family);
  gk.notify?.(family, 'new');
  return family;
}

/** Takes a family back (genl_unregister_family): its groups lose their members. Returns 0, or -EINVAL when it is not registered. @alpha */
export function genlUnregisterFamily(k: Kernel, family: GenlFamily): number {
  const gk = k.get(NETLINK).genl;
  if (gk.families.get(family.id) !== family) return -EINVAL;
  gk.families.delete(family.id);
  gk.notify?.(family, 'del');
  for (let i = 0; i < family.mcgrps.length; i++) {
    const group = family.mcgrpOffset + i;
    for (const net of k.nets) genlClearGroup(net, group);
    gk.mcGroups.delete(group);
  }
  return 0;
}

/** Nobody listens to a group any more that is given back (__netlink_clear_multicast_users). */
function genlClearGroup(net: Net, group: number): void {
  const table = netlinkTable(net, NETLINK_GENERIC);
  if (table === null) return;
  for (const nlk of Array.from(table.multicast)) {
    const word = (group - 1) >>> 5;
    const bit = 1 << ((group - 1) & 31);
    if (((nlk.groups[word] ?? 0) & bit) === 0) continue;
    nlk.groups[word]! &= ~bit;
    if (--nlk.subscriptions === 0) table.multicast.delete(nlk);
    table.listeners[group] = (table.listeners[group] ?? 1) - 1;
  }
}

/** The family of that name, or null. @alpha */
export function genlFamilyByName(k: Kernel, name: string): GenlFamily | null {
  for (const f of k.get(NETLINK).genl.families.values()) if (f.name === name) return f;
  return null;
}

/** The family of that number, or null. @alpha */
export function genlFamilyById(k: Kernel, id: number): GenlFamily | null {
  return k.get(NETLINK).genl.families.get(id) ?? null;
}

function putHeader(w: NlWriter, family: GenlFamily, cmd: number): number {
  const off = w.reserve(GENL_HDRLEN + family.hdrsize);
  w.view.setUint8(off, cmd);
  w.view.setUint8(off + 1, family.version);
  return off + GENL_HDRLEN;
}

/**
 * Begins a message of a family (genlmsg_put): a reply to `req`, or a notification when `req` is null. Returns the offset of the family's own header (or of the first
 * attribute). The caller puts attributes and ends it.
 * @alpha
 */
export function genlmsgPut(w: NlWriter, req: NlRequest | null, family: GenlFamily, cmd: number, flags: number = 0): number {
  w.begin(family.id, flags, req?.seq ?? 0, req?.portid ?? 0);
  return putHeader(w, family, cmd);
}

/** Begins a message of a dump: NLM_F_MULTI, and NLM_F_DUMP_INTR where `cb.seq` says so. Returns what {@link genlmsgPut} does. @alpha */
export function genlDumpPut(w: NlWriter, cb: NlDump, family: GenlFamily, cmd: number, flags: number = 0): number {
  nlDumpBegin(w, cb, family.id, flags);
  return putHeader(w, family, cmd);
}

/** Offset of the attributes of a request: behind genlmsghdr and the family's own header. @alpha */
export function genlAttrsOff(req: NlRequest, family: GenlFamily): number {
  return req.data + GENL_HDRLEN + ((family.hdrsize + 3) & ~3);
}

/** Offset of the family's own header in a request (genl_info_userhdr). @alpha */
export function genlUserhdr(req: NlRequest): number {
  return req.data + GENL_HDRLEN;
}

/** Does anybody listen to group `group` (an index into the family's groups)? (genl_has_listeners) @alpha */
export function genlHasListeners(net: Net, family: GenlFamily, group: number): boolean {
  return group < family.mcgrps.length && netlinkHasListeners(net, NETLINK_GENERIC, family.mcgrpOffset + group);
}

/**
 * Sends complete messages to a group of the family, by index (genlmsg_multicast_netns). `req`: the request behind it, whose sender hears nothing here.
 * Returns 0, -ESRCH when nobody got it, -EINVAL for a group that is none.
 * @alpha
 */
export function genlmsgMulticast(net: Net, family: GenlFamily, w: NlWriter, group: number, req: NlRequest | null = null): number {
  if (group >= family.mcgrps.length) return -EINVAL;
  return netlinkBroadcast(net, NETLINK_GENERIC, w, req?.portid ?? 0, family.mcgrpOffset + group);
}

/** {@link genlmsgMulticast} in every namespace (genlmsg_multicast_allns). @alpha */
export function genlmsgMulticastAllns(k: Kernel, family: GenlFamily, w: NlWriter, group: number): void {
  for (const net of k.nets) if (!net.dead) genlmsgMulticast(net, family, w, group);
}

/** Tells a group, and the requester too when it wants an echo (genl_notify). @alpha */
export function genlNotify(net: Net, family: GenlFamily, w: NlWriter, group: number, req: NlRequest | null): number {
  if (group >= family.mcgrps.length) return -EINVAL;
  return nlmsgNotify(net, NETLINK_GENERIC, w, family.mcgrpOffset + group, req);
}

/** Sends complete messages to one port (genlmsg_unicast). @alpha */
export function genlmsgUnicast(net: Net, w: NlWriter, portid: number): number {
  return netlinkUnicast(net, NETLINK_GENERIC, w, portid);
}

/** Ids by which one namespace speaks of another (netns ids, `ip netns list-id`). */
import { EEXIST, ENOENT, EINVAL, type Net } from '@linnet/kernel';
import { NETNSA_NSID_NOT_ASSIGNED } from '@linnet/uapi';
import { NETLINK, NETLINK_NET } from './netlink-table.ts';
import type { NlRequest } from './request.ts';

function nsidNotify(net: Net, added: boolean, id: number, req: NlRequest | null): void {
  net.kernel.get(NETLINK).nsidNotify?.(net, added, id, req);
}

/** The id of `peer` in `net`, or NETNSA_NSID_NOT_ASSIGNED (peernet2id). @alpha */
export function peernet2id(net: Net, peer: Net): number {
  return net.get(NETLINK_NET).ids.byNet.get(peer) ?? NETNSA_NSID_NOT_ASSIGNED;
}

/** Has `peer` an id in `net`? (peernet_has_id) @alpha */
export function peernetHasId(net: Net, peer: Net): boolean {
  return net.get(NETLINK_NET).ids.byNet.has(peer);
}

/**
 * The id of `peer` in `net`, given out now if there is none, with a notification to RTNLGRP_NSID (peernet2id_alloc).
 * NETNSA_NSID_NOT_ASSIGNED when one of them is gone.
 * @alpha
 */
export function peernet2idAlloc(net: Net, peer: Net, req: NlRequest | null = null): number {
  const { ids } = net.get(NETLINK_NET);
  const old = ids.byNet.get(peer);
  if (old !== undefined) return old;
  if (net.dead || peer.dead) return NETNSA_NSID_NOT_ASSIGNED;
  let id = 0;
  while (ids.byId.has(id)) id++;
  ids.byNet.set(peer, id);
  ids.byId.set(id, peer);
  nsidNotify(net, true, id, req);
  return id;
}

/**
 * Gives `peer` the id `nsid` in `net` (RTM_NEWNSID). Returns 0, -EEXIST when the peer has one already or the id is in use, -EINVAL for a negative id.
 * `req` is the request that asks for it, if one does.
 * @alpha
 */
export function netnsIdSet(net: Net, peer: Net, nsid: number, req: NlRequest | null = null): number {
  const { ids } = net.get(NETLINK_NET);
  if (nsid < 0) {
    if (ids.byNet.has(peer)) return -EEXIST;
    return peernet2idAlloc(net, peer, req) < 0 ? -EINVAL : 0;
  }
  if (ids.byNet.has(peer) || ids.byId.has(nsid)) return -EEXIST;
  if (net.dead || peer.dead) return -ENOENT;
  ids.byNet.set(peer, nsid);
  ids.byId.set(nsid, peer);
  nsidNotify(net, true, nsid, req);
  return 0;
}

/** The namespace that `net` calls `id`, or null (get_net_ns_by_id). @alpha */
export function getNetNsById(net: Net, id: number): Net | null {
  const peer = net.get(NETLINK_NET).ids.byId.get(id);
  return peer === undefined || peer.dead ? null : peer;
}

/** Forgets the ids of a namespace that ends, in all others, telling their listeners (unhash_nsid). */
export function netIdsForget(gone: Net): void {
  for (const net of gone.kernel.nets) {
    if (net === gone) continue;
    const ids = net.tryGet(NETLINK_NET)?.ids;
    if (ids === undefined) continue;
    const id = ids.byNet.get(gone);
    if (id === undefined) continue;
    ids.byNet.delete(gone);
    ids.byId.delete(id);
    nsidNotify(net, false, id, null);
  }
  const own = gone.get(NETLINK_NET).ids;
  own.byNet.clear();
  own.byId.clear();
}

/** Sets of sets (list:set): their elements are the places of sets, in an order. */
// datapath-ok-file: control messages
import { ipSetFill } from './ipset-adt.ts';
import type { IpSetAttrs } from './ipset-attrs.ts';
import type { IpSetEntry } from './ipset-entry.ts';
import type { IpSet } from './ipset-set.ts';
import {
  IPSET_ATTR_CADT_FLAGS, IPSET_ATTR_NAME, IPSET_ATTR_NAMEREF, IPSET_CMD_ADD, IPSET_CMD_TEST, IPSET_ERR_BEFORE, IPSET_ERR_EXIST, IPSET_ERR_LOOP, IPSET_ERR_NAME, IPSET_ERR_NAMEREF,
  IPSET_ERR_PROTOCOL, IPSET_ERR_REF_EXIST, IPSET_FLAG_BEFORE,
} from './ipset-uapi.ts';

/** One command about one member: 0 or an error. */
export function ipSetListAdt(set: IpSet, cmd: number, a: IpSetAttrs, e: IpSetEntry, exist: boolean): number {
  const { inet, order } = set;
  if (!a.has(IPSET_ATTR_NAME)) return -IPSET_ERR_PROTOCOL;
  const of = inet.find(a.str(IPSET_ATTR_NAME));
  if (of === null) return -IPSET_ERR_NAME;
  if (of.type.kind === 'list') return -IPSET_ERR_LOOP;
  const before = (a.u32(IPSET_ATTR_CADT_FLAGS, 0) & IPSET_FLAG_BEFORE) !== 0;
  let ref: IpSet | null = null;
  if (a.has(IPSET_ATTR_NAMEREF)) {
    ref = inet.find(a.str(IPSET_ATTR_NAMEREF));
    if (ref === null) return -IPSET_ERR_NAMEREF;
  } else if (before) {
    return -IPSET_ERR_BEFORE;
  }
  for (const s of order.slice()) if (!set.live(s)) set.remove(s);
  const at = placeOf(set, of);
  // Where the neighbour would have to be.
  const beside = ref === null ? -1 : placeOf(set, ref);
  const fits = ref === null || (beside >= 0 && beside === (before ? at + 1 : at - 1));
  if (cmd === IPSET_CMD_ADD) {
    if (at >= 0) {
      if (!exist) return -IPSET_ERR_EXIST;
      ipSetFill(set, order[at]!, e);
      return 0;
    }
    if (ref !== null && beside < 0) return -IPSET_ERR_REF_EXIST;
    inet.key[0] = of.id;
    const slot = set.insert(inet.key, 0);
    order.splice(ref === null ? order.length : before ? beside : beside + 1, 0, slot);
    of.refs++;
    ipSetFill(set, slot, e);
    return 0;
  }
  if (cmd === IPSET_CMD_TEST) return at >= 0 && fits ? 0 : -IPSET_ERR_EXIST;
  if (at < 0) return ref !== null ? -IPSET_ERR_REF_EXIST : exist ? 0 : -IPSET_ERR_EXIST;
  if (!fits) return -IPSET_ERR_REF_EXIST;
  set.remove(order[at]!);
  return 0;
}

function placeOf(list: IpSet, of: IpSet): number {
  return list.order.findIndex((slot) => list.elems.keys[slot] === of.id);
}

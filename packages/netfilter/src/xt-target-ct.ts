/** The targets CT and NOTRACK (iptables-extensions(8)): templates for connection tracking, or that there is nothing to track. */
import { EINVAL, ENOENT } from '@linnet/kernel';
import { NFPROTO_IPV4, NFPROTO_IPV6 } from '@linnet/netdev';
import { IP_CT_NEW, IP_CT_UNTRACKED } from './nf-conntrack-common.ts';
import { nfCtSetUntracked, nfCtTmplAlloc } from './nf-conntrack-core.ts';
import { NfCtHelp, nfCtHelperFind } from './nf-ct-helper.ts';
import { NF_CONNTRACK } from './nf-conntrack-net.ts';
import { XT_CONTINUE, type XtCheck, type XtTargetDef, type XtTargetFn, xtString } from './xt-core.ts';
import { xtNeedsTracking } from './xt-match-ct.ts';

const NOTRACK = 1;
const ZONE_DIRS = 0xc;
const ZONE_MARK = 16;
/** XT_INV_PROTO: the rule is for all protocols but one. */
const INV_PROTO = 0x40;

/** struct xt_ct_target_info and xt_ct_target_info_v1. */
function ct(rev: number): (c: XtCheck) => XtTargetFn | number {
  return (c) => {
    const { view, u8, off, net } = c;
    const flags = view.getUint16(off, true);
    const zone = view.getUint16(off + 2, true);
    if ((flags & ~31) !== 0 || (flags & ZONE_DIRS) === ZONE_DIRS) return -EINVAL;
    if (rev > 0 && u8[off + 28] !== 0) return -ENOENT;
    if ((flags & NOTRACK) !== 0) return notrack();
    const name = xtString(u8, off + 12, 16);
    if (name === null) return -EINVAL;
    let helper = null;
    if (name !== '') {
      // A helper reads one transport.
      if (c.proto === 0 || (c.inv & INV_PROTO) !== 0) return -ENOENT;
      helper = nfCtHelperFind(net.kernel, name, c.proto, c.family);
      if (helper === null) return -ENOENT;
    }
    xtNeedsTracking(c);
    const cn = net.get(NF_CONNTRACK);
    const tmpl = nfCtTmplAlloc(cn, zone);
    if (helper !== null) tmpl.help = new NfCtHelp(helper);
    return (skb) => {
      if (skb.nfct !== null || skb.nfctInfo === IP_CT_UNTRACKED) return XT_CONTINUE;
      if ((flags & ZONE_MARK) !== 0) {
        const own = nfCtTmplAlloc(cn, skb.mark & 0xffff);
        own.help = tmpl.help;
        skb.nfct = own;
      } else {
        skb.nfct = tmpl;
      }
      skb.nfctInfo = IP_CT_NEW;
      return XT_CONTINUE;
    };
  };
}

const notrack = (): XtTargetFn => (skb) => {
  if (skb.nfct === null && skb.nfctInfo !== IP_CT_UNTRACKED) nfCtSetUntracked(skb);
  return XT_CONTINUE;
};

const two = (d: Omit<XtTargetDef, 'family'>): XtTargetDef[] => [{ ...d, family: NFPROTO_IPV4 }, { ...d, family: NFPROTO_IPV6 }]; // datapath-ok: constants
const R = { table: 'raw' } as const;

/** The definitions. */
export const XT_CT_TARGETS: readonly XtTargetDef[] = [
  ...two({ ...R, name: 'CT', revision: 0, size: 40, usersize: 32, check: ct(0) }),
  ...two({ ...R, name: 'CT', revision: 1, size: 72, usersize: 64, check: ct(1) }),
  ...two({ ...R, name: 'CT', revision: 2, size: 72, usersize: 64, check: ct(2) }),
  ...two({ ...R, name: 'NOTRACK', revision: 0, size: 0, check: notrack }),
];

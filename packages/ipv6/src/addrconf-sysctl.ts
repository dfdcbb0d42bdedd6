/** `net/ipv6/conf/{all,default,DEVICE}/*` (ip-sysctl.rst; behaviour read from Linux 6.18). */
// datapath-ok-file: settings
import { EINVAL, EIO, sysctlInt, sysctlSecondsJiffies } from '@linnet/kernel';
import type { SysctlEntry } from '@linnet/kernel';
import { forEachNetdev } from '@linnet/netdev';
import {
  DEVCONF_ADDR_GEN_MODE, DEVCONF_DISABLE_IPV6, DEVCONF_DISABLE_POLICY, DEVCONF_FORWARDING, DEVCONF_IGNORE_ROUTES_WITH_LINKDOWN, DEVCONF_MC_FORWARDING, DEVCONF_MTU6,
  DEVCONF_PROXY_NDP, IFF_LOOPBACK, IFF_UP, IN6_ADDR_GEN_MODE_RANDOM, IN6_ADDR_GEN_MODE_STABLE_PRIVACY, IPV6_MIN_MTU, RTM_NEWNETCONF, in6FromString,
} from '@linnet/uapi';
import { addrGen, devDisableChange, forwardChangeAll, forwardChangeDev } from './addrconf-dev.ts';
import { DEVCONF6_NAMES, DEVCONF_FORCE_FORWARDING } from './devconf6.ts';
import type { DevconfKind, DevconfRange, Ipv6Devconf } from './devconf6.ts';
import { in6DevGet } from './inet6-dev.ts';
import type { Inet6Dev } from './inet6-dev.ts';
import type { Ipv6Net } from './ipv6-net.ts';
import { rt6CacheFlush } from './rt6-info.ts';

function allDevs(n6: Ipv6Net, fn: (idev: Inet6Dev) => void): void {
  forEachNetdev(n6.net, (dev) => {
    const idev = in6DevGet(dev);
    if (idev !== null) fn(idev);
  });
}

function ifindexOf(n6: Ipv6Net, cnf: Ipv6Devconf, idev: Inet6Dev | null): number {
  return cnf === n6.devconfAll ? -1 : cnf === n6.devconfDflt ? -2 : idev!.dev.ifindex;
}

/** A new value of a setting that means more than its number. 0 or a negative errno. */
function setSpecial(n6: Ipv6Net, cnf: Ipv6Devconf, idev: Inet6Dev | null, id: number, v: number): number {
  const { data } = cnf;
  const old = data[id]!;
  const isAll = cnf === n6.devconfAll;
  switch (id) {
    case DEVCONF_FORWARDING:
      if (isAll) {
        forwardChangeAll(n6, v);
      } else if (idev === null) {
        data[id] = v;
        if ((old === 0) !== (v === 0)) n6.fn.netconf(n6, RTM_NEWNETCONF, -2, cnf, id);
      } else {
        forwardChangeDev(idev, v);
      }
      return 0;
    case DEVCONF_DISABLE_IPV6:
      data[id] = v;
      if (isAll) {
        n6.devconfDflt.data[id] = v;
        allDevs(n6, (i) => {
          const was = i.cnf.data[id]!;
          i.cnf.data[id] = v;
          if ((was === 0) !== (v === 0)) devDisableChange(i);
        });
      } else if (idev !== null && (old === 0) !== (v === 0)) {
        devDisableChange(idev);
      }
      return 0;
    case DEVCONF_PROXY_NDP:
      data[id] = v;
      if (old !== v) n6.fn.netconf(n6, RTM_NEWNETCONF, ifindexOf(n6, cnf, idev), cnf, id);
      return 0;
    case DEVCONF_IGNORE_ROUTES_WITH_LINKDOWN:
      data[id] = v;
      if (isAll) {
        n6.devconfDflt.data[id] = v;
        allDevs(n6, (i) => {
          i.cnf.data[id] = v;
        });
      }
      if (old !== v) n6.fn.netconf(n6, RTM_NEWNETCONF, ifindexOf(n6, cnf, idev), cnf, id);
      rt6CacheFlush(n6);
      return 0;
    case DEVCONF_FORCE_FORWARDING:
      data[id] = v;
      if (isAll) {
        allDevs(n6, (i) => {
          i.cnf.data[id] = v;
        });
        n6.devconfDflt.data[id] = v;
      }
      return 0;
    case DEVCONF_ADDR_GEN_MODE:
      return setGenMode(n6, cnf, idev, v);
    case DEVCONF_DISABLE_POLICY:
      data[id] = v;
      rt6CacheFlush(n6);
      return 0;
    case DEVCONF_MTU6:
      if (v < IPV6_MIN_MTU || (idev !== null && v > idev.dev.mtu)) return -EINVAL;
      data[id] = v;
      rt6CacheFlush(n6);
      return 0;
    default:
      data[id] = v;
      return 0;
  }
}

/** `addr_gen_mode`: with a new mode the link-local address is made at once, unless there is one. @alpha */
export function setGenMode(n6: Ipv6Net, cnf: Ipv6Devconf, idev: Inet6Dev | null, v: number): number {
  if (v < 0 || v > IN6_ADDR_GEN_MODE_RANDOM) return -EINVAL;
  if (idev !== null) {
    if (v === IN6_ADDR_GEN_MODE_STABLE_PRIVACY && idev.cnf.stableSecret === null && n6.devconfDflt.stableSecret === null) return -EINVAL;
    if (cnf.data[DEVCONF_ADDR_GEN_MODE] !== v) {
      cnf.data[DEVCONF_ADDR_GEN_MODE] = v;
      if ((idev.dev.flags & (IFF_UP | IFF_LOOPBACK)) === IFF_UP) addrGen(idev, false);
    }
    return 0;
  }
  cnf.data[DEVCONF_ADDR_GEN_MODE] = v;
  if (cnf === n6.devconfAll) {
    n6.devconfDflt.data[DEVCONF_ADDR_GEN_MODE] = v;
    allDevs(n6, (i) => {
      if (i.cnf.data[DEVCONF_ADDR_GEN_MODE] === v) return;
      i.cnf.data[DEVCONF_ADDR_GEN_MODE] = v;
      if ((i.dev.flags & (IFF_UP | IFF_LOOPBACK)) === IFF_UP) addrGen(i, false);
    });
  }
  return 0;
}

function entry(n6: Ipv6Net, cnf: Ipv6Devconf, idev: Inet6Dev | null, id: number, kind: DevconfKind, range: DevconfRange | undefined): SysctlEntry {
  const { data } = cnf;
  const get = (): number => data[id]!;
  if (id === DEVCONF_MC_FORWARDING) return sysctlInt(get, null);
  if (kind === 'seconds') return sysctlSecondsJiffies(get, (v) => { data[id] = v; });
  if (kind === 'u32') {
    return {
      get: () => String(data[id]! >>> 0),
      set: (text): number => {
        const v = Number(text.trim());
        if (text.trim() === '' || !Number.isInteger(v) || v < (range?.[0] ?? 0) || v > 0xffffffff) return -EINVAL;
        data[id] = v | 0;
        return 0;
      },
    };
  }
  let err = 0;
  const plain = sysctlInt(get, (v) => { err = setSpecial(n6, cnf, idev, id, v); }, kind === 'u16' ? { min: 0, max: 0xffff } : range === undefined ? {} : { min: range[0], max: range[1] });
  return {
    get: plain.get,
    set: (text): number => {
      err = 0;
      const bad = plain.set!(text);
      return bad !== 0 ? bad : err;
    },
  };
}

function secretText(s: Uint8Array): string {
  const groups: string[] = [];
  for (let i = 0; i < 16; i += 2) groups.push(((s[i]! << 8) | s[i + 1]!).toString(16).padStart(4, '0'));
  return groups.join(':');
}

/** `stable_secret`: with it stable addresses begin; a default one is for all devices, those that come too. There is none for `all`. */
function stableSecret(n6: Ipv6Net, cnf: Ipv6Devconf): SysctlEntry {
  return {
    get: () => (cnf.stableSecret === null ? '' : secretText(cnf.stableSecret)),
    set: (text): number => {
      if (cnf === n6.devconfAll) return -EIO;
      const a = in6FromString(text.trim());
      if (a === null) return -EIO;
      const secret = new Uint8Array(16);
      const view = new DataView(secret.buffer);
      for (let i = 0; i < 4; i++) view.setInt32(4 * i, a[i]!);
      cnf.stableSecret = secret;
      if (cnf === n6.devconfDflt) {
        allDevs(n6, (i) => {
          i.cnf.data[DEVCONF_ADDR_GEN_MODE] = IN6_ADDR_GEN_MODE_STABLE_PRIVACY;
        });
      } else {
        cnf.data[DEVCONF_ADDR_GEN_MODE] = IN6_ADDR_GEN_MODE_STABLE_PRIVACY;
      }
      return 0;
    },
  };
}

/** Registers `net/ipv6/conf/NAME/*`. @alpha */
export function addrconfSysctlRegister(n6: Ipv6Net, name: string, cnf: Ipv6Devconf, idev: Inet6Dev | null): void {
  const tree = n6.net.sysctl;
  for (const [file, id, kind, range] of DEVCONF6_NAMES) tree.register(`net/ipv6/conf/${name}/${file}`, entry(n6, cnf, idev, id, kind, range));
  tree.register(`net/ipv6/conf/${name}/stable_secret`, stableSecret(n6, cnf));
}

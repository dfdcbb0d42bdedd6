/** The ioctls of AF_INET6 sockets: addresses and routes as old tools set them (inet6_ioctl; ipv6(7)). */
// datapath-ok-file: configuration
import { capable, EFAULT, EINVAL, ENODEV, ENOIOCTLCMD, EPERM, type Net } from '@linnet/kernel';
import { devGetByIndex } from '@linnet/netdev';
import { CAP_NET_ADMIN, NLM_F_CREATE, NLM_F_EXCL, RTN_UNICAST, RTN_UNREACHABLE, RTPROT_BOOT, RT_TABLE_MAIN, SIOCADDRT, SIOCDELRT, SIOCDIFADDR, SIOCSIFADDR } from '@linnet/uapi';
import { a6Any, a6Load } from './addr6.ts';
import { inet6AddrAdd, inet6AddrDel } from './addrconf.ts';
import { ipv6AddDev } from './addrconf-dev.ts';
import { Fib6Config, ip6RouteAdd, ip6RouteDel } from './fib6-config.ts';
import { in6DevGet } from './inet6-dev.ts';
import { IPV6 } from './ipv6-net.ts';
import { IP6_RT_PRIO_USER, RTF_DEFAULT, RTF_GATEWAY, RTF_REJECT } from './route6-const.ts';

/** Bytes of struct in6_rtmsg and struct in6_ifreq. */
const RTMSG_LEN = 80;
const IFREQ6_LEN = 24;

function route(net: Net, cmd: number, v: DataView): number {
  const cfg = new Fib6Config();
  a6Load(cfg.dst, v, 0);
  const src = new Int32Array(4);
  a6Load(src, v, 16);
  const gw = new Int32Array(4);
  a6Load(gw, v, 32);
  cfg.dstLen = v.getUint16(52, true);
  cfg.srcLen = v.getUint16(54, true);
  if (cfg.dstLen > 128 || cfg.srcLen > 128) return -EINVAL;
  if (cfg.srcLen > 0) cfg.src = src;
  cfg.metric = v.getUint32(56, true) || IP6_RT_PRIO_USER;
  cfg.flags = v.getUint32(72, true) & ~RTF_DEFAULT;
  cfg.oif = v.getInt32(76, true);
  cfg.table = RT_TABLE_MAIN;
  cfg.protocol = RTPROT_BOOT;
  cfg.type = (cfg.flags & RTF_REJECT) !== 0 ? RTN_UNREACHABLE : RTN_UNICAST;
  if ((cfg.flags & RTF_GATEWAY) !== 0 && !a6Any(gw)) cfg.gw = gw;
  const n6 = net.get(IPV6);
  if (cmd === SIOCDELRT) return ip6RouteDel(n6, cfg);
  cfg.nlflags = NLM_F_CREATE | NLM_F_EXCL;
  return ip6RouteAdd(n6, cfg);
}

function address(net: Net, cmd: number, v: DataView): number {
  const addr = new Int32Array(4);
  a6Load(addr, v, 0);
  const plen = v.getUint32(16, true);
  const dev = devGetByIndex(net, v.getInt32(20, true));
  if (dev === null) return -ENODEV;
  if (plen > 128) return -EINVAL;
  const n6 = net.get(IPV6);
  const idev = in6DevGet(dev) ?? (cmd === SIOCSIFADDR ? ipv6AddDev(n6, dev) : null);
  if (idev === null) return -ENODEV;
  return cmd === SIOCSIFADDR ? inet6AddrAdd(idev, { addr, plen }) : inet6AddrDel(idev, addr, plen);
}

/** Answers as the caller that `kernel.cred` says. `arg` is a struct in6_rtmsg or in6_ifreq. 0 or a negative errno, -ENOIOCTLCMD for other requests. @alpha */
export function inet6Ioctl(net: Net, cmd: number, arg: Uint8Array): number {
  if (cmd !== SIOCADDRT && cmd !== SIOCDELRT && cmd !== SIOCSIFADDR && cmd !== SIOCDIFADDR) return -ENOIOCTLCMD;
  if (!capable(net.kernel, CAP_NET_ADMIN)) return -EPERM;
  const rt = cmd === SIOCADDRT || cmd === SIOCDELRT;
  if (arg.length < (rt ? RTMSG_LEN : IFREQ6_LEN)) return -EFAULT;
  const v = new DataView(arg.buffer, arg.byteOffset, arg.byteLength);
  return rt ? route(net, cmd, v) : address(net, cmd, v);
}

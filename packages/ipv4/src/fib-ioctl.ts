/** Routes by ioctl: SIOCADDRT and SIOCDELRT with a struct rtentry (ip_rt_ioctl; route(8)). */
// datapath-ok-file: configuration
import { capable, EAFNOSUPPORT, EFAULT, EINVAL, ENODEV, EPERM, type Net } from '@linnet/kernel';
import { devGetByName, ioctlHasData } from '@linnet/netdev';
import {
  AF_INET, CAP_NET_ADMIN, NLM_F_CREATE, RT_SCOPE_HOST, RT_SCOPE_LINK, RT_SCOPE_NOWHERE, RT_SCOPE_UNIVERSE, RT_TABLE_MAIN, RTAX_ADVMSS, RTAX_MAX, RTAX_RTT, RTAX_WINDOW, RTN_UNICAST,
  RTN_UNREACHABLE, RTPROT_BOOT, SIOCDELRT,
} from '@linnet/uapi';
import { inetAddrType } from './fib-addr-type.ts';
import { fibAddRoute, fibDelRoute } from './fib-frontend.ts';
import { FibConfig } from './fib-semantics.ts';
import { inDevGet } from './in-device.ts';
import { maskLen } from './mask-len.ts';

/** struct rtentry on x86-64. */
const RTENTRY_LEN = 120;
const RT_DST = 8;
const RT_GATEWAY = 24;
const RT_GENMASK = 40;
const RT_FLAGS = 56;
const RT_METRIC = 80;
const RT_DEV = 88;
const RT_MTU = 96;
const RT_WINDOW = 104;
const RT_IRTT = 112;

const RTF_GATEWAY = 0x2;
const RTF_HOST = 0x4;
const RTF_MTU = 0x40;
const RTF_WINDOW = 0x80;
const RTF_IRTT = 0x100;
const RTF_REJECT = 0x200;

/** The device that the entry names, by the name behind the struct; an alias chooses the source address too. */
function readDevice(net: Net, arg: Uint8Array, cfg: FibConfig): number {
  let label = '';
  for (let i = RTENTRY_LEN; i < Math.min(arg.length, RTENTRY_LEN + 15) && arg[i] !== 0; i++) label += String.fromCharCode(arg[i]!);
  const colon = label.indexOf(':');
  const dev = devGetByName(net, colon < 0 ? label : label.slice(0, colon));
  if (dev === null) return -ENODEV;
  cfg.oif = dev.ifindex;
  if (colon < 0) return 0;
  const ifa = inDevGet(dev)?.ifas.find((i) => i.label === label);
  if (ifa === undefined) return -ENODEV;
  cfg.prefsrc = ifa.local;
  return 0;
}

/** Reads a struct rtentry (rtentry_to_fib_config). */
function readEntry(net: Net, cmd: number, arg: Uint8Array, cfg: FibConfig): number {
  const v = new DataView(arg.buffer, arg.byteOffset, arg.byteLength);
  const flags = v.getUint16(RT_FLAGS, true);
  if (v.getUint16(RT_DST, true) !== AF_INET) return -EAFNOSUPPORT;
  cfg.dst = v.getInt32(RT_DST + 4);
  cfg.dstLen = 32;
  if ((flags & RTF_HOST) === 0) {
    const mask = v.getInt32(RT_GENMASK + 4);
    const family = v.getUint16(RT_GENMASK, true);
    if (family !== AF_INET && (mask !== 0 || family !== 0)) return -EAFNOSUPPORT;
    cfg.dstLen = maskLen(mask);
    if (cfg.dstLen < 0 || (cfg.dst & ~mask) !== 0) return -EINVAL;
  }
  cfg.table = RT_TABLE_MAIN;
  if (cmd !== SIOCDELRT) {
    cfg.nlflags = NLM_F_CREATE;
    cfg.protocol = RTPROT_BOOT;
  }
  const metric = v.getInt16(RT_METRIC, true);
  if (metric !== 0) cfg.priority = metric - 1;
  if ((flags & RTF_REJECT) !== 0) {
    cfg.scope = RT_SCOPE_HOST;
    cfg.type = RTN_UNREACHABLE;
    return 0;
  }
  cfg.scope = RT_SCOPE_NOWHERE;
  cfg.type = RTN_UNICAST;
  if (ioctlHasData(arg, RT_DEV)) {
    const err = readDevice(net, arg, cfg);
    if (err !== 0) return err;
  }
  const gw = v.getInt32(RT_GATEWAY + 4);
  if (v.getUint16(RT_GATEWAY, true) === AF_INET && gw !== 0) {
    cfg.gw = gw;
    if ((flags & RTF_GATEWAY) !== 0 && inetAddrType(net, gw) === RTN_UNICAST) cfg.scope = RT_SCOPE_UNIVERSE;
  }
  if (cmd === SIOCDELRT) return 0;
  if ((flags & RTF_GATEWAY) !== 0 && cfg.gw === 0) return -EINVAL;
  if (cfg.scope === RT_SCOPE_NOWHERE) cfg.scope = RT_SCOPE_LINK;
  if ((flags & (RTF_MTU | RTF_WINDOW | RTF_IRTT)) !== 0) {
    const metrics = new Int32Array(RTAX_MAX + 1);
    if ((flags & RTF_MTU) !== 0) metrics[RTAX_ADVMSS] = v.getUint32(RT_MTU, true) - 40;
    if ((flags & RTF_WINDOW) !== 0) metrics[RTAX_WINDOW] = v.getUint32(RT_WINDOW, true);
    if ((flags & RTF_IRTT) !== 0) metrics[RTAX_RTT] = v.getUint16(RT_IRTT, true) << 3;
    cfg.metrics = metrics;
  }
  return 0;
}

/** SIOCADDRT and SIOCDELRT: `arg` is a struct rtentry, the device's name behind it if `rt_dev` is set. Returns 0, -EPERM, -EFAULT, -EAFNOSUPPORT, -EINVAL, -ENODEV, or what the table says. @alpha */
export function ipRtIoctl(net: Net, cmd: number, arg: Uint8Array): number {
  if (!capable(net.kernel, CAP_NET_ADMIN)) return -EPERM;
  if (arg.length < RTENTRY_LEN) return -EFAULT;
  const cfg = new FibConfig();
  const err = readEntry(net, cmd, arg, cfg);
  if (err !== 0) return err;
  return cmd === SIOCDELRT ? fibDelRoute(net, cfg) : fibAddRoute(net, cfg);
}

/** The ioctls of AF_INET sockets about addresses, routes and ARP (inet_ioctl; netdevice(7), arp(7)). */
// datapath-ok-file: configuration
import { EFAULT, EINVAL, ENOIOCTLCMD, type Net } from '@linnet/kernel';
import {
  SIOCADDRT, SIOCDARP, SIOCDELRT, SIOCGARP, SIOCGIFADDR, SIOCGIFBRDADDR, SIOCGIFDSTADDR, SIOCGIFNETMASK, SIOCGIFPFLAGS, SIOCRTMSG, SIOCSARP, SIOCSIFADDR, SIOCSIFBRDADDR, SIOCSIFDSTADDR,
  SIOCSIFFLAGS, SIOCSIFNETMASK, SIOCSIFPFLAGS,
} from '@linnet/uapi';
import { arpIoctl, ARPREQ_LEN } from './arp-ioctl.ts';
import { devinetIoctl } from './devinet-ioctl.ts';
import { ipRtIoctl } from './fib-ioctl.ts';

/**
 * Answers for the namespace, as the caller that `kernel.cred` says. `arg` is a struct ifreq (40 bytes), arpreq (68) or rtentry (120, the device's name behind it). Returns 0 or a negative
 * errno, -ENOIOCTLCMD for other requests.
 * @alpha
 */
export function inetIoctl(net: Net, cmd: number, arg: Uint8Array): number {
  switch (cmd) {
    case SIOCADDRT:
    case SIOCDELRT:
      return ipRtIoctl(net, cmd, arg);
    case SIOCRTMSG:
    case SIOCGIFPFLAGS:
    case SIOCSIFPFLAGS:
      return -EINVAL;
    case SIOCDARP:
    case SIOCGARP:
    case SIOCSARP:
      return arg.length < ARPREQ_LEN ? -EFAULT : arpIoctl(net, cmd, arg);
    case SIOCGIFADDR:
    case SIOCGIFBRDADDR:
    case SIOCGIFNETMASK:
    case SIOCGIFDSTADDR:
    case SIOCSIFADDR:
    case SIOCSIFBRDADDR:
    case SIOCSIFNETMASK:
    case SIOCSIFDSTADDR:
    case SIOCSIFFLAGS:
      return devinetIoctl(net, cmd, arg);
    default:
      return -ENOIOCTLCMD;
  }
}

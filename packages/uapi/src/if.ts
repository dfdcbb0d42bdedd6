/**
 * Network interfaces: flags and operational state, netdevice(7), RFC 2863.
 */

// Interface flags

/** Interface flag: running, set by the administrator (netdevice(7)). @public */
export const IFF_UP = 0x1;
/** Interface flag: broadcast address is valid. @public */
export const IFF_BROADCAST = 0x2;
/** Interface flag: debugging. @public */
export const IFF_DEBUG = 0x4;
/** Interface flag: loopback. @public */
export const IFF_LOOPBACK = 0x8;
/** Interface flag: point-to-point link. @public */
export const IFF_POINTOPOINT = 0x10;
/** Interface flag (netdevice(7)): notrailers. @public */
export const IFF_NOTRAILERS = 0x20;
/** Interface flag: operational (RFC 2863 up). @public */
export const IFF_RUNNING = 0x40;
/** Interface flag: no ARP. @public */
export const IFF_NOARP = 0x80;
/** Interface flag: receives all packets. @public */
export const IFF_PROMISC = 0x100;
/** Interface flag: receives all multicast packets. @public */
export const IFF_ALLMULTI = 0x200;
/** Interface flag: master of a bundle. @public */
export const IFF_MASTER = 0x400;
/** Interface flag: slave of a bundle. @public */
export const IFF_SLAVE = 0x800;
/** Interface flag: supports multicast. @public */
export const IFF_MULTICAST = 0x1000;
/** Interface flag (netdevice(7)): portsel. @public */
export const IFF_PORTSEL = 0x2000;
/** Interface flag (netdevice(7)): automedia. @public */
export const IFF_AUTOMEDIA = 0x4000;
/** Interface flag: addresses are lost when it goes down. @public */
export const IFF_DYNAMIC = 0x8000;
/** Interface flag: the driver signals carrier. @public */
export const IFF_LOWER_UP = 0x10000;
/** Interface flag: the driver signals dormant. @public */
export const IFF_DORMANT = 0x20000;
/** Interface flag: echoes sent packets (CAN). @public */
export const IFF_ECHO = 0x40000;
/** The interface flags that a user cannot set. @public */
export const IFF_VOLATILE = 0x70c5a;

// Operational state

/** Operational state: unknown, no state is kept. @public */
export const IF_OPER_UNKNOWN = 0;
/** Operational state: some part is missing. @public */
export const IF_OPER_NOTPRESENT = 1;
/** Operational state: cannot pass packets. @public */
export const IF_OPER_DOWN = 2;
/** Operational state: the device below is down. @public */
export const IF_OPER_LOWERLAYERDOWN = 3;
/** Operational state: in a test mode. @public */
export const IF_OPER_TESTING = 4;
/** Operational state: waits for an outside event. @public */
export const IF_OPER_DORMANT = 5;
/** Operational state: passes packets. @public */
export const IF_OPER_UP = 6;

// Link mode

/** Link mode (IFLA_LINKMODE): default. @public */
export const IF_LINK_MODE_DEFAULT = 0;
/** Link mode (IFLA_LINKMODE): dormant. @public */
export const IF_LINK_MODE_DORMANT = 1;
/** Link mode (IFLA_LINKMODE): testing. @public */
export const IF_LINK_MODE_TESTING = 2;

// Sizes

/** Length of an Ethernet address (name of the C library). @public */
export const IFHWADDRLEN = 6;
/** Size of an interface name with its final NUL. @public */
export const IFNAMSIZ = 16;
/** Largest hardware address. @public */
export const MAX_ADDR_LEN = 32;
/** Size of `struct ifreq` on x86-64. @public */
export const IFREQ_LEN = 40;
/** Size of an interface alias with its final NUL. @public */
export const IFALIASZ = 256;

/** A `struct ifreq` (40 bytes, zeroed) with the interface name, and 16-bit flags at offset 16; throws a TypeError for a name that is empty or longer than 15 bytes. Source: netdevice(7). @public */
export function ifreqEncode(name: string, flags: number = 0): Uint8Array {
  const out = new Uint8Array(IFREQ_LEN);
  if (name.length === 0 || name.length >= IFNAMSIZ || !/^[!-~]+$/.test(name)) {
    throw new TypeError(`name: expected 1 to ${IFNAMSIZ - 1} printable ASCII characters, got ${JSON.stringify(name)}`);
  }
  for (let i = 0; i < name.length; i++) out[i] = name.charCodeAt(i);
  out[IFNAMSIZ] = flags & 0xff;
  out[IFNAMSIZ + 1] = (flags >>> 8) & 0xff;
  return out;
}

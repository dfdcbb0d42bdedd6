/**
 * TUN/TAP devices: ioctls, flags, offloads.
 */

// ioctl requests

/** ioctl of /dev/net/tun: GETDEVNETNS. @public */
export const TUNGETDEVNETNS = 0x000054e3;
/** ioctl of /dev/net/tun: SETNOCSUM. @public */
export const TUNSETNOCSUM = 0x400454c8;
/** ioctl of /dev/net/tun: SETDEBUG. @public */
export const TUNSETDEBUG = 0x400454c9;
/** ioctl of /dev/net/tun: create or attach to a device (struct ifreq). @public */
export const TUNSETIFF = 0x400454ca;
/** ioctl: keep the device when the descriptor closes. @public */
export const TUNSETPERSIST = 0x400454cb;
/** ioctl: user who may attach. @public */
export const TUNSETOWNER = 0x400454cc;
/** ioctl of /dev/net/tun: SETLINK. @public */
export const TUNSETLINK = 0x400454cd;
/** ioctl of /dev/net/tun: SETGROUP. @public */
export const TUNSETGROUP = 0x400454ce;
/** ioctl: offloads that the reader can take (TUN_F_*). @public */
export const TUNSETOFFLOAD = 0x400454d0;
/** ioctl of /dev/net/tun: SETTXFILTER. @public */
export const TUNSETTXFILTER = 0x400454d1;
/** ioctl: send buffer of the device. @public */
export const TUNSETSNDBUF = 0x400454d4;
/** ioctl: size of the virtio-net header, 10 or 12. @public */
export const TUNSETVNETHDRSZ = 0x400454d8;
/** ioctl: attach or detach a queue. @public */
export const TUNSETQUEUE = 0x400454d9;
/** ioctl of /dev/net/tun: SETIFINDEX. @public */
export const TUNSETIFINDEX = 0x400454da;
/** ioctl: virtio-net headers are little-endian. @public */
export const TUNSETVNETLE = 0x400454dc;
/** ioctl of /dev/net/tun: SETVNETBE. @public */
export const TUNSETVNETBE = 0x400454de;
/** ioctl: set the carrier. @public */
export const TUNSETCARRIER = 0x400454e2;
/** ioctl of /dev/net/tun: ATTACHFILTER. @public */
export const TUNATTACHFILTER = 0x401054d5;
/** ioctl of /dev/net/tun: DETACHFILTER. @public */
export const TUNDETACHFILTER = 0x401054d6;
/** ioctl: flags of TUNSETIFF that this kernel has. @public */
export const TUNGETFEATURES = 0x800454cf;
/** ioctl: name and flags of the device. @public */
export const TUNGETIFF = 0x800454d2;
/** ioctl of /dev/net/tun: GETSNDBUF. @public */
export const TUNGETSNDBUF = 0x800454d3;
/** ioctl: size of the virtio-net header. @public */
export const TUNGETVNETHDRSZ = 0x800454d7;
/** ioctl of /dev/net/tun: GETVNETLE. @public */
export const TUNGETVNETLE = 0x800454dd;
/** ioctl of /dev/net/tun: GETVNETBE. @public */
export const TUNGETVNETBE = 0x800454df;
/** ioctl of /dev/net/tun: SETSTEERINGEBPF. @public */
export const TUNSETSTEERINGEBPF = 0x800454e0;
/** ioctl of /dev/net/tun: SETFILTEREBPF. @public */
export const TUNSETFILTEREBPF = 0x800454e1;
/** ioctl of /dev/net/tun: GETFILTER. @public */
export const TUNGETFILTER = 0x801054db;

// Flags of TUNSETIFF

/** TUNSETIFF: IP packets. @public */
export const IFF_TUN = 0x0001;
/** TUNSETIFF: Ethernet frames. @public */
export const IFF_TAP = 0x0002;
/** TUNSETIFF: receive through NAPI. @public */
export const IFF_NAPI = 0x0010;
/** TUNSETIFF: receive fragments through NAPI. @public */
export const IFF_NAPI_FRAGS = 0x0020;
/** TUNSETIFF: begin without carrier. @public */
export const IFF_NO_CARRIER = 0x0040;
/** TUNSETIFF: several queues. @public */
export const IFF_MULTI_QUEUE = 0x0100;
/** Flag of TUNSETIFF: attach queue. @public */
export const IFF_ATTACH_QUEUE = 0x0200;
/** Flag of TUNSETIFF: detach queue. @public */
export const IFF_DETACH_QUEUE = 0x0400;
/** TUN/TAP: the device stays when its descriptor closes. @public */
export const IFF_PERSIST = 0x0800;
/** Flag of TUNSETIFF: nofilter. @public */
export const IFF_NOFILTER = 0x1000;
/** TUNSETIFF: no `struct tun_pi` before the packet. @public */
export const IFF_NO_PI = 0x1000;
/** Flag of TUNSETIFF: one queue. @public */
export const IFF_ONE_QUEUE = 0x2000;
/** TUNSETIFF: a virtio-net header before the packet. @public */
export const IFF_VNET_HDR = 0x4000;
/** TUNSETIFF: fail if the device exists. @public */
export const IFF_TUN_EXCL = 0x8000;

// Offloads of TUNSETOFFLOAD

/** Offload: the reader completes checksums. @public */
export const TUN_F_CSUM = 0x01;
/** Offload: the reader takes TCP super-segments over IPv4. @public */
export const TUN_F_TSO4 = 0x02;
/** Offload: the reader takes TCP super-segments over IPv6. @public */
export const TUN_F_TSO6 = 0x04;
/** Offload: the reader takes TCP super-segments with CWR. @public */
export const TUN_F_TSO_ECN = 0x08;
/** Offload: the reader takes UDP to be fragmented. @public */
export const TUN_F_UFO = 0x10;
/** Offload: the reader takes UDP super-segments over IPv4. @public */
export const TUN_F_USO4 = 0x20;
/** Offload: the reader takes UDP super-segments over IPv6. @public */
export const TUN_F_USO6 = 0x40;
/** Offload bit of TUNSETOFFLOAD: udp tunnel gso. @public */
export const TUN_F_UDP_TUNNEL_GSO = 0x80;
/** Offload bit of TUNSETOFFLOAD: udp tunnel gso csum. @public */
export const TUN_F_UDP_TUNNEL_GSO_CSUM = 0x100;

// Packet information

/** TUN/TAP: flt allmulti. @public */
export const TUN_FLT_ALLMULTI = 1;
/** TUN/TAP: pkt strip. @public */
export const TUN_PKT_STRIP = 1;
/** TUN/TAP: tun dev. @public */
export const TUN_TUN_DEV = 1;
/** TUN/TAP: tx timestamp. @public */
export const TUN_TX_TIMESTAMP = 1;
/** TUN/TAP: tap dev. @public */
export const TUN_TAP_DEV = 2;
/** Size of `struct tun_pi`. @public */
export const TUN_PI_LEN = 4;
/** TUN/TAP: type mask. @public */
export const TUN_TYPE_MASK = 15;
/** TUN/TAP: readq size. @public */
export const TUN_READQ_SIZE = 500;

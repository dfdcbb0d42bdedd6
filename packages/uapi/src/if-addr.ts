/**
 * Address attributes of RTM_*ADDR: rtnetlink(7).
 */

// Attributes

/** Address attribute unspec (rtnetlink(7)). @public */
export const IFA_UNSPEC = 0;
/** Address attribute: the prefix address; on a point-to-point link that of the peer. @public */
export const IFA_ADDRESS = 1;
/** Address attribute: the local address. @public */
export const IFA_LOCAL = 2;
/** Address attribute: name. @public */
export const IFA_LABEL = 3;
/** Address attribute: broadcast address. @public */
export const IFA_BROADCAST = 4;
/** Address attribute anycast (rtnetlink(7)). @public */
export const IFA_ANYCAST = 5;
/** Address attribute: lifetimes (struct ifa_cacheinfo). @public */
export const IFA_CACHEINFO = 6;
/** Address attribute multicast (rtnetlink(7)). @public */
export const IFA_MULTICAST = 7;
/** Address attribute: flags, 32 bits (IFA_F_*). @public */
export const IFA_FLAGS = 8;
/** Address attribute: metric of the prefix route. @public */
export const IFA_RT_PRIORITY = 9;
/** Address attribute target netnsid (rtnetlink(7)). @public */
export const IFA_TARGET_NETNSID = 10;
/** Address attribute max (rtnetlink(7)). @public */
export const IFA_MAX = 11;
/** Address attribute: origin (IFAPROT_*). @public */
export const IFA_PROTO = 11;

// Flags

/** Address flag: secondary, goes with its primary. @public */
export const IFA_F_SECONDARY = 0x1;
/** Address flag: temporary. @public */
export const IFA_F_TEMPORARY = 0x1;
/** Address flag: nodad. @public */
export const IFA_F_NODAD = 0x2;
/** Address flag: optimistic. @public */
export const IFA_F_OPTIMISTIC = 0x4;
/** Address flag: dadfailed. @public */
export const IFA_F_DADFAILED = 0x8;
/** Address flag: homeaddress. @public */
export const IFA_F_HOMEADDRESS = 0x10;
/** Address flag: not for new connections. @public */
export const IFA_F_DEPRECATED = 0x20;
/** Address flag: duplicate address detection is not finished. @public */
export const IFA_F_TENTATIVE = 0x40;
/** Address flag: no lifetime. @public */
export const IFA_F_PERMANENT = 0x80;
/** Address flag: managetempaddr. @public */
export const IFA_F_MANAGETEMPADDR = 0x100;
/** Address flag: no prefix route is made for it. @public */
export const IFA_F_NOPREFIXROUTE = 0x200;
/** Address flag: mcautojoin. @public */
export const IFA_F_MCAUTOJOIN = 0x400;
/** Address flag: stable privacy. @public */
export const IFA_F_STABLE_PRIVACY = 0x800;

// Origin

/** Value of IFA_PROTO: unspec. @public */
export const IFAPROT_UNSPEC = 0;
/** Value of IFA_PROTO: kernel lo. @public */
export const IFAPROT_KERNEL_LO = 1;
/** Value of IFA_PROTO: kernel ra. @public */
export const IFAPROT_KERNEL_RA = 2;
/** Value of IFA_PROTO: kernel ll. @public */
export const IFAPROT_KERNEL_LL = 3;

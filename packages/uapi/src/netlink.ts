/**
 * netlink(7): protocols, message flags, socket options, acknowledgements.
 */

// Socket options of level SOL_NETLINK

/** Socket option of level SOL_NETLINK (netlink(7)): add membership. @public */
export const NETLINK_ADD_MEMBERSHIP = 1;
/** Socket option of level SOL_NETLINK (netlink(7)): drop membership. @public */
export const NETLINK_DROP_MEMBERSHIP = 2;
/** Socket option of level SOL_NETLINK (netlink(7)): pktinfo. @public */
export const NETLINK_PKTINFO = 3;
/** Socket option of level SOL_NETLINK (netlink(7)): broadcast error. @public */
export const NETLINK_BROADCAST_ERROR = 4;
/** Socket option of level SOL_NETLINK (netlink(7)): no enobufs. @public */
export const NETLINK_NO_ENOBUFS = 5;
/** Socket option of level SOL_NETLINK (netlink(7)): rx ring. @public */
export const NETLINK_RX_RING = 6;
/** Socket option of level SOL_NETLINK (netlink(7)): tx ring. @public */
export const NETLINK_TX_RING = 7;
/** Socket option of level SOL_NETLINK (netlink(7)): listen all nsid. @public */
export const NETLINK_LISTEN_ALL_NSID = 8;
/** Socket option of level SOL_NETLINK (netlink(7)): list memberships. @public */
export const NETLINK_LIST_MEMBERSHIPS = 9;
/** Socket option of level SOL_NETLINK (netlink(7)): cap ack. @public */
export const NETLINK_CAP_ACK = 10;
/** Socket option of level SOL_NETLINK (netlink(7)): ext ack. @public */
export const NETLINK_EXT_ACK = 11;
/** Socket option of level SOL_NETLINK (netlink(7)): get strict chk. @public */
export const NETLINK_GET_STRICT_CHK = 12;

// Protocols

/** Netlink protocol: links, addresses, routes, neighbours, traffic control. @public */
export const NETLINK_ROUTE = 0;
/** Netlink protocol (netlink(7)): unused. @public */
export const NETLINK_UNUSED = 1;
/** Netlink protocol (netlink(7)): usersock. @public */
export const NETLINK_USERSOCK = 2;
/** Netlink protocol (netlink(7)): firewall. @public */
export const NETLINK_FIREWALL = 3;
/** Netlink protocol (netlink(7)): inet diag. @public */
export const NETLINK_INET_DIAG = 4;
/** Netlink protocol: socket information (sock_diag(7)). @public */
export const NETLINK_SOCK_DIAG = 4;
/** Netlink protocol (netlink(7)): nflog. @public */
export const NETLINK_NFLOG = 5;
/** Netlink protocol: IPsec. @public */
export const NETLINK_XFRM = 6;
/** Netlink protocol (netlink(7)): selinux. @public */
export const NETLINK_SELINUX = 7;
/** Netlink protocol (netlink(7)): iscsi. @public */
export const NETLINK_ISCSI = 8;
/** Netlink protocol (netlink(7)): audit. @public */
export const NETLINK_AUDIT = 9;
/** Netlink protocol (netlink(7)): fib lookup. @public */
export const NETLINK_FIB_LOOKUP = 10;
/** Netlink protocol (netlink(7)): connector. @public */
export const NETLINK_CONNECTOR = 11;
/** Netlink protocol: netfilter. @public */
export const NETLINK_NETFILTER = 12;
/** Netlink protocol (netlink(7)): ip6 fw. @public */
export const NETLINK_IP6_FW = 13;
/** Netlink protocol (netlink(7)): dnrtmsg. @public */
export const NETLINK_DNRTMSG = 14;
/** Netlink protocol: device events. @public */
export const NETLINK_KOBJECT_UEVENT = 15;
/** Netlink protocol: generic netlink. @public */
export const NETLINK_GENERIC = 16;
/** Netlink protocol (netlink(7)): scsitransport. @public */
export const NETLINK_SCSITRANSPORT = 18;
/** Netlink protocol (netlink(7)): ecryptfs. @public */
export const NETLINK_ECRYPTFS = 19;
/** Netlink protocol (netlink(7)): rdma. @public */
export const NETLINK_RDMA = 20;
/** Netlink protocol (netlink(7)): crypto. @public */
export const NETLINK_CRYPTO = 21;
/** Netlink protocol (netlink(7)): smc. @public */
export const NETLINK_SMC = 22;

// Message flags

/** Message flag: a request to the kernel. @public */
export const NLM_F_REQUEST = 0x1;
/** Message flag: one of several messages, NLMSG_DONE ends them. @public */
export const NLM_F_MULTI = 0x2;
/** Message flag: answer with NLMSG_ERROR, also on success. @public */
export const NLM_F_ACK = 0x4;
/** Message flag: send the notification of this request to the requester too. @public */
export const NLM_F_ECHO = 0x8;
/** Message flag: the table changed during the dump. @public */
export const NLM_F_DUMP_INTR = 0x10;
/** Message flag: the dump was filtered as asked. @public */
export const NLM_F_DUMP_FILTERED = 0x20;
/** Message flag of NLMSG_ERROR: the request is not repeated. @public */
export const NLM_F_CAPPED = 0x100;
/** Message flag of DEL: not recursively. @public */
export const NLM_F_NONREC = 0x100;
/** Message flag of NEW: replace what is there. @public */
export const NLM_F_REPLACE = 0x100;
/** Message flag of GET: the whole table. @public */
export const NLM_F_ROOT = 0x100;
/** Message flag of NLMSG_ERROR: attributes follow (NLMSGERR_ATTR_*). @public */
export const NLM_F_ACK_TLVS = 0x200;
/** Message flag of DEL: several objects. @public */
export const NLM_F_BULK = 0x200;
/** Message flag of NEW: fail if it is there. @public */
export const NLM_F_EXCL = 0x200;
/** Message flag of GET: all that match. @public */
export const NLM_F_MATCH = 0x200;
/** Message flags of GET: NLM_F_ROOT and NLM_F_MATCH. @public */
export const NLM_F_DUMP = 0x300;
/** Message flag of GET: a snapshot. @public */
export const NLM_F_ATOMIC = 0x400;
/** Message flag of NEW: create if it is not there. @public */
export const NLM_F_CREATE = 0x400;
/** Message flag of NEW: add at the end. @public */
export const NLM_F_APPEND = 0x800;

// Control messages and sizes

/** Message type: to be ignored. @public */
export const NLMSG_NOOP = 1;
/** Message type: error, or acknowledgement if the error is 0. @public */
export const NLMSG_ERROR = 2;
/** Message type: end of a dump. @public */
export const NLMSG_DONE = 3;
/** Alignment of messages. @public */
export const NLMSG_ALIGNTO = 4;
/** Message type: data lost. @public */
export const NLMSG_OVERRUN = 4;
/** Size of `struct nlmsghdr`. @public */
export const NLMSG_HDRLEN = 16;
/** First message type that belongs to a family. @public */
export const NLMSG_MIN_TYPE = 16;
/** Number of netlink protocols. @public */
export const MAX_LINKS = 32;

// Attributes

/** The type of an attribute without its flags (as int: all bits but the two flags). @public */
export const NLA_TYPE_MASK = -0xc001;
/** Alignment of attributes. @public */
export const NLA_ALIGNTO = 0x4;
/** Size of `struct nlattr`. @public */
export const NLA_HDRLEN = 0x4;
/** Flag of an attribute type: the payload is in network order. @public */
export const NLA_F_NET_BYTEORDER = 0x4000;
/** Flag of an attribute type: there are attributes inside. @public */
export const NLA_F_NESTED = 0x8000;

// Extended acknowledgement

/** Extended ACK attribute (netlink(7)): unused. @public */
export const NLMSGERR_ATTR_UNUSED = 0;
/** Extended ACK: message for the user. @public */
export const NLMSGERR_ATTR_MSG = 1;
/** Extended ACK: offset of the bad attribute in the request. @public */
export const NLMSGERR_ATTR_OFFS = 2;
/** Extended ACK: data for the caller. @public */
export const NLMSGERR_ATTR_COOKIE = 3;
/** Extended ACK: policy of the bad attribute. @public */
export const NLMSGERR_ATTR_POLICY = 4;
/** Extended ACK: type of the missing attribute. @public */
export const NLMSGERR_ATTR_MISS_TYPE = 5;
/** Extended ACK attribute (netlink(7)): max. @public */
export const NLMSGERR_ATTR_MAX = 6;
/** Extended ACK: offset of the nest where it is missing. @public */
export const NLMSGERR_ATTR_MISS_NEST = 6;

// Policy types

/** Attribute type in a policy dump: invalid. @public */
export const NL_ATTR_TYPE_INVALID = 0;
/** Attribute type in a policy dump: flag. @public */
export const NL_ATTR_TYPE_FLAG = 1;
/** Attribute type in a policy dump: u8. @public */
export const NL_ATTR_TYPE_U8 = 2;
/** Attribute type in a policy dump: u16. @public */
export const NL_ATTR_TYPE_U16 = 3;
/** Attribute type in a policy dump: u32. @public */
export const NL_ATTR_TYPE_U32 = 4;
/** Attribute type in a policy dump: u64. @public */
export const NL_ATTR_TYPE_U64 = 5;
/** Attribute type in a policy dump: s8. @public */
export const NL_ATTR_TYPE_S8 = 6;
/** Attribute type in a policy dump: s16. @public */
export const NL_ATTR_TYPE_S16 = 7;
/** Attribute type in a policy dump: s32. @public */
export const NL_ATTR_TYPE_S32 = 8;
/** Attribute type in a policy dump: s64. @public */
export const NL_ATTR_TYPE_S64 = 9;
/** Attribute type in a policy dump: binary. @public */
export const NL_ATTR_TYPE_BINARY = 10;
/** Attribute type in a policy dump: string. @public */
export const NL_ATTR_TYPE_STRING = 11;
/** Attribute type in a policy dump: nul string. @public */
export const NL_ATTR_TYPE_NUL_STRING = 12;
/** Attribute type in a policy dump: nested. @public */
export const NL_ATTR_TYPE_NESTED = 13;
/** Attribute type in a policy dump: nested array. @public */
export const NL_ATTR_TYPE_NESTED_ARRAY = 14;
/** Attribute type in a policy dump: bitfield32. @public */
export const NL_ATTR_TYPE_BITFIELD32 = 15;
/** Attribute type in a policy dump: sint. @public */
export const NL_ATTR_TYPE_SINT = 16;
/** Attribute type in a policy dump: uint. @public */
export const NL_ATTR_TYPE_UINT = 17;

// Policy attributes

/** Attribute of a policy dump: unspec. @public */
export const NL_POLICY_TYPE_ATTR_UNSPEC = 0;
/** Attribute of a policy dump: type. @public */
export const NL_POLICY_TYPE_ATTR_TYPE = 1;
/** Attribute of a policy dump: min value s. @public */
export const NL_POLICY_TYPE_ATTR_MIN_VALUE_S = 2;
/** Attribute of a policy dump: max value s. @public */
export const NL_POLICY_TYPE_ATTR_MAX_VALUE_S = 3;
/** Attribute of a policy dump: min value u. @public */
export const NL_POLICY_TYPE_ATTR_MIN_VALUE_U = 4;
/** Attribute of a policy dump: max value u. @public */
export const NL_POLICY_TYPE_ATTR_MAX_VALUE_U = 5;
/** Attribute of a policy dump: min length. @public */
export const NL_POLICY_TYPE_ATTR_MIN_LENGTH = 6;
/** Attribute of a policy dump: max length. @public */
export const NL_POLICY_TYPE_ATTR_MAX_LENGTH = 7;
/** Attribute of a policy dump: policy idx. @public */
export const NL_POLICY_TYPE_ATTR_POLICY_IDX = 8;
/** Attribute of a policy dump: policy maxtype. @public */
export const NL_POLICY_TYPE_ATTR_POLICY_MAXTYPE = 9;
/** Attribute of a policy dump: bitfield32 mask. @public */
export const NL_POLICY_TYPE_ATTR_BITFIELD32_MASK = 10;
/** Attribute of a policy dump: pad. @public */
export const NL_POLICY_TYPE_ATTR_PAD = 11;
/** Attribute of a policy dump: mask. @public */
export const NL_POLICY_TYPE_ATTR_MASK = 12;
/** Attribute of a policy dump: max. @public */
export const NL_POLICY_TYPE_ATTR_MAX = 12;

/**
 * nf_tables: messages, attributes and values (linux/netfilter/nf_tables.h).
 */
/** Value: reg verdict. @public */
export const NFT_REG_VERDICT = 0;
/** Value: reg 1. @public */
export const NFT_REG_1 = 1;
/** Value: reg 2. @public */
export const NFT_REG_2 = 2;
/** Value: reg 3. @public */
export const NFT_REG_3 = 3;
/** Value: reg 4. @public */
export const NFT_REG_4 = 4;
/** Value: reg32 00. @public */
export const NFT_REG32_00 = 8;
/** Value: reg32 01. @public */
export const NFT_REG32_01 = 9;
/** Value: reg32 02. @public */
export const NFT_REG32_02 = 10;
/** Value: reg32 03. @public */
export const NFT_REG32_03 = 11;
/** Value: reg32 04. @public */
export const NFT_REG32_04 = 12;
/** Value: reg32 05. @public */
export const NFT_REG32_05 = 13;
/** Value: reg32 06. @public */
export const NFT_REG32_06 = 14;
/** Value: reg32 07. @public */
export const NFT_REG32_07 = 15;
/** Value: reg32 08. @public */
export const NFT_REG32_08 = 16;
/** Value: reg32 09. @public */
export const NFT_REG32_09 = 17;
/** Value: reg32 10. @public */
export const NFT_REG32_10 = 18;
/** Value: reg32 11. @public */
export const NFT_REG32_11 = 19;
/** Value: reg32 12. @public */
export const NFT_REG32_12 = 20;
/** Value: reg32 13. @public */
export const NFT_REG32_13 = 21;
/** Value: reg32 14. @public */
export const NFT_REG32_14 = 22;
/** Value: reg32 15. @public */
export const NFT_REG32_15 = 23;
/** Value: continue. @public */
export const NFT_CONTINUE = -1;
/** Value: break. @public */
export const NFT_BREAK = -2;
/** Value: jump. @public */
export const NFT_JUMP = -3;
/** Value: goto. @public */
export const NFT_GOTO = -4;
/** Value: return. @public */
export const NFT_RETURN = -5;
/** Message: msg newtable. @public */
export const NFT_MSG_NEWTABLE = 0;
/** Message: msg gettable. @public */
export const NFT_MSG_GETTABLE = 1;
/** Message: msg deltable. @public */
export const NFT_MSG_DELTABLE = 2;
/** Message: msg newchain. @public */
export const NFT_MSG_NEWCHAIN = 3;
/** Message: msg getchain. @public */
export const NFT_MSG_GETCHAIN = 4;
/** Message: msg delchain. @public */
export const NFT_MSG_DELCHAIN = 5;
/** Message: msg newrule. @public */
export const NFT_MSG_NEWRULE = 6;
/** Message: msg getrule. @public */
export const NFT_MSG_GETRULE = 7;
/** Message: msg delrule. @public */
export const NFT_MSG_DELRULE = 8;
/** Message: msg newset. @public */
export const NFT_MSG_NEWSET = 9;
/** Message: msg getset. @public */
export const NFT_MSG_GETSET = 10;
/** Message: msg delset. @public */
export const NFT_MSG_DELSET = 11;
/** Message: msg newsetelem. @public */
export const NFT_MSG_NEWSETELEM = 12;
/** Message: msg getsetelem. @public */
export const NFT_MSG_GETSETELEM = 13;
/** Message: msg delsetelem. @public */
export const NFT_MSG_DELSETELEM = 14;
/** Message: msg newgen. @public */
export const NFT_MSG_NEWGEN = 15;
/** Message: msg getgen. @public */
export const NFT_MSG_GETGEN = 16;
/** Message: msg trace. @public */
export const NFT_MSG_TRACE = 17;
/** Message: msg newobj. @public */
export const NFT_MSG_NEWOBJ = 18;
/** Message: msg getobj. @public */
export const NFT_MSG_GETOBJ = 19;
/** Message: msg delobj. @public */
export const NFT_MSG_DELOBJ = 20;
/** Message: msg getobj reset. @public */
export const NFT_MSG_GETOBJ_RESET = 21;
/** Message: msg newflowtable. @public */
export const NFT_MSG_NEWFLOWTABLE = 22;
/** Message: msg getflowtable. @public */
export const NFT_MSG_GETFLOWTABLE = 23;
/** Message: msg delflowtable. @public */
export const NFT_MSG_DELFLOWTABLE = 24;
/** Attribute: list elem. @public */
export const NFTA_LIST_ELEM = 1;
/** Attribute: hook hooknum. @public */
export const NFTA_HOOK_HOOKNUM = 1;
/** Attribute: hook priority. @public */
export const NFTA_HOOK_PRIORITY = 2;
/** Attribute: hook dev. @public */
export const NFTA_HOOK_DEV = 3;
/** Attribute: hook devs. @public */
export const NFTA_HOOK_DEVS = 4;
/** Value: table f dormant. @public */
export const NFT_TABLE_F_DORMANT = 0x1;
/** Value: table f owner. @public */
export const NFT_TABLE_F_OWNER = 0x2;
/** Attribute: table name. @public */
export const NFTA_TABLE_NAME = 1;
/** Attribute: table flags. @public */
export const NFTA_TABLE_FLAGS = 2;
/** Attribute: table use. @public */
export const NFTA_TABLE_USE = 3;
/** Attribute: table handle. @public */
export const NFTA_TABLE_HANDLE = 4;
/** Attribute: table userdata. @public */
export const NFTA_TABLE_USERDATA = 6;
/** Attribute: table owner. @public */
export const NFTA_TABLE_OWNER = 7;
/** Value: chain base. @public */
export const NFT_CHAIN_BASE = 1;
/** Value: chain hw offload. @public */
export const NFT_CHAIN_HW_OFFLOAD = 2;
/** Value: chain binding. @public */
export const NFT_CHAIN_BINDING = 4;
/** Attribute: chain table. @public */
export const NFTA_CHAIN_TABLE = 1;
/** Attribute: chain handle. @public */
export const NFTA_CHAIN_HANDLE = 2;
/** Attribute: chain name. @public */
export const NFTA_CHAIN_NAME = 3;
/** Attribute: chain hook. @public */
export const NFTA_CHAIN_HOOK = 4;
/** Attribute: chain policy. @public */
export const NFTA_CHAIN_POLICY = 5;
/** Attribute: chain use. @public */
export const NFTA_CHAIN_USE = 6;
/** Attribute: chain type. @public */
export const NFTA_CHAIN_TYPE = 7;
/** Attribute: chain counters. @public */
export const NFTA_CHAIN_COUNTERS = 8;
/** Attribute: chain flags. @public */
export const NFTA_CHAIN_FLAGS = 10;
/** Attribute: chain id. @public */
export const NFTA_CHAIN_ID = 11;
/** Attribute: chain userdata. @public */
export const NFTA_CHAIN_USERDATA = 12;
/** Attribute: rule table. @public */
export const NFTA_RULE_TABLE = 1;
/** Attribute: rule chain. @public */
export const NFTA_RULE_CHAIN = 2;
/** Attribute: rule handle. @public */
export const NFTA_RULE_HANDLE = 3;
/** Attribute: rule expressions. @public */
export const NFTA_RULE_EXPRESSIONS = 4;
/** Attribute: rule compat. @public */
export const NFTA_RULE_COMPAT = 5;
/** Attribute: rule position. @public */
export const NFTA_RULE_POSITION = 6;
/** Attribute: rule userdata. @public */
export const NFTA_RULE_USERDATA = 7;
/** Attribute: rule id. @public */
export const NFTA_RULE_ID = 9;
/** Attribute: rule position id. @public */
export const NFTA_RULE_POSITION_ID = 10;
/** Attribute: rule chain id. @public */
export const NFTA_RULE_CHAIN_ID = 11;
/** Value: set anonymous. @public */
export const NFT_SET_ANONYMOUS = 0x1;
/** Value: set constant. @public */
export const NFT_SET_CONSTANT = 0x2;
/** Value: set interval. @public */
export const NFT_SET_INTERVAL = 0x4;
/** Value: set map. @public */
export const NFT_SET_MAP = 0x8;
/** Value: set timeout. @public */
export const NFT_SET_TIMEOUT = 0x10;
/** Value: set eval. @public */
export const NFT_SET_EVAL = 0x20;
/** Value: set object. @public */
export const NFT_SET_OBJECT = 0x40;
/** Value: set concat. @public */
export const NFT_SET_CONCAT = 0x80;
/** Value: set expr. @public */
export const NFT_SET_EXPR = 0x100;
/** Value: set pol performance. @public */
export const NFT_SET_POL_PERFORMANCE = 0;
/** Value: set pol memory. @public */
export const NFT_SET_POL_MEMORY = 1;
/** Attribute: set desc size. @public */
export const NFTA_SET_DESC_SIZE = 1;
/** Attribute: set desc concat. @public */
export const NFTA_SET_DESC_CONCAT = 2;
/** Attribute: set field len. @public */
export const NFTA_SET_FIELD_LEN = 1;
/** Attribute: set table. @public */
export const NFTA_SET_TABLE = 1;
/** Attribute: set name. @public */
export const NFTA_SET_NAME = 2;
/** Attribute: set flags. @public */
export const NFTA_SET_FLAGS = 3;
/** Attribute: set key type. @public */
export const NFTA_SET_KEY_TYPE = 4;
/** Attribute: set key len. @public */
export const NFTA_SET_KEY_LEN = 5;
/** Attribute: set data type. @public */
export const NFTA_SET_DATA_TYPE = 6;
/** Attribute: set data len. @public */
export const NFTA_SET_DATA_LEN = 7;
/** Attribute: set policy. @public */
export const NFTA_SET_POLICY = 8;
/** Attribute: set desc. @public */
export const NFTA_SET_DESC = 9;
/** Attribute: set id. @public */
export const NFTA_SET_ID = 10;
/** Attribute: set timeout. @public */
export const NFTA_SET_TIMEOUT = 11;
/** Attribute: set gc interval. @public */
export const NFTA_SET_GC_INTERVAL = 12;
/** Attribute: set userdata. @public */
export const NFTA_SET_USERDATA = 13;
/** Attribute: set obj type. @public */
export const NFTA_SET_OBJ_TYPE = 15;
/** Attribute: set handle. @public */
export const NFTA_SET_HANDLE = 16;
/** Attribute: set expr. @public */
export const NFTA_SET_EXPR = 17;
/** Attribute: set expressions. @public */
export const NFTA_SET_EXPRESSIONS = 18;
/** Value: set elem interval end. @public */
export const NFT_SET_ELEM_INTERVAL_END = 0x1;
/** Value: set elem catchall. @public */
export const NFT_SET_ELEM_CATCHALL = 0x2;
/** Attribute: set elem key. @public */
export const NFTA_SET_ELEM_KEY = 1;
/** Attribute: set elem data. @public */
export const NFTA_SET_ELEM_DATA = 2;
/** Attribute: set elem flags. @public */
export const NFTA_SET_ELEM_FLAGS = 3;
/** Attribute: set elem timeout. @public */
export const NFTA_SET_ELEM_TIMEOUT = 4;
/** Attribute: set elem expiration. @public */
export const NFTA_SET_ELEM_EXPIRATION = 5;
/** Attribute: set elem userdata. @public */
export const NFTA_SET_ELEM_USERDATA = 6;
/** Attribute: set elem expr. @public */
export const NFTA_SET_ELEM_EXPR = 7;
/** Attribute: set elem objref. @public */
export const NFTA_SET_ELEM_OBJREF = 9;
/** Attribute: set elem key end. @public */
export const NFTA_SET_ELEM_KEY_END = 10;
/** Attribute: set elem expressions. @public */
export const NFTA_SET_ELEM_EXPRESSIONS = 11;
/** Attribute: set elem list table. @public */
export const NFTA_SET_ELEM_LIST_TABLE = 1;
/** Attribute: set elem list set. @public */
export const NFTA_SET_ELEM_LIST_SET = 2;
/** Attribute: set elem list elements. @public */
export const NFTA_SET_ELEM_LIST_ELEMENTS = 3;
/** Attribute: set elem list set id. @public */
export const NFTA_SET_ELEM_LIST_SET_ID = 4;
/** Value: data value. @public */
export const NFT_DATA_VALUE = 0;
/** Value: data verdict. @public */
export const NFT_DATA_VERDICT = 0xffffff00;
/** Attribute: data value. @public */
export const NFTA_DATA_VALUE = 1;
/** Attribute: data verdict. @public */
export const NFTA_DATA_VERDICT = 2;
/** Attribute: verdict code. @public */
export const NFTA_VERDICT_CODE = 1;
/** Attribute: verdict chain. @public */
export const NFTA_VERDICT_CHAIN = 2;
/** Attribute: verdict chain id. @public */
export const NFTA_VERDICT_CHAIN_ID = 3;
/** Attribute: expr name. @public */
export const NFTA_EXPR_NAME = 1;
/** Attribute: expr data. @public */
export const NFTA_EXPR_DATA = 2;
/** Attribute: immediate dreg. @public */
export const NFTA_IMMEDIATE_DREG = 1;
/** Attribute: immediate data. @public */
export const NFTA_IMMEDIATE_DATA = 2;
/** Value: bitwise lshift. @public */
export const NFT_BITWISE_LSHIFT = 1;
/** Value: bitwise rshift. @public */
export const NFT_BITWISE_RSHIFT = 2;
/** Attribute: bitwise sreg. @public */
export const NFTA_BITWISE_SREG = 1;
/** Attribute: bitwise dreg. @public */
export const NFTA_BITWISE_DREG = 2;
/** Attribute: bitwise len. @public */
export const NFTA_BITWISE_LEN = 3;
/** Attribute: bitwise mask. @public */
export const NFTA_BITWISE_MASK = 4;
/** Attribute: bitwise xor. @public */
export const NFTA_BITWISE_XOR = 5;
/** Attribute: bitwise op. @public */
export const NFTA_BITWISE_OP = 6;
/** Attribute: bitwise data. @public */
export const NFTA_BITWISE_DATA = 7;
/** Value: byteorder ntoh. @public */
export const NFT_BYTEORDER_NTOH = 0;
/** Value: byteorder hton. @public */
export const NFT_BYTEORDER_HTON = 1;
/** Attribute: byteorder sreg. @public */
export const NFTA_BYTEORDER_SREG = 1;
/** Attribute: byteorder dreg. @public */
export const NFTA_BYTEORDER_DREG = 2;
/** Attribute: byteorder op. @public */
export const NFTA_BYTEORDER_OP = 3;
/** Attribute: byteorder len. @public */
export const NFTA_BYTEORDER_LEN = 4;
/** Attribute: byteorder size. @public */
export const NFTA_BYTEORDER_SIZE = 5;
/** Value: cmp eq. @public */
export const NFT_CMP_EQ = 0;
/** Value: cmp neq. @public */
export const NFT_CMP_NEQ = 1;
/** Value: cmp lt. @public */
export const NFT_CMP_LT = 2;
/** Value: cmp lte. @public */
export const NFT_CMP_LTE = 3;
/** Value: cmp gt. @public */
export const NFT_CMP_GT = 4;
/** Value: cmp gte. @public */
export const NFT_CMP_GTE = 5;
/** Attribute: cmp sreg. @public */
export const NFTA_CMP_SREG = 1;
/** Attribute: cmp op. @public */
export const NFTA_CMP_OP = 2;
/** Attribute: cmp data. @public */
export const NFTA_CMP_DATA = 3;
/** Value: range eq. @public */
export const NFT_RANGE_EQ = 0;
/** Value: range neq. @public */
export const NFT_RANGE_NEQ = 1;
/** Attribute: range sreg. @public */
export const NFTA_RANGE_SREG = 1;
/** Attribute: range op. @public */
export const NFTA_RANGE_OP = 2;
/** Attribute: range from data. @public */
export const NFTA_RANGE_FROM_DATA = 3;
/** Attribute: range to data. @public */
export const NFTA_RANGE_TO_DATA = 4;
/** Value: lookup f inv. @public */
export const NFT_LOOKUP_F_INV = 1;
/** Attribute: lookup set. @public */
export const NFTA_LOOKUP_SET = 1;
/** Attribute: lookup sreg. @public */
export const NFTA_LOOKUP_SREG = 2;
/** Attribute: lookup dreg. @public */
export const NFTA_LOOKUP_DREG = 3;
/** Attribute: lookup set id. @public */
export const NFTA_LOOKUP_SET_ID = 4;
/** Attribute: lookup flags. @public */
export const NFTA_LOOKUP_FLAGS = 5;
/** Value: dynset op add. @public */
export const NFT_DYNSET_OP_ADD = 0;
/** Value: dynset op update. @public */
export const NFT_DYNSET_OP_UPDATE = 1;
/** Value: dynset op delete. @public */
export const NFT_DYNSET_OP_DELETE = 2;
/** Value: dynset f inv. @public */
export const NFT_DYNSET_F_INV = 1;
/** Value: dynset f expr. @public */
export const NFT_DYNSET_F_EXPR = 2;
/** Attribute: dynset set name. @public */
export const NFTA_DYNSET_SET_NAME = 1;
/** Attribute: dynset set id. @public */
export const NFTA_DYNSET_SET_ID = 2;
/** Attribute: dynset op. @public */
export const NFTA_DYNSET_OP = 3;
/** Attribute: dynset sreg key. @public */
export const NFTA_DYNSET_SREG_KEY = 4;
/** Attribute: dynset sreg data. @public */
export const NFTA_DYNSET_SREG_DATA = 5;
/** Attribute: dynset timeout. @public */
export const NFTA_DYNSET_TIMEOUT = 6;
/** Attribute: dynset expr. @public */
export const NFTA_DYNSET_EXPR = 7;
/** Attribute: dynset flags. @public */
export const NFTA_DYNSET_FLAGS = 9;
/** Attribute: dynset expressions. @public */
export const NFTA_DYNSET_EXPRESSIONS = 10;
/** Value: payload ll header. @public */
export const NFT_PAYLOAD_LL_HEADER = 0;
/** Value: payload network header. @public */
export const NFT_PAYLOAD_NETWORK_HEADER = 1;
/** Value: payload transport header. @public */
export const NFT_PAYLOAD_TRANSPORT_HEADER = 2;
/** Value: payload inner header. @public */
export const NFT_PAYLOAD_INNER_HEADER = 3;
/** Value: payload csum none. @public */
export const NFT_PAYLOAD_CSUM_NONE = 0;
/** Value: payload csum inet. @public */
export const NFT_PAYLOAD_CSUM_INET = 1;
/** Value: payload csum sctp. @public */
export const NFT_PAYLOAD_CSUM_SCTP = 2;
/** Value: payload l4csum pseudohdr. @public */
export const NFT_PAYLOAD_L4CSUM_PSEUDOHDR = 1;
/** Attribute: payload dreg. @public */
export const NFTA_PAYLOAD_DREG = 1;
/** Attribute: payload base. @public */
export const NFTA_PAYLOAD_BASE = 2;
/** Attribute: payload offset. @public */
export const NFTA_PAYLOAD_OFFSET = 3;
/** Attribute: payload len. @public */
export const NFTA_PAYLOAD_LEN = 4;
/** Attribute: payload sreg. @public */
export const NFTA_PAYLOAD_SREG = 5;
/** Attribute: payload csum type. @public */
export const NFTA_PAYLOAD_CSUM_TYPE = 6;
/** Attribute: payload csum offset. @public */
export const NFTA_PAYLOAD_CSUM_OFFSET = 7;
/** Attribute: payload csum flags. @public */
export const NFTA_PAYLOAD_CSUM_FLAGS = 8;
/** Value: exthdr f present. @public */
export const NFT_EXTHDR_F_PRESENT = 1;
/** Value: exthdr op ipv6. @public */
export const NFT_EXTHDR_OP_IPV6 = 0;
/** Value: exthdr op tcpopt. @public */
export const NFT_EXTHDR_OP_TCPOPT = 1;
/** Value: exthdr op ipv4. @public */
export const NFT_EXTHDR_OP_IPV4 = 2;
/** Value: exthdr op sctp. @public */
export const NFT_EXTHDR_OP_SCTP = 3;
/** Value: exthdr op dccp. @public */
export const NFT_EXTHDR_OP_DCCP = 4;
/** Attribute: exthdr dreg. @public */
export const NFTA_EXTHDR_DREG = 1;
/** Attribute: exthdr type. @public */
export const NFTA_EXTHDR_TYPE = 2;
/** Attribute: exthdr offset. @public */
export const NFTA_EXTHDR_OFFSET = 3;
/** Attribute: exthdr len. @public */
export const NFTA_EXTHDR_LEN = 4;
/** Attribute: exthdr flags. @public */
export const NFTA_EXTHDR_FLAGS = 5;
/** Attribute: exthdr op. @public */
export const NFTA_EXTHDR_OP = 6;
/** Attribute: exthdr sreg. @public */
export const NFTA_EXTHDR_SREG = 7;
/** Value: meta len. @public */
export const NFT_META_LEN = 0;
/** Value: meta protocol. @public */
export const NFT_META_PROTOCOL = 1;
/** Value: meta priority. @public */
export const NFT_META_PRIORITY = 2;
/** Value: meta mark. @public */
export const NFT_META_MARK = 3;
/** Value: meta iif. @public */
export const NFT_META_IIF = 4;
/** Value: meta oif. @public */
export const NFT_META_OIF = 5;
/** Value: meta iifname. @public */
export const NFT_META_IIFNAME = 6;
/** Value: meta oifname. @public */
export const NFT_META_OIFNAME = 7;
/** Value: meta iftype. @public */
export const NFT_META_IFTYPE = 8;
/** Value: meta oiftype. @public */
export const NFT_META_OIFTYPE = 9;
/** Value: meta skuid. @public */
export const NFT_META_SKUID = 10;
/** Value: meta skgid. @public */
export const NFT_META_SKGID = 11;
/** Value: meta nftrace. @public */
export const NFT_META_NFTRACE = 12;
/** Value: meta rtclassid. @public */
export const NFT_META_RTCLASSID = 13;
/** Value: meta secmark. @public */
export const NFT_META_SECMARK = 14;
/** Value: meta nfproto. @public */
export const NFT_META_NFPROTO = 15;
/** Value: meta l4proto. @public */
export const NFT_META_L4PROTO = 16;
/** Value: meta bri iifname. @public */
export const NFT_META_BRI_IIFNAME = 17;
/** Value: meta bri oifname. @public */
export const NFT_META_BRI_OIFNAME = 18;
/** Value: meta pkttype. @public */
export const NFT_META_PKTTYPE = 19;
/** Value: meta cpu. @public */
export const NFT_META_CPU = 20;
/** Value: meta iifgroup. @public */
export const NFT_META_IIFGROUP = 21;
/** Value: meta oifgroup. @public */
export const NFT_META_OIFGROUP = 22;
/** Value: meta cgroup. @public */
export const NFT_META_CGROUP = 23;
/** Value: meta prandom. @public */
export const NFT_META_PRANDOM = 24;
/** Value: meta secpath. @public */
export const NFT_META_SECPATH = 25;
/** Value: meta iifkind. @public */
export const NFT_META_IIFKIND = 26;
/** Value: meta oifkind. @public */
export const NFT_META_OIFKIND = 27;
/** Value: meta bri iifpvid. @public */
export const NFT_META_BRI_IIFPVID = 28;
/** Value: meta bri iifvproto. @public */
export const NFT_META_BRI_IIFVPROTO = 29;
/** Value: meta time ns. @public */
export const NFT_META_TIME_NS = 30;
/** Value: meta time day. @public */
export const NFT_META_TIME_DAY = 31;
/** Value: meta time hour. @public */
export const NFT_META_TIME_HOUR = 32;
/** Value: meta sdif. @public */
export const NFT_META_SDIF = 33;
/** Value: meta sdifname. @public */
export const NFT_META_SDIFNAME = 34;
/** Value: rt classid. @public */
export const NFT_RT_CLASSID = 0;
/** Value: rt nexthop4. @public */
export const NFT_RT_NEXTHOP4 = 1;
/** Value: rt nexthop6. @public */
export const NFT_RT_NEXTHOP6 = 2;
/** Value: rt tcpmss. @public */
export const NFT_RT_TCPMSS = 3;
/** Value: rt xfrm. @public */
export const NFT_RT_XFRM = 4;
/** Value: hash jenkins. @public */
export const NFT_HASH_JENKINS = 0;
/** Value: hash sym. @public */
export const NFT_HASH_SYM = 1;
/** Attribute: hash sreg. @public */
export const NFTA_HASH_SREG = 1;
/** Attribute: hash dreg. @public */
export const NFTA_HASH_DREG = 2;
/** Attribute: hash len. @public */
export const NFTA_HASH_LEN = 3;
/** Attribute: hash modulus. @public */
export const NFTA_HASH_MODULUS = 4;
/** Attribute: hash seed. @public */
export const NFTA_HASH_SEED = 5;
/** Attribute: hash offset. @public */
export const NFTA_HASH_OFFSET = 6;
/** Attribute: hash type. @public */
export const NFTA_HASH_TYPE = 7;
/** Attribute: hash set name. @public */
export const NFTA_HASH_SET_NAME = 8;
/** Attribute: hash set id. @public */
export const NFTA_HASH_SET_ID = 9;
/** Attribute: meta dreg. @public */
export const NFTA_META_DREG = 1;
/** Attribute: meta key. @public */
export const NFTA_META_KEY = 2;
/** Attribute: meta sreg. @public */
export const NFTA_META_SREG = 3;
/** Attribute: rt dreg. @public */
export const NFTA_RT_DREG = 1;
/** Attribute: rt key. @public */
export const NFTA_RT_KEY = 2;
/** Attribute: socket key. @public */
export const NFTA_SOCKET_KEY = 1;
/** Attribute: socket dreg. @public */
export const NFTA_SOCKET_DREG = 2;
/** Attribute: socket level. @public */
export const NFTA_SOCKET_LEVEL = 3;
/** Value: socket transparent. @public */
export const NFT_SOCKET_TRANSPARENT = 0;
/** Value: socket mark. @public */
export const NFT_SOCKET_MARK = 1;
/** Value: socket wildcard. @public */
export const NFT_SOCKET_WILDCARD = 2;
/** Value: socket cgroupv2. @public */
export const NFT_SOCKET_CGROUPV2 = 3;
/** Value: ct state. @public */
export const NFT_CT_STATE = 0;
/** Value: ct direction. @public */
export const NFT_CT_DIRECTION = 1;
/** Value: ct status. @public */
export const NFT_CT_STATUS = 2;
/** Value: ct mark. @public */
export const NFT_CT_MARK = 3;
/** Value: ct secmark. @public */
export const NFT_CT_SECMARK = 4;
/** Value: ct expiration. @public */
export const NFT_CT_EXPIRATION = 5;
/** Value: ct helper. @public */
export const NFT_CT_HELPER = 6;
/** Value: ct l3protocol. @public */
export const NFT_CT_L3PROTOCOL = 7;
/** Value: ct src. @public */
export const NFT_CT_SRC = 8;
/** Value: ct dst. @public */
export const NFT_CT_DST = 9;
/** Value: ct protocol. @public */
export const NFT_CT_PROTOCOL = 10;
/** Value: ct proto src. @public */
export const NFT_CT_PROTO_SRC = 11;
/** Value: ct proto dst. @public */
export const NFT_CT_PROTO_DST = 12;
/** Value: ct labels. @public */
export const NFT_CT_LABELS = 13;
/** Value: ct pkts. @public */
export const NFT_CT_PKTS = 14;
/** Value: ct bytes. @public */
export const NFT_CT_BYTES = 15;
/** Value: ct avgpkt. @public */
export const NFT_CT_AVGPKT = 16;
/** Value: ct zone. @public */
export const NFT_CT_ZONE = 17;
/** Value: ct eventmask. @public */
export const NFT_CT_EVENTMASK = 18;
/** Value: ct src ip. @public */
export const NFT_CT_SRC_IP = 19;
/** Value: ct dst ip. @public */
export const NFT_CT_DST_IP = 20;
/** Value: ct src ip6. @public */
export const NFT_CT_SRC_IP6 = 21;
/** Value: ct dst ip6. @public */
export const NFT_CT_DST_IP6 = 22;
/** Value: ct id. @public */
export const NFT_CT_ID = 23;
/** Attribute: ct dreg. @public */
export const NFTA_CT_DREG = 1;
/** Attribute: ct key. @public */
export const NFTA_CT_KEY = 2;
/** Attribute: ct direction. @public */
export const NFTA_CT_DIRECTION = 3;
/** Attribute: ct sreg. @public */
export const NFTA_CT_SREG = 4;
/** Attribute: flow table name. @public */
export const NFTA_FLOW_TABLE_NAME = 1;
/** Value: limit pkts. @public */
export const NFT_LIMIT_PKTS = 0;
/** Value: limit pkt bytes. @public */
export const NFT_LIMIT_PKT_BYTES = 1;
/** Value: limit f inv. @public */
export const NFT_LIMIT_F_INV = 1;
/** Attribute: limit rate. @public */
export const NFTA_LIMIT_RATE = 1;
/** Attribute: limit unit. @public */
export const NFTA_LIMIT_UNIT = 2;
/** Attribute: limit burst. @public */
export const NFTA_LIMIT_BURST = 3;
/** Attribute: limit type. @public */
export const NFTA_LIMIT_TYPE = 4;
/** Attribute: limit flags. @public */
export const NFTA_LIMIT_FLAGS = 5;
/** Value: connlimit f inv. @public */
export const NFT_CONNLIMIT_F_INV = 1;
/** Attribute: connlimit count. @public */
export const NFTA_CONNLIMIT_COUNT = 1;
/** Attribute: connlimit flags. @public */
export const NFTA_CONNLIMIT_FLAGS = 2;
/** Attribute: counter bytes. @public */
export const NFTA_COUNTER_BYTES = 1;
/** Attribute: counter packets. @public */
export const NFTA_COUNTER_PACKETS = 2;
/** Attribute: last set. @public */
export const NFTA_LAST_SET = 1;
/** Attribute: last msecs. @public */
export const NFTA_LAST_MSECS = 2;
/** Attribute: synproxy mss. @public */
export const NFTA_SYNPROXY_MSS = 1;
/** Attribute: synproxy wscale. @public */
export const NFTA_SYNPROXY_WSCALE = 2;
/** Attribute: synproxy flags. @public */
export const NFTA_SYNPROXY_FLAGS = 3;
/** Attribute: ct timeout l3proto. @public */
export const NFTA_CT_TIMEOUT_L3PROTO = 1;
/** Attribute: ct timeout l4proto. @public */
export const NFTA_CT_TIMEOUT_L4PROTO = 2;
/** Attribute: ct timeout data. @public */
export const NFTA_CT_TIMEOUT_DATA = 3;
/** Attribute: ct expectation l3proto. @public */
export const NFTA_CT_EXPECT_L3PROTO = 1;
/** Attribute: ct expectation l4proto. @public */
export const NFTA_CT_EXPECT_L4PROTO = 2;
/** Attribute: ct expectation dport. @public */
export const NFTA_CT_EXPECT_DPORT = 3;
/** Attribute: ct expectation timeout. @public */
export const NFTA_CT_EXPECT_TIMEOUT = 4;
/** Attribute: ct expectation size. @public */
export const NFTA_CT_EXPECT_SIZE = 5;
/** Attribute: osf dreg. @public */
export const NFTA_OSF_DREG = 1;
/** Attribute: osf ttl. @public */
export const NFTA_OSF_TTL = 2;
/** Attribute: osf flags. @public */
export const NFTA_OSF_FLAGS = 3;
/** Attribute: inner num. @public */
export const NFTA_INNER_NUM = 1;
/** Attribute: inner type. @public */
export const NFTA_INNER_TYPE = 2;
/** Attribute: inner flags. @public */
export const NFTA_INNER_FLAGS = 3;
/** Attribute: inner hdrsize. @public */
export const NFTA_INNER_HDRSIZE = 4;
/** Attribute: inner expr. @public */
export const NFTA_INNER_EXPR = 5;
/** Attribute: log group. @public */
export const NFTA_LOG_GROUP = 1;
/** Attribute: log prefix. @public */
export const NFTA_LOG_PREFIX = 2;
/** Attribute: log snaplen. @public */
export const NFTA_LOG_SNAPLEN = 3;
/** Attribute: log qthreshold. @public */
export const NFTA_LOG_QTHRESHOLD = 4;
/** Attribute: log level. @public */
export const NFTA_LOG_LEVEL = 5;
/** Attribute: log flags. @public */
export const NFTA_LOG_FLAGS = 6;
/** Value: loglevel emerg. @public */
export const NFT_LOGLEVEL_EMERG = 0;
/** Value: loglevel alert. @public */
export const NFT_LOGLEVEL_ALERT = 1;
/** Value: loglevel crit. @public */
export const NFT_LOGLEVEL_CRIT = 2;
/** Value: loglevel err. @public */
export const NFT_LOGLEVEL_ERR = 3;
/** Value: loglevel warning. @public */
export const NFT_LOGLEVEL_WARNING = 4;
/** Value: loglevel notice. @public */
export const NFT_LOGLEVEL_NOTICE = 5;
/** Value: loglevel info. @public */
export const NFT_LOGLEVEL_INFO = 6;
/** Value: loglevel debug. @public */
export const NFT_LOGLEVEL_DEBUG = 7;
/** Value: loglevel audit. @public */
export const NFT_LOGLEVEL_AUDIT = 8;
/** Attribute: queue num. @public */
export const NFTA_QUEUE_NUM = 1;
/** Attribute: queue total. @public */
export const NFTA_QUEUE_TOTAL = 2;
/** Attribute: queue flags. @public */
export const NFTA_QUEUE_FLAGS = 3;
/** Attribute: queue sreg qnum. @public */
export const NFTA_QUEUE_SREG_QNUM = 4;
/** Value: queue flag bypass. @public */
export const NFT_QUEUE_FLAG_BYPASS = 0x01;
/** Value: queue flag cpu fanout. @public */
export const NFT_QUEUE_FLAG_CPU_FANOUT = 0x02;
/** Value: quota f inv. @public */
export const NFT_QUOTA_F_INV = 1;
/** Value: quota f depleted. @public */
export const NFT_QUOTA_F_DEPLETED = 2;
/** Attribute: quota bytes. @public */
export const NFTA_QUOTA_BYTES = 1;
/** Attribute: quota flags. @public */
export const NFTA_QUOTA_FLAGS = 2;
/** Attribute: quota consumed. @public */
export const NFTA_QUOTA_CONSUMED = 4;
/** Value: reject icmp unreach. @public */
export const NFT_REJECT_ICMP_UNREACH = 0;
/** Value: reject tcp rst. @public */
export const NFT_REJECT_TCP_RST = 1;
/** Value: reject icmpx unreach. @public */
export const NFT_REJECT_ICMPX_UNREACH = 2;
/** Value: reject icmpx no route. @public */
export const NFT_REJECT_ICMPX_NO_ROUTE = 0;
/** Value: reject icmpx port unreach. @public */
export const NFT_REJECT_ICMPX_PORT_UNREACH = 1;
/** Value: reject icmpx host unreach. @public */
export const NFT_REJECT_ICMPX_HOST_UNREACH = 2;
/** Value: reject icmpx admin prohibited. @public */
export const NFT_REJECT_ICMPX_ADMIN_PROHIBITED = 3;
/** Attribute: reject type. @public */
export const NFTA_REJECT_TYPE = 1;
/** Attribute: reject icmp code. @public */
export const NFTA_REJECT_ICMP_CODE = 2;
/** Value: nat snat. @public */
export const NFT_NAT_SNAT = 0;
/** Value: nat dnat. @public */
export const NFT_NAT_DNAT = 1;
/** Attribute: nat type. @public */
export const NFTA_NAT_TYPE = 1;
/** Attribute: nat family. @public */
export const NFTA_NAT_FAMILY = 2;
/** Attribute: nat reg addr min. @public */
export const NFTA_NAT_REG_ADDR_MIN = 3;
/** Attribute: nat reg addr max. @public */
export const NFTA_NAT_REG_ADDR_MAX = 4;
/** Attribute: nat reg proto min. @public */
export const NFTA_NAT_REG_PROTO_MIN = 5;
/** Attribute: nat reg proto max. @public */
export const NFTA_NAT_REG_PROTO_MAX = 6;
/** Attribute: nat flags. @public */
export const NFTA_NAT_FLAGS = 7;
/** Attribute: tproxy family. @public */
export const NFTA_TPROXY_FAMILY = 1;
/** Attribute: tproxy reg addr. @public */
export const NFTA_TPROXY_REG_ADDR = 2;
/** Attribute: tproxy reg port. @public */
export const NFTA_TPROXY_REG_PORT = 3;
/** Attribute: masq flags. @public */
export const NFTA_MASQ_FLAGS = 1;
/** Attribute: masq reg proto min. @public */
export const NFTA_MASQ_REG_PROTO_MIN = 2;
/** Attribute: masq reg proto max. @public */
export const NFTA_MASQ_REG_PROTO_MAX = 3;
/** Attribute: redir reg proto min. @public */
export const NFTA_REDIR_REG_PROTO_MIN = 1;
/** Attribute: redir reg proto max. @public */
export const NFTA_REDIR_REG_PROTO_MAX = 2;
/** Attribute: redir flags. @public */
export const NFTA_REDIR_FLAGS = 3;
/** Attribute: dup sreg addr. @public */
export const NFTA_DUP_SREG_ADDR = 1;
/** Attribute: dup sreg dev. @public */
export const NFTA_DUP_SREG_DEV = 2;
/** Attribute: fwd sreg dev. @public */
export const NFTA_FWD_SREG_DEV = 1;
/** Attribute: fwd sreg addr. @public */
export const NFTA_FWD_SREG_ADDR = 2;
/** Attribute: fwd nfproto. @public */
export const NFTA_FWD_NFPROTO = 3;
/** Attribute: objref imm type. @public */
export const NFTA_OBJREF_IMM_TYPE = 1;
/** Attribute: objref imm name. @public */
export const NFTA_OBJREF_IMM_NAME = 2;
/** Attribute: objref set sreg. @public */
export const NFTA_OBJREF_SET_SREG = 3;
/** Attribute: objref set name. @public */
export const NFTA_OBJREF_SET_NAME = 4;
/** Attribute: objref set id. @public */
export const NFTA_OBJREF_SET_ID = 5;
/** Attribute: gen id. @public */
export const NFTA_GEN_ID = 1;
/** Attribute: gen proc pid. @public */
export const NFTA_GEN_PROC_PID = 2;
/** Attribute: gen proc name. @public */
export const NFTA_GEN_PROC_NAME = 3;
/** Attribute: fib dreg. @public */
export const NFTA_FIB_DREG = 1;
/** Attribute: fib result. @public */
export const NFTA_FIB_RESULT = 2;
/** Attribute: fib flags. @public */
export const NFTA_FIB_FLAGS = 3;
/** Value: fib result oif. @public */
export const NFT_FIB_RESULT_OIF = 1;
/** Value: fib result oifname. @public */
export const NFT_FIB_RESULT_OIFNAME = 2;
/** Value: fib result addrtype. @public */
export const NFT_FIB_RESULT_ADDRTYPE = 3;
/** Attribute: fib f saddr. @public */
export const NFTA_FIB_F_SADDR = 1;
/** Attribute: fib f daddr. @public */
export const NFTA_FIB_F_DADDR = 2;
/** Attribute: fib f mark. @public */
export const NFTA_FIB_F_MARK = 4;
/** Attribute: fib f iif. @public */
export const NFTA_FIB_F_IIF = 8;
/** Attribute: fib f oif. @public */
export const NFTA_FIB_F_OIF = 16;
/** Attribute: fib f present. @public */
export const NFTA_FIB_F_PRESENT = 32;
/** Value: object counter. @public */
export const NFT_OBJECT_COUNTER = 1;
/** Value: object quota. @public */
export const NFT_OBJECT_QUOTA = 2;
/** Value: object ct helper. @public */
export const NFT_OBJECT_CT_HELPER = 3;
/** Value: object limit. @public */
export const NFT_OBJECT_LIMIT = 4;
/** Value: object connlimit. @public */
export const NFT_OBJECT_CONNLIMIT = 5;
/** Value: object tunnel. @public */
export const NFT_OBJECT_TUNNEL = 6;
/** Value: object ct timeout. @public */
export const NFT_OBJECT_CT_TIMEOUT = 7;
/** Value: object secmark. @public */
export const NFT_OBJECT_SECMARK = 8;
/** Value: object ct expect. @public */
export const NFT_OBJECT_CT_EXPECT = 9;
/** Value: object synproxy. @public */
export const NFT_OBJECT_SYNPROXY = 10;
/** Attribute: obj table. @public */
export const NFTA_OBJ_TABLE = 1;
/** Attribute: obj name. @public */
export const NFTA_OBJ_NAME = 2;
/** Attribute: obj type. @public */
export const NFTA_OBJ_TYPE = 3;
/** Attribute: obj data. @public */
export const NFTA_OBJ_DATA = 4;
/** Attribute: obj use. @public */
export const NFTA_OBJ_USE = 5;
/** Attribute: obj handle. @public */
export const NFTA_OBJ_HANDLE = 6;
/** Attribute: obj userdata. @public */
export const NFTA_OBJ_USERDATA = 8;
/** Value: flowtable hw offload. @public */
export const NFT_FLOWTABLE_HW_OFFLOAD = 0x1;
/** Value: flowtable counter. @public */
export const NFT_FLOWTABLE_COUNTER = 0x2;
/** Attribute: flowtable table. @public */
export const NFTA_FLOWTABLE_TABLE = 1;
/** Attribute: flowtable name. @public */
export const NFTA_FLOWTABLE_NAME = 2;
/** Attribute: flowtable hook. @public */
export const NFTA_FLOWTABLE_HOOK = 3;
/** Attribute: flowtable use. @public */
export const NFTA_FLOWTABLE_USE = 4;
/** Attribute: flowtable handle. @public */
export const NFTA_FLOWTABLE_HANDLE = 5;
/** Attribute: flowtable flags. @public */
export const NFTA_FLOWTABLE_FLAGS = 7;
/** Attribute: flowtable hook num. @public */
export const NFTA_FLOWTABLE_HOOK_NUM = 1;
/** Attribute: flowtable hook priority. @public */
export const NFTA_FLOWTABLE_HOOK_PRIORITY = 2;
/** Attribute: flowtable hook devs. @public */
export const NFTA_FLOWTABLE_HOOK_DEVS = 3;
/** Attribute: device name. @public */
export const NFTA_DEVICE_NAME = 1;
/** Attribute: trace table. @public */
export const NFTA_TRACE_TABLE = 1;
/** Attribute: trace chain. @public */
export const NFTA_TRACE_CHAIN = 2;
/** Attribute: trace rule handle. @public */
export const NFTA_TRACE_RULE_HANDLE = 3;
/** Attribute: trace type. @public */
export const NFTA_TRACE_TYPE = 4;
/** Attribute: trace verdict. @public */
export const NFTA_TRACE_VERDICT = 5;
/** Attribute: trace id. @public */
export const NFTA_TRACE_ID = 6;
/** Attribute: trace ll header. @public */
export const NFTA_TRACE_LL_HEADER = 7;
/** Attribute: trace network header. @public */
export const NFTA_TRACE_NETWORK_HEADER = 8;
/** Attribute: trace transport header. @public */
export const NFTA_TRACE_TRANSPORT_HEADER = 9;
/** Attribute: trace iif. @public */
export const NFTA_TRACE_IIF = 10;
/** Attribute: trace iiftype. @public */
export const NFTA_TRACE_IIFTYPE = 11;
/** Attribute: trace oif. @public */
export const NFTA_TRACE_OIF = 12;
/** Attribute: trace oiftype. @public */
export const NFTA_TRACE_OIFTYPE = 13;
/** Attribute: trace mark. @public */
export const NFTA_TRACE_MARK = 14;
/** Attribute: trace nfproto. @public */
export const NFTA_TRACE_NFPROTO = 15;
/** Attribute: trace policy. @public */
export const NFTA_TRACE_POLICY = 16;
/** Value: tracetype policy. @public */
export const NFT_TRACETYPE_POLICY = 1;
/** Value: tracetype return. @public */
export const NFT_TRACETYPE_RETURN = 2;
/** Value: tracetype rule. @public */
export const NFT_TRACETYPE_RULE = 3;
/** Attribute: ng dreg. @public */
export const NFTA_NG_DREG = 1;
/** Attribute: ng modulus. @public */
export const NFTA_NG_MODULUS = 2;
/** Attribute: ng type. @public */
export const NFTA_NG_TYPE = 3;
/** Attribute: ng offset. @public */
export const NFTA_NG_OFFSET = 4;
/** Attribute: ng set name. @public */
export const NFTA_NG_SET_NAME = 5;
/** Attribute: ng set id. @public */
export const NFTA_NG_SET_ID = 6;
/** Value: ng incremental. @public */
export const NFT_NG_INCREMENTAL = 0;
/** Value: ng random. @public */
export const NFT_NG_RANDOM = 1;
/** Message: getrule reset (Linux 6.2). @public */
export const NFT_MSG_GETRULE_RESET = 25;
/** Message: destroytable (Linux 6.3). @public */
export const NFT_MSG_DESTROYTABLE = 26;
/** Message: destroychain (Linux 6.3). @public */
export const NFT_MSG_DESTROYCHAIN = 27;
/** Message: destroyrule (Linux 6.3). @public */
export const NFT_MSG_DESTROYRULE = 28;
/** Message: destroyset (Linux 6.3). @public */
export const NFT_MSG_DESTROYSET = 29;
/** Message: destroysetelem (Linux 6.3). @public */
export const NFT_MSG_DESTROYSETELEM = 30;
/** Message: destroyobj (Linux 6.3). @public */
export const NFT_MSG_DESTROYOBJ = 31;
/** Message: destroyflowtable (Linux 6.3). @public */
export const NFT_MSG_DESTROYFLOWTABLE = 32;
/** Message: getsetelem reset (Linux 6.5). @public */
export const NFT_MSG_GETSETELEM_RESET = 33;

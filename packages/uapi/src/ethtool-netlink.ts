/**
 * ethtool(8) by generic netlink: messages, the request header, bit sets, strings. Source: `linux/ethtool_netlink.h` (ABI numbers), YNL ethtool.yaml.
 */

// Requests

/** ethtool request: strset get. @public */
export const ETHTOOL_MSG_STRSET_GET = 1;
/** ethtool request: linkinfo get. @public */
export const ETHTOOL_MSG_LINKINFO_GET = 2;
/** ethtool request: linkinfo set. @public */
export const ETHTOOL_MSG_LINKINFO_SET = 3;
/** ethtool request: linkmodes get. @public */
export const ETHTOOL_MSG_LINKMODES_GET = 4;
/** ethtool request: linkmodes set. @public */
export const ETHTOOL_MSG_LINKMODES_SET = 5;
/** ethtool request: linkstate get. @public */
export const ETHTOOL_MSG_LINKSTATE_GET = 6;
/** ethtool request: debug get. @public */
export const ETHTOOL_MSG_DEBUG_GET = 7;
/** ethtool request: debug set. @public */
export const ETHTOOL_MSG_DEBUG_SET = 8;
/** ethtool request: wol get. @public */
export const ETHTOOL_MSG_WOL_GET = 9;
/** ethtool request: wol set. @public */
export const ETHTOOL_MSG_WOL_SET = 10;
/** ethtool request: features get. @public */
export const ETHTOOL_MSG_FEATURES_GET = 11;
/** ethtool request: features set. @public */
export const ETHTOOL_MSG_FEATURES_SET = 12;
/** ethtool request: privflags get. @public */
export const ETHTOOL_MSG_PRIVFLAGS_GET = 13;
/** ethtool request: privflags set. @public */
export const ETHTOOL_MSG_PRIVFLAGS_SET = 14;
/** ethtool request: rings get. @public */
export const ETHTOOL_MSG_RINGS_GET = 15;
/** ethtool request: rings set. @public */
export const ETHTOOL_MSG_RINGS_SET = 16;
/** ethtool request: channels get. @public */
export const ETHTOOL_MSG_CHANNELS_GET = 17;
/** ethtool request: channels set. @public */
export const ETHTOOL_MSG_CHANNELS_SET = 18;
/** ethtool request: coalesce get. @public */
export const ETHTOOL_MSG_COALESCE_GET = 19;
/** ethtool request: coalesce set. @public */
export const ETHTOOL_MSG_COALESCE_SET = 20;
/** ethtool request: pause get. @public */
export const ETHTOOL_MSG_PAUSE_GET = 21;
/** ethtool request: pause set. @public */
export const ETHTOOL_MSG_PAUSE_SET = 22;
/** ethtool request: eee get. @public */
export const ETHTOOL_MSG_EEE_GET = 23;
/** ethtool request: eee set. @public */
export const ETHTOOL_MSG_EEE_SET = 24;
/** ethtool request: tsinfo get. @public */
export const ETHTOOL_MSG_TSINFO_GET = 25;
/** ethtool request: cable test act. @public */
export const ETHTOOL_MSG_CABLE_TEST_ACT = 26;
/** ethtool request: cable test tdr act. @public */
export const ETHTOOL_MSG_CABLE_TEST_TDR_ACT = 27;
/** ethtool request: tunnel info get. @public */
export const ETHTOOL_MSG_TUNNEL_INFO_GET = 28;
/** ethtool request: fec get. @public */
export const ETHTOOL_MSG_FEC_GET = 29;
/** ethtool request: fec set. @public */
export const ETHTOOL_MSG_FEC_SET = 30;
/** ethtool request: module eeprom get. @public */
export const ETHTOOL_MSG_MODULE_EEPROM_GET = 31;
/** ethtool request: stats get. @public */
export const ETHTOOL_MSG_STATS_GET = 32;
/** ethtool request: phc vclocks get. @public */
export const ETHTOOL_MSG_PHC_VCLOCKS_GET = 33;
/** ethtool request: module get. @public */
export const ETHTOOL_MSG_MODULE_GET = 34;
/** ethtool request: module set. @public */
export const ETHTOOL_MSG_MODULE_SET = 35;
/** ethtool request: pse get. @public */
export const ETHTOOL_MSG_PSE_GET = 36;
/** ethtool request: pse set. @public */
export const ETHTOOL_MSG_PSE_SET = 37;
/** ethtool request: rss get. @public */
export const ETHTOOL_MSG_RSS_GET = 38;
/** ethtool request: plca get cfg. @public */
export const ETHTOOL_MSG_PLCA_GET_CFG = 39;
/** ethtool request: plca set cfg. @public */
export const ETHTOOL_MSG_PLCA_SET_CFG = 40;
/** ethtool request: plca get status. @public */
export const ETHTOOL_MSG_PLCA_GET_STATUS = 41;
/** ethtool request: mm get. @public */
export const ETHTOOL_MSG_MM_GET = 42;
/** ethtool request: mm set. @public */
export const ETHTOOL_MSG_MM_SET = 43;
/** ethtool request: module fw flash act. @public */
export const ETHTOOL_MSG_MODULE_FW_FLASH_ACT = 44;
/** ethtool request: phy get. @public */
export const ETHTOOL_MSG_PHY_GET = 45;
/** ethtool request: tsconfig get. @public */
export const ETHTOOL_MSG_TSCONFIG_GET = 46;
/** ethtool request: tsconfig set. @public */
export const ETHTOOL_MSG_TSCONFIG_SET = 47;
/** ethtool request: rss set. @public */
export const ETHTOOL_MSG_RSS_SET = 48;
/** ethtool request: rss create act. @public */
export const ETHTOOL_MSG_RSS_CREATE_ACT = 49;
/** ethtool request: rss delete act. @public */
export const ETHTOOL_MSG_RSS_DELETE_ACT = 50;

// Replies and notifications

/** ethtool reply or notification: strset get reply. @public */
export const ETHTOOL_MSG_STRSET_GET_REPLY = 1;
/** ethtool reply or notification: linkinfo get reply. @public */
export const ETHTOOL_MSG_LINKINFO_GET_REPLY = 2;
/** ethtool reply or notification: linkinfo ntf. @public */
export const ETHTOOL_MSG_LINKINFO_NTF = 3;
/** ethtool reply or notification: linkmodes get reply. @public */
export const ETHTOOL_MSG_LINKMODES_GET_REPLY = 4;
/** ethtool reply or notification: linkmodes ntf. @public */
export const ETHTOOL_MSG_LINKMODES_NTF = 5;
/** ethtool reply or notification: linkstate get reply. @public */
export const ETHTOOL_MSG_LINKSTATE_GET_REPLY = 6;
/** ethtool reply or notification: debug get reply. @public */
export const ETHTOOL_MSG_DEBUG_GET_REPLY = 7;
/** ethtool reply or notification: debug ntf. @public */
export const ETHTOOL_MSG_DEBUG_NTF = 8;
/** ethtool reply or notification: wol get reply. @public */
export const ETHTOOL_MSG_WOL_GET_REPLY = 9;
/** ethtool reply or notification: wol ntf. @public */
export const ETHTOOL_MSG_WOL_NTF = 10;
/** ethtool reply or notification: features get reply. @public */
export const ETHTOOL_MSG_FEATURES_GET_REPLY = 11;
/** ethtool reply or notification: features set reply. @public */
export const ETHTOOL_MSG_FEATURES_SET_REPLY = 12;
/** ethtool reply or notification: features ntf. @public */
export const ETHTOOL_MSG_FEATURES_NTF = 13;
/** ethtool reply or notification: privflags get reply. @public */
export const ETHTOOL_MSG_PRIVFLAGS_GET_REPLY = 14;
/** ethtool reply or notification: privflags ntf. @public */
export const ETHTOOL_MSG_PRIVFLAGS_NTF = 15;
/** ethtool reply or notification: rings get reply. @public */
export const ETHTOOL_MSG_RINGS_GET_REPLY = 16;
/** ethtool reply or notification: rings ntf. @public */
export const ETHTOOL_MSG_RINGS_NTF = 17;
/** ethtool reply or notification: channels get reply. @public */
export const ETHTOOL_MSG_CHANNELS_GET_REPLY = 18;
/** ethtool reply or notification: channels ntf. @public */
export const ETHTOOL_MSG_CHANNELS_NTF = 19;
/** ethtool reply or notification: coalesce get reply. @public */
export const ETHTOOL_MSG_COALESCE_GET_REPLY = 20;
/** ethtool reply or notification: coalesce ntf. @public */
export const ETHTOOL_MSG_COALESCE_NTF = 21;
/** ethtool reply or notification: pause get reply. @public */
export const ETHTOOL_MSG_PAUSE_GET_REPLY = 22;
/** ethtool reply or notification: pause ntf. @public */
export const ETHTOOL_MSG_PAUSE_NTF = 23;
/** ethtool reply or notification: eee get reply. @public */
export const ETHTOOL_MSG_EEE_GET_REPLY = 24;
/** ethtool reply or notification: eee ntf. @public */
export const ETHTOOL_MSG_EEE_NTF = 25;
/** ethtool reply or notification: tsinfo get reply. @public */
export const ETHTOOL_MSG_TSINFO_GET_REPLY = 26;
/** ethtool reply or notification: cable test ntf. @public */
export const ETHTOOL_MSG_CABLE_TEST_NTF = 27;
/** ethtool reply or notification: cable test tdr ntf. @public */
export const ETHTOOL_MSG_CABLE_TEST_TDR_NTF = 28;
/** ethtool reply or notification: tunnel info get reply. @public */
export const ETHTOOL_MSG_TUNNEL_INFO_GET_REPLY = 29;
/** ethtool reply or notification: fec get reply. @public */
export const ETHTOOL_MSG_FEC_GET_REPLY = 30;
/** ethtool reply or notification: fec ntf. @public */
export const ETHTOOL_MSG_FEC_NTF = 31;
/** ethtool reply or notification: module eeprom get reply. @public */
export const ETHTOOL_MSG_MODULE_EEPROM_GET_REPLY = 32;
/** ethtool reply or notification: stats get reply. @public */
export const ETHTOOL_MSG_STATS_GET_REPLY = 33;
/** ethtool reply or notification: phc vclocks get reply. @public */
export const ETHTOOL_MSG_PHC_VCLOCKS_GET_REPLY = 34;
/** ethtool reply or notification: module get reply. @public */
export const ETHTOOL_MSG_MODULE_GET_REPLY = 35;
/** ethtool reply or notification: module ntf. @public */
export const ETHTOOL_MSG_MODULE_NTF = 36;
/** ethtool reply or notification: pse get reply. @public */
export const ETHTOOL_MSG_PSE_GET_REPLY = 37;

// Request header

/** ethtool request header: compact bitsets. @public */
export const ETHTOOL_FLAG_COMPACT_BITSETS = 1;
/** ethtool request header: omit reply. @public */
export const ETHTOOL_FLAG_OMIT_REPLY = 2;
/** ethtool request header: stats. @public */
export const ETHTOOL_FLAG_STATS = 4;
/** ethtool request header: dev index. @public */
export const ETHTOOL_A_HEADER_DEV_INDEX = 1;
/** ethtool request header: dev name. @public */
export const ETHTOOL_A_HEADER_DEV_NAME = 2;
/** ethtool request header: flags. @public */
export const ETHTOOL_A_HEADER_FLAGS = 3;
/** ethtool request header: phy index. @public */
export const ETHTOOL_A_HEADER_PHY_INDEX = 4;

// Bit sets and strings

/** ethtool attribute: bitset bit index. @public */
export const ETHTOOL_A_BITSET_BIT_INDEX = 1;
/** ethtool attribute: bitset bit name. @public */
export const ETHTOOL_A_BITSET_BIT_NAME = 2;
/** ethtool attribute: bitset bit value. @public */
export const ETHTOOL_A_BITSET_BIT_VALUE = 3;
/** ethtool attribute: bitset bits bit. @public */
export const ETHTOOL_A_BITSET_BITS_BIT = 1;
/** ethtool attribute: bitset nomask. @public */
export const ETHTOOL_A_BITSET_NOMASK = 1;
/** ethtool attribute: bitset size. @public */
export const ETHTOOL_A_BITSET_SIZE = 2;
/** ethtool attribute: bitset bits. @public */
export const ETHTOOL_A_BITSET_BITS = 3;
/** ethtool attribute: bitset value. @public */
export const ETHTOOL_A_BITSET_VALUE = 4;
/** ethtool attribute: bitset mask. @public */
export const ETHTOOL_A_BITSET_MASK = 5;
/** ethtool attribute: string index. @public */
export const ETHTOOL_A_STRING_INDEX = 1;
/** ethtool attribute: string value. @public */
export const ETHTOOL_A_STRING_VALUE = 2;
/** ethtool attribute: strings string. @public */
export const ETHTOOL_A_STRINGS_STRING = 1;
/** ethtool attribute: stringset id. @public */
export const ETHTOOL_A_STRINGSET_ID = 1;
/** ethtool attribute: stringset count. @public */
export const ETHTOOL_A_STRINGSET_COUNT = 2;
/** ethtool attribute: stringset strings. @public */
export const ETHTOOL_A_STRINGSET_STRINGS = 3;
/** ethtool attribute: stringsets stringset. @public */
export const ETHTOOL_A_STRINGSETS_STRINGSET = 1;
/** ethtool attribute: strset header. @public */
export const ETHTOOL_A_STRSET_HEADER = 1;
/** ethtool attribute: strset stringsets. @public */
export const ETHTOOL_A_STRSET_STRINGSETS = 2;
/** ethtool attribute: strset counts only. @public */
export const ETHTOOL_A_STRSET_COUNTS_ONLY = 3;

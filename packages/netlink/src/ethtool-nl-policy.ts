/** What each ethtool request may carry: as Linux 6.18 says of itself (CTRL_CMD_GETPOLICY). */
import {
  ETHTOOL_MSG_CABLE_TEST_ACT, ETHTOOL_MSG_CABLE_TEST_TDR_ACT, ETHTOOL_MSG_CHANNELS_GET, ETHTOOL_MSG_CHANNELS_SET, ETHTOOL_MSG_COALESCE_GET,
  ETHTOOL_MSG_COALESCE_SET, ETHTOOL_MSG_DEBUG_GET, ETHTOOL_MSG_DEBUG_SET, ETHTOOL_MSG_EEE_GET, ETHTOOL_MSG_EEE_SET, ETHTOOL_MSG_FEATURES_GET,
  ETHTOOL_MSG_FEATURES_SET, ETHTOOL_MSG_FEC_GET, ETHTOOL_MSG_FEC_SET, ETHTOOL_MSG_LINKINFO_GET, ETHTOOL_MSG_LINKINFO_SET, ETHTOOL_MSG_LINKMODES_GET,
  ETHTOOL_MSG_LINKMODES_SET, ETHTOOL_MSG_LINKSTATE_GET, ETHTOOL_MSG_MM_GET, ETHTOOL_MSG_MM_SET, ETHTOOL_MSG_MODULE_EEPROM_GET, ETHTOOL_MSG_MODULE_FW_FLASH_ACT,
  ETHTOOL_MSG_MODULE_GET, ETHTOOL_MSG_MODULE_SET, ETHTOOL_MSG_PAUSE_GET, ETHTOOL_MSG_PAUSE_SET, ETHTOOL_MSG_PHC_VCLOCKS_GET, ETHTOOL_MSG_PHY_GET,
  ETHTOOL_MSG_PLCA_GET_CFG, ETHTOOL_MSG_PLCA_GET_STATUS, ETHTOOL_MSG_PLCA_SET_CFG, ETHTOOL_MSG_PRIVFLAGS_GET, ETHTOOL_MSG_PRIVFLAGS_SET, ETHTOOL_MSG_PSE_GET,
  ETHTOOL_MSG_PSE_SET, ETHTOOL_MSG_RINGS_GET, ETHTOOL_MSG_RINGS_SET, ETHTOOL_MSG_RSS_CREATE_ACT, ETHTOOL_MSG_RSS_DELETE_ACT, ETHTOOL_MSG_RSS_GET,
  ETHTOOL_MSG_RSS_SET, ETHTOOL_MSG_STATS_GET, ETHTOOL_MSG_STRSET_GET, ETHTOOL_MSG_TSCONFIG_GET, ETHTOOL_MSG_TSCONFIG_SET, ETHTOOL_MSG_TSINFO_GET,
  ETHTOOL_MSG_TUNNEL_INFO_GET, ETHTOOL_MSG_WOL_GET, ETHTOOL_MSG_WOL_SET,
} from '@linnet/uapi';
import {
  NLA_BINARY, NLA_FLAG, NLA_NESTED, NLA_NUL_STRING, NLA_U32, NLA_U8, NLA_UINT, type NlaPolicy, type NlaPolicyTable,
} from './nla-policy.ts';

const u8: NlaPolicy = { type: NLA_U8 };
const u32: NlaPolicy = { type: NLA_U32 };
const nested: NlaPolicy = { type: NLA_NESTED };
const flag: NlaPolicy = { type: NLA_FLAG };
const binary: NlaPolicy = { type: NLA_BINARY };

/** A request's header: the device by number or name, and flags. */
export const HEADER_POLICY: NlaPolicyTable = { maxtype: 3, rules: { 1: u32, 2: { type: NLA_NUL_STRING, len: 127 }, 3: { type: NLA_U32, mask: 3 } } };
/** The same of requests that also take ETHTOOL_FLAG_STATS. */
export const HEADER_STATS_POLICY: NlaPolicyTable = { maxtype: 3, rules: { 1: u32, 2: { type: NLA_NUL_STRING, len: 127 }, 3: { type: NLA_U32, mask: 7 } } };
/** The same of requests about a PHY. */
export const HEADER_PHY_POLICY: NlaPolicyTable = {
  maxtype: 4, rules: { 1: u32, 2: { type: NLA_NUL_STRING, len: 127 }, 3: { type: NLA_U32, mask: 3 }, 4: { type: NLA_U32, min: 1 } },
};

const header: NlaPolicy = { type: NLA_NESTED, nested: HEADER_POLICY };
const headerStats: NlaPolicy = { type: NLA_NESTED, nested: HEADER_STATS_POLICY };
const headerPhy: NlaPolicy = { type: NLA_NESTED, nested: HEADER_PHY_POLICY };

const IRQ_MODERATION: NlaPolicyTable = { maxtype: 3, rules: { 1: u32, 2: u32, 3: u32 } };
const PROFILE: NlaPolicyTable = { maxtype: 1, rules: { 1: { type: NLA_NESTED, nested: IRQ_MODERATION } } };
const HWTSTAMP_PROVIDER: NlaPolicyTable = { maxtype: 2, rules: { 1: u32, 2: { type: NLA_U32, max: 1 } } };
const HWTSTAMP_PROVIDER_SET: NlaPolicyTable = { maxtype: 2, rules: { 1: u32, 2: { type: NLA_U32, max: 1 } } };
/** Fields that a hash may take: those of IPv4 and IPv6 flows, and of the newer kinds also the flow label. */
const hash: NlaPolicy = { type: NLA_UINT, mask: 0x800001fe };
const hash6: NlaPolicy = { type: NLA_UINT, mask: 0x800003fe };
const FLOW_HASH: NlaPolicyTable = { maxtype: 27, rules: { 1: hash, 2: hash, 3: hash6, 4: hash, 5: hash6, 6: hash, 7: hash6, 8: hash, 9: hash6, 10: hash, 11: hash6, 12: hash, 13: hash6, 14: hash, 15: hash6, 16: hash, 17: hash6, 18: hash, 19: hash6, 20: hash, 21: hash6, 22: hash, 23: hash6, 24: hash, 25: hash6, 26: hash, 27: hash6 } };

/** By request (ETHTOOL_MSG_*). */
export const ETHNL_POLICIES: ReadonlyMap<number, NlaPolicyTable> = new Map<number, NlaPolicyTable>([
  [ETHTOOL_MSG_STRSET_GET, { maxtype: 3, rules: { 1: headerPhy, 2: nested, 3: flag } }],
  [ETHTOOL_MSG_LINKINFO_GET, { maxtype: 1, rules: { 1: header } }],
  [ETHTOOL_MSG_LINKINFO_SET, { maxtype: 5, rules: { 1: header, 2: u8, 3: u8, 5: u8 } }],
  [ETHTOOL_MSG_LINKMODES_GET, { maxtype: 1, rules: { 1: header } }],
  [ETHTOOL_MSG_LINKMODES_SET, { maxtype: 9, rules: { 1: header, 2: u8, 3: nested, 5: u32, 6: u8, 7: u8, 9: { type: NLA_U32, min: 1, max: 8 } } }],
  [ETHTOOL_MSG_LINKSTATE_GET, { maxtype: 1, rules: { 1: headerStats } }],
  [ETHTOOL_MSG_DEBUG_GET, { maxtype: 1, rules: { 1: header } }],
  [ETHTOOL_MSG_DEBUG_SET, { maxtype: 2, rules: { 1: header, 2: nested } }],
  [ETHTOOL_MSG_WOL_GET, { maxtype: 1, rules: { 1: header } }],
  [ETHTOOL_MSG_WOL_SET, { maxtype: 3, rules: { 1: header, 2: nested, 3: { type: NLA_BINARY, len: 6 } } }],
  [ETHTOOL_MSG_FEATURES_GET, { maxtype: 1, rules: { 1: header } }],
  [ETHTOOL_MSG_FEATURES_SET, { maxtype: 3, rules: { 1: header, 3: nested } }],
  [ETHTOOL_MSG_PRIVFLAGS_GET, { maxtype: 1, rules: { 1: header } }],
  [ETHTOOL_MSG_PRIVFLAGS_SET, { maxtype: 2, rules: { 1: header, 2: nested } }],
  [ETHTOOL_MSG_RINGS_GET, { maxtype: 1, rules: { 1: header } }],
  [ETHTOOL_MSG_RINGS_SET, {
    maxtype: 17,
    rules: {
      1: header, 6: u32, 7: u32, 8: u32, 9: u32, 10: { type: NLA_U32, min: 1 }, 11: { type: NLA_U8, max: 2 }, 12: { type: NLA_U32, min: 1 },
      13: { type: NLA_U8, max: 1 }, 14: { type: NLA_U8, max: 1 }, 15: u32, 17: u32,
    },
  }],
  [ETHTOOL_MSG_CHANNELS_GET, { maxtype: 1, rules: { 1: header } }],
  [ETHTOOL_MSG_CHANNELS_SET, { maxtype: 9, rules: { 1: header, 6: u32, 7: u32, 8: u32, 9: u32 } }],
  [ETHTOOL_MSG_COALESCE_GET, { maxtype: 1, rules: { 1: header } }],
  [ETHTOOL_MSG_COALESCE_SET, {
    maxtype: 30,
    rules: {
      1: header, 2: u32, 3: u32, 4: u32, 5: u32, 6: u32, 7: u32, 8: u32, 9: u32, 10: u32, 11: u8, 12: u8, 13: u32, 14: u32, 15: u32, 16: u32, 17: u32, 18: u32,
      19: u32, 20: u32, 21: u32, 22: u32, 23: u32, 24: { type: NLA_U8, max: 1 }, 25: { type: NLA_U8, max: 1 }, 26: u32, 27: u32, 28: u32,
      29: { type: NLA_NESTED, nested: PROFILE }, 30: { type: NLA_NESTED, nested: PROFILE },
    },
  }],
  [ETHTOOL_MSG_PAUSE_GET, { maxtype: 6, rules: { 1: headerStats, 6: { type: NLA_U32, max: 2 } } }],
  [ETHTOOL_MSG_PAUSE_SET, { maxtype: 4, rules: { 1: header, 2: u8, 3: u8, 4: u8 } }],
  [ETHTOOL_MSG_EEE_GET, { maxtype: 1, rules: { 1: header } }],
  [ETHTOOL_MSG_EEE_SET, { maxtype: 7, rules: { 1: header, 2: nested, 5: u8, 6: u8, 7: u32 } }],
  [ETHTOOL_MSG_TSINFO_GET, { maxtype: 7, rules: { 1: headerStats, 7: { type: NLA_NESTED, nested: HWTSTAMP_PROVIDER } } }],
  [ETHTOOL_MSG_CABLE_TEST_ACT, { maxtype: 1, rules: { 1: headerPhy } }],
  [ETHTOOL_MSG_CABLE_TEST_TDR_ACT, { maxtype: 2, rules: { 1: headerPhy, 2: nested } }],
  [ETHTOOL_MSG_TUNNEL_INFO_GET, { maxtype: 1, rules: { 1: header } }],
  [ETHTOOL_MSG_FEC_GET, { maxtype: 1, rules: { 1: headerStats } }],
  [ETHTOOL_MSG_FEC_SET, { maxtype: 3, rules: { 1: header, 2: nested, 3: { type: NLA_U8, max: 1 } } }],
  [ETHTOOL_MSG_MODULE_EEPROM_GET, {
    maxtype: 6,
    rules: {
      1: header, 2: { type: NLA_U32, max: 255 }, 3: { type: NLA_U32, min: 1, max: 128 }, 4: u8, 5: u8, 6: { type: NLA_U8, max: 127 },
    },
  }],
  [ETHTOOL_MSG_STATS_GET, { maxtype: 5, rules: { 2: header, 3: nested, 5: { type: NLA_U32, max: 2 } } }],
  [ETHTOOL_MSG_PHC_VCLOCKS_GET, { maxtype: 1, rules: { 1: header } }],
  [ETHTOOL_MSG_MODULE_GET, { maxtype: 1, rules: { 1: header } }],
  [ETHTOOL_MSG_MODULE_SET, { maxtype: 2, rules: { 1: header, 2: { type: NLA_U8, min: 1, max: 2 } } }],
  [ETHTOOL_MSG_PSE_GET, { maxtype: 1, rules: { 1: headerPhy } }],
  [ETHTOOL_MSG_PSE_SET, { maxtype: 16, rules: { 1: headerPhy, 3: { type: NLA_U32, min: 2, max: 3 }, 6: { type: NLA_U32, min: 2, max: 3 }, 12: u32, 16: u32 } }],
  [ETHTOOL_MSG_RSS_GET, { maxtype: 7, rules: { 1: header, 2: u32, 7: u32 } }],
  [ETHTOOL_MSG_PLCA_GET_CFG, { maxtype: 1, rules: { 1: headerPhy } }],
  [ETHTOOL_MSG_PLCA_SET_CFG, {
    maxtype: 9,
    rules: {
      1: headerPhy, 3: { type: NLA_U8, max: 1 }, 5: { type: NLA_U32, min: 1, max: 255 }, 6: { type: NLA_U32, max: 255 }, 7: { type: NLA_U32, max: 255 },
      8: { type: NLA_U32, max: 255 }, 9: { type: NLA_U32, max: 255 },
    },
  }],
  [ETHTOOL_MSG_PLCA_GET_STATUS, { maxtype: 1, rules: { 1: headerPhy } }],
  [ETHTOOL_MSG_MM_GET, { maxtype: 1, rules: { 1: headerStats } }],
  [ETHTOOL_MSG_MM_SET, {
    maxtype: 9,
    rules: {
      1: header, 2: { type: NLA_U8, max: 1 }, 3: { type: NLA_U8, max: 1 }, 5: { type: NLA_U32, min: 60, max: 252 }, 7: { type: NLA_U8, max: 1 },
      9: { type: NLA_U32, min: 1, max: 128 },
    },
  }],
  [ETHTOOL_MSG_MODULE_FW_FLASH_ACT, { maxtype: 3, rules: { 1: header, 2: { type: NLA_NUL_STRING }, 3: u32 } }],
  [ETHTOOL_MSG_PHY_GET, { maxtype: 1, rules: { 1: header } }],
  [ETHTOOL_MSG_TSCONFIG_GET, { maxtype: 1, rules: { 1: header } }],
  [ETHTOOL_MSG_TSCONFIG_SET, { maxtype: 5, rules: { 1: header, 2: { type: NLA_NESTED, nested: HWTSTAMP_PROVIDER_SET }, 3: nested, 4: nested, 5: nested } }],
  [ETHTOOL_MSG_RSS_SET, {
    maxtype: 8,
    rules: {
      1: header, 2: u32, 3: { type: NLA_U32, min: 1 }, 4: binary, 5: binary, 6: { type: NLA_U32, max: 2 }, 8: { type: NLA_NESTED, nested: FLOW_HASH },
    },
  }],
  [ETHTOOL_MSG_RSS_CREATE_ACT, {
    maxtype: 6,
    rules: {
      1: header, 2: { type: NLA_U32, min: 1 }, 3: { type: NLA_U32, min: 1 }, 4: binary, 5: binary, 6: { type: NLA_U32, max: 2 },
    },
  }],
  [ETHTOOL_MSG_RSS_DELETE_ACT, { maxtype: 2, rules: { 1: header, 2: { type: NLA_U32, min: 1 } } }],
]);

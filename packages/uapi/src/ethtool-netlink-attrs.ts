/**
 * ethtool(8) by generic netlink: attributes of its messages. Source: `linux/ethtool_netlink.h` (ABI numbers), YNL ethtool.yaml.
 */

// Attributes of messages

/** ethtool attribute: linkinfo header. @public */
export const ETHTOOL_A_LINKINFO_HEADER = 1;
/** ethtool attribute: linkinfo port. @public */
export const ETHTOOL_A_LINKINFO_PORT = 2;
/** ethtool attribute: linkinfo phyaddr. @public */
export const ETHTOOL_A_LINKINFO_PHYADDR = 3;
/** ethtool attribute: linkinfo tp mdix. @public */
export const ETHTOOL_A_LINKINFO_TP_MDIX = 4;
/** ethtool attribute: linkinfo tp mdix ctrl. @public */
export const ETHTOOL_A_LINKINFO_TP_MDIX_CTRL = 5;
/** ethtool attribute: linkinfo transceiver. @public */
export const ETHTOOL_A_LINKINFO_TRANSCEIVER = 6;
/** ethtool attribute: linkmodes header. @public */
export const ETHTOOL_A_LINKMODES_HEADER = 1;
/** ethtool attribute: linkmodes autoneg. @public */
export const ETHTOOL_A_LINKMODES_AUTONEG = 2;
/** ethtool attribute: linkmodes ours. @public */
export const ETHTOOL_A_LINKMODES_OURS = 3;
/** ethtool attribute: linkmodes peer. @public */
export const ETHTOOL_A_LINKMODES_PEER = 4;
/** ethtool attribute: linkmodes speed. @public */
export const ETHTOOL_A_LINKMODES_SPEED = 5;
/** ethtool attribute: linkmodes duplex. @public */
export const ETHTOOL_A_LINKMODES_DUPLEX = 6;
/** ethtool attribute: linkmodes master slave cfg. @public */
export const ETHTOOL_A_LINKMODES_MASTER_SLAVE_CFG = 7;
/** ethtool attribute: linkmodes master slave state. @public */
export const ETHTOOL_A_LINKMODES_MASTER_SLAVE_STATE = 8;
/** ethtool attribute: linkmodes lanes. @public */
export const ETHTOOL_A_LINKMODES_LANES = 9;
/** ethtool attribute: linkmodes rate matching. @public */
export const ETHTOOL_A_LINKMODES_RATE_MATCHING = 10;
/** ethtool attribute: linkstate header. @public */
export const ETHTOOL_A_LINKSTATE_HEADER = 1;
/** ethtool attribute: linkstate link. @public */
export const ETHTOOL_A_LINKSTATE_LINK = 2;
/** ethtool attribute: linkstate sqi. @public */
export const ETHTOOL_A_LINKSTATE_SQI = 3;
/** ethtool attribute: linkstate sqi max. @public */
export const ETHTOOL_A_LINKSTATE_SQI_MAX = 4;
/** ethtool attribute: linkstate ext state. @public */
export const ETHTOOL_A_LINKSTATE_EXT_STATE = 5;
/** ethtool attribute: linkstate ext substate. @public */
export const ETHTOOL_A_LINKSTATE_EXT_SUBSTATE = 6;
/** ethtool attribute: debug header. @public */
export const ETHTOOL_A_DEBUG_HEADER = 1;
/** ethtool attribute: debug msgmask. @public */
export const ETHTOOL_A_DEBUG_MSGMASK = 2;
/** ethtool attribute: wol header. @public */
export const ETHTOOL_A_WOL_HEADER = 1;
/** ethtool attribute: wol modes. @public */
export const ETHTOOL_A_WOL_MODES = 2;
/** ethtool attribute: wol sopass. @public */
export const ETHTOOL_A_WOL_SOPASS = 3;
/** ethtool attribute: features header. @public */
export const ETHTOOL_A_FEATURES_HEADER = 1;
/** ethtool attribute: features hw. @public */
export const ETHTOOL_A_FEATURES_HW = 2;
/** ethtool attribute: features wanted. @public */
export const ETHTOOL_A_FEATURES_WANTED = 3;
/** ethtool attribute: features active. @public */
export const ETHTOOL_A_FEATURES_ACTIVE = 4;
/** ethtool attribute: features nochange. @public */
export const ETHTOOL_A_FEATURES_NOCHANGE = 5;
/** ethtool attribute: privflags header. @public */
export const ETHTOOL_A_PRIVFLAGS_HEADER = 1;
/** ethtool attribute: privflags flags. @public */
export const ETHTOOL_A_PRIVFLAGS_FLAGS = 2;
/** ethtool attribute: rings header. @public */
export const ETHTOOL_A_RINGS_HEADER = 1;
/** ethtool attribute: rings rx max. @public */
export const ETHTOOL_A_RINGS_RX_MAX = 2;
/** ethtool attribute: rings rx mini max. @public */
export const ETHTOOL_A_RINGS_RX_MINI_MAX = 3;
/** ethtool attribute: rings rx jumbo max. @public */
export const ETHTOOL_A_RINGS_RX_JUMBO_MAX = 4;
/** ethtool attribute: rings tx max. @public */
export const ETHTOOL_A_RINGS_TX_MAX = 5;
/** ethtool attribute: rings rx. @public */
export const ETHTOOL_A_RINGS_RX = 6;
/** ethtool attribute: rings rx mini. @public */
export const ETHTOOL_A_RINGS_RX_MINI = 7;
/** ethtool attribute: rings rx jumbo. @public */
export const ETHTOOL_A_RINGS_RX_JUMBO = 8;
/** ethtool attribute: rings tx. @public */
export const ETHTOOL_A_RINGS_TX = 9;
/** ethtool attribute: rings rx buf len. @public */
export const ETHTOOL_A_RINGS_RX_BUF_LEN = 10;
/** ethtool attribute: rings tcp data split. @public */
export const ETHTOOL_A_RINGS_TCP_DATA_SPLIT = 11;
/** ethtool attribute: rings cqe size. @public */
export const ETHTOOL_A_RINGS_CQE_SIZE = 12;
/** ethtool attribute: rings tx push. @public */
export const ETHTOOL_A_RINGS_TX_PUSH = 13;
/** ethtool attribute: channels header. @public */
export const ETHTOOL_A_CHANNELS_HEADER = 1;
/** ethtool attribute: channels rx max. @public */
export const ETHTOOL_A_CHANNELS_RX_MAX = 2;
/** ethtool attribute: channels tx max. @public */
export const ETHTOOL_A_CHANNELS_TX_MAX = 3;
/** ethtool attribute: channels other max. @public */
export const ETHTOOL_A_CHANNELS_OTHER_MAX = 4;
/** ethtool attribute: channels combined max. @public */
export const ETHTOOL_A_CHANNELS_COMBINED_MAX = 5;
/** ethtool attribute: channels rx count. @public */
export const ETHTOOL_A_CHANNELS_RX_COUNT = 6;
/** ethtool attribute: channels tx count. @public */
export const ETHTOOL_A_CHANNELS_TX_COUNT = 7;
/** ethtool attribute: channels other count. @public */
export const ETHTOOL_A_CHANNELS_OTHER_COUNT = 8;
/** ethtool attribute: channels combined count. @public */
export const ETHTOOL_A_CHANNELS_COMBINED_COUNT = 9;
/** ethtool attribute: coalesce header. @public */
export const ETHTOOL_A_COALESCE_HEADER = 1;
/** ethtool attribute: coalesce rx usecs. @public */
export const ETHTOOL_A_COALESCE_RX_USECS = 2;
/** ethtool attribute: coalesce rx max frames. @public */
export const ETHTOOL_A_COALESCE_RX_MAX_FRAMES = 3;
/** ethtool attribute: coalesce rx usecs irq. @public */
export const ETHTOOL_A_COALESCE_RX_USECS_IRQ = 4;
/** ethtool attribute: coalesce rx max frames irq. @public */
export const ETHTOOL_A_COALESCE_RX_MAX_FRAMES_IRQ = 5;
/** ethtool attribute: coalesce tx usecs. @public */
export const ETHTOOL_A_COALESCE_TX_USECS = 6;
/** ethtool attribute: coalesce tx max frames. @public */
export const ETHTOOL_A_COALESCE_TX_MAX_FRAMES = 7;
/** ethtool attribute: coalesce tx usecs irq. @public */
export const ETHTOOL_A_COALESCE_TX_USECS_IRQ = 8;
/** ethtool attribute: coalesce tx max frames irq. @public */
export const ETHTOOL_A_COALESCE_TX_MAX_FRAMES_IRQ = 9;
/** ethtool attribute: coalesce stats block usecs. @public */
export const ETHTOOL_A_COALESCE_STATS_BLOCK_USECS = 10;
/** ethtool attribute: coalesce use adaptive rx. @public */
export const ETHTOOL_A_COALESCE_USE_ADAPTIVE_RX = 11;
/** ethtool attribute: coalesce use adaptive tx. @public */
export const ETHTOOL_A_COALESCE_USE_ADAPTIVE_TX = 12;
/** ethtool attribute: coalesce pkt rate low. @public */
export const ETHTOOL_A_COALESCE_PKT_RATE_LOW = 13;
/** ethtool attribute: coalesce rx usecs low. @public */
export const ETHTOOL_A_COALESCE_RX_USECS_LOW = 14;
/** ethtool attribute: coalesce rx max frames low. @public */
export const ETHTOOL_A_COALESCE_RX_MAX_FRAMES_LOW = 15;
/** ethtool attribute: coalesce tx usecs low. @public */
export const ETHTOOL_A_COALESCE_TX_USECS_LOW = 16;
/** ethtool attribute: coalesce tx max frames low. @public */
export const ETHTOOL_A_COALESCE_TX_MAX_FRAMES_LOW = 17;
/** ethtool attribute: coalesce pkt rate high. @public */
export const ETHTOOL_A_COALESCE_PKT_RATE_HIGH = 18;
/** ethtool attribute: coalesce rx usecs high. @public */
export const ETHTOOL_A_COALESCE_RX_USECS_HIGH = 19;
/** ethtool attribute: coalesce rx max frames high. @public */
export const ETHTOOL_A_COALESCE_RX_MAX_FRAMES_HIGH = 20;
/** ethtool attribute: coalesce tx usecs high. @public */
export const ETHTOOL_A_COALESCE_TX_USECS_HIGH = 21;
/** ethtool attribute: coalesce tx max frames high. @public */
export const ETHTOOL_A_COALESCE_TX_MAX_FRAMES_HIGH = 22;
/** ethtool attribute: coalesce rate sample interval. @public */
export const ETHTOOL_A_COALESCE_RATE_SAMPLE_INTERVAL = 23;
/** ethtool attribute: coalesce use cqe mode tx. @public */
export const ETHTOOL_A_COALESCE_USE_CQE_MODE_TX = 24;
/** ethtool attribute: coalesce use cqe mode rx. @public */
export const ETHTOOL_A_COALESCE_USE_CQE_MODE_RX = 25;
/** ethtool attribute: pause header. @public */
export const ETHTOOL_A_PAUSE_HEADER = 1;
/** ethtool attribute: pause autoneg. @public */
export const ETHTOOL_A_PAUSE_AUTONEG = 2;
/** ethtool attribute: pause rx. @public */
export const ETHTOOL_A_PAUSE_RX = 3;
/** ethtool attribute: pause tx. @public */
export const ETHTOOL_A_PAUSE_TX = 4;
/** ethtool attribute: pause stats. @public */
export const ETHTOOL_A_PAUSE_STATS = 5;
/** ethtool attribute: pause stat pad. @public */
export const ETHTOOL_A_PAUSE_STAT_PAD = 1;
/** ethtool attribute: pause stat tx frames. @public */
export const ETHTOOL_A_PAUSE_STAT_TX_FRAMES = 2;
/** ethtool attribute: pause stat rx frames. @public */
export const ETHTOOL_A_PAUSE_STAT_RX_FRAMES = 3;
/** ethtool attribute: eee header. @public */
export const ETHTOOL_A_EEE_HEADER = 1;
/** ethtool attribute: eee modes ours. @public */
export const ETHTOOL_A_EEE_MODES_OURS = 2;
/** ethtool attribute: eee modes peer. @public */
export const ETHTOOL_A_EEE_MODES_PEER = 3;
/** ethtool attribute: eee active. @public */
export const ETHTOOL_A_EEE_ACTIVE = 4;
/** ethtool attribute: eee enabled. @public */
export const ETHTOOL_A_EEE_ENABLED = 5;
/** ethtool attribute: eee tx lpi enabled. @public */
export const ETHTOOL_A_EEE_TX_LPI_ENABLED = 6;
/** ethtool attribute: eee tx lpi timer. @public */
export const ETHTOOL_A_EEE_TX_LPI_TIMER = 7;
/** ethtool attribute: tsinfo header. @public */
export const ETHTOOL_A_TSINFO_HEADER = 1;
/** ethtool attribute: tsinfo timestamping. @public */
export const ETHTOOL_A_TSINFO_TIMESTAMPING = 2;
/** ethtool attribute: tsinfo tx types. @public */
export const ETHTOOL_A_TSINFO_TX_TYPES = 3;
/** ethtool attribute: tsinfo rx filters. @public */
export const ETHTOOL_A_TSINFO_RX_FILTERS = 4;
/** ethtool attribute: tsinfo phc index. @public */
export const ETHTOOL_A_TSINFO_PHC_INDEX = 5;
/** ethtool attribute: phc vclocks header. @public */
export const ETHTOOL_A_PHC_VCLOCKS_HEADER = 1;
/** ethtool attribute: phc vclocks num. @public */
export const ETHTOOL_A_PHC_VCLOCKS_NUM = 2;
/** ethtool attribute: phc vclocks index. @public */
export const ETHTOOL_A_PHC_VCLOCKS_INDEX = 3;
/** ethtool attribute: rings rx push. @public */
export const ETHTOOL_A_RINGS_RX_PUSH = 14;
/** ethtool attribute: rings tx push buf len. @public */
export const ETHTOOL_A_RINGS_TX_PUSH_BUF_LEN = 15;
/** ethtool attribute: rings tx push buf len max. @public */
export const ETHTOOL_A_RINGS_TX_PUSH_BUF_LEN_MAX = 16;
/** ethtool attribute: rings hds thresh. @public */
export const ETHTOOL_A_RINGS_HDS_THRESH = 17;
/** ethtool attribute: rings hds thresh max. @public */
export const ETHTOOL_A_RINGS_HDS_THRESH_MAX = 18;
/** ethtool attribute: coalesce tx aggr max bytes. @public */
export const ETHTOOL_A_COALESCE_TX_AGGR_MAX_BYTES = 26;
/** ethtool attribute: coalesce tx aggr max frames. @public */
export const ETHTOOL_A_COALESCE_TX_AGGR_MAX_FRAMES = 27;
/** ethtool attribute: coalesce tx aggr time usecs. @public */
export const ETHTOOL_A_COALESCE_TX_AGGR_TIME_USECS = 28;
/** ethtool attribute: coalesce rx profile. @public */
export const ETHTOOL_A_COALESCE_RX_PROFILE = 29;
/** ethtool attribute: coalesce tx profile. @public */
export const ETHTOOL_A_COALESCE_TX_PROFILE = 30;
/** ethtool attribute: linkstate ext down cnt. @public */
export const ETHTOOL_A_LINKSTATE_EXT_DOWN_CNT = 7;
/** ethtool attribute: pause stats src. @public */
export const ETHTOOL_A_PAUSE_STATS_SRC = 6;
/** ethtool attribute: tsinfo stats. @public */
export const ETHTOOL_A_TSINFO_STATS = 6;
/** ethtool attribute: tsinfo hwtstamp provider. @public */
export const ETHTOOL_A_TSINFO_HWTSTAMP_PROVIDER = 7;

// More attributes of messages

/** ethtool attribute: cable test header. @public */
export const ETHTOOL_A_CABLE_TEST_HEADER = 1;
/** ethtool attribute: cable test tdr cfg first. @public */
export const ETHTOOL_A_CABLE_TEST_TDR_CFG_FIRST = 1;
/** ethtool attribute: cable test tdr cfg last. @public */
export const ETHTOOL_A_CABLE_TEST_TDR_CFG_LAST = 2;
/** ethtool attribute: cable test tdr cfg pair. @public */
export const ETHTOOL_A_CABLE_TEST_TDR_CFG_PAIR = 4;
/** ethtool attribute: cable test tdr header. @public */
export const ETHTOOL_A_CABLE_TEST_TDR_HEADER = 1;
/** ethtool attribute: cable test tdr cfg. @public */
export const ETHTOOL_A_CABLE_TEST_TDR_CFG = 2;
/** ethtool attribute: tunnel udp entry port. @public */
export const ETHTOOL_A_TUNNEL_UDP_ENTRY_PORT = 1;
/** ethtool attribute: tunnel udp entry type. @public */
export const ETHTOOL_A_TUNNEL_UDP_ENTRY_TYPE = 2;
/** ethtool attribute: tunnel udp table size. @public */
export const ETHTOOL_A_TUNNEL_UDP_TABLE_SIZE = 1;
/** ethtool attribute: tunnel udp table types. @public */
export const ETHTOOL_A_TUNNEL_UDP_TABLE_TYPES = 2;
/** ethtool attribute: tunnel udp table entry. @public */
export const ETHTOOL_A_TUNNEL_UDP_TABLE_ENTRY = 3;
/** ethtool attribute: tunnel udp table. @public */
export const ETHTOOL_A_TUNNEL_UDP_TABLE = 1;
/** ethtool attribute: tunnel info header. @public */
export const ETHTOOL_A_TUNNEL_INFO_HEADER = 1;
/** ethtool attribute: tunnel info udp ports. @public */
export const ETHTOOL_A_TUNNEL_INFO_UDP_PORTS = 2;
/** ethtool attribute: fec header. @public */
export const ETHTOOL_A_FEC_HEADER = 1;
/** ethtool attribute: fec modes. @public */
export const ETHTOOL_A_FEC_MODES = 2;
/** ethtool attribute: fec auto. @public */
export const ETHTOOL_A_FEC_AUTO = 3;
/** ethtool attribute: fec active. @public */
export const ETHTOOL_A_FEC_ACTIVE = 4;
/** ethtool attribute: fec stats. @public */
export const ETHTOOL_A_FEC_STATS = 5;
/** ethtool attribute: fec stat pad. @public */
export const ETHTOOL_A_FEC_STAT_PAD = 1;
/** ethtool attribute: fec stat corrected. @public */
export const ETHTOOL_A_FEC_STAT_CORRECTED = 2;
/** ethtool attribute: fec stat uncorr. @public */
export const ETHTOOL_A_FEC_STAT_UNCORR = 3;
/** ethtool attribute: fec stat corr bits. @public */
export const ETHTOOL_A_FEC_STAT_CORR_BITS = 4;
/** ethtool attribute: module eeprom header. @public */
export const ETHTOOL_A_MODULE_EEPROM_HEADER = 1;
/** ethtool attribute: module eeprom offset. @public */
export const ETHTOOL_A_MODULE_EEPROM_OFFSET = 2;
/** ethtool attribute: module eeprom length. @public */
export const ETHTOOL_A_MODULE_EEPROM_LENGTH = 3;
/** ethtool attribute: module eeprom page. @public */
export const ETHTOOL_A_MODULE_EEPROM_PAGE = 4;
/** ethtool attribute: module eeprom bank. @public */
export const ETHTOOL_A_MODULE_EEPROM_BANK = 5;
/** ethtool attribute: module eeprom i2c address. @public */
export const ETHTOOL_A_MODULE_EEPROM_I2C_ADDRESS = 6;
/** ethtool attribute: module eeprom data. @public */
export const ETHTOOL_A_MODULE_EEPROM_DATA = 7;
/** ethtool attribute: stats pad. @public */
export const ETHTOOL_A_STATS_PAD = 1;
/** ethtool attribute: stats header. @public */
export const ETHTOOL_A_STATS_HEADER = 2;
/** ethtool attribute: stats groups. @public */
export const ETHTOOL_A_STATS_GROUPS = 3;
/** ethtool attribute: stats grp. @public */
export const ETHTOOL_A_STATS_GRP = 4;
/** ethtool attribute: stats eth phy. @public */
export const ETHTOOL_STATS_ETH_PHY = 0;
/** ethtool attribute: stats eth mac. @public */
export const ETHTOOL_STATS_ETH_MAC = 1;
/** ethtool attribute: stats eth ctrl. @public */
export const ETHTOOL_STATS_ETH_CTRL = 2;
/** ethtool attribute: stats rmon. @public */
export const ETHTOOL_STATS_RMON = 3;
/** ethtool attribute: stats grp pad. @public */
export const ETHTOOL_A_STATS_GRP_PAD = 1;
/** ethtool attribute: stats grp id. @public */
export const ETHTOOL_A_STATS_GRP_ID = 2;
/** ethtool attribute: stats grp ss id. @public */
export const ETHTOOL_A_STATS_GRP_SS_ID = 3;
/** ethtool attribute: stats grp stat. @public */
export const ETHTOOL_A_STATS_GRP_STAT = 4;
/** ethtool attribute: module header. @public */
export const ETHTOOL_A_MODULE_HEADER = 1;
/** ethtool attribute: module power mode policy. @public */
export const ETHTOOL_A_MODULE_POWER_MODE_POLICY = 2;
/** ethtool attribute: module power mode. @public */
export const ETHTOOL_A_MODULE_POWER_MODE = 3;
/** ethtool attribute: pse header. @public */
export const ETHTOOL_A_PSE_HEADER = 1;
/** ethtool attribute: stats src. @public */
export const ETHTOOL_A_STATS_SRC = 5;
/** ethtool attribute: rss context. @public */
export const ETHTOOL_A_RSS_CONTEXT = 2;

// The family

/** ethtool family: genl version. @public */
export const ETHTOOL_GENL_VERSION = 1;

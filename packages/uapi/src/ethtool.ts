/**
 * ethtool(8) by ioctl: commands and values. Source: `linux/ethtool.h` (ABI numbers), ethtool(8).
 */

// Commands of SIOCETHTOOL

/** ethtool command: gset. @public */
export const ETHTOOL_GSET = 0x1;
/** ethtool command: sset. @public */
export const ETHTOOL_SSET = 0x2;
/** ethtool command: gdrvinfo. @public */
export const ETHTOOL_GDRVINFO = 0x3;
/** ethtool command: gregs. @public */
export const ETHTOOL_GREGS = 0x4;
/** ethtool command: gwol. @public */
export const ETHTOOL_GWOL = 0x5;
/** ethtool command: swol. @public */
export const ETHTOOL_SWOL = 0x6;
/** ethtool command: gmsglvl. @public */
export const ETHTOOL_GMSGLVL = 0x7;
/** ethtool command: smsglvl. @public */
export const ETHTOOL_SMSGLVL = 0x8;
/** ethtool command: nway rst. @public */
export const ETHTOOL_NWAY_RST = 0x9;
/** ethtool command: glink. @public */
export const ETHTOOL_GLINK = 0xa;
/** ethtool command: geeprom. @public */
export const ETHTOOL_GEEPROM = 0xb;
/** ethtool command: seeprom. @public */
export const ETHTOOL_SEEPROM = 0xc;
/** ethtool command: gcoalesce. @public */
export const ETHTOOL_GCOALESCE = 0xe;
/** ethtool command: scoalesce. @public */
export const ETHTOOL_SCOALESCE = 0xf;
/** ethtool command: gringparam. @public */
export const ETHTOOL_GRINGPARAM = 0x10;
/** ethtool command: sringparam. @public */
export const ETHTOOL_SRINGPARAM = 0x11;
/** ethtool command: gpauseparam. @public */
export const ETHTOOL_GPAUSEPARAM = 0x12;
/** ethtool command: spauseparam. @public */
export const ETHTOOL_SPAUSEPARAM = 0x13;
/** ethtool command: grxcsum. @public */
export const ETHTOOL_GRXCSUM = 0x14;
/** ethtool command: srxcsum. @public */
export const ETHTOOL_SRXCSUM = 0x15;
/** ethtool command: gtxcsum. @public */
export const ETHTOOL_GTXCSUM = 0x16;
/** ethtool command: stxcsum. @public */
export const ETHTOOL_STXCSUM = 0x17;
/** ethtool command: gsg. @public */
export const ETHTOOL_GSG = 0x18;
/** ethtool command: ssg. @public */
export const ETHTOOL_SSG = 0x19;
/** ethtool command: test. @public */
export const ETHTOOL_TEST = 0x1a;
/** ethtool command: gstrings. @public */
export const ETHTOOL_GSTRINGS = 0x1b;
/** ethtool command: phys id. @public */
export const ETHTOOL_PHYS_ID = 0x1c;
/** ethtool command: gstats. @public */
export const ETHTOOL_GSTATS = 0x1d;
/** ethtool command: gtso. @public */
export const ETHTOOL_GTSO = 0x1e;
/** ethtool command: stso. @public */
export const ETHTOOL_STSO = 0x1f;
/** ethtool command: gpermaddr. @public */
export const ETHTOOL_GPERMADDR = 0x20;
/** ethtool command: gufo. @public */
export const ETHTOOL_GUFO = 0x21;
/** ethtool command: sufo. @public */
export const ETHTOOL_SUFO = 0x22;
/** ethtool command: ggso. @public */
export const ETHTOOL_GGSO = 0x23;
/** ethtool command: sgso. @public */
export const ETHTOOL_SGSO = 0x24;
/** ethtool command: gflags. @public */
export const ETHTOOL_GFLAGS = 0x25;
/** ethtool command: sflags. @public */
export const ETHTOOL_SFLAGS = 0x26;
/** ethtool command: gpflags. @public */
export const ETHTOOL_GPFLAGS = 0x27;
/** ethtool command: spflags. @public */
export const ETHTOOL_SPFLAGS = 0x28;
/** ethtool command: grxfh. @public */
export const ETHTOOL_GRXFH = 0x29;
/** ethtool command: srxfh. @public */
export const ETHTOOL_SRXFH = 0x2a;
/** ethtool command: ggro. @public */
export const ETHTOOL_GGRO = 0x2b;
/** ethtool command: sgro. @public */
export const ETHTOOL_SGRO = 0x2c;
/** ethtool command: grxrings. @public */
export const ETHTOOL_GRXRINGS = 0x2d;
/** ethtool command: grxclsrlcnt. @public */
export const ETHTOOL_GRXCLSRLCNT = 0x2e;
/** ethtool command: grxclsrule. @public */
export const ETHTOOL_GRXCLSRULE = 0x2f;
/** ethtool command: grxclsrlall. @public */
export const ETHTOOL_GRXCLSRLALL = 0x30;
/** ethtool command: srxclsrldel. @public */
export const ETHTOOL_SRXCLSRLDEL = 0x31;
/** ethtool command: srxclsrlins. @public */
export const ETHTOOL_SRXCLSRLINS = 0x32;
/** ethtool command: flashdev. @public */
export const ETHTOOL_FLASHDEV = 0x33;
/** ethtool command: reset. @public */
export const ETHTOOL_RESET = 0x34;
/** ethtool command: gsset info. @public */
export const ETHTOOL_GSSET_INFO = 0x37;
/** ethtool command: grxfhindir. @public */
export const ETHTOOL_GRXFHINDIR = 0x38;
/** ethtool command: srxfhindir. @public */
export const ETHTOOL_SRXFHINDIR = 0x39;
/** ethtool command: gfeatures. @public */
export const ETHTOOL_GFEATURES = 0x3a;
/** ethtool command: sfeatures. @public */
export const ETHTOOL_SFEATURES = 0x3b;
/** ethtool command: gchannels. @public */
export const ETHTOOL_GCHANNELS = 0x3c;
/** ethtool command: schannels. @public */
export const ETHTOOL_SCHANNELS = 0x3d;
/** ethtool command: set dump. @public */
export const ETHTOOL_SET_DUMP = 0x3e;
/** ethtool command: get dump flag. @public */
export const ETHTOOL_GET_DUMP_FLAG = 0x3f;
/** ethtool command: get dump data. @public */
export const ETHTOOL_GET_DUMP_DATA = 0x40;
/** ethtool command: get ts info. @public */
export const ETHTOOL_GET_TS_INFO = 0x41;
/** ethtool command: gmoduleinfo. @public */
export const ETHTOOL_GMODULEINFO = 0x42;
/** ethtool command: gmoduleeeprom. @public */
export const ETHTOOL_GMODULEEEPROM = 0x43;
/** ethtool command: geee. @public */
export const ETHTOOL_GEEE = 0x44;
/** ethtool command: seee. @public */
export const ETHTOOL_SEEE = 0x45;
/** ethtool command: grssh. @public */
export const ETHTOOL_GRSSH = 0x46;
/** ethtool command: srssh. @public */
export const ETHTOOL_SRSSH = 0x47;
/** ethtool command: gphystats. @public */
export const ETHTOOL_GPHYSTATS = 0x4a;
/** ethtool command: perqueue. @public */
export const ETHTOOL_PERQUEUE = 0x4b;
/** ethtool command: glinksettings. @public */
export const ETHTOOL_GLINKSETTINGS = 0x4c;
/** ethtool command: slinksettings. @public */
export const ETHTOOL_SLINKSETTINGS = 0x4d;
/** ethtool command: gfecparam. @public */
export const ETHTOOL_GFECPARAM = 0x50;
/** ethtool command: sfecparam. @public */
export const ETHTOOL_SFECPARAM = 0x51;

// Lengths

/** Length: ethtool fwvers len. @public */
export const ETHTOOL_FWVERS_LEN = 32;
/** Length: ethtool businfo len. @public */
export const ETHTOOL_BUSINFO_LEN = 32;
/** Length: ethtool eromvers len. @public */
export const ETHTOOL_EROMVERS_LEN = 32;
/** Length: sopass max. @public */
export const SOPASS_MAX = 6;
/** Length: eth gstring len. @public */
export const ETH_GSTRING_LEN = 32;
/** Length: max num queue. @public */
export const MAX_NUM_QUEUE = 4096;
/** Length: wol mode count. @public */
export const WOL_MODE_COUNT = 8;

// String sets

/** String set: test. @public */
export const ETH_SS_TEST = 0;
/** String set: stats. @public */
export const ETH_SS_STATS = 1;
/** String set: priv flags. @public */
export const ETH_SS_PRIV_FLAGS = 2;
/** String set: ntuple filters. @public */
export const ETH_SS_NTUPLE_FILTERS = 3;
/** String set: features. @public */
export const ETH_SS_FEATURES = 4;
/** String set: rss hash funcs. @public */
export const ETH_SS_RSS_HASH_FUNCS = 5;
/** String set: tunables. @public */
export const ETH_SS_TUNABLES = 6;
/** String set: phy stats. @public */
export const ETH_SS_PHY_STATS = 7;
/** String set: phy tunables. @public */
export const ETH_SS_PHY_TUNABLES = 8;
/** String set: link modes. @public */
export const ETH_SS_LINK_MODES = 9;
/** String set: msg classes. @public */
export const ETH_SS_MSG_CLASSES = 10;
/** String set: wol modes. @public */
export const ETH_SS_WOL_MODES = 11;
/** String set: sof timestamping. @public */
export const ETH_SS_SOF_TIMESTAMPING = 12;
/** String set: ts tx types. @public */
export const ETH_SS_TS_TX_TYPES = 13;
/** String set: ts rx filters. @public */
export const ETH_SS_TS_RX_FILTERS = 14;
/** String set: udp tunnel types. @public */
export const ETH_SS_UDP_TUNNEL_TYPES = 15;
/** String set: stats std. @public */
export const ETH_SS_STATS_STD = 16;
/** String set: stats eth phy. @public */
export const ETH_SS_STATS_ETH_PHY = 17;
/** String set: stats eth mac. @public */
export const ETH_SS_STATS_ETH_MAC = 18;
/** String set: stats eth ctrl. @public */
export const ETH_SS_STATS_ETH_CTRL = 19;
/** String set: stats rmon. @public */
export const ETH_SS_STATS_RMON = 20;

// Old feature flags

/** Bit of ETHTOOL_GFLAGS: txvlan. @public */
export const ETH_FLAG_TXVLAN = 0x80;
/** Bit of ETHTOOL_GFLAGS: rxvlan. @public */
export const ETH_FLAG_RXVLAN = 0x100;
/** Bit of ETHTOOL_GFLAGS: lro. @public */
export const ETH_FLAG_LRO = 0x8000;
/** Bit of ETHTOOL_GFLAGS: ntuple. @public */
export const ETH_FLAG_NTUPLE = 0x8000000;
/** Bit of ETHTOOL_GFLAGS: rxhash. @public */
export const ETH_FLAG_RXHASH = 0x10000000;

// Bits of what ETHTOOL_SFEATURES returns

/** Answer of ETHTOOL_SFEATURES: unsupported. @public */
export const ETHTOOL_F_UNSUPPORTED = 1;
/** Answer of ETHTOOL_SFEATURES: wish. @public */
export const ETHTOOL_F_WISH = 2;
/** Answer of ETHTOOL_SFEATURES: compat. @public */
export const ETHTOOL_F_COMPAT = 4;

// Link settings

/** Link setting: eth mdio supports c22. @public */
export const ETH_MDIO_SUPPORTS_C22 = 1;
/** Link setting: eth mdio supports c45. @public */
export const ETH_MDIO_SUPPORTS_C45 = 2;
/** Link setting: speed 10. @public */
export const SPEED_10 = 10;
/** Link setting: speed 100. @public */
export const SPEED_100 = 100;
/** Link setting: speed 1000. @public */
export const SPEED_1000 = 1000;
/** Link setting: speed 2500. @public */
export const SPEED_2500 = 2500;
/** Link setting: speed 5000. @public */
export const SPEED_5000 = 5000;
/** Link setting: speed 10000. @public */
export const SPEED_10000 = 10000;
/** Link setting: speed 14000. @public */
export const SPEED_14000 = 14000;
/** Link setting: speed 20000. @public */
export const SPEED_20000 = 20000;
/** Link setting: speed 25000. @public */
export const SPEED_25000 = 25000;
/** Link setting: speed 40000. @public */
export const SPEED_40000 = 40000;
/** Link setting: speed 50000. @public */
export const SPEED_50000 = 50000;
/** Link setting: speed 56000. @public */
export const SPEED_56000 = 56000;
/** Link setting: speed 100000. @public */
export const SPEED_100000 = 100000;
/** Link setting: speed 200000. @public */
export const SPEED_200000 = 200000;
/** Link setting: speed 400000. @public */
export const SPEED_400000 = 400000;
/** Link setting: speed unknown. @public */
export const SPEED_UNKNOWN = -1;
/** Link setting: duplex half. @public */
export const DUPLEX_HALF = 0;
/** Link setting: duplex full. @public */
export const DUPLEX_FULL = 1;
/** Link setting: duplex unknown. @public */
export const DUPLEX_UNKNOWN = 255;
/** Link setting: master slave cfg unsupported. @public */
export const MASTER_SLAVE_CFG_UNSUPPORTED = 0;
/** Link setting: master slave cfg unknown. @public */
export const MASTER_SLAVE_CFG_UNKNOWN = 1;
/** Link setting: master slave cfg master preferred. @public */
export const MASTER_SLAVE_CFG_MASTER_PREFERRED = 2;
/** Link setting: master slave cfg slave preferred. @public */
export const MASTER_SLAVE_CFG_SLAVE_PREFERRED = 3;
/** Link setting: master slave cfg master force. @public */
export const MASTER_SLAVE_CFG_MASTER_FORCE = 4;
/** Link setting: master slave cfg slave force. @public */
export const MASTER_SLAVE_CFG_SLAVE_FORCE = 5;
/** Link setting: master slave state unsupported. @public */
export const MASTER_SLAVE_STATE_UNSUPPORTED = 0;
/** Link setting: master slave state unknown. @public */
export const MASTER_SLAVE_STATE_UNKNOWN = 1;
/** Link setting: master slave state master. @public */
export const MASTER_SLAVE_STATE_MASTER = 2;
/** Link setting: master slave state slave. @public */
export const MASTER_SLAVE_STATE_SLAVE = 3;
/** Link setting: master slave state err. @public */
export const MASTER_SLAVE_STATE_ERR = 4;
/** Link setting: rate match none. @public */
export const RATE_MATCH_NONE = 0;
/** Link setting: rate match pause. @public */
export const RATE_MATCH_PAUSE = 1;
/** Link setting: rate match crs. @public */
export const RATE_MATCH_CRS = 2;
/** Link setting: rate match open loop. @public */
export const RATE_MATCH_OPEN_LOOP = 3;
/** Link setting: port tp. @public */
export const PORT_TP = 0;
/** Link setting: port aui. @public */
export const PORT_AUI = 1;
/** Link setting: port mii. @public */
export const PORT_MII = 2;
/** Link setting: port fibre. @public */
export const PORT_FIBRE = 3;
/** Link setting: port bnc. @public */
export const PORT_BNC = 4;
/** Link setting: port da. @public */
export const PORT_DA = 5;
/** Link setting: port none. @public */
export const PORT_NONE = 239;
/** Link setting: port other. @public */
export const PORT_OTHER = 255;
/** Link setting: xcvr internal. @public */
export const XCVR_INTERNAL = 0;
/** Link setting: xcvr external. @public */
export const XCVR_EXTERNAL = 1;
/** Link setting: xcvr dummy1. @public */
export const XCVR_DUMMY1 = 2;
/** Link setting: xcvr dummy2. @public */
export const XCVR_DUMMY2 = 3;
/** Link setting: xcvr dummy3. @public */
export const XCVR_DUMMY3 = 4;
/** Link setting: autoneg disable. @public */
export const AUTONEG_DISABLE = 0;
/** Link setting: autoneg enable. @public */
export const AUTONEG_ENABLE = 1;
/** Link setting: eth tp mdi invalid. @public */
export const ETH_TP_MDI_INVALID = 0;
/** Link setting: eth tp mdi. @public */
export const ETH_TP_MDI = 1;
/** Link setting: eth tp mdi x. @public */
export const ETH_TP_MDI_X = 2;
/** Link setting: eth tp mdi auto. @public */
export const ETH_TP_MDI_AUTO = 3;
/** Link setting: wake phy. @public */
export const WAKE_PHY = 1;
/** Link setting: wake ucast. @public */
export const WAKE_UCAST = 2;
/** Link setting: wake mcast. @public */
export const WAKE_MCAST = 4;
/** Link setting: wake bcast. @public */
export const WAKE_BCAST = 8;
/** Link setting: wake arp. @public */
export const WAKE_ARP = 16;
/** Link setting: wake magic. @public */
export const WAKE_MAGIC = 32;
/** Link setting: wake magicsecure. @public */
export const WAKE_MAGICSECURE = 64;
/** Link setting: wake filter. @public */
export const WAKE_FILTER = 128;

// Forward error correction

/** Forward error correction: none. @public */
export const ETHTOOL_FEC_NONE = 1;
/** Forward error correction: auto. @public */
export const ETHTOOL_FEC_AUTO = 2;
/** Forward error correction: off. @public */
export const ETHTOOL_FEC_OFF = 4;
/** Forward error correction: rs. @public */
export const ETHTOOL_FEC_RS = 8;
/** Forward error correction: baser. @public */
export const ETHTOOL_FEC_BASER = 16;
/** Forward error correction: llrs. @public */
export const ETHTOOL_FEC_LLRS = 32;

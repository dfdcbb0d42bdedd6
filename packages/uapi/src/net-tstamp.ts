/**
 * Packet timestamps: SO_TIMESTAMPING.
 */

// SO_TIMESTAMPING flags

/** Flag of SO_TIMESTAMPING: tx hardware. @public */
export const SOF_TIMESTAMPING_TX_HARDWARE = 0x1;
/** Flag of SO_TIMESTAMPING: tx software. @public */
export const SOF_TIMESTAMPING_TX_SOFTWARE = 0x2;
/** Flag of SO_TIMESTAMPING: rx hardware. @public */
export const SOF_TIMESTAMPING_RX_HARDWARE = 0x4;
/** Flag of SO_TIMESTAMPING: rx software. @public */
export const SOF_TIMESTAMPING_RX_SOFTWARE = 0x8;
/** Flag of SO_TIMESTAMPING: software. @public */
export const SOF_TIMESTAMPING_SOFTWARE = 0x10;
/** Flag of SO_TIMESTAMPING: sys hardware. @public */
export const SOF_TIMESTAMPING_SYS_HARDWARE = 0x20;
/** Flag of SO_TIMESTAMPING: raw hardware. @public */
export const SOF_TIMESTAMPING_RAW_HARDWARE = 0x40;
/** Flag of SO_TIMESTAMPING: opt id. @public */
export const SOF_TIMESTAMPING_OPT_ID = 0x80;
/** Flag of SO_TIMESTAMPING: tx sched. @public */
export const SOF_TIMESTAMPING_TX_SCHED = 0x100;
/** Flag of SO_TIMESTAMPING: tx ack. @public */
export const SOF_TIMESTAMPING_TX_ACK = 0x200;
/** Flag of SO_TIMESTAMPING: tx record mask. @public */
export const SOF_TIMESTAMPING_TX_RECORD_MASK = 0x303;
/** Flag of SO_TIMESTAMPING: opt cmsg. @public */
export const SOF_TIMESTAMPING_OPT_CMSG = 0x400;
/** Flag of SO_TIMESTAMPING: opt tsonly. @public */
export const SOF_TIMESTAMPING_OPT_TSONLY = 0x800;
/** Flag of SO_TIMESTAMPING: opt stats. @public */
export const SOF_TIMESTAMPING_OPT_STATS = 0x1000;
/** Flag of SO_TIMESTAMPING: opt pktinfo. @public */
export const SOF_TIMESTAMPING_OPT_PKTINFO = 0x2000;
/** Flag of SO_TIMESTAMPING: opt tx swhw. @public */
export const SOF_TIMESTAMPING_OPT_TX_SWHW = 0x4000;
/** Flag of SO_TIMESTAMPING: bind phc. @public */
export const SOF_TIMESTAMPING_BIND_PHC = 0x8000;
/** Flag of SO_TIMESTAMPING: opt id tcp. @public */
export const SOF_TIMESTAMPING_OPT_ID_TCP = 0x10000;
/** Flag of SO_TIMESTAMPING: opt rx filter. @public */
export const SOF_TIMESTAMPING_OPT_RX_FILTER = 0x20000;
/** Flag of SO_TIMESTAMPING: tx completion. @public */
export const SOF_TIMESTAMPING_TX_COMPLETION = 0x40000;

// SO_TXTIME flags

/** Flag of SO_TXTIME: deadline mode. @public */
export const SOF_TXTIME_DEADLINE_MODE = 0x1;
/** Flag of SO_TXTIME: report errors. @public */
export const SOF_TXTIME_REPORT_ERRORS = 0x2;

/**
 * The generic netlink family "tcp_metrics": what TCP remembers of hosts.
 */

/** Its version. @public */
export const TCP_METRICS_GENL_VERSION = 1;
/** TCP metrics command: unspec. @public */
export const TCP_METRICS_CMD_UNSPEC = 0;
/** TCP metrics command: get. @public */
export const TCP_METRICS_CMD_GET = 1;
/** TCP metrics command: del. @public */
export const TCP_METRICS_CMD_DEL = 2;
/** TCP metrics attribute: unspec. @public */
export const TCP_METRICS_ATTR_UNSPEC = 0;
/** TCP metrics attribute: addr ipv4. @public */
export const TCP_METRICS_ATTR_ADDR_IPV4 = 1;
/** TCP metrics attribute: addr ipv6. @public */
export const TCP_METRICS_ATTR_ADDR_IPV6 = 2;
/** TCP metrics attribute: age, in milliseconds. @public */
export const TCP_METRICS_ATTR_AGE = 3;
/** TCP metrics attribute: tw tsval. @public */
export const TCP_METRICS_ATTR_TW_TSVAL = 4;
/** TCP metrics attribute: tw ts stamp. @public */
export const TCP_METRICS_ATTR_TW_TS_STAMP = 5;
/** TCP metrics attribute: vals, a nest of TCP_METRIC_* + 1. @public */
export const TCP_METRICS_ATTR_VALS = 6;
/** TCP metrics attribute: fopen mss. @public */
export const TCP_METRICS_ATTR_FOPEN_MSS = 7;
/** TCP metrics attribute: fopen syn drops. @public */
export const TCP_METRICS_ATTR_FOPEN_SYN_DROPS = 8;
/** TCP metrics attribute: fopen syn drop ts. @public */
export const TCP_METRICS_ATTR_FOPEN_SYN_DROP_TS = 9;
/** TCP metrics attribute: fopen cookie. @public */
export const TCP_METRICS_ATTR_FOPEN_COOKIE = 10;
/** TCP metrics attribute: saddr ipv4. @public */
export const TCP_METRICS_ATTR_SADDR_IPV4 = 11;
/** TCP metrics attribute: saddr ipv6. @public */
export const TCP_METRICS_ATTR_SADDR_IPV6 = 12;
/** TCP metrics attribute: pad. @public */
export const TCP_METRICS_ATTR_PAD = 13;
/** TCP metrics attribute: the highest. @public */
export const TCP_METRICS_ATTR_MAX = 13;
/** TCP metric: rtt. @public */
export const TCP_METRIC_RTT = 0;
/** TCP metric: rttvar. @public */
export const TCP_METRIC_RTTVAR = 1;
/** TCP metric: ssthresh. @public */
export const TCP_METRIC_SSTHRESH = 2;
/** TCP metric: cwnd. @public */
export const TCP_METRIC_CWND = 3;
/** TCP metric: reordering. @public */
export const TCP_METRIC_REORDERING = 4;
/** TCP metric: rtt us. @public */
export const TCP_METRIC_RTT_US = 5;
/** TCP metric: rttvar us. @public */
export const TCP_METRIC_RTTVAR_US = 6;

/** The sysctls `net.ipv4.tcp_*` (ip-sysctl documentation of Linux). */
// datapath-ok-file: settings
import { EINVAL, ENOENT, type Kernel, type Net, sysctlInt, sysctlIntVec, sysctlString } from '@linnet/kernel';
import { tcpCaFind } from './tcp-cong.ts';
import { tfoKeysText, tfoParseKeys } from './tcp-fastopen-option.ts';
import { TCPK } from './tcp-kernel.ts';
import type { TcpNet } from './tcp-net.ts';

/** Fields of TcpNet that hold a number. */
type NumberField = { [K in keyof TcpNet]: TcpNet[K] extends number ? K : never }[keyof TcpNet];

const INT_MAX = 0x7fffffff;

/** Name without `tcp_`, field, smallest and largest value. */
const TABLE: readonly (readonly [string, NumberField, number, number])[] = [
  ['early_demux', 'earlyDemux', 0, 255],
  ['timestamps', 'timestamps', 0, 255],
  ['sack', 'sack', 0, 255],
  ['window_scaling', 'windowScaling', 0, 255],
  ['dsack', 'dsack', 0, 255],
  ['ecn', 'ecn', 0, 2],
  ['ecn_fallback', 'ecnFallback', 0, 1],
  ['syn_retries', 'synRetries', 1, 127],
  ['synack_retries', 'synackRetries', 0, 255],
  ['syn_linear_timeouts', 'synLinearTimeouts', 0, 127],
  ['retries1', 'retries1', 0, 255],
  ['retries2', 'retries2', 0, 255],
  ['orphan_retries', 'orphanRetries', 0, 255],
  ['fin_timeout', 'finTimeout', 0, 2147483],
  ['keepalive_time', 'keepaliveTime', 0, 2147483],
  ['keepalive_probes', 'keepaliveProbes', 0, 255],
  ['keepalive_intvl', 'keepaliveIntvl', 0, 2147483],
  ['tw_reuse', 'twReuse', 0, 2],
  ['max_syn_backlog', 'maxSynBacklog', 0, INT_MAX],
  ['max_tw_buckets', 'maxTwBuckets', 0, INT_MAX],
  ['max_orphans', 'maxOrphans', 0, INT_MAX],
  ['abort_on_overflow', 'abortOnOverflow', 0, 255],
  ['moderate_rcvbuf', 'moderateRcvbuf', 0, 255],
  ['max_reordering', 'maxReordering', 1, INT_MAX],
  ['recovery', 'recovery', 0, 255],
  ['retrans_collapse', 'retransCollapse', 0, 255],
  ['early_retrans', 'earlyRetrans', 0, 4],
  ['frto', 'frto', 0, 255],
  ['slow_start_after_idle', 'slowStartAfterIdle', 0, 255],
  ['notsent_lowat', 'notsentLowat', 0, 0xffffffff],
  ['limit_output_bytes', 'limitOutputBytes', 0, INT_MAX],
  ['challenge_ack_limit', 'challengeAckLimit', 0, INT_MAX],
  ['invalid_ratelimit', 'invalidRatelimit', 0, INT_MAX],
  ['min_tso_segs', 'minTsoSegs', 1, 255],
  ['tso_win_divisor', 'tsoWinDivisor', 0, 255],
  ['tso_rtt_log', 'tsoRttLog', 0, 255],
  ['pacing_ss_ratio', 'pacingSsRatio', 0, 1000],
  ['pacing_ca_ratio', 'pacingCaRatio', 0, 1000],
  ['no_metrics_save', 'noMetricsSave', 0, 255],
  ['no_ssthresh_metrics_save', 'noSsthreshMetricsSave', 0, 1],
  ['rfc1337', 'rfc1337', 0, 255],
  ['stdurg', 'stdurg', 0, 255],
  ['app_win', 'appWin', 0, 31],
  ['min_snd_mss', 'minSndMss', 48, 65535],
  ['mtu_probing', 'mtuProbing', 0, 255],
  ['base_mss', 'baseMss', -INT_MAX - 1, INT_MAX],
  ['mtu_probe_floor', 'mtuProbeFloor', 48, 65535],
  ['probe_threshold', 'probeThreshold', -INT_MAX - 1, INT_MAX],
  ['probe_interval', 'probeInterval', 0, 17179869],
  ['min_rtt_wlen', 'minRttWlen', 0, 86400],
  ['workaround_signed_windows', 'workaroundSignedWindows', 0, 255],
  ['syncookies', 'syncookies', 0, 255],
  ['fastopen', 'fastopen', -INT_MAX - 1, INT_MAX],
  ['fastopen_blackhole_timeout_sec', 'fastopenBlackholeTimeout', 0, INT_MAX],
  ['rto_min_us', 'rtoMinUs', 1, INT_MAX],
  ['rto_max_ms', 'rtoMaxMs', 1000, 120000],
];

function names(k: Kernel): string {
  return k.get(TCPK).congestionOps.map((o) => o.name).join(' ');
}

/** Registers the sysctls of a namespace. */
export function tcpSysctlInit(net: Net, tn: TcpNet): void {
  const reg = net.sysctl;
  const k = net.kernel;
  for (const [name, field, min, max] of TABLE) {
    reg.register(
      `net/ipv4/tcp_${name}`,
      sysctlInt(() => tn[field], (v) => {
        tn[field] = v;
      }, { min, max }),
    );
  }
  reg.register('net/ipv4/tcp_l3mdev_accept', sysctlInt(() => (tn.hashinfo.l3mdevAccept ? 1 : 0), (v) => {
    tn.hashinfo.l3mdevAccept = v !== 0;
  }, { min: 0, max: 1 }));
  // The first guess may not be more than the most that is believed.
  reg.register('net/ipv4/tcp_reordering', {
    get: () => String(tn.reordering),
    set: (text) => sysctlInt(() => tn.reordering, (v) => {
      tn.reordering = v;
    }, { min: 1, max: tn.maxReordering }).set!(text),
  });
  reg.register('net/ipv4/tcp_fastopen_key', {
    // Keys are made when the first listener needs them.
    get: () => (tn.fastopenKeys === null ? '00000000-00000000-00000000-00000000' : tfoKeysText(tn.fastopenKeys)),
    mode: 0o600,
    set: (text) => {
      const keys = tfoParseKeys(text);
      if (keys === null) return -EINVAL;
      tn.fastopenKeys = keys;
      return 0;
    },
  });
  reg.register('net/ipv4/tcp_rmem', sysctlIntVec(() => [tn.rmemMin, tn.rmemDefault, tn.rmemMax], (v) => {
    [tn.rmemMin, tn.rmemDefault, tn.rmemMax] = v as [number, number, number];
  }, { min: 1 }));
  reg.register('net/ipv4/tcp_wmem', sysctlIntVec(() => [tn.wmemMin, tn.wmemDefault, tn.wmemMax], (v) => {
    [tn.wmemMin, tn.wmemDefault, tn.wmemMax] = v as [number, number, number];
  }, { min: 1 }));
  reg.register('net/ipv4/tcp_congestion_control', sysctlString(() => tn.congestionControl, (name) => {
    if (tcpCaFind(k, name) === null) return -ENOENT;
    tn.congestionControl = name;
    return 0;
  }));
  reg.register('net/ipv4/tcp_available_congestion_control', sysctlString(() => names(k), null));
  const allowed = sysctlString(() => tn.allowedCongestionControl, (text) => {
    if (text.split(/\s+/).some((n) => n !== '' && tcpCaFind(k, n) === null)) return -ENOENT;
    tn.allowedCongestionControl = text;
    return 0;
  });
  // What is allowed is for the first namespace to say.
  reg.register('net/ipv4/tcp_allowed_congestion_control', net === k.initNet ? allowed : { get: allowed.get });
}

/** Registers the sysctls of the whole machine: `tcp_mem`. */
export function tcpSysctlKernelInit(k: Kernel): void {
  const { memory } = k.get(TCPK);
  k.sysctl.register('net/ipv4/tcp_mem', {
    get: () => `${memory.low}\t${memory.mid}\t${memory.high}`,
    set: (text) => {
      const v = text.trim().split(/\s+/).map(Number);
      if (v.length !== 3 || v.some((n) => !Number.isInteger(n) || n < 0)) return -EINVAL;
      [memory.low, memory.mid, memory.high] = v as [number, number, number];
      return 0;
    },
  });
}

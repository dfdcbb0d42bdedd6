/** The ioctls by which brctl(8) makes bridges and moves ports (br_ioctl.c). */
// datapath-ok-file: configuration
import { capable, EFAULT, EINVAL, EOPNOTSUPP, EPERM, type Net } from '@linnet/kernel';
import { devGetByIndex, devGetByName } from '@linnet/netdev';
import {
  BRCTL_ADD_IF, BRCTL_DEL_IF, BRCTL_GET_BRIDGE_INFO, BRCTL_GET_FDB_ENTRIES, BRCTL_GET_PORT_INFO, BRCTL_GET_PORT_LIST, BRCTL_SET_AGEING_TIME, BRCTL_SET_BRIDGE_FORWARD_DELAY, BRCTL_SET_BRIDGE_HELLO_TIME,
  BRCTL_SET_BRIDGE_MAX_AGE, BRCTL_SET_BRIDGE_PRIORITY, BRCTL_SET_BRIDGE_STP_STATE, BRCTL_SET_GC_INTERVAL, BRCTL_SET_PATH_COST, BRCTL_SET_PORT_PRIORITY, CAP_NET_ADMIN, SIOCBRADDBR, SIOCBRADDIF, SIOCBRDELBR,
  SIOCBRDELIF,
} from '@linnet/uapi';
import { clockTToJiffies, jiffiesToClockT, ENODEV } from '@linnet/kernel';
import { type Bridge, type BridgePort, brGet, brGetPort, brTimerValue } from './br.ts';
import { fdbHasExpired } from './br-fdb-fill.ts';
import { FDB_LOCAL, fdbAddr } from './br-fdb-table.ts';
import { brAddBridge, brAddIf, brDelBridge, brDelIf } from './br-if.ts';
import { BRIDGE_RTNL_OPS } from './br-netlink.ts';
import { brSetAgeingTime, brSetForwardDelay, brSetHelloTime, brSetMaxAge, brStpSetBridgePriority, brStpSetEnabled, brStpSetPathCost, brStpSetPortPriority } from './br-stp-if.ts';

const IFNAMSIZ = 16;

function nameOf(arg: Uint8Array): string {
  let s = '';
  for (let i = 0; i < IFNAMSIZ && arg[i] !== 0 && i < arg.length; i++) s += String.fromCharCode(arg[i]!);
  return s;
}

/**
 * SIOCBRADDBR and SIOCBRDELBR with the name of a bridge (16 bytes), SIOCBRADDIF and SIOCBRDELIF with a struct ifreq: the bridge's name, and the ifindex of the port
 * behind it. @alpha
 */
export function brIoctl(net: Net, cmd: number, arg: Uint8Array): number {
  if (!capable(net.kernel, CAP_NET_ADMIN)) return -EPERM;
  if (arg.length < (cmd === SIOCBRADDIF || cmd === SIOCBRDELIF ? IFNAMSIZ + 4 : 1)) return -EFAULT;
  const name = nameOf(arg);
  return net.kernel.run(() => {
    switch (cmd) {
      case SIOCBRADDBR: return brAddBridge(net, name, BRIDGE_RTNL_OPS);
      case SIOCBRDELBR: return brDelBridge(net, name);
      case SIOCBRADDIF:
      case SIOCBRDELIF: {
        const dev = devGetByName(net, name);
        if (dev === null) return -ENODEV;
        const br = brGet(dev);
        if (br === null) return -EOPNOTSUPP;
        const port = devGetByIndex(net, new DataView(arg.buffer, arg.byteOffset, arg.byteLength).getInt32(IFNAMSIZ, true));
        if (port === null) return -EINVAL;
        return cmd === SIOCBRADDIF ? brAddIf(br, port, null) : brDelIf(br, port);
      }
      default: return -EOPNOTSUPP;
    }
  });
}

/** A bridge's addresses as `struct __fdb_entry`, 16 bytes each (br_fdb_fillbuf): what `brforward` and BRCTL_GET_FDB_ENTRIES give. */
export function brFdbFillbuf(br: Bridge, skip: number, max: number): Uint8Array {
  const list = br.fdb.all().filter((f) => f.dst !== null && !fdbHasExpired(br, f)).slice(skip, skip + max); // datapath-ok: an old interface
  const out = new Uint8Array(list.length * 16);
  const view = new DataView(out.buffer);
  list.forEach((f, i) => {
    const o = i * 16;
    out.set(fdbAddr(f), o);
    out[o + 6] = f.dst!.portNo & 255;
    out[o + 7] = (f.flags & FDB_LOCAL) !== 0 ? 1 : 0;
    if ((f.flags & 2) === 0) view.setUint32(o + 8, jiffiesToClockT((br.kernel.jiffies - f.updated) | 0), true);
    out[o + 12] = f.dst!.portNo >> 8;
  });
  return out;
}

/** Where the answers of {@link brPrivIoctl} go: bytes written from the start of the caller's buffer. @alpha */
export type BrIoctlOut = (bytes: Uint8Array) => void;

function id(view: DataView, off: number, prio: number, addr: Uint8Array): void {
  view.setUint16(off, prio);
  for (let i = 0; i < 6; i++) view.setUint8(off + 2 + i, addr[i]!);
}

function bridgeInfo(br: Bridge): Uint8Array {
  const u8 = new Uint8Array(72);
  const v = new DataView(u8.buffer);
  const t = (o: number, n: number): void => v.setUint32(o, n, true);
  id(v, 0, br.designatedRoot.prio, br.designatedRoot.addr);
  id(v, 8, br.bridgeId.prio, br.bridgeId.addr);
  t(16, br.rootPathCost);
  [br.maxAge, br.helloTime, br.forwardDelay, br.bridgeMaxAge, br.bridgeHelloTime, br.bridgeForwardDelay].forEach((n, i) => t(20 + i * 4, jiffiesToClockT(n)));
  u8[44] = br.topologyChange;
  u8[45] = br.topologyChangeDetected;
  u8[46] = br.rootPort;
  u8[47] = br.stpEnabled !== 0 ? 1 : 0;
  t(48, jiffiesToClockT(br.ageingTime));
  t(52, 0);
  [br.helloTimer, br.tcnTimer, br.topologyChangeTimer, br.gcTimer].forEach((timer, i) => t(56 + i * 4, brTimerValue(br.kernel, timer)));
  return u8;
}

function portInfo(p: BridgePort): Uint8Array {
  const u8 = new Uint8Array(48);
  const v = new DataView(u8.buffer);
  id(v, 0, p.designatedRoot.prio, p.designatedRoot.addr);
  id(v, 8, p.designatedBridge.prio, p.designatedBridge.addr);
  v.setUint16(16, p.portId, true);
  v.setUint16(18, p.designatedPort, true);
  v.setUint32(20, p.pathCost, true);
  v.setUint32(24, p.designatedCost, true);
  u8[28] = p.state;
  u8[29] = (p.topologyChangeAck ? 1 : 0) | (p.configPending ? 2 : 0);
  [p.messageAgeTimer, p.forwardDelayTimer, p.holdTimer].forEach((t, i) => v.setUint32(32 + i * 4, brTimerValue(p.br.kernel, t), true));
  return u8;
}

/**
 * SIOCDEVPRIVATE of a bridge: four numbers as brctl(8) of old passes them, the first a BRCTL_* command; where one would be a pointer, `out` takes the bytes.
 * Returns 0, a number of entries, or a negative errno.
 * @alpha
 */
export function brPrivIoctl(net: Net, ifname: string, args: readonly number[], out: BrIoctlOut): number {
  const dev = devGetByName(net, ifname);
  const br = brGet(dev);
  if (br === null) return dev === null ? -ENODEV : -EOPNOTSUPP;
  const [cmd = -1, , a1 = 0, a2 = 0] = [args[0], 0, args[1], args[2]];
  const reads = cmd === BRCTL_GET_BRIDGE_INFO || cmd === BRCTL_GET_PORT_LIST || cmd === BRCTL_GET_PORT_INFO || cmd === BRCTL_GET_FDB_ENTRIES;
  if (!reads && !capable(net.kernel, CAP_NET_ADMIN)) return -EPERM;
  return net.kernel.run(() => {
    switch (cmd) {
      case BRCTL_ADD_IF:
      case BRCTL_DEL_IF: {
        const port = devGetByIndex(net, a1);
        if (port === null) return -EINVAL;
        return cmd === BRCTL_ADD_IF ? brAddIf(br, port, null) : brDelIf(br, port);
      }
      case BRCTL_GET_BRIDGE_INFO:
        out(bridgeInfo(br));
        return 0;
      case BRCTL_GET_PORT_LIST: {
        const n = a2 === 0 ? 256 : a2;
        if (n < 0) return -EINVAL;
        const list = new Int32Array(n);
        for (const p of br.ports) if (p.portNo < n) list[p.portNo] = p.dev.ifindex;
        out(new Uint8Array(list.buffer));
        return n;
      }
      case BRCTL_GET_PORT_INFO: {
        const p = brGetPort(br, a2);
        if (p === null) return -EINVAL;
        out(portInfo(p));
        return 0;
      }
      case BRCTL_SET_BRIDGE_FORWARD_DELAY: return brSetForwardDelay(br, clockTToJiffies(a1));
      case BRCTL_SET_BRIDGE_HELLO_TIME: return brSetHelloTime(br, clockTToJiffies(a1));
      case BRCTL_SET_BRIDGE_MAX_AGE: return brSetMaxAge(br, clockTToJiffies(a1));
      case BRCTL_SET_AGEING_TIME: return brSetAgeingTime(br, clockTToJiffies(a1));
      case BRCTL_SET_GC_INTERVAL: return 0;
      case BRCTL_SET_BRIDGE_STP_STATE:
        brStpSetEnabled(br, a1 !== 0);
        return 0;
      case BRCTL_SET_BRIDGE_PRIORITY:
        brStpSetBridgePriority(br, a1 & 0xffff);
        return 0;
      case BRCTL_SET_PORT_PRIORITY: {
        const p = brGetPort(br, a1);
        return p === null ? -EINVAL : brStpSetPortPriority(p, a2);
      }
      case BRCTL_SET_PATH_COST: {
        const p = brGetPort(br, a1);
        return p === null ? -EINVAL : brStpSetPathCost(p, a2);
      }
      case BRCTL_GET_FDB_ENTRIES: {
        const buf = brFdbFillbuf(br, args[3] ?? 0, Math.min(a2, 256));
        out(buf);
        return buf.length / 16;
      }
      default: return -EOPNOTSUPP;
    }
  });
}

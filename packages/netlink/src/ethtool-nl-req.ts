/** What all ethtool requests share: the header that names a device, and the messages that go back. */
import { EINVAL, ENODEV, type Net } from '@linnet/kernel';
import { devGetByIndex, devGetByName, type EthtoolOps, type NetDevice } from '@linnet/netdev';
import {
  ETHTOOL_A_HEADER_DEV_INDEX, ETHTOOL_A_HEADER_DEV_NAME, ETHTOOL_A_HEADER_FLAGS, ETHTOOL_A_HEADER_PHY_INDEX, ETHTOOL_FLAG_COMPACT_BITSETS, nlaGetString, nlaGetU32, type NlWriter,
} from '@linnet/uapi';
import { nlSetErrAttrMiss, nlSetErrMsgAttr } from './extack.ts';
import { NL_VALIDATE_LIBERAL, nlaParseNestedPolicy } from './nla-policy.ts';
import type { NlRequest } from './request.ts';

/** A driver without any ops. */
export const NO_OPS: EthtoolOps = Object.freeze({});

/** The ops of a device, never null. */
export function opsOf(dev: NetDevice): EthtoolOps {
  return dev.ethtoolOps ?? NO_OPS;
}

/** A request's header, read. */
export interface EthnlHeader {
  readonly dev: NetDevice | null;
  /** ETHTOOL_FLAG_*. */
  readonly flags: number;
  readonly compact: boolean;
}

function refuse(req: NlRequest, nla: number, msg: string, errno: number): number {
  nlSetErrMsgAttr(req.extack, nla, msg);
  return -errno;
}

/** Reads the header, attribute `type` of a request (ethnl_parse_header_dev_get). Returns -EINVAL or -ENODEV when no device is named where one must be, or none is there. */
export function parseHeader(net: Net, req: NlRequest, tb: Int32Array, type: number, needDev: boolean, dump: boolean = false): EthnlHeader | number {
  const nla = tb[type]!;
  if (nla === 0) {
    // A dump needs none: it is about all devices.
    if (dump) return { dev: null, flags: 0, compact: false };
    nlSetErrAttrMiss(req.extack, 0, type);
    return -EINVAL;
  }
  const { view } = req;
  const htb = new Int32Array(ETHTOOL_A_HEADER_PHY_INDEX + 1);
  // The policy of the request has looked at the form already.
  const err = nlaParseNestedPolicy(req, nla, htb, null, NL_VALIDATE_LIBERAL);
  if (err < 0) return err;
  const [index, name] = [htb[ETHTOOL_A_HEADER_DEV_INDEX]!, htb[ETHTOOL_A_HEADER_DEV_NAME]!];
  const flags = htb[ETHTOOL_A_HEADER_FLAGS] === 0 ? 0 : nlaGetU32(view, htb[ETHTOOL_A_HEADER_FLAGS]!);
  let dev: NetDevice | null = null;
  if (index !== 0) {
    dev = devGetByIndex(net, nlaGetU32(view, index) | 0);
    if (dev === null) return refuse(req, index, 'no device matches ifindex', ENODEV);
    if (name !== 0 && devGetByName(net, nlaGetString(view, name)) !== dev) return refuse(req, nla, 'ifindex and name do not match', ENODEV);
  } else if (name !== 0) {
    dev = devGetByName(net, nlaGetString(view, name));
    if (dev === null) return refuse(req, name, 'no device matches name', ENODEV);
  } else if (needDev) {
    return refuse(req, nla, 'neither ifindex nor name specified', EINVAL);
  }
  if (htb[ETHTOOL_A_HEADER_PHY_INDEX] !== 0) return refuse(req, nla, 'no phy matching phyindex', ENODEV);
  return { dev, flags, compact: (flags & ETHTOOL_FLAG_COMPACT_BITSETS) !== 0 };
}

/** Writes the header of an answer about `dev` (ethnl_fill_reply_header). */
export function putHeader(w: NlWriter, type: number, dev: NetDevice): void {
  w.nestStart(type);
  w.putU32(ETHTOOL_A_HEADER_DEV_INDEX, dev.ifindex);
  w.putString(ETHTOOL_A_HEADER_DEV_NAME, dev.name);
  w.nestEnd();
}

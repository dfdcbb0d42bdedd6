/** The generic netlink family "ethtool": settings of devices, asked for, changed, and told to who monitors them. */
import { EINVAL, EOPNOTSUPP, type Kernel, type Net, NOTIFY_DONE } from '@linnet/kernel';
import { ETHTOOL_FEATURE_COUNT, ETHTOOL_FEATURE_NAMES, ethtoolGetFeatures, ethtoolSetWanted, NETDEV, NETDEV_FEAT_CHANGE, NETDEV_NET, type NetDevice, registerNetdeviceNotifier } from '@linnet/netdev';
import { GENL_UNS_ADMIN_PERM, NLM_F_MULTI, NlWriter } from '@linnet/uapi';
import { putBitset, updateBitset } from './ethtool-bitset.ts';
import * as A from './ethtool-nl-abi.ts';
import { ETHNL_GETS, type EthnlGet } from './ethtool-nl-get.ts';
import { ETHNL_POLICIES } from './ethtool-nl-policy.ts';
import { type EthnlHeader, parseHeader, putHeader } from './ethtool-nl-req.ts';
import { ETHNL_SETS, type EthnlSet } from './ethtool-nl-set.ts';
import { STRSET } from './ethtool-nl-strset.ts';
import { nlSetErrMsg } from './extack.ts';
import { genlDumpPut, genlFamilyByName, genlHasListeners, genlmsgMulticast, genlmsgPut, genlRegisterFamily } from './genetlink.ts';
import type { GenlFamily, GenlOps } from './genl-kernel.ts';
import { NETLINK } from './netlink-table.ts';
import type { NlDump, NlRequest } from './request.ts';

const NAME = 'ethtool';
/** The only group: who wants to hear of changes. */
const MONITOR = 0;

function family(k: Kernel): GenlFamily {
  return genlFamilyByName(k, NAME)!;
}

/** Does the request show who may not see everything nothing secret? Only the privileged ask for these. */
const PRIVILEGED_GETS: readonly number[] = [A.ETHTOOL_MSG_WOL_GET, A.ETHTOOL_MSG_MODULE_EEPROM_GET];

function doGet(get: EthnlGet, net: Net, req: NlRequest, reply: NlWriter, tb: Int32Array): number {
  const hdr = parseHeader(net, req, tb, get.header, get.noDev !== true);
  if (typeof hdr === 'number') return hdr;
  const wants = get.parse?.(req, tb) ?? null;
  if (typeof wants === 'number') return wants;
  genlmsgPut(reply, req, family(net.kernel), get.reply);
  if (hdr.dev !== null) putHeader(reply, get.header, hdr.dev);
  const err = get.fill(reply, hdr.dev!, hdr, wants, req);
  if (err < 0) {
    reply.cancel();
    return err;
  }
  return Math.min(reply.end(), 0);
}

/** What a dump keeps between its parts. */
interface GetDump {
  readonly hdr: EthnlHeader;
  readonly wants: object | null;
}

function startGet(get: EthnlGet, net: Net, req: NlRequest, cb: NlDump, tb: Int32Array): number {
  const hdr = parseHeader(net, req, tb, get.header, false, true);
  if (typeof hdr === 'number') return hdr;
  const wants = get.parse?.(req, tb) ?? null;
  if (typeof wants === 'number') return wants;
  cb.data = { hdr, wants } satisfies GetDump;
  return 0;
}

/** All devices, whatever the header names; those that have nothing to say are passed over. */
function dumpGet(get: EthnlGet, net: Net, req: NlRequest, w: NlWriter, cb: NlDump): number {
  const { hdr, wants } = cb.data as GetDump;
  const nn = net.get(NETDEV_NET);
  cb.seq = nn.devBaseSeq;
  for (const index of Array.from(nn.byIndex.keys()).sort((a, b) => a - b)) {
    if (index <= cb.i) continue;
    const dev = nn.byIndex.get(index)!;
    genlDumpPut(w, cb, family(net.kernel), get.reply);
    if (get.plainDump === true) w.view.setUint16(w.start + 6, w.view.getUint16(w.start + 6, true) & ~NLM_F_MULTI, true);
    putHeader(w, get.header, dev);
    const err = get.fill(w, dev, hdr, wants, req);
    if (err === -EOPNOTSUPP) {
      w.cancel();
      cb.i = index;
      continue;
    }
    if (err < 0) return err;
    const ret = w.end();
    if (ret < 0) return ret;
    cb.i = index;
  }
  return get.dumpEnd ?? 0;
}

function doSet(set: EthnlSet, net: Net, req: NlRequest, tb: Int32Array): number {
  const hdr = parseHeader(net, req, tb, 1, true);
  if (typeof hdr === 'number') return hdr;
  const ret = set.set(hdr.dev!, req, tb);
  if (ret > 0 && set.ntf !== 0) ethtoolNotify(hdr.dev!, set.ntf);
  return Math.min(ret, 0);
}

/** Tells the group "monitor" how a device is set now (ethtool_notify): `msg` is an ETHTOOL_MSG_*_NTF. Always in compact form. @alpha */
export function ethtoolNotify(dev: NetDevice, msg: number): void {
  const { net, kernel } = dev;
  const fam = genlFamilyByName(kernel, NAME);
  const get = ETHNL_GETS.find((g) => g.ntf === msg);
  if (fam === null || get === undefined || !genlHasListeners(net, fam, MONITOR)) return;
  const w = new NlWriter();
  genlmsgPut(w, null, fam, msg);
  w.view.setUint32(w.start + 8, ++kernel.get(NETLINK).ethnlSeq, true);
  putHeader(w, get.header, dev);
  if (get.fill(w, dev, { dev, flags: 1, compact: true }, null, null) < 0) return;
  w.end();
  genlmsgMulticast(net, fam, w, MONITOR);
}

/** FEATURES_SET: answers with what was asked for and did not come about, and with what changed (ethnl_set_features). */
function setFeatures(net: Net, req: NlRequest, reply: NlWriter, tb: Int32Array): number {
  const nla = tb[A.ETHTOOL_A_FEATURES_WANTED]!;
  if (nla === 0) return -EINVAL;
  const hdr = parseHeader(net, req, tb, A.ETHTOOL_A_FEATURES_HEADER, true);
  if (typeof hdr === 'number') return hdr;
  const dev = hdr.dev!;
  const before = ethtoolGetFeatures(dev);
  const wanted = before.wanted.slice();
  const mask = new Uint32Array(2);
  const err = updateBitset(req, nla, wanted, ETHTOOL_FEATURE_COUNT, ETHTOOL_FEATURE_NAMES, mask);
  if (err < 0) return err;
  if (mask.some((m, i) => (m & before.nochange[i]!) !== 0)) {
    nlSetErrMsg(req.extack, 'attempt to change non-ethtool features');
    return -EINVAL;
  }
  if (wanted.some((v, i) => v !== before.wanted[i])) ethtoolSetWanted(dev, wanted, mask);
  if ((hdr.flags & A.ETHTOOL_FLAG_OMIT_REPLY) !== 0) return 0;
  const { active } = ethtoolGetFeatures(dev);
  const missed = wanted.map((v, i) => (v ^ active[i]!) & mask[i]!);
  const changed = active.map((v, i) => v ^ before.active[i]!);
  genlmsgPut(reply, req, family(net.kernel), A.ETHTOOL_MSG_FEATURES_SET_REPLY);
  putHeader(reply, A.ETHTOOL_A_FEATURES_HEADER, dev);
  putBitset(reply, A.ETHTOOL_A_FEATURES_WANTED, wanted.map((v, i) => v & missed[i]!), missed, ETHTOOL_FEATURE_COUNT, ETHTOOL_FEATURE_NAMES, hdr.compact);
  putBitset(reply, A.ETHTOOL_A_FEATURES_ACTIVE, active.map((v, i) => v & changed[i]!), changed, ETHTOOL_FEATURE_COUNT, ETHTOOL_FEATURE_NAMES, hdr.compact);
  reply.end();
  return 0;
}

function getOps(get: EthnlGet): GenlOps {
  const policy = ETHNL_POLICIES.get(get.cmd)!;
  return {
    cmd: get.cmd, policy, ...(PRIVILEGED_GETS.includes(get.cmd) ? { flags: GENL_UNS_ADMIN_PERM } : {}),
    doit: (net, req, reply, tb) => doGet(get, net, req, reply, tb),
    start: (net, req, cb, tb) => startGet(get, net, req, cb, tb),
    dumpit: (net, req, w, cb) => dumpGet(get, net, req, w, cb),
  };
}

function setOps(set: EthnlSet): GenlOps {
  return { cmd: set.cmd, flags: GENL_UNS_ADMIN_PERM, policy: ETHNL_POLICIES.get(set.cmd)!, doit: (net, req, _reply, tb) => doSet(set, net, req, tb) };
}

/** From here on requests must be clean. */
const RESV_START_OP: number = A.ETHTOOL_MSG_MODULE_GET + 1;

/** Registers the family, and listens to features that change by themselves. */
export function ethtoolInit(k: Kernel): void {
  const ops: GenlOps[] = [
    ...[STRSET, ...ETHNL_GETS].map(getOps), ...ETHNL_SETS.map(setOps),
    { cmd: A.ETHTOOL_MSG_FEATURES_SET, flags: GENL_UNS_ADMIN_PERM, policy: ETHNL_POLICIES.get(A.ETHTOOL_MSG_FEATURES_SET)!, doit: setFeatures },
  ];
  ops.sort((a, b) => a.cmd - b.cmd);
  genlRegisterFamily(k, { name: NAME, version: A.ETHTOOL_GENL_VERSION, maxattr: 0, ops, mcgrps: ['monitor'], resvStartOp: RESV_START_OP });
  k.get(NETDEV).ethtoolNotify = ethtoolNotify;
  registerNetdeviceNotifier(k, (event, dev) => {
    if (event === NETDEV_FEAT_CHANGE) ethtoolNotify(dev, A.ETHTOOL_MSG_FEATURES_NTF);
    return NOTIFY_DONE;
  });
}

/** The controller: the family "nlctrl", which tells of the others. */
import { EINVAL, ENODATA, ENOENT, type Kernel, type Net } from '@linnet/kernel';
import {
  CTRL_ATTR_FAMILY_ID, CTRL_ATTR_FAMILY_NAME, CTRL_ATTR_HDRSIZE, CTRL_ATTR_MAXATTR, CTRL_ATTR_MCAST_GROUPS, CTRL_ATTR_MCAST_GRP_ID, CTRL_ATTR_MCAST_GRP_NAME, CTRL_ATTR_OP,
  CTRL_ATTR_OP_FLAGS, CTRL_ATTR_OP_ID, CTRL_ATTR_OP_POLICY, CTRL_ATTR_OPS, CTRL_ATTR_POLICY, CTRL_ATTR_POLICY_DO, CTRL_ATTR_POLICY_DUMP, CTRL_ATTR_VERSION, CTRL_CMD_DELFAMILY,
  CTRL_CMD_DELMCAST_GRP, CTRL_CMD_GETFAMILY, CTRL_CMD_GETPOLICY, CTRL_CMD_NEWFAMILY, CTRL_CMD_NEWMCAST_GRP, GENL_CMD_CAP_DO, GENL_CMD_CAP_DUMP, GENL_CMD_CAP_HASPOL,
  GENL_ID_CTRL, GENL_NAMSIZ, nlaGetString, nlaGetU16, nlaGetU32, NlWriter,
} from '@linnet/uapi';
import { nlSetBadAttr } from './extack.ts';
import { genlDumpPut, genlFamilyById, genlFamilyByName, genlmsgMulticast, genlmsgMulticastAllns, genlmsgPut, genlRegisterFamily } from './genetlink.ts';
import { GENL_DONT_VALIDATE_DUMP_STRICT, GENL_DONT_VALIDATE_STRICT, type GenlFamily, type GenlMcgrp, type GenlOps } from './genl-kernel.ts';
import { NETLINK } from './netlink-table.ts';
import { NLA_NESTED, NLA_NESTED_ARRAY, NLA_NUL_STRING, NLA_U16, NLA_U32, type NlaPolicy, type NlaPolicyTable } from './nla-policy.ts';
import { policyDescribed, putPolicyRule } from './nla-policy-tlv.ts';
import type { NlDump, NlRequest } from './request.ts';

const BY_ID_OR_NAME: Readonly<Record<number, NlaPolicy>> = {
  [CTRL_ATTR_FAMILY_ID]: { type: NLA_U16 }, [CTRL_ATTR_FAMILY_NAME]: { type: NLA_NUL_STRING, len: GENL_NAMSIZ - 1 },
};
const FAMILY_POLICY: NlaPolicyTable = { maxtype: CTRL_ATTR_FAMILY_NAME, rules: BY_ID_OR_NAME };
const POLICY_POLICY: NlaPolicyTable = { maxtype: CTRL_ATTR_OP, rules: { ...BY_ID_OR_NAME, [CTRL_ATTR_OP]: { type: NLA_U32 } } };

/** The policy of an op's `doit` or dump, or null when it has none. */
function policyOf(family: GenlFamily, op: GenlOps, dump: boolean): NlaPolicyTable | null {
  if ((dump ? op.dumpit : op.doit) === undefined) return null;
  const p = (dump ? op.dumpPolicy : undefined) ?? op.policy ?? family.def.policy;
  return p === undefined || p.maxtype === 0 ? null : p;
}

function putMcgrp(w: NlWriter, index: number, group: number, g: GenlMcgrp): void {
  w.nestStartNoflag(index);
  w.putU32(CTRL_ATTR_MCAST_GRP_ID, group);
  w.putString(CTRL_ATTR_MCAST_GRP_NAME, g.name);
  w.nestEnd();
}

/** Writes what is to say of a family, behind the header (ctrl_fill_info). */
function putFamily(w: NlWriter, f: GenlFamily): void {
  w.putString(CTRL_ATTR_FAMILY_NAME, f.name);
  w.putU16(CTRL_ATTR_FAMILY_ID, f.id);
  w.putU32(CTRL_ATTR_VERSION, f.version);
  w.putU32(CTRL_ATTR_HDRSIZE, f.hdrsize);
  w.putU32(CTRL_ATTR_MAXATTR, f.maxattr);
  if (f.ops.size > 0) {
    w.nestStartNoflag(CTRL_ATTR_OPS);
    let i = 0;
    for (const op of f.ops.values()) {
      const caps = (op.doit === undefined ? 0 : GENL_CMD_CAP_DO) | (op.dumpit === undefined ? 0 : GENL_CMD_CAP_DUMP);
      const hasPolicy = policyOf(f, op, false) !== null || policyOf(f, op, true) !== null;
      w.nestStartNoflag(++i);
      w.putU32(CTRL_ATTR_OP_ID, op.cmd);
      w.putU32(CTRL_ATTR_OP_FLAGS, (op.flags ?? 0) | caps | (hasPolicy ? GENL_CMD_CAP_HASPOL : 0));
      w.nestEnd();
    }
    w.nestEnd();
  }
  if (f.mcgrps.length > 0) {
    w.nestStartNoflag(CTRL_ATTR_MCAST_GROUPS);
    f.mcgrps.forEach((g, i) => putMcgrp(w, i + 1, f.mcgrpOffset + i, g));
    w.nestEnd();
  }
}

/** The family that a request names by number or name, or a negative errno. */
function named(net: Net, req: NlRequest, attrs: Int32Array): GenlFamily | number {
  const id = attrs[CTRL_ATTR_FAMILY_ID]!;
  const name = attrs[CTRL_ATTR_FAMILY_NAME]!;
  if (id === 0 && name === 0) return -EINVAL;
  // A name goes before a number.
  const f = name !== 0 ? genlFamilyByName(net.kernel, nlaGetString(req.view, name)) : genlFamilyById(net.kernel, nlaGetU16(req.view, id));
  return f === null || (!f.netnsok && net !== net.kernel.initNet) ? -ENOENT : f;
}

function getfamily(net: Net, req: NlRequest, reply: NlWriter, attrs: Int32Array): number {
  const f = named(net, req, attrs);
  if (typeof f === 'number') return f;
  genlmsgPut(reply, req, ctrl(net.kernel), CTRL_CMD_NEWFAMILY);
  putFamily(reply, f);
  reply.end();
  return 0;
}

function dumpfamily(net: Net, _req: NlRequest, w: NlWriter, cb: NlDump): number {
  const families = Array.from(net.kernel.get(NETLINK).genl.families.values()).sort((a, b) => a.id - b.id);
  for (const f of families) {
    if (f.id <= cb.i || (!f.netnsok && net !== net.kernel.initNet)) continue;
    genlDumpPut(w, cb, ctrl(net.kernel), CTRL_CMD_NEWFAMILY);
    putFamily(w, f);
    const ret = w.end();
    if (ret < 0) return ret;
    cb.i = f.id;
  }
  return 0;
}

/** A dump of policies: who uses which, then the policies by number, rule by rule. */
interface PolicyDump {
  readonly family: GenlFamily;
  readonly ops: readonly GenlOps[];
  readonly tables: NlaPolicyTable[];
}

/** Numbers a policy and all that are nested in those known so far, in the order in which they are met (netlink_policy_dump_add_policy). */
function addPolicy(tables: NlaPolicyTable[], p: NlaPolicyTable): void {
  if (!tables.includes(p)) tables.push(p);
  for (let i = 0; i < tables.length; i++) {
    const t = tables[i]!;
    for (let type = 0; type <= t.maxtype; type++) {
      const rule = t.rules[type];
      if ((rule?.type === NLA_NESTED || rule?.type === NLA_NESTED_ARRAY) && rule.nested !== undefined && !tables.includes(rule.nested)) tables.push(rule.nested);
    }
  }
}

function policyStart(net: Net, req: NlRequest, cb: NlDump, attrs: Int32Array): number {
  const family = named(net, req, attrs);
  if (typeof family === 'number') return family;
  let ops = Array.from(family.ops.values());
  const opAttr = attrs[CTRL_ATTR_OP]!;
  if (opAttr !== 0) {
    const op = family.ops.get(nlaGetU32(req.view, opAttr));
    if (op === undefined) {
      nlSetBadAttr(req.extack, opAttr);
      return -ENOENT;
    }
    ops = [op];
  }
  const tables: NlaPolicyTable[] = [];
  for (const op of ops) {
    for (const dump of [false, true]) {
      const p = policyOf(family, op, dump);
      if (p !== null) addPolicy(tables, p);
    }
  }
  if (tables.length === 0) return -ENODATA;
  cb.data = { family, ops, tables } satisfies PolicyDump;
  return 0;
}

function putOpPolicy(w: NlWriter, d: PolicyDump, op: GenlOps): boolean {
  const doPolicy = policyOf(d.family, op, false);
  const dumpPolicy = policyOf(d.family, op, true);
  if (doPolicy === null && dumpPolicy === null) return false;
  w.nestStart(CTRL_ATTR_OP_POLICY);
  // The kernel takes the number from the side that does: an op that only dumps is called 0.
  w.nestStart(op.doit === undefined ? 0 : op.cmd);
  if (doPolicy !== null) w.putU32(CTRL_ATTR_POLICY_DO, d.tables.indexOf(doPolicy));
  if (dumpPolicy !== null) w.putU32(CTRL_ATTR_POLICY_DUMP, d.tables.indexOf(dumpPolicy));
  w.nestEnd();
  w.nestEnd();
  return true;
}

function dumppolicy(net: Net, _req: NlRequest, w: NlWriter, cb: NlDump): number {
  const d = cb.data as PolicyDump;
  const begin = (): void => {
    genlDumpPut(w, cb, ctrl(net.kernel), CTRL_CMD_GETPOLICY);
    w.putU16(CTRL_ATTR_FAMILY_ID, d.family.id);
  };
  for (; cb.i < d.ops.length; cb.i++) {
    begin();
    if (!putOpPolicy(w, d, d.ops[cb.i]!)) {
      w.cancel();
      continue;
    }
    const ret = w.end();
    if (ret < 0) return ret;
  }
  for (; cb.j < d.tables.length; cb.j++) {
    const t = d.tables[cb.j]!;
    for (; cb.k <= t.maxtype; cb.k++) {
      const rule = t.rules[cb.k];
      if (rule === undefined || !policyDescribed(rule)) continue;
      begin();
      w.nestStart(CTRL_ATTR_POLICY);
      w.nestStart(cb.j);
      putPolicyRule(w, rule, cb.k, (nested) => d.tables.indexOf(nested));
      w.nestEnd();
      w.nestEnd();
      const ret = w.end();
      if (ret < 0) return ret;
    }
    cb.k = 0;
  }
  return 0;
}

function ctrl(k: Kernel): GenlFamily {
  return genlFamilyById(k, GENL_ID_CTRL)!;
}

/** Tells the group "notify" (genl_ctrl_event): of families that answer everywhere in all namespaces. */
function send(k: Kernel, about: GenlFamily, w: NlWriter): void {
  if (about.netnsok) genlmsgMulticastAllns(k, ctrl(k), w, 0);
  else genlmsgMulticast(k.initNet, ctrl(k), w, 0);
}

function event(k: Kernel, f: GenlFamily, cmd: 'new' | 'del'): void {
  // While the machine is made nobody can listen.
  if (k.nets.size === 0) return;
  const family = (): void => {
    const w = new NlWriter();
    genlmsgPut(w, null, ctrl(k), cmd === 'new' ? CTRL_CMD_NEWFAMILY : CTRL_CMD_DELFAMILY);
    putFamily(w, f);
    w.end();
    send(k, f, w);
  };
  if (cmd === 'new') family();
  f.mcgrps.forEach((g, i) => {
    const w = new NlWriter();
    genlmsgPut(w, null, ctrl(k), cmd === 'new' ? CTRL_CMD_NEWMCAST_GRP : CTRL_CMD_DELMCAST_GRP);
    w.putString(CTRL_ATTR_FAMILY_NAME, f.name);
    w.putU16(CTRL_ATTR_FAMILY_ID, f.id);
    w.nestStartNoflag(CTRL_ATTR_MCAST_GROUPS);
    putMcgrp(w, 1, f.mcgrpOffset + i, g);
    w.nestEnd();
    w.end();
    send(k, f, w);
  });
  if (cmd === 'del') family();
}

/** Registers the controller. */
export function genlCtrlInit(k: Kernel): void {
  genlRegisterFamily(k, {
    name: 'nlctrl', version: 2, maxattr: 0, netnsok: true, id: GENL_ID_CTRL, mcgrpBase: GENL_ID_CTRL, mcgrps: ['notify'],
    ops: [
      { cmd: CTRL_CMD_GETFAMILY, validate: GENL_DONT_VALIDATE_STRICT | GENL_DONT_VALIDATE_DUMP_STRICT, policy: FAMILY_POLICY, doit: getfamily, dumpit: dumpfamily },
      { cmd: CTRL_CMD_GETPOLICY, policy: POLICY_POLICY, start: policyStart, dumpit: dumppolicy },
    ],
  });
  k.get(NETLINK).genl.notify = (f, cmd) => event(k, f, cmd);
}

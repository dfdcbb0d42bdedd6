/** nf_tables as a subsystem of NETLINK_NETFILTER: its messages, batches that take effect as one, and what listeners hear. */
// datapath-ok-file: control messages
import { EAGAIN, ENOENT, EOPNOTSUPP, type KernelModule, type Net, NOTIFY_DONE } from '@linnet/kernel';
import { type NetdeviceNotifier, type NetDevice, NETDEV_CHANGENAME, NETDEV_REGISTER, NETDEV_UNREGISTER, registerNetdeviceNotifier, unregisterNetdeviceNotifier } from '@linnet/netdev';
import { type NlRequest } from '@linnet/netlink';
import {
  NFT_CHAIN_BINDING, NFT_MSG_DELCHAIN, NFT_MSG_DELFLOWTABLE, NFT_MSG_DELOBJ, NFT_MSG_DELRULE, NFT_MSG_DELSET, NFT_MSG_DELSETELEM, NFT_MSG_DELTABLE, NFT_MSG_DESTROYCHAIN, NFT_MSG_DESTROYOBJ,
  NFT_MSG_DESTROYRULE, NFT_MSG_DESTROYSET, NFT_MSG_DESTROYSETELEM, NFT_MSG_DESTROYTABLE, NFT_MSG_GETCHAIN, NFT_MSG_GETFLOWTABLE, NFT_MSG_GETGEN, NFT_MSG_GETOBJ, NFT_MSG_GETOBJ_RESET,
  NFT_MSG_GETRULE, NFT_MSG_GETRULE_RESET, NFT_MSG_GETSET, NFT_MSG_GETSETELEM, NFT_MSG_GETSETELEM_RESET, NFT_MSG_GETTABLE, NFT_MSG_NEWCHAIN, NFT_MSG_NEWFLOWTABLE, NFT_MSG_NEWGEN,
  NFT_MSG_NEWOBJ, NFT_MSG_NEWRULE, NFT_MSG_NEWSET, NFT_MSG_NEWSETELEM, NFT_MSG_NEWTABLE, NFTA_GEN_ID, NFTA_GEN_PROC_NAME, NFTA_GEN_PROC_PID, NLM_F_DUMP, NLM_F_ECHO, NlWriter,
} from '@linnet/uapi';
import { nfCtHelpers } from '../nf-ct-helper-module.ts';
import { nfNat } from '../nf-nat.ts';
import { NFNL_SUBSYS_NFTABLES, type NfnlCallback, nfnetlink, NFNLGRP_NFTABLES, nfnlHasListeners, type NfnlInfo, nfnlOnRelease, nfnlSend, nfnlSubsysRegister } from '../nfnetlink.ts';
import { CHAIN_POLICY, delChain, delTable, dropChain, getChain, getTable, hookIn, newChain, newTable, nftAnswer, nftBegin, nftDump, NftMsg, TABLE_POLICY, unhook } from './nft-api.ts';
import { delSetElem, ELEM_LIST_POLICY, getSetElem, newSetElem } from './nft-api-elem.ts';
import { delObj, dropObj, getObj, newObj, OBJ_POLICY } from './nft-api-obj.ts';
import { delRule, dropRules, getRule, newRule, RULE_POLICY } from './nft-api-rule.ts';
import { delSet, getSet, newSet, nftDropSet, SET_POLICY } from './nft-api-set.ts';
import { nftPolicy } from './nft-attr.ts';
import { NFT_COMPAT_SUBSYS } from './nft-compat.ts';
import { releaseElem } from './nft-elem.ts';
import { nftSound } from './nft-expr.ts';
import { NF_TABLES, NftNet, type NftRule, type NftTable } from './nft-model.ts';
import { nftSetElems } from './nft-set.ts';

function putGen(w: NlWriter, nn: NftNet, req: NlRequest): void {
  nftBegin(w, nn, req, NFT_MSG_NEWGEN, 0, 0);
  w.putBe32(NFTA_GEN_ID, nn.genid);
  w.putBe32(NFTA_GEN_PROC_PID, req.portid);
  // A machine does not know the names of the programs that speak to it.
  w.putString(NFTA_GEN_PROC_NAME, 'linnet');
  w.end();
}

function getGen(info: NfnlInfo): number {
  const m = new NftMsg(info);
  return nftAnswer(m, (w) => putGen(w, m.nn, m.req));
}

/** Takes all out of a table: rules, then sets, objects and chains. */
function flush(m: NftMsg, t: NftTable): void {
  for (const c of t.chains.all.slice()) if ((c.flags & NFT_CHAIN_BINDING) === 0) dropRules(m, c);
  for (const s of t.sets.all.slice()) nftDropSet(m, s);
  for (const o of t.objs.slice()) dropObj(m, o);
  for (const c of t.chains.all.slice()) dropChain(m, c);
}

/** After each message of a batch that began again: is the ruleset still sound? */
function checked(fn: (info: NfnlInfo) => number): (info: NfnlInfo) => number {
  return (info) => {
    const err = fn(info);
    const nn = info.net.get(NF_TABLES);
    if (err !== 0 || !nn.careful) return err;
    for (const t of nn.suspects) {
      const bad = nftSound(t);
      if (bad !== 0) return bad;
    }
    return 0;
  };
}

function forget(nn: NftNet): void {
  nn.log = [];
  nn.setIds.clear();
  nn.chainIds.clear();
  nn.ruleIds.clear();
  nn.suspects.clear();
}

function abort(net: Net): void {
  const nn = net.get(NF_TABLES);
  for (const c of nn.log.reverse()) c.undo();
  forget(nn);
}

function commit(net: Net, end: NlRequest): number {
  const nn = net.get(NF_TABLES);
  const { log } = nn;
  // Who is to blame shows when each message is looked at by itself.
  if (!nn.careful) {
    for (const t of nn.suspects) {
      if (nn.tables.includes(t) && nftSound(t) !== 0) {
        nn.careful = true;
        return -EAGAIN;
      }
    }
  }
  nn.careful = false;
  forget(nn);
  if (log.length === 0) return 0;
  nn.genid = nn.genid === 0xffffffff ? 1 : nn.genid + 1;
  const heard = nfnlHasListeners(net, NFNLGRP_NFTABLES);
  const w = new NlWriter({ capacity: 1024 });
  for (const c of log) {
    c.done?.();
    if (c.tell === null || (!heard && (c.req.flags & NLM_F_ECHO) === 0)) continue;
    c.tell(w);
    w.end();
    nfnlSend(net, w, NFNLGRP_NFTABLES, c.req);
    w.reset();
  }
  // Who asked for an echo hears of the new generation too.
  const to = log.find((c) => (c.req.flags & NLM_F_ECHO) !== 0)?.req ?? end;
  if (heard || to !== end) {
    putGen(w, nn, to);
    nfnlSend(net, w, NFNLGRP_NFTABLES, to);
  }
  return 0;
}

/** There are no flowtables. */
function getFlowtable(info: NfnlInfo): number {
  const m = new NftMsg(info);
  return (m.req.flags & NLM_F_DUMP) === NLM_F_DUMP ? nftDump(m, () => [], () => undefined) : -ENOENT;
}
const FLOWTABLE_POLICY = nftPolicy(8, {});

const del = delChain(dropRules);
const delTab = delTable(flush);

function callbacks(): (NfnlCallback | undefined)[] {
  const cb: (NfnlCallback | undefined)[] = [];
  const get = (msg: number, policy: NfnlCallback['policy'], call: (info: NfnlInfo) => number): void => {
    cb[msg] = policy === undefined ? { call } : { call, policy };
  };
  const batch = (msg: number, policy: NonNullable<NfnlCallback['policy']>, call: (info: NfnlInfo) => number): void => {
    cb[msg] = { call: checked(call), policy, batch: true };
  };
  get(NFT_MSG_GETGEN, undefined, getGen);
  batch(NFT_MSG_NEWTABLE, TABLE_POLICY, newTable);
  get(NFT_MSG_GETTABLE, TABLE_POLICY, getTable);
  for (const d of [NFT_MSG_DELTABLE, NFT_MSG_DESTROYTABLE]) batch(d, TABLE_POLICY, delTab);
  batch(NFT_MSG_NEWCHAIN, CHAIN_POLICY, newChain);
  get(NFT_MSG_GETCHAIN, CHAIN_POLICY, getChain);
  for (const d of [NFT_MSG_DELCHAIN, NFT_MSG_DESTROYCHAIN]) batch(d, CHAIN_POLICY, del);
  batch(NFT_MSG_NEWRULE, RULE_POLICY, newRule);
  for (const g of [NFT_MSG_GETRULE, NFT_MSG_GETRULE_RESET]) get(g, RULE_POLICY, getRule);
  for (const d of [NFT_MSG_DELRULE, NFT_MSG_DESTROYRULE]) batch(d, RULE_POLICY, delRule);
  batch(NFT_MSG_NEWSET, SET_POLICY, newSet);
  get(NFT_MSG_GETSET, SET_POLICY, getSet);
  for (const d of [NFT_MSG_DELSET, NFT_MSG_DESTROYSET]) batch(d, SET_POLICY, delSet);
  batch(NFT_MSG_NEWSETELEM, ELEM_LIST_POLICY, newSetElem);
  for (const g of [NFT_MSG_GETSETELEM, NFT_MSG_GETSETELEM_RESET]) get(g, ELEM_LIST_POLICY, getSetElem);
  for (const d of [NFT_MSG_DELSETELEM, NFT_MSG_DESTROYSETELEM]) batch(d, ELEM_LIST_POLICY, delSetElem);
  batch(NFT_MSG_NEWOBJ, OBJ_POLICY, newObj);
  for (const g of [NFT_MSG_GETOBJ, NFT_MSG_GETOBJ_RESET]) get(g, OBJ_POLICY, getObj);
  for (const d of [NFT_MSG_DELOBJ, NFT_MSG_DESTROYOBJ]) batch(d, OBJ_POLICY, delObj);
  get(NFT_MSG_GETFLOWTABLE, FLOWTABLE_POLICY, getFlowtable);
  for (const n of [NFT_MSG_NEWFLOWTABLE, NFT_MSG_DELFLOWTABLE]) batch(n, FLOWTABLE_POLICY, () => -EOPNOTSUPP);
  return cb;
}

/** A device comes, goes, or has another name: base chains that name it are hooked in anew. */
const deviceMoved: NetdeviceNotifier = (event: number, dev: NetDevice) => {
  if (event !== NETDEV_UNREGISTER && event !== NETDEV_REGISTER && event !== NETDEV_CHANGENAME) return NOTIFY_DONE;
  const nn = dev.net.tryGet(NF_TABLES);
  if (nn === null) return NOTIFY_DONE;
  for (const t of nn.tables) {
    for (const c of t.chains.all) {
      if (c.base === null || c.base.devs.length === 0) continue;
      unhook(c);
      hookIn(c, event === NETDEV_UNREGISTER ? dev : null);
    }
  }
  return NOTIFY_DONE;
};

/** A rule goes without a batch. */
function ended(r: NftRule): void {
  for (const e of r.exprs) {
    e.unbind?.();
    e.end?.();
  }
}

/** A program's socket is gone, and with it the tables that it owned. */
function released(net: Net, portid: number): void {
  const nn = net.tryGet(NF_TABLES);
  if (nn === null) return;
  for (const t of nn.tables.filter((x) => x.owner === portid)) {
    for (const c of t.chains.all) {
      unhook(c);
      for (const r of c.rules) ended(r);
    }
    for (const s of t.sets.all) for (const e of nftSetElems(s)) releaseElem(e);
    for (const o of t.objs) o.expr.unbind?.();
    nn.tables.splice(nn.tables.indexOf(t), 1);
    nn.genid++;
  }
}

/** The module: nf_tables, which nft(8) administers. A namespace without tables pays nothing. @public */
export const nfTables: KernelModule = {
  name: 'nf_tables',
  requires: [nfnetlink, nfNat, nfCtHelpers],
  init(k): void {
    nfnlSubsysRegister(k, {
      name: 'nf_tables', id: NFNL_SUBSYS_NFTABLES, cb: callbacks(), commit, abort,
      validGenid: (net, genid) => genid === 0 || genid === net.get(NF_TABLES).genid,
    });
    nfnlSubsysRegister(k, NFT_COMPAT_SUBSYS);
    registerNetdeviceNotifier(k, deviceMoved);
    nfnlOnRelease(k, released);
  },
  exit(k): void {
    unregisterNetdeviceNotifier(k, deviceMoved);
  },
  netInit(net: Net): void {
    net.set(NF_TABLES, new NftNet(net));
  },
  netExit(net: Net): void {
    const nn = net.get(NF_TABLES);
    for (const t of nn.tables) {
      for (const c of t.chains.all) {
        unhook(c);
        for (const r of c.rules) for (const e of r.exprs) e.end?.();
      }
    }
    nn.tables.length = 0;
  },
};

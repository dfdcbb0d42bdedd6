/** Blocks, chains and protos: where filters live (cls_api.c). */
// datapath-ok-file: changed by requests
import { EINVAL, ENOENT } from '@linnet/kernel';
import type { Qdisc, QdiscExtack } from '@linnet/netdev';
import type { Extack } from '@linnet/netlink';
import { say, tcHMaj } from './tc-core.ts';
import { TC, TC_NET, TcfBlock, TcfChain, TcfProto, type TcfProtoOps } from './tc-types.ts';

/** Makes a block for a queue, or shares the one of that number (tcf_block_get_ext). A negative errno is never returned today. */
export function tcfBlockGet(q: Qdisc, index: number, _extack: QdiscExtack | null): TcfBlock | number {
  const { net } = q.dev;
  if (index === 0) return new TcfBlock(net, 0, q);
  const { blocks } = net.get(TC_NET);
  let block = blocks.get(index);
  if (block === undefined) {
    block = new TcfBlock(net, index, q);
    blocks.set(index, block);
  } else block.refs++;
  return block;
}

/** One place less uses the block; after the last its filters go (tcf_block_put). */
export function tcfBlockPut(block: TcfBlock): void {
  if (--block.refs > 0) return;
  for (const chain of Array.from(block.chains)) {
    tcfChainFlush(chain);
    chain.explicit = false;
    tcfChainPut(chain);
  }
  if (block.index !== 0) block.net.get(TC_NET).blocks.delete(block.index);
}

/** Is it a shared block? */
export function tcfBlockShared(block: TcfBlock): boolean {
  return block.index !== 0;
}

/** The chain of that number, made when asked for; null when there is none (tcf_chain_get). */
export function tcfChainGet(block: TcfBlock, index: number, create: boolean): TcfChain | null {
  for (const chain of block.chains) if (chain.index === index) return chain;
  if (!create) return null;
  const chain = new TcfChain(block, index);
  block.chains.push(chain);
  if (index === 0) block.chain0 = chain;
  return chain;
}

/** Lets a chain go that nothing needs any more (tcf_chain_put). */
export function tcfChainPut(chain: TcfChain): void {
  if (chain.filters.length > 0 || chain.explicit || chain.actionRefs > 0) return;
  const { block } = chain;
  const i = block.chains.indexOf(chain);
  if (i >= 0) block.chains.splice(i, 1);
  if (block.chain0 === chain) block.chain0 = null;
}

/** Removes all filters of a chain (tcf_chain_flush). */
export function tcfChainFlush(chain: TcfChain): void {
  for (const tp of chain.filters.splice(0)) tp.ops.destroy(tp);
}

/**
 * The proto of that priority; null when there is none. -EINVAL, with the reason, when it is for another protocol (tcf_chain_tp_find).
 * `protocol` 0 asks for any.
 */
export function tcfProtoFind(chain: TcfChain, protocol: number, prio: number, allocate: boolean, extack: Extack): TcfProto | null | number {
  const tp = chain.filters.find((f) => f.prio >= prio);
  if (tp === undefined || tp.prio !== prio) return null;
  if (allocate || (tp.protocol !== protocol && protocol !== 0)) {
    say(extack, 'Protocol mismatch for filter with specified priority');
    return -EINVAL;
  }
  return tp;
}

/** A priority in front of those that the kernel gave out before (tcf_auto_prio). */
export function tcfAutoPrio(chain: TcfChain): number {
  const tp = chain.filters.find((f) => f.prio >= 0x80000000);
  return tp === undefined ? 0xc0000000 : tcHMaj(tp.prio - 1);
}

/** Makes a proto of that kind, not yet in its chain (tcf_proto_create). */
export function tcfProtoCreate(kind: string, protocol: number, prio: number, chain: TcfChain, extack: Extack): TcfProto | number {
  const ops = tcfProtoLookupOps(chain.block, kind);
  if (ops === null) {
    say(extack, 'TC classifier not found');
    return -ENOENT;
  }
  const tp = new TcfProto(ops, chain, prio, protocol);
  const err = ops.init(tp);
  return err < 0 ? err : tp;
}

/** The classifier of that name, or null. */
export function tcfProtoLookupOps(block: TcfBlock, kind: string): TcfProtoOps | null {
  return block.net.kernel.get(TC).classifiers.get(kind) ?? null;
}

/** Puts a proto into its chain, behind those of a lower priority. */
export function tcfProtoInsert(tp: TcfProto): void {
  const { filters } = tp.chain;
  const i = filters.findIndex((f) => f.prio >= tp.prio);
  if (i < 0) filters.push(tp);
  else filters.splice(i, 0, tp);
}

/** Takes a proto out with its filters; the chain goes too when nothing needs it (tcf_chain_tp_remove). */
export function tcfProtoRemove(tp: TcfProto): void {
  const { filters } = tp.chain;
  const i = filters.indexOf(tp);
  if (i >= 0) filters.splice(i, 1);
  tp.ops.destroy(tp);
  tcfChainPut(tp.chain);
}

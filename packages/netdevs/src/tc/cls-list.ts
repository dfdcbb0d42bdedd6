/** What classifiers share whose filters stand in one list, the newest first, and are tried in that order. */
// datapath-ok-file: requests
import { tcfExtsDestroy } from './act-api.ts';
import { bindClass, type Filter, lowestFree, unbindFilter } from './cls-common.ts';
import type { TcfProto, TcfProtoOps } from './tc-types.ts';

/** The list. */
function listOf<T extends Filter>(tp: TcfProto): T[] {
  return tp.root as T[];
}

/** The handle of a new filter: that of the one whose place it takes, the one asked for, or the lowest that is free. */
export function listHandle(tp: TcfProto, old: Filter | null, handle: number): number {
  return old?.handle ?? (handle === 0 ? lowestFree((h) => listOf(tp).some((x) => x.handle === h)) : handle);
}

/** Puts a filter in the place of `old`, which goes, or first. */
export function listPut(tp: TcfProto, f: Filter, old: Filter | null): void {
  const list = listOf(tp);
  if (old === null) list.unshift(f);
  else {
    list[list.indexOf(old)] = f;
    drop(tp, old);
  }
}

function drop(tp: TcfProto, f: Filter): void {
  unbindFilter(tp, f);
  tcfExtsDestroy(f.exts);
}

/** The calls that are the same for all of them. */
export const LIST_OPS: Pick<TcfProtoOps, 'init' | 'destroy' | 'get' | 'delete' | 'walk' | 'bindClass'> = {
  init(tp: TcfProto): number {
    tp.root = [];
    return 0;
  },
  destroy(tp: TcfProto): void {
    for (const f of listOf(tp).splice(0)) drop(tp, f);
  },
  get: (tp: TcfProto, handle: number): object | null => listOf(tp).find((f) => f.handle === handle) ?? null,
  delete(tp: TcfProto, fh: object): number {
    const list = listOf(tp);
    list.splice(list.indexOf(fh as Filter), 1);
    drop(tp, fh as Filter);
    return list.length === 0 ? 1 : 0;
  },
  walk(tp: TcfProto, fn: (fh: object) => boolean): void {
    for (const f of listOf(tp)) if (!fn(f)) return;
  },
  bindClass,
};

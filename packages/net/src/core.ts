/** What sockets need of the stack that they belong to. */
import type { Kernel, Net } from '@linnet/kernel';
import { isIP } from './address.ts';
import { notFound } from './errors.ts';
import type { ReadMemory } from './read-memory.ts';

/**
 * Finds the address of a name, in the form of Node's `dns.lookup`.
 * @public
 */
export type LookupFunction = (
  hostname: string,
  options: { family?: number; all?: false },
  callback: (err: Error | null, address: string, family: number) => void,
) => void;

/** The stack, as its sockets see it. */
export interface StackCore {
  readonly net: Net;
  readonly kernel: Kernel;
  readonly readMemory: ReadMemory;
  /** Open sockets: what each does when the namespace ends. */
  readonly open: Set<{ lost(): void }>;
  /** Names that are known without asking. */
  readonly hosts: ReadonlyMap<string, string>;
  readonly lookup: LookupFunction | null;
}

/** The numeric address behind `host` when nobody need be asked, else null. */
export function knownAddress(core: StackCore, host: string): string | null {
  if (isIP(host) !== 0) return host;
  return core.hosts.get(host.toLowerCase()) ?? null;
}

/** Finds the address of a name; `done` is called later, or at once. */
export function lookupHost(core: StackCore, host: string, lookup: LookupFunction | null, done: (err: Error | null, address: string) => void): void {
  const known = knownAddress(core, host);
  if (known !== null) return done(null, known);
  const ask = lookup ?? core.lookup;
  if (ask === null) return done(notFound(host), '');
  ask(host, { family: 4, all: false }, (err, address) => {
    if (err !== null && err !== undefined) done(err, '');
    else if (typeof address !== 'string' || isIP(address) === 0) done(notFound(host), '');
    else done(null, address);
  });
}

/** Runs `fn` when the current code is done. */
export function soon(fn: () => void): void {
  queueMicrotask(fn);
}

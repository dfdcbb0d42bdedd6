/** Making, naming, holding and ending network namespaces (ip-netns(8), network_namespaces(7)). */
import { defineKey, EEXIST, EINVAL, ENAMETOOLONG, ENOENT, type Kernel, type Key, type Net, SystemError } from '@linnet/kernel';

/** A kernel's named namespaces: what `/run/netns` is on Linux. @alpha */
export class NetnsKernel {
  /** In order of naming. */
  readonly names: Map<string, Net> = new Map();
}

/** Where a kernel keeps its names. @alpha */
export const NETNS: Key<NetnsKernel> = defineKey<NetnsKernel>('netns');
const NAME_MAX = 255;

/** May this be the name of a namespace? 0, or the negative errno of creating a file so named. */
function checkName(name: string): number {
  if (name === '' || name === '.' || name === '..' || name.includes('/') || name.includes('\0')) return -EINVAL;
  return name.length > NAME_MAX ? -ENAMETOOLONG : 0;
}

/**
 * Makes a namespace with its loopback device (down), named if `name` is given: as `ip netns add` does. An unnamed one is held by the caller until `net.put()`
 * or `net.destroy()`. Throws a SystemError: EEXIST for a name in use, EINVAL or ENAMETOOLONG for a bad one.
 * @public
 */
export function createNetns(k: Kernel, name?: string): Net {
  if (name === undefined) return k.createNet();
  const net = netnsAdd(k, name);
  if (typeof net === 'number') throw new SystemError(net, 'createNetns', `"${name}"`);
  return net;
}

/** Makes a named namespace (`ip netns add`). Returns it, or -EEXIST, -EINVAL, -ENAMETOOLONG. @public */
export function netnsAdd(k: Kernel, name: string): Net | number {
  const { names } = k.get(NETNS);
  const err = checkName(name);
  if (err < 0) return err;
  if (names.has(name)) return -EEXIST;
  const net = k.createNet(); // its maker's hold is the name's
  names.set(name, net);
  return net;
}

/** Gives a namespace that is there a name, or one more (`ip netns attach`). Returns 0, -EEXIST, -EINVAL, -ENAMETOOLONG. @public */
export function netnsAttach(k: Kernel, name: string, net: Net): number {
  const { names } = k.get(NETNS);
  const err = checkName(name);
  if (err < 0) return err;
  if (net.dead || net.kernel !== k) return -EINVAL;
  if (names.has(name)) return -EEXIST;
  names.set(name, net.hold());
  return 0;
}

/**
 * Takes a name away (`ip netns del`). The namespace ends with it unless a task, an open socket, a handle or another name holds it. Returns 0 or -ENOENT.
 * @public
 */
export function netnsDel(k: Kernel, name: string): number {
  const { names } = k.get(NETNS);
  const net = names.get(name);
  if (net === undefined) return -ENOENT;
  names.delete(name);
  net.put();
  return 0;
}

/** The namespace of that name, or null. @public */
export function netnsGet(k: Kernel, name: string): Net | null {
  return k.get(NETNS).names.get(name) ?? null;
}

/** The names, in order of naming (`ip netns list`). @public */
export function netnsList(k: Kernel): string[] {
  return Array.from(k.get(NETNS).names.keys());
}

/** The names of a namespace (`ip netns identify`); the initial one and unnamed ones have none. @public */
export function netnsNames(net: Net): string[] {
  return Array.from(net.kernel.get(NETNS).names).filter(([, n]) => n === net).map(([name]) => name);
}

/** The namespace ended: its names go. Called by the module. */
export function netnsForget(net: Net): void {
  const names = net.kernel.tryGet(NETNS)?.names;
  if (names === undefined) return;
  for (const [name, n] of names) if (n === net) names.delete(name);
}

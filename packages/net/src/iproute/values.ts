/** Between what people write and what messages carry. */
import { EINVAL, SystemError } from '@linnet/kernel';
import { AF_INET, AF_INET6, AF_UNSPEC, in4FromString, in6FromString, type NlObject, type NlObjectValue } from '@linnet/uapi';

/** '10.0.0.0/24' taken apart. */
export interface Prefix {
  readonly family: number;
  readonly address: string;
  readonly length: number;
}

/** A wrong argument, named. */
export function badArgument(name: string, value: unknown): SystemError {
  return badRequest(`${name}: ${value === undefined ? 'missing' : typeof value === 'string' ? `"${value}"` : String(value)}`);
}

/** A request that makes no sense, in words. */
export function badRequest(why: string): SystemError {
  return new SystemError(-EINVAL, 'ipRoute', why);
}

/** The keys that an argument may have: each of them, so that none is forgotten here. */
export type Keys<T> = Readonly<Record<keyof T, true>>;

/** Throws EINVAL with the name of a key that is not among `keys`: where no compiler looks, a slip of the pen would say something else than what is meant. `where` is in front of it. */
export function onlyKeys(given: object, keys: Readonly<Record<string, true>>, where: string = ''): void {
  if (typeof given !== 'object' || given === null) throw badRequest(`${where === '' ? '' : `${where}: `}an object is needed, not ${String(given)}`);
  for (const key of Object.keys(given)) if (!Object.hasOwn(keys, key)) throw badRequest(`${where === '' ? '' : `${where}.`}${key}: unknown, there are ${Object.keys(keys).join(', ')}`);
}

/** The address family of a filter; AF_UNSPEC, which is all, when none is given. Throws EINVAL for what is none. */
export function familyArg(family: number | undefined): number {
  if (family === undefined) return AF_UNSPEC;
  if (family !== AF_UNSPEC && family !== AF_INET && family !== AF_INET6) throw badRequest(`family: ${String(family)} is unknown, there are AF_INET (${AF_INET}) and AF_INET6 (${AF_INET6})`);
  return family;
}

/** AF_INET or AF_INET6 of a numeric address. Throws EINVAL with the argument's name. */
export function familyOf(name: string, address: string): number {
  if (typeof address === 'string') {
    if (in4FromString(address) !== null) return AF_INET;
    if (in6FromString(address) !== null) return AF_INET6;
  }
  throw badArgument(name, address);
}

/** An address with an optional length; without one it is a host's. Throws EINVAL with the argument's name. */
export function prefixOf(name: string, text: string): Prefix {
  if (typeof text !== 'string') throw badArgument(name, text);
  const [address = '', length, more] = text.split('/');
  const family = familyOf(name, address);
  const max = family === AF_INET ? 32 : 128;
  const len = length === undefined ? max : /^\d+$/.test(length) ? Number(length) : NaN;
  if (more !== undefined || !(len >= 0 && len <= max)) throw badArgument(name, text);
  return { family, address, length: len };
}

/** An attribute of a decoded message; undefined when it is missing or of another type. */
export function numberAttr(o: NlObject, name: string): number | undefined {
  const v = o[name];
  return typeof v === 'number' ? v : undefined;
}

/** See {@link numberAttr}. */
export function stringAttr(o: NlObject, name: string): string | undefined {
  const v = o[name];
  return typeof v === 'string' ? v : undefined;
}

/** See {@link numberAttr}. */
export function bytesAttr(o: NlObject, name: string): Uint8Array | undefined {
  const v = o[name];
  return v instanceof Uint8Array ? v : undefined;
}

/** See {@link numberAttr}. */
export function nestAttr(o: NlObject, name: string): NlObject | undefined {
  const v = o[name];
  return typeof v === 'object' && !(v instanceof Uint8Array) && !Array.isArray(v) ? (v as NlObject) : undefined;
}

/** Attributes without those that are undefined. */
export function defined(o: Readonly<Record<string, NlObjectValue | undefined>>): NlObject {
  const out: NlObject = {};
  for (const [name, value] of Object.entries(o)) if (value !== undefined) out[name] = value;
  return out;
}

/** The number of a named value; numbers stay. Throws EINVAL with the argument's name. */
export function numberOf(name: string, value: string | number, names: Readonly<Record<string, number>>): number {
  if (typeof value === 'number') return value;
  const n = Object.hasOwn(names, value) ? names[value] : undefined;
  if (n === undefined) throw badArgument(name, value);
  return n;
}

/** The name of a number; a number without one as text. */
export function nameOf(value: number, names: Readonly<Record<string, number>>): string {
  for (const [name, n] of Object.entries(names)) if (n === value) return name;
  return String(value);
}

/** Errors in the form of Node's own. */
import { errnoName, strerror } from '@linnet/kernel';

/**
 * An error of a socket, in the form of Node's: `code` is 'ECONNREFUSED', `errno` -111, `syscall` 'connect'; the message is
 * 'connect ECONNREFUSED 10.0.0.1:80'.
 * @public
 */
export interface NetError extends Error {
  code: string;
  errno?: number;
  syscall?: string;
  /** The other side's address, or for bind and listen the own. */
  address?: string;
  port?: number;
  /** The name that was not found. */
  hostname?: string;
}

function make(message: string, code: string): NetError {
  const error = new Error(message) as NetError;
  error.code = code;
  return error;
}

/** `read ECONNRESET`. */
export function errnoException(err: number, syscall: string, detail: string = ''): NetError {
  const code = errnoName(err);
  const error = make(`${syscall} ${code}${detail === '' ? '' : ` ${detail}`}`, code);
  error.errno = -Math.abs(err);
  error.syscall = syscall;
  return error;
}

/** `connect ECONNREFUSED 10.0.0.1:80`, with ` - Local (10.0.0.2:5000)` where that was asked for. */
export function hostPortException(err: number, syscall: string, address: string, port: number, local: string = ''): NetError {
  const where = port > 0 ? `${address}:${port}` : address;
  const error = errnoException(err, syscall, local === '' ? where : `${where} - Local (${local})`);
  error.address = address;
  if (port > 0) error.port = port;
  return error;
}

/** `listen EADDRINUSE: address already in use 0.0.0.0:80`. */
export function listenException(err: number, syscall: string, address: string, port: number): NetError {
  const text = strerror(err);
  const error = make(`${syscall} ${errnoName(err)}: ${text.charAt(0).toLowerCase()}${text.slice(1)} ${address}${port > 0 ? `:${port}` : ''}`, errnoName(err));
  error.errno = -Math.abs(err);
  error.syscall = syscall;
  error.address = address;
  if (port > 0) error.port = port;
  return error;
}

/** `getaddrinfo ENOTFOUND example.org`. */
export function notFound(hostname: string): NetError {
  const error = make(`getaddrinfo ENOTFOUND ${hostname}`, 'ENOTFOUND');
  error.syscall = 'getaddrinfo';
  error.hostname = hostname;
  return error;
}

/** An error of the caller, with one of Node's codes. */
export function codedError(code: string, message: string): NetError {
  const error = make(message, code);
  error.name = 'Error';
  return error;
}

/** A value as Node's errors tell it: "type string ('x')", 'an instance of Map', 'function f'. */
function received(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'function') return `function ${value.name}`;
  if (typeof value !== 'object') return `type ${typeof value} (${typeof value === 'string' ? `'${value}'` : String(value)})`;
  const made = (value as { constructor?: { name?: string } }).constructor?.name;
  return made === undefined || made === '' ? 'an object' : `an instance of ${made}`;
}

/** A wrong argument: a TypeError with code ERR_INVALID_ARG_TYPE. */
export function argType(name: string, expected: string, value: unknown): TypeError {
  const what = name.includes('.') ? 'property' : 'argument';
  return Object.assign(new TypeError(`The "${name}" ${what} must be ${expected}. Received ${received(value)}`), { code: 'ERR_INVALID_ARG_TYPE' });
}

/** A time from 0 on. Throws a TypeError for what is no number, a RangeError with code ERR_OUT_OF_RANGE for what is no time. */
export function checkMilliseconds(value: unknown, name: string): void {
  if (typeof value !== 'number') throw argType(name, 'of type number', value);
  if (value >= 0 && value !== Infinity) return;
  throw Object.assign(new RangeError(`The value of "${name}" is out of range. It must be a non-negative finite number. Received ${value}`), { code: 'ERR_OUT_OF_RANGE' });
}

/** What is given must be an AbortSignal, whoever's; absent is good. Throws a TypeError that names it. */
export function checkSignal(value: unknown, name: string): void {
  if (value === undefined || typeof (value as { addEventListener?: unknown } | null)?.addEventListener === 'function') return;
  throw argType(name, 'an instance of AbortSignal', value);
}

/** What is given must be a function; absent is good. Throws a TypeError that names it. */
export function checkFunction(value: unknown, name: string): void {
  if (value !== undefined && typeof value !== 'function') throw argType(name, 'of type function', value);
}

/** A port from 0 to 65535, from a number or its text. Throws a RangeError with code ERR_SOCKET_BAD_PORT that names the argument. */
export function checkPort(value: unknown, name: string, allowZero: boolean = true): number {
  const port = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof port === 'number' && Number.isInteger(port) && port >= (allowZero ? 0 : 1) && port <= 65535) return port;
  throw Object.assign(new RangeError(`${name} should be ${allowZero ? '>= 0' : '> 0'} and < 65536. Received ${received(value)}.`), { code: 'ERR_SOCKET_BAD_PORT' });
}

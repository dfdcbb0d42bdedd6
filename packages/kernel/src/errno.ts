/**
 * The error numbers of Linux (the generic table of errno(3), as on x86 and arm64), their names and messages.
 * Functions inside the kernel return them negated; only the outer faces make {@link SystemError}s of them.
 */

/** Operation not permitted. @public */
export const EPERM = 1;
/** No such file or directory. @public */
export const ENOENT = 2;
/** No such process. @public */
export const ESRCH = 3;
/** Interrupted system call. @public */
export const EINTR = 4;
/** Input/output error. @public */
export const EIO = 5;
/** No such device or address. @public */
export const ENXIO = 6;
/** Argument list too long. @public */
export const E2BIG = 7;
/** Exec format error. @public */
export const ENOEXEC = 8;
/** Bad file descriptor. @public */
export const EBADF = 9;
/** No child processes. @public */
export const ECHILD = 10;
/** Resource temporarily unavailable. @public */
export const EAGAIN = 11;
/** Resource temporarily unavailable. @public */
export const EWOULDBLOCK = 11;
/** Cannot allocate memory. @public */
export const ENOMEM = 12;
/** Permission denied. @public */
export const EACCES = 13;
/** Bad address. @public */
export const EFAULT = 14;
/** Block device required. @public */
export const ENOTBLK = 15;
/** Device or resource busy. @public */
export const EBUSY = 16;
/** File exists. @public */
export const EEXIST = 17;
/** Invalid cross-device link. @public */
export const EXDEV = 18;
/** No such device. @public */
export const ENODEV = 19;
/** Not a directory. @public */
export const ENOTDIR = 20;
/** Is a directory. @public */
export const EISDIR = 21;
/** Invalid argument. @public */
export const EINVAL = 22;
/** Too many open files in system. @public */
export const ENFILE = 23;
/** Too many open files. @public */
export const EMFILE = 24;
/** Inappropriate ioctl for device. @public */
export const ENOTTY = 25;
/** Text file busy. @public */
export const ETXTBSY = 26;
/** File too large. @public */
export const EFBIG = 27;
/** No space left on device. @public */
export const ENOSPC = 28;
/** Illegal seek. @public */
export const ESPIPE = 29;
/** Read-only file system. @public */
export const EROFS = 30;
/** Too many links. @public */
export const EMLINK = 31;
/** Broken pipe. @public */
export const EPIPE = 32;
/** Numerical argument out of domain. @public */
export const EDOM = 33;
/** Numerical result out of range. @public */
export const ERANGE = 34;
/** Resource deadlock avoided. @public */
export const EDEADLK = 35;
/** Resource deadlock avoided. @public */
export const EDEADLOCK = 35;
/** File name too long. @public */
export const ENAMETOOLONG = 36;
/** No locks available. @public */
export const ENOLCK = 37;
/** Function not implemented. @public */
export const ENOSYS = 38;
/** Directory not empty. @public */
export const ENOTEMPTY = 39;
/** Too many levels of symbolic links. @public */
export const ELOOP = 40;
/** No message of desired type. @public */
export const ENOMSG = 42;
/** Identifier removed. @public */
export const EIDRM = 43;
/** Channel number out of range. @public */
export const ECHRNG = 44;
/** Level 2 not synchronized. @public */
export const EL2NSYNC = 45;
/** Level 3 halted. @public */
export const EL3HLT = 46;
/** Level 3 reset. @public */
export const EL3RST = 47;
/** Link number out of range. @public */
export const ELNRNG = 48;
/** Protocol driver not attached. @public */
export const EUNATCH = 49;
/** No CSI structure available. @public */
export const ENOCSI = 50;
/** Level 2 halted. @public */
export const EL2HLT = 51;
/** Invalid exchange. @public */
export const EBADE = 52;
/** Invalid request descriptor. @public */
export const EBADR = 53;
/** Exchange full. @public */
export const EXFULL = 54;
/** No anode. @public */
export const ENOANO = 55;
/** Invalid request code. @public */
export const EBADRQC = 56;
/** Invalid slot. @public */
export const EBADSLT = 57;
/** Bad font file format. @public */
export const EBFONT = 59;
/** Device not a stream. @public */
export const ENOSTR = 60;
/** No data available. @public */
export const ENODATA = 61;
/** Timer expired. @public */
export const ETIME = 62;
/** Out of streams resources. @public */
export const ENOSR = 63;
/** Machine is not on the network. @public */
export const ENONET = 64;
/** Package not installed. @public */
export const ENOPKG = 65;
/** Object is remote. @public */
export const EREMOTE = 66;
/** Link has been severed. @public */
export const ENOLINK = 67;
/** Advertise error. @public */
export const EADV = 68;
/** Srmount error. @public */
export const ESRMNT = 69;
/** Communication error on send. @public */
export const ECOMM = 70;
/** Protocol error. @public */
export const EPROTO = 71;
/** Multihop attempted. @public */
export const EMULTIHOP = 72;
/** RFS specific error. @public */
export const EDOTDOT = 73;
/** Bad message. @public */
export const EBADMSG = 74;
/** Value too large for defined data type. @public */
export const EOVERFLOW = 75;
/** Name not unique on network. @public */
export const ENOTUNIQ = 76;
/** File descriptor in bad state. @public */
export const EBADFD = 77;
/** Remote address changed. @public */
export const EREMCHG = 78;
/** Can not access a needed shared library. @public */
export const ELIBACC = 79;
/** Accessing a corrupted shared library. @public */
export const ELIBBAD = 80;
/** .lib section in a.out corrupted. @public */
export const ELIBSCN = 81;
/** Attempting to link in too many shared libraries. @public */
export const ELIBMAX = 82;
/** Cannot exec a shared library directly. @public */
export const ELIBEXEC = 83;
/** Invalid or incomplete multibyte or wide character. @public */
export const EILSEQ = 84;
/** Interrupted system call should be restarted. @public */
export const ERESTART = 85;
/** Streams pipe error. @public */
export const ESTRPIPE = 86;
/** Too many users. @public */
export const EUSERS = 87;
/** Socket operation on non-socket. @public */
export const ENOTSOCK = 88;
/** Destination address required. @public */
export const EDESTADDRREQ = 89;
/** Message too long. @public */
export const EMSGSIZE = 90;
/** Protocol wrong type for socket. @public */
export const EPROTOTYPE = 91;
/** Protocol not available. @public */
export const ENOPROTOOPT = 92;
/** Protocol not supported. @public */
export const EPROTONOSUPPORT = 93;
/** Socket type not supported. @public */
export const ESOCKTNOSUPPORT = 94;
/** Operation not supported. @public */
export const EOPNOTSUPP = 95;
/** Operation not supported. @public */
export const ENOTSUP = 95;
/** Protocol family not supported. @public */
export const EPFNOSUPPORT = 96;
/** Address family not supported by protocol. @public */
export const EAFNOSUPPORT = 97;
/** Address already in use. @public */
export const EADDRINUSE = 98;
/** Cannot assign requested address. @public */
export const EADDRNOTAVAIL = 99;
/** Network is down. @public */
export const ENETDOWN = 100;
/** Network is unreachable. @public */
export const ENETUNREACH = 101;
/** Network dropped connection on reset. @public */
export const ENETRESET = 102;
/** Software caused connection abort. @public */
export const ECONNABORTED = 103;
/** Connection reset by peer. @public */
export const ECONNRESET = 104;
/** No buffer space available. @public */
export const ENOBUFS = 105;
/** Transport endpoint is already connected. @public */
export const EISCONN = 106;
/** Transport endpoint is not connected. @public */
export const ENOTCONN = 107;
/** Cannot send after transport endpoint shutdown. @public */
export const ESHUTDOWN = 108;
/** Too many references: cannot splice. @public */
export const ETOOMANYREFS = 109;
/** Connection timed out. @public */
export const ETIMEDOUT = 110;
/** Connection refused. @public */
export const ECONNREFUSED = 111;
/** Host is down. @public */
export const EHOSTDOWN = 112;
/** No route to host. @public */
export const EHOSTUNREACH = 113;
/** Operation already in progress. @public */
export const EALREADY = 114;
/** Operation now in progress. @public */
export const EINPROGRESS = 115;
/** Stale file handle. @public */
export const ESTALE = 116;
/** Structure needs cleaning. @public */
export const EUCLEAN = 117;
/** Not a XENIX named type file. @public */
export const ENOTNAM = 118;
/** No XENIX semaphores available. @public */
export const ENAVAIL = 119;
/** Is a named type file. @public */
export const EISNAM = 120;
/** Remote I/O error. @public */
export const EREMOTEIO = 121;
/** Disk quota exceeded. @public */
export const EDQUOT = 122;
/** No medium found. @public */
export const ENOMEDIUM = 123;
/** Wrong medium type. @public */
export const EMEDIUMTYPE = 124;
/** Operation canceled. @public */
export const ECANCELED = 125;
/** Required key not available. @public */
export const ENOKEY = 126;
/** Key has expired. @public */
export const EKEYEXPIRED = 127;
/** Key has been revoked. @public */
export const EKEYREVOKED = 128;
/** Key was rejected by service. @public */
export const EKEYREJECTED = 129;
/** Owner died. @public */
export const EOWNERDEAD = 130;
/** State not recoverable. @public */
export const ENOTRECOVERABLE = 131;
/** Operation not possible due to RF-kill. @public */
export const ERFKILL = 132;
/** Memory page has hardware error. @public */
export const EHWPOISON = 133;

/** Inside only: a call that a signal broke and that may be started again. @alpha */
export const ERESTARTSYS = 512;
/** Inside only: this layer does not know the ioctl; ask the next. @alpha */
export const ENOIOCTLCMD = 515;

/** Name and message of each number, at its number. */
const TABLE: readonly (readonly [string, string] | undefined)[] = Object.freeze([
  undefined,
  ['EPERM', 'Operation not permitted'],
  ['ENOENT', 'No such file or directory'],
  ['ESRCH', 'No such process'],
  ['EINTR', 'Interrupted system call'],
  ['EIO', 'Input/output error'],
  ['ENXIO', 'No such device or address'],
  ['E2BIG', 'Argument list too long'],
  ['ENOEXEC', 'Exec format error'],
  ['EBADF', 'Bad file descriptor'],
  ['ECHILD', 'No child processes'],
  ['EAGAIN', 'Resource temporarily unavailable'],
  ['ENOMEM', 'Cannot allocate memory'],
  ['EACCES', 'Permission denied'],
  ['EFAULT', 'Bad address'],
  ['ENOTBLK', 'Block device required'],
  ['EBUSY', 'Device or resource busy'],
  ['EEXIST', 'File exists'],
  ['EXDEV', 'Invalid cross-device link'],
  ['ENODEV', 'No such device'],
  ['ENOTDIR', 'Not a directory'],
  ['EISDIR', 'Is a directory'],
  ['EINVAL', 'Invalid argument'],
  ['ENFILE', 'Too many open files in system'],
  ['EMFILE', 'Too many open files'],
  ['ENOTTY', 'Inappropriate ioctl for device'],
  ['ETXTBSY', 'Text file busy'],
  ['EFBIG', 'File too large'],
  ['ENOSPC', 'No space left on device'],
  ['ESPIPE', 'Illegal seek'],
  ['EROFS', 'Read-only file system'],
  ['EMLINK', 'Too many links'],
  ['EPIPE', 'Broken pipe'],
  ['EDOM', 'Numerical argument out of domain'],
  ['ERANGE', 'Numerical result out of range'],
  ['EDEADLK', 'Resource deadlock avoided'],
  ['ENAMETOOLONG', 'File name too long'],
  ['ENOLCK', 'No locks available'],
  ['ENOSYS', 'Function not implemented'],
  ['ENOTEMPTY', 'Directory not empty'],
  ['ELOOP', 'Too many levels of symbolic links'],
  undefined,
  ['ENOMSG', 'No message of desired type'],
  ['EIDRM', 'Identifier removed'],
  ['ECHRNG', 'Channel number out of range'],
  ['EL2NSYNC', 'Level 2 not synchronized'],
  ['EL3HLT', 'Level 3 halted'],
  ['EL3RST', 'Level 3 reset'],
  ['ELNRNG', 'Link number out of range'],
  ['EUNATCH', 'Protocol driver not attached'],
  ['ENOCSI', 'No CSI structure available'],
  ['EL2HLT', 'Level 2 halted'],
  ['EBADE', 'Invalid exchange'],
  ['EBADR', 'Invalid request descriptor'],
  ['EXFULL', 'Exchange full'],
  ['ENOANO', 'No anode'],
  ['EBADRQC', 'Invalid request code'],
  ['EBADSLT', 'Invalid slot'],
  undefined,
  ['EBFONT', 'Bad font file format'],
  ['ENOSTR', 'Device not a stream'],
  ['ENODATA', 'No data available'],
  ['ETIME', 'Timer expired'],
  ['ENOSR', 'Out of streams resources'],
  ['ENONET', 'Machine is not on the network'],
  ['ENOPKG', 'Package not installed'],
  ['EREMOTE', 'Object is remote'],
  ['ENOLINK', 'Link has been severed'],
  ['EADV', 'Advertise error'],
  ['ESRMNT', 'Srmount error'],
  ['ECOMM', 'Communication error on send'],
  ['EPROTO', 'Protocol error'],
  ['EMULTIHOP', 'Multihop attempted'],
  ['EDOTDOT', 'RFS specific error'],
  ['EBADMSG', 'Bad message'],
  ['EOVERFLOW', 'Value too large for defined data type'],
  ['ENOTUNIQ', 'Name not unique on network'],
  ['EBADFD', 'File descriptor in bad state'],
  ['EREMCHG', 'Remote address changed'],
  ['ELIBACC', 'Can not access a needed shared library'],
  ['ELIBBAD', 'Accessing a corrupted shared library'],
  ['ELIBSCN', '.lib section in a.out corrupted'],
  ['ELIBMAX', 'Attempting to link in too many shared libraries'],
  ['ELIBEXEC', 'Cannot exec a shared library directly'],
  ['EILSEQ', 'Invalid or incomplete multibyte or wide character'],
  ['ERESTART', 'Interrupted system call should be restarted'],
  ['ESTRPIPE', 'Streams pipe error'],
  ['EUSERS', 'Too many users'],
  ['ENOTSOCK', 'Socket operation on non-socket'],
  ['EDESTADDRREQ', 'Destination address required'],
  ['EMSGSIZE', 'Message too long'],
  ['EPROTOTYPE', 'Protocol wrong type for socket'],
  ['ENOPROTOOPT', 'Protocol not available'],
  ['EPROTONOSUPPORT', 'Protocol not supported'],
  ['ESOCKTNOSUPPORT', 'Socket type not supported'],
  ['EOPNOTSUPP', 'Operation not supported'],
  ['EPFNOSUPPORT', 'Protocol family not supported'],
  ['EAFNOSUPPORT', 'Address family not supported by protocol'],
  ['EADDRINUSE', 'Address already in use'],
  ['EADDRNOTAVAIL', 'Cannot assign requested address'],
  ['ENETDOWN', 'Network is down'],
  ['ENETUNREACH', 'Network is unreachable'],
  ['ENETRESET', 'Network dropped connection on reset'],
  ['ECONNABORTED', 'Software caused connection abort'],
  ['ECONNRESET', 'Connection reset by peer'],
  ['ENOBUFS', 'No buffer space available'],
  ['EISCONN', 'Transport endpoint is already connected'],
  ['ENOTCONN', 'Transport endpoint is not connected'],
  ['ESHUTDOWN', 'Cannot send after transport endpoint shutdown'],
  ['ETOOMANYREFS', 'Too many references: cannot splice'],
  ['ETIMEDOUT', 'Connection timed out'],
  ['ECONNREFUSED', 'Connection refused'],
  ['EHOSTDOWN', 'Host is down'],
  ['EHOSTUNREACH', 'No route to host'],
  ['EALREADY', 'Operation already in progress'],
  ['EINPROGRESS', 'Operation now in progress'],
  ['ESTALE', 'Stale file handle'],
  ['EUCLEAN', 'Structure needs cleaning'],
  ['ENOTNAM', 'Not a XENIX named type file'],
  ['ENAVAIL', 'No XENIX semaphores available'],
  ['EISNAM', 'Is a named type file'],
  ['EREMOTEIO', 'Remote I/O error'],
  ['EDQUOT', 'Disk quota exceeded'],
  ['ENOMEDIUM', 'No medium found'],
  ['EMEDIUMTYPE', 'Wrong medium type'],
  ['ECANCELED', 'Operation canceled'],
  ['ENOKEY', 'Required key not available'],
  ['EKEYEXPIRED', 'Key has expired'],
  ['EKEYREVOKED', 'Key has been revoked'],
  ['EKEYREJECTED', 'Key was rejected by service'],
  ['EOWNERDEAD', 'Owner died'],
  ['ENOTRECOVERABLE', 'State not recoverable'],
  ['ERFKILL', 'Operation not possible due to RF-kill'],
  ['EHWPOISON', 'Memory page has hardware error'],
]);

/**
 * The name of an error number, 'EINVAL' for 22 and for -22; 'E41' for a number without a name.
 * Of two names the first of errno(3) is given: EAGAIN (not EWOULDBLOCK), EOPNOTSUPP (not ENOTSUP), EDEADLK.
 * Source: strerrorname_np(3).
 * @public
 */
export function errnoName(n: number): string {
  const number = Math.abs(n);
  return TABLE[number]?.[0] ?? `E${number}`;
}

/**
 * The number of an error's name, 22 for 'EINVAL'; 0 if there is no such name. The second names are known too.
 * @public
 */
export function errnoNumber(name: string): number {
  if (name === 'EWOULDBLOCK') return EWOULDBLOCK;
  if (name === 'ENOTSUP') return ENOTSUP;
  if (name === 'EDEADLOCK') return EDEADLOCK;
  const n = TABLE.findIndex((row) => row !== undefined && row[0] === name);
  return n === -1 ? 0 : n;
}

/**
 * The message for an error number of either sign, as strerror(3) gives it: 'Invalid argument' for 22 and for -22.
 * @public
 */
export function strerror(n: number): string {
  const number = Math.abs(n);
  if (number === 0) return 'Success';
  return TABLE[number]?.[1] ?? `Unknown error ${number}`;
}

/**
 * A system call's error, for the faces above the kernel (inside, errors are negative return values).
 * `code` is the name ('EINVAL'), `errno` the negative number (-22), `syscall` the call's name, as in Node's own errors.
 * The message is 'connect ECONNREFUSED 10.0.0.1:80: Connection refused', where the third word is `detail`, if given.
 * @public
 */
export class SystemError extends Error {
  readonly code: string;
  readonly errno: number;
  readonly syscall: string;

  /** `errno` may have either sign; the field is always negative. */
  constructor(errno: number, syscall: string, detail?: string) {
    const code = errnoName(errno);
    super(`${syscall} ${code}${detail === undefined || detail === '' ? '' : ` ${detail}`}: ${strerror(errno)}`);
    this.name = 'SystemError';
    this.code = code;
    this.errno = -Math.abs(errno);
    this.syscall = syscall;
  }
}

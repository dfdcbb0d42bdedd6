/** Local sockets (AF_UNIX). */
export { unixDgramOps, unixSeqpacketOps, unixStreamOps } from './af-unix.ts';
export { unix } from './module.ts';
export { unixPathExists, unixUnlink } from './unix-name.ts';
export { UNIX, UNIX_NET, UnixKernel, UnixNet, UnixPath, unixInqLen, unixSkbLen, UnixSock } from './unix-sock.ts';

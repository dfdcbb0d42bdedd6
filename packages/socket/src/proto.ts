/**
 * The two seams of a socket: `ProtoOps` is what the system calls see of a family (struct proto_ops), `Proto` what the family sees of a transport (struct proto).
 *
 * Every operation is synchronous and never blocks: what would wait returns -EAGAIN (or -EINPROGRESS for connect), and `posix` waits for the socket's
 * queue and asks again. Results are zero or positive, or a negative errno.
 */
import type { SockAddr } from '@linnet/uapi';
import type { MsgHdr } from './msg.ts';
import type { ProtoMemory } from './memory.ts';
import type { Sock } from './sock.ts';
import type { Socket } from './socket.ts';

/** A family's face towards the system calls (struct proto_ops). @alpha */
export interface ProtoOps {
  readonly family: number;
  /** The last descriptor is gone: detach and begin to close. */
  release(sock: Socket): number;
  bind(sock: Socket, addr: SockAddr): number;
  /** Starts a connection; -EINPROGRESS while it is under way, then poll for POLLOUT and read SO_ERROR. */
  connect(sock: Socket, addr: SockAddr, flags: number): number;
  socketpair?(a: Socket, b: Socket): number;
  /** Takes one connection from the accept queue into `newsock`; -EAGAIN when there is none. */
  accept(sock: Socket, newsock: Socket, flags: number): number;
  /** The own (`peer` false) or the other address, or a negative errno. */
  getname(sock: Socket, peer: boolean): SockAddr | number;
  /** The POLL* bits that hold now. */
  poll(sock: Socket): number;
  ioctl?(sock: Socket, cmd: number, arg: Uint8Array): number;
  /** The memory that the socket shares with its reader, or a negative errno. */
  mmap?(sock: Socket): Uint8Array | number;
  listen(sock: Socket, backlog: number): number;
  shutdown(sock: Socket, how: number): number;
  setsockopt(sock: Socket, level: number, opt: number, val: Uint8Array): number;
  /** The option's value (at most `maxLen` bytes), or a negative errno. A few options are asked with something in the buffer: `input`. */
  getsockopt(sock: Socket, level: number, opt: number, maxLen: number, input?: Uint8Array): Uint8Array | number;
  /** Sends up to `size` bytes of `msg.iov`; may take fewer. */
  sendmsg(sock: Socket, msg: MsgHdr, size: number): number;
  /** Receives up to `size` bytes into `msg.iov`, filling in name, control and flags. */
  recvmsg(sock: Socket, msg: MsgHdr, size: number, flags: number): number;
}

/** A transport's face towards its family (struct proto). Optional members are for transports that have the notion. @alpha */
export interface Proto {
  readonly name: string;
  /** Shared memory limits; null when the transport has none. */
  readonly memory: ProtoMemory | null;
  /** Its recvmsg honours SO_PEEK_OFF. */
  readonly peekOff?: boolean;
  /** SO_MAX_PACING_RATE was set to `sk.maxPacingRate`. */
  readonly pacingLimit?: (sk: Sock) => void;
  /** Prepares a new sock; 0 or a negative errno. */
  init(sk: Sock): number;
  close(sk: Sock, timeoutMs: number): void;
  connect(sk: Sock, addr: SockAddr): number;
  disconnect(sk: Sock, flags: number): number;
  /** The next established connection, or a negative errno. */
  accept?(sk: Sock, flags: number): Sock | number;
  ioctl?(sk: Sock, cmd: number, arg: Uint8Array): number;
  destroy?(sk: Sock): void;
  /** SO_KEEPALIVE was switched: start or stop the timer. */
  keepalive?(sk: Sock, on: boolean): void;
  /** Streams: the sequence number from which SOF_TIMESTAMPING_OPT_ID counts bytes, of the next one to be written (`written`) or to be acknowledged. */
  stampBase?(sk: Sock, written: boolean): number;
  shutdown?(sk: Sock, how: number): void;
  /** Begins to take connections, or changes how many may wait (inet_csk_listen_start); absent where there are none. 0 or a negative errno. */
  listen?(sk: Sock, backlog: number): number;
  /** The POLL* bits that hold now; those of datagram sockets when absent. */
  poll?(sk: Sock): number;
  setsockopt(sk: Sock, level: number, opt: number, val: Uint8Array): number;
  /** As of {@link ProtoOps}: `input` is what stood in the buffer. */
  getsockopt(sk: Sock, level: number, opt: number, maxLen: number, input?: Uint8Array): Uint8Array | number;
  sendmsg(sk: Sock, msg: MsgHdr, size: number): number;
  recvmsg(sk: Sock, msg: MsgHdr, size: number, flags: number): number;
  bind?(sk: Sock, addr: SockAddr): number;
  hash?(sk: Sock): number;
  unhash?(sk: Sock): void;
  /** Claims the local port `snum` (host order), or any when 0; 0 or a negative errno. */
  getPort?(sk: Sock, snum: number): number;
  putPort?(sk: Sock): void;
}

/** A kernel socket in the hands of a stream: calls that bracket the kernel, and events in turns of their own. */
import { delTimer, type Kernel, modTimer, msecsToJiffies, TimerList, WaitEntry } from '@linnet/kernel';
import { intOpt, MsgHdr, sockCreate, Socket as KernelSocket, sockGetsockopt, sockRelease, sockSetsockopt } from '@linnet/socket';
import { MSG_DONTWAIT, MSG_NOSIGNAL, SO_LINGER, SOL_SOCKET, type SockAddr } from '@linnet/uapi';
import { type AddressInfo, addressInfo } from './address.ts';
import type { StackCore } from './core.ts';
import { IoTurn } from './io-loop.ts';

/** Every call is non-blocking and returns a negative errno for an error. */
export class SockHandle {
  readonly core: StackCore;
  readonly sock: KernelSocket;
  closed = false;
  private readonly kernel: Kernel;
  private readonly entry: WaitEntry;
  private readonly turn: IoTurn;
  private readonly msg: MsgHdr = new MsgHdr();
  private readonly one: Uint8Array[] = [];
  private mask = 0;
  private onEvents: ((mask: number) => void) | null = null;
  private onLost: (() => void) | null = null;
  private held = false;

  constructor(core: StackCore, sock: KernelSocket) {
    this.core = core;
    this.kernel = core.kernel;
    this.sock = sock;
    core.open.add(this);
    this.entry = new WaitEntry((mask) => this.poke(mask));
    this.turn = new IoTurn(core.kernel.clock, () => this.run());
  }

  /** A new socket, or a negative errno. */
  static open(core: StackCore, family: number, type: number, protocol: number = 0): SockHandle | number {
    core.kernel.enter();
    try {
      const sock = sockCreate(core.net, family, type, protocol);
      return typeof sock === 'number' ? sock : new SockHandle(core, sock);
    } finally {
      core.kernel.exit();
    }
  }

  /**
   * Tells of events from now on, each time in a turn of its own, with the POLL* bits since the last. `onLost` (the first one given) is called
   * in a turn of its own when the namespace has ended, and the socket with it.
   */
  watch(onEvents: (mask: number) => void, onLost: (() => void) | null = null): void {
    this.onEvents = onEvents;
    this.onLost ??= onLost;
    this.sock.wq.add(this.entry);
  }

  /** Lets the watcher have a turn, as if these POLL* bits had come. */
  poke(mask: number): void {
    this.mask |= mask;
    this.turn.post();
  }

  /** Keeps the host's process alive while the socket is open, or no more. */
  hold(on: boolean): void {
    if (on === this.held || (on && this.closed)) return;
    this.held = on;
    if (on) this.kernel.hold();
    else this.kernel.release();
  }

  /** Closes it; `reset` throws away what is on its way and tells the other side so. Doing it twice is nothing. */
  close(reset: boolean = false): void {
    if (this.closed) return;
    this.hold(false);
    this.closed = true;
    this.onEvents = null;
    this.core.open.delete(this);
    this.kernel.enter();
    try {
      this.sock.wq.remove(this.entry);
      if (reset) sockSetsockopt(this.sock, SO_LINGER, new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]));
      sockRelease(this.sock);
    } finally {
      this.kernel.exit();
    }
  }

  /** The namespace ends: resets the connection and tells the owner afterwards. */
  lost(): void {
    const { onLost } = this;
    this.close(true);
    if (onLost !== null) this.core.kernel.clock.defer(onLost);
  }

  bind(addr: SockAddr): number {
    return this.kernel.run(() => this.sock.ops.bind(this.sock, addr));
  }

  listen(backlog: number): number {
    return this.kernel.run(() => this.sock.ops.listen(this.sock, backlog));
  }

  connect(addr: SockAddr): number {
    return this.kernel.run(() => this.sock.ops.connect(this.sock, addr, 0));
  }

  /** The next connection, or a negative errno. */
  accept(): SockHandle | number {
    const { sock } = this;
    const { core } = this;
    this.kernel.enter();
    try {
      const conn = new KernelSocket(sock.net, sock.type, sock.ops);
      const err = sock.ops.accept(sock, conn, 0);
      return err < 0 ? err : new SockHandle(core, conn);
    } finally {
      this.kernel.exit();
    }
  }

  /** The own or the other side's address, or null. */
  name(peer: boolean): AddressInfo | null {
    if (this.closed) return null;
    return addressInfo(this.kernel.run(() => this.sock.ops.getname(this.sock, peer)));
  }

  shutdown(how: number): number {
    return this.kernel.run(() => this.sock.ops.shutdown(this.sock, how));
  }

  /** Receives into `buf` from `off` on; the sender's address is in {@link SockHandle.from}. */
  recv(buf: Uint8Array): number {
    const { sock, msg } = this;
    this.one[0] = buf;
    msg.iov = this.one;
    msg.iovIndex = 0;
    msg.iovOff = 0;
    msg.name = null;
    msg.flags = 0;
    if (msg.control.length > 0) msg.control = [];
    this.kernel.enter();
    try {
      return sock.ops.recvmsg(sock, msg, buf.length, MSG_DONTWAIT);
    } finally {
      this.kernel.exit();
    }
  }

  /** Who sent what was received last. */
  get from(): SockAddr | null {
    return this.msg.name;
  }

  /** Sends `size` bytes from the message's cursor. */
  send(msg: MsgHdr, size: number): number {
    const { sock } = this;
    msg.flags = MSG_DONTWAIT | MSG_NOSIGNAL;
    this.kernel.enter();
    try {
      return sock.ops.sendmsg(sock, msg, size);
    } finally {
      this.kernel.exit();
    }
  }

  setOption(level: number, opt: number, value: number | Uint8Array): number {
    const { sock } = this;
    const bytes = typeof value === 'number' ? intOpt(value) : value;
    return this.kernel.run(() => (level === SOL_SOCKET ? sockSetsockopt(sock, opt, bytes) : sock.ops.setsockopt(sock, level, opt, bytes)));
  }

  /** An option that is an int; NaN when it cannot be read. */
  getOption(level: number, opt: number): number {
    const { sock } = this;
    const v = this.kernel.run(() => (level === SOL_SOCKET ? sockGetsockopt(sock, opt, 4) : sock.ops.getsockopt(sock, level, opt, 4)));
    return typeof v === 'number' ? NaN : (v[0] ?? 0) | ((v[1] ?? 0) << 8) | ((v[2] ?? 0) << 16) | ((v[3] ?? 0) << 24);
  }

  private run(): void {
    const { mask } = this;
    this.mask = 0;
    let threw = true;
    try {
      this.onEvents?.(mask);
      threw = false;
    } finally {
      // A handler's exception goes to the host; what it kept us from doing is done in another turn.
      if (threw && !this.closed) this.poke(mask);
    }
  }
}

/** A timeout on the kernel's clock whose function runs in a turn of its own. */
export class KernelTimeout {
  private readonly core: StackCore;
  private readonly turn: IoTurn;
  private readonly timer: TimerList<KernelTimeout>;
  private fired = false;

  constructor(core: StackCore, fn: () => void) {
    this.core = core;
    this.turn = new IoTurn(core.kernel.clock, () => {
      if (!this.fired) return;
      this.fired = false;
      fn();
    });
    this.timer = new TimerList<KernelTimeout>((t) => t.fire(), this);
  }

  /** Fires once in `milliseconds`; replaces an earlier setting. */
  start(milliseconds: number): void {
    const { kernel } = this.core;
    this.fired = false;
    kernel.enter();
    modTimer(kernel, this.timer, (kernel.jiffies + msecsToJiffies(milliseconds)) | 0);
    kernel.exit();
  }

  stop(): void {
    this.fired = false;
    delTimer(this.core.kernel, this.timer);
  }

  private fire(): void {
    this.fired = true;
    this.turn.post();
  }
}

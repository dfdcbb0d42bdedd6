/** What TCP keeps for a whole machine: algorithms, memory limits, sockets that wait for their packets to leave. */
import { defineKey, type Key, Tasklet } from '@linnet/kernel';
import type { ProtoMemory } from '@linnet/socket';
import type { TcpCongestionOps } from './tcp-cong.ts';
import { TcpOptionsReceived } from './tcp-options.ts';
import { RateSample } from './tcp-rate-sample.ts';
import { TcpTuple } from './tcp-reply.ts';
import { InitialWindow } from './tcp-window.ts';
import type { TcpSock } from './tcp-sock.ts';
import { AckedTimes, AckNews } from './tcp-ack-news.ts';

/** TCP's state of one kernel. @alpha */
export class TcpKernel {
  /** Registered congestion algorithms, in order of registration. */
  readonly congestionOps: TcpCongestionOps[] = [];
  /** Pages lent to TCP sockets, against `tcp_mem`. */
  readonly memory: ProtoMemory;
  // Scratch records: one thing at a time is processed in a kernel.
  /** @internal */
  readonly ackNews: AckNews = new AckNews();
  /** @internal */
  readonly ackedTimes: AckedTimes = new AckedTimes();
  /** @internal */
  readonly rate: RateSample = new RateSample();
  /** @internal */
  readonly initialWindow: InitialWindow = new InitialWindow();
  /** @internal */
  readonly scratchRx: TcpOptionsReceived = new TcpOptionsReceived();
  /** @internal */
  readonly tuple: TcpTuple = new TcpTuple();
  /** Sockets to be continued once this softirq has let packets go, linked by `tsqNext`. */
  tsqHead: TcpSock | null = null;
  tsqTail: TcpSock | null = null;
  readonly tsqTasklet: Tasklet<TcpKernel>;

  /** Sends what a socket held back for its pacer. */
  readonly paced: (tp: TcpSock) => void;

  constructor(memory: ProtoMemory, runTsq: (tk: TcpKernel) => void, paced: (tp: TcpSock) => void) {
    this.paced = paced;
    this.memory = memory;
    this.tsqTasklet = new Tasklet<TcpKernel>(runTsq, this);
  }
}

/** The slot of {@link TcpKernel}. @alpha */
export const TCPK: Key<TcpKernel> = defineKey<TcpKernel>('tcp.kernel');

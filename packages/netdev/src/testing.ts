/**
 * A device for tests: what the stack sends is recorded, what a test injects is received.
 *
 * @packageDocumentation
 */
import type { Net } from '@linnet/kernel';
import { allocSkb, CHECKSUM_PARTIAL, consumeSkb, type Skb, skbPut, skbReserve } from '@linnet/skbuff';
import { copyFrame, frameLength } from './capture.ts';
import { allocNetdev, registerNetdevice } from './dev.ts';
import { devOpen } from './dev-flags.ts';
import { netifRx } from './dev-rx.ts';
import { etherSetup, ethHwAddrRandom, ethHwAddrSet, ethMacAddr, ethTypeTrans } from './eth.ts';
import { napiGroReceive } from './gro.ts';
import { napiEnable, napiSchedule, type NapiStruct, netifNapiAdd } from './napi.ts';
import { napiCompleteDone, napiDisable } from './napi-poll.ts';
import { ETH_MAX_MTU } from '@linnet/uapi';
import { IFF_NO_QUEUE, type NetDevice, NETDEV_TX_BUSY, NETDEV_TX_OK, netifQueueStopped } from './netdevice.ts';
import { netifStopQueue, netifWakeQueue } from './qdisc.ts';

/** A frame that the stack sent. @public */
export interface SentFrame {
  /** From the Ethernet header on, with the checksum filled in that was left to the device. */
  readonly bytes: Uint8Array;
  /** Payload of each segment of a super-segment, 0 for an ordinary frame. */
  readonly gsoSize: number;
  readonly gsoSegs: number;
  readonly gsoType: number;
  /** Was a checksum left to the device? */
  readonly partial: boolean;
  readonly priority: number;
}

/** How a {@link FakeDevice} is made. @public */
export interface FakeDeviceOptions {
  /** Default 'eth%d'. */
  readonly name?: string;
  /** Default: one from the kernel's random stream. */
  readonly mac?: Uint8Array;
  readonly mtu?: number;
  /** NETIF_F_* features; none by default, so that the stack cuts and sums everything. */
  readonly features?: number;
  /** Receive through NAPI and GRO; by default through the backlog. */
  readonly napi?: boolean;
  /** Send without a queue; by default through pfifo_fast. */
  readonly noQueue?: boolean;
  /** Leave the device closed. */
  readonly down?: boolean;
  /** Room in front of an injected frame: default 64. */
  readonly headroom?: number;
}

/** An Ethernet device with a test at the other end of its wire. @public */
export class FakeDevice {
  readonly dev: NetDevice;
  /** What the stack sent, oldest first. */
  readonly sent: SentFrame[] = [];
  /** Called for each frame sent. */
  onSent: ((frame: SentFrame) => void) | null = null;
  /** Frames that the device takes before it says that it is full; `release` makes room. */
  room: number = Infinity;
  /** What `startXmit` says when it is full. True: it stopped the queue in time, as a good driver does; false: NETDEV_TX_BUSY. */
  stopsInTime = true;
  /** How often the stack called `startXmit` although the queue was stopped: 0, or the stack is wrong. */
  calledWhileStopped = 0;
  private readonly napi: NapiStruct | null;
  private readonly ring: Skb[] = [];
  private readonly headroom: number;

  constructor(net: Net, opts: FakeDeviceOptions = {}) {
    this.headroom = opts.headroom ?? 64;
    const dev = allocNetdev(net, {
      name: opts.name ?? 'eth%d',
      setup: (d) => {
        etherSetup(d);
        d.maxMtu = ETH_MAX_MTU;
        if (opts.mtu !== undefined) d.mtu = opts.mtu;
        d.features = opts.features ?? 0;
        d.hwFeatures = d.features;
        if (opts.noQueue === true) d.privFlags |= IFF_NO_QUEUE;
        if (opts.mac === undefined) ethHwAddrRandom(d);
        else ethHwAddrSet(d, opts.mac);
      },
      ops: {
        open: () => {
          if (this.napi !== null) napiEnable(this.napi);
          return 0;
        },
        stop: () => {
          if (this.napi !== null) napiDisable(this.napi);
          for (const skb of this.ring.splice(0)) consumeSkb(skb);
          return 0;
        },
        startXmit: (skb) => this.xmit(skb),
        setMacAddress: ethMacAddr,
      },
      priv: this,
    });
    this.dev = dev;
    this.napi = opts.napi === true ? netifNapiAdd(dev, (napi, budget) => this.poll(napi, budget)) : null;
    const err = registerNetdevice(dev);
    if (err !== 0) throw new Error(`FakeDevice: registerNetdevice returned ${err}`); // datapath-ok: a test's mistake
    if (opts.down !== true) devOpen(dev);
  }

  private xmit(skb: Skb): number {
    if (netifQueueStopped(this.dev)) this.calledWhileStopped++;
    if (this.room <= 0) {
      netifStopQueue(this.dev);
      return NETDEV_TX_BUSY;
    }
    this.room--;
    if (this.room <= 0 && this.stopsInTime) netifStopQueue(this.dev);
    const bytes = new Uint8Array(frameLength(skb));
    copyFrame(skb, bytes);
    const frame: SentFrame = {
      bytes, gsoSize: skb.gsoSize, gsoSegs: skb.gsoSegs, gsoType: skb.gsoType, partial: skb.ipSummed === CHECKSUM_PARTIAL, priority: skb.priority,
    };
    this.dev.stats.txPackets++;
    this.dev.stats.txBytes += skb.len;
    consumeSkb(skb);
    this.sent.push(frame);
    this.onSent?.(frame);
    return NETDEV_TX_OK;
  }

  /** Makes room for `n` more frames and wakes the queue. */
  release(n: number = Infinity): void {
    this.dev.kernel.run(() => {
      this.room = n;
      netifWakeQueue(this.dev);
    });
  }

  /** Takes the frames recorded so far. */
  take(): SentFrame[] {
    return this.sent.splice(0);
  }

  /** An skb with a received frame in it, `data` behind the Ethernet header, for tests that change it before `deliver`. */
  makeSkb(frame: Uint8Array): Skb {
    const skb = allocSkb(this.dev.pool, this.headroom + frame.length);
    skbReserve(skb, this.headroom);
    const at = skbPut(skb, frame.length);
    skb.u8.set(frame, at);
    skb.protocol = ethTypeTrans(skb, this.dev);
    this.dev.stats.rxPackets++;
    this.dev.stats.rxBytes += frame.length;
    return skb;
  }

  /** Lets the stack receive an skb, consuming it, and runs until all is quiet. Frames for a closed device are lost. */
  deliver(skb: Skb): void {
    const k = this.dev.kernel;
    k.enter();
    if (this.napi === null) netifRx(skb);
    else if (!this.dev.running) consumeSkb(skb);
    else {
      this.ring.push(skb);
      napiSchedule(this.napi);
    }
    k.exit();
  }

  /** Lets the stack receive a frame: from the Ethernet header on, without FCS. */
  inject(frame: Uint8Array): void {
    this.deliver(this.makeSkb(frame));
  }

  /** Lets the stack receive several frames in one go, so that GRO sees them together. */
  injectAll(frames: readonly Uint8Array[]): void {
    const k = this.dev.kernel;
    k.enter();
    for (const f of frames) this.inject(f);
    k.exit();
  }

  private poll(napi: NapiStruct, budget: number): number {
    let work = 0;
    while (work < budget) {
      const skb = this.ring.shift();
      if (skb === undefined) break;
      napiGroReceive(napi, skb);
      work++;
    }
    if (work < budget) napiCompleteDone(napi, work);
    return work;
  }
}
export { endKernel, ETH_P_TEST, type SeenFrame, sendFrame, testFrame, watchFrames } from './testing-frames.ts';

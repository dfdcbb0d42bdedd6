/** /dev/net/tun: a descriptor behind which a program is the far end of a TUN or TAP of the machine (tuntap.rst of the kernel's documentation, and what Linux 6.18 answers). */
import { EAGAIN, EBADFD, EBUSY, EEXIST, EINVAL, EIO, type Net, WaitQueueHead, wakeUpPoll } from '@linnet/kernel';
import { devGetByName, devSetMacAddress, type NetDevice, NETIF_F_HW_CSUM, NETIF_F_TSO, NETIF_F_TSO6, NETIF_F_TSO_ECN, netifCarrierOff, netifCarrierOn, unregisterNetdevice } from '@linnet/netdev';
import { createTap, tapAttach, tapAttached, tapFlags, tapMode, type TapPort, tapReceive, tapSetHeader, tapUse, tapWake } from '@linnet/netdevs';
import { OpenFile } from '@linnet/posix';
import {
  ETH_P_IP, ETH_P_IPV6, IFF_NO_PI, IFF_ONE_QUEUE, IFF_TAP, IFF_TUN, IFF_TUN_EXCL, IFF_UP, IFF_VNET_HDR, POLLERR, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM, SIOCGIFHWADDR, SIOCSIFHWADDR, TUN_F_CSUM, TUN_F_TSO4, TUN_F_TSO6,
  TUN_F_TSO_ECN, TUN_PI_LEN, TUN_PKT_STRIP, TUN_READQ_SIZE, TUNGETFEATURES, TUNGETIFF, TUNGETSNDBUF, TUNGETVNETHDRSZ, TUNSETCARRIER, TUNSETDEBUG, TUNSETGROUP, TUNSETIFF, TUNSETLINK,
  TUNSETNOCSUM, TUNSETOFFLOAD, TUNSETOWNER, TUNSETPERSIST, TUNSETSNDBUF, TUNSETVNETHDRSZ, VIRTIO_NET_HDR_LEN,
} from '@linnet/uapi';

const IFNAMSIZ = 16;
const FEATURES: number = IFF_TUN | IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;

function offloads(flags: number): number {
  return ((flags & TUN_F_CSUM) !== 0 ? NETIF_F_HW_CSUM : 0) | ((flags & TUN_F_TSO4) !== 0 ? NETIF_F_TSO : 0) | ((flags & TUN_F_TSO6) !== 0 ? NETIF_F_TSO6 : 0) |
    ((flags & TUN_F_TSO_ECN) !== 0 ? NETIF_F_TSO_ECN : 0);
}

/** An open /dev/net/tun. Its methods are called inside the kernel, and return what Linux does. */
export class TunFile extends OpenFile implements TapPort {
  readonly queue: WaitQueueHead = new WaitQueueHead();
  private readonly net: Net;
  private dev: NetDevice | null = null;
  private readonly frames: Uint8Array[] = [];
  /** The device waits for room. */
  private full = false;
  private vnetLen: number = VIRTIO_NET_HDR_LEN;

  /** `net`: where the program is that opens it. */
  constructor(net: Net) {
    super();
    this.net = net.hold();
  }

  poll(): number {
    const { dev } = this;
    if (dev === null) return POLLERR;
    return (this.frames.length > 0 ? POLLIN | POLLRDNORM : 0) | ((dev.flags & IFF_UP) !== 0 ? POLLOUT | POLLWRNORM : 0);
  }

  /** A frame for the program (TapPort). */
  transmit(u8: Uint8Array, off: number, len: number): boolean {
    if (this.frames.length >= TUN_READQ_SIZE) {
      this.full = true;
      return false;
    }
    this.frames.push(u8.slice(off, off + len));
    wakeUpPoll(this.net.kernel, this.queue, POLLIN | POLLRDNORM);
    return true;
  }

  /** The device is deleted (TapPort). */
  gone(): void {
    this.dev = null;
    this.frames.length = 0;
    wakeUpPoll(this.net.kernel, this.queue, POLLERR);
  }

  /** read(2): the next frame, cut to the buffer. Bytes, or -EBADFD, -EAGAIN, -EINVAL. */
  read(buf: Uint8Array): number {
    const { dev } = this;
    if (dev === null) return -EBADFD;
    const pi = tapUse(dev).pi ? TUN_PI_LEN : 0;
    const vnet = (tapFlags(dev) & IFF_VNET_HDR) !== 0 ? this.vnetLen : 0;
    if (buf.length < pi + vnet) return -EINVAL;
    const frame = this.frames.shift();
    if (frame === undefined) return -EAGAIN;
    if (this.full) {
      this.full = false;
      tapWake(dev);
    }
    const n = Math.min(frame.length, buf.length - pi);
    if (pi > 0) {
      const proto = tapMode(dev) === 'tap' ? ((frame[vnet + 12]! << 8) | frame[vnet + 13]!) : frame[vnet]! >> 4 === 6 ? ETH_P_IPV6 : ETH_P_IP;
      buf.set([n < frame.length ? TUN_PKT_STRIP : 0, 0, proto >> 8, proto & 255]);
    }
    buf.set(frame.subarray(0, n), pi);
    return pi + n;
  }

  /** write(2): a frame for the machine. All of its bytes, or -EBADFD, -EIO while the device is down, -EINVAL for one that makes no sense. */
  write(bytes: Uint8Array): number {
    const { dev } = this;
    if (dev === null) return -EBADFD;
    if ((dev.flags & IFF_UP) === 0) return -EIO;
    const pi = tapUse(dev).pi ? TUN_PI_LEN : 0;
    if (bytes.length < pi) return -EINVAL;
    return tapReceive(dev, bytes, pi, bytes.length - pi) === -EINVAL ? -EINVAL : bytes.length;
  }

  /** ioctl(2); `arg` is the structure, or the int where the call takes one by value. */
  ioctl(cmd: number, arg: Uint8Array): number {
    const view = new DataView(arg.buffer, arg.byteOffset, arg.length);
    if (cmd === TUNGETFEATURES) {
      view.setUint32(0, FEATURES, true);
      return 0;
    }
    if (cmd === TUNSETIFF) return arg.length < IFNAMSIZ + 2 ? -EINVAL : this.attach(arg, view.getUint16(IFNAMSIZ, true));
    const { dev } = this;
    if (dev === null) return -EBADFD;
    const value = view.getInt32(0, true);
    const use = tapUse(dev);
    switch (cmd | 0) {
      case TUNGETIFF | 0:
        if (arg.length < IFNAMSIZ + 2) return -EINVAL;
        this.putName(arg, dev);
        view.setUint16(IFNAMSIZ, tapFlags(dev), true);
        return 0;
      case TUNSETPERSIST:
        use.persist = value !== 0;
        return 0;
      case TUNSETOWNER:
        use.owner = value;
        return 0;
      case TUNSETGROUP:
        use.group = value;
        return 0;
      case TUNSETLINK:
        if ((dev.flags & IFF_UP) !== 0) return -EBUSY;
        dev.type = value & 0xffff;
        return 0;
      case TUNSETNOCSUM:
      case TUNSETDEBUG:
      case TUNSETSNDBUF:
        return 0;
      case TUNGETSNDBUF | 0:
        view.setInt32(0, 0x7fffffff, true);
        return 0;
      case TUNSETOFFLOAD:
        return tapSetHeader(dev, (tapFlags(dev) & IFF_VNET_HDR) !== 0 ? this.vnetLen : 0, offloads(value));
      case TUNGETVNETHDRSZ | 0:
        view.setInt32(0, this.vnetLen, true);
        return 0;
      case TUNSETVNETHDRSZ: {
        if (value < VIRTIO_NET_HDR_LEN) return -EINVAL;
        if ((tapFlags(dev) & IFF_VNET_HDR) !== 0) {
          const err = tapSetHeader(dev, value, dev.features);
          if (err < 0) return err;
        }
        this.vnetLen = value;
        return 0;
      }
      case TUNSETCARRIER:
        if (value !== 0) netifCarrierOn(dev);
        else netifCarrierOff(dev);
        return 0;
      case SIOCGIFHWADDR:
        if (arg.length < IFNAMSIZ + 16) return -EINVAL;
        view.setUint16(IFNAMSIZ, dev.type, true);
        arg.fill(0, IFNAMSIZ + 2, IFNAMSIZ + 16);
        arg.set(dev.devAddr.subarray(0, Math.min(dev.addrLen, 14)), IFNAMSIZ + 2);
        return 0;
      case SIOCSIFHWADDR:
        return arg.length < IFNAMSIZ + 16 ? -EINVAL : devSetMacAddress(dev, arg.slice(IFNAMSIZ + 2, IFNAMSIZ + 2 + dev.addrLen));
      default:
        return -EINVAL;
    }
  }

  protected release(): void {
    const { dev } = this;
    this.dev = null;
    this.frames.length = 0;
    if (dev !== null) {
      tapAttach(dev, null);
      if (!tapUse(dev).persist) unregisterNetdevice(dev);
    }
    this.net.put();
  }

  /** TUNSETIFF: takes a device that nobody holds, or makes one. */
  private attach(arg: Uint8Array, flags: number): number {
    if (this.dev !== null) return -EEXIST;
    const end = arg.indexOf(0);
    const wanted = String.fromCharCode(...arg.subarray(0, end < 0 || end >= IFNAMSIZ ? IFNAMSIZ - 1 : end));
    const mode = (flags & IFF_TUN) !== 0 ? 'tun' : 'tap';
    const vnetHdr = (flags & IFF_VNET_HDR) !== 0;
    let dev = wanted === '' ? null : devGetByName(this.net, wanted);
    if (dev !== null) {
      if ((flags & IFF_TUN_EXCL) !== 0) return -EBUSY;
      if ((flags & (IFF_TUN | IFF_TAP)) === 0 || tapMode(dev) !== mode) return -EINVAL;
      if (tapAttached(dev)) return -EBUSY;
      tapSetHeader(dev, vnetHdr ? this.vnetLen : 0, 0);
    } else {
      // More than one queue a device there is not.
      if ((flags & (IFF_TUN | IFF_TAP)) === 0 || (flags & ~(FEATURES | IFF_TUN_EXCL | IFF_ONE_QUEUE)) !== 0) return -EINVAL;
      const made = createTap(this.net, { name: wanted === '' ? `${mode}%d` : wanted, mode, port: this, vnetHdr });
      if (typeof made === 'number') return made;
      dev = made;
      tapSetHeader(dev, vnetHdr ? this.vnetLen : 0, 0);
    }
    tapUse(dev).pi = (flags & IFF_NO_PI) === 0;
    this.dev = dev;
    tapAttach(dev, this);
    this.putName(arg, dev);
    wakeUpPoll(this.net.kernel, this.queue, POLLOUT | POLLWRNORM);
    return 0;
  }

  private putName(arg: Uint8Array, dev: NetDevice): void {
    arg.fill(0, 0, IFNAMSIZ);
    for (let i = 0; i < dev.name.length; i++) arg[i] = dev.name.charCodeAt(i);
  }
}

/** The module: devices as part of a kernel. */
import { type Kernel, type KernelModule, type Net, NET_RX_SOFTIRQ, NET_TX_SOFTIRQ, openSoftirq } from '@linnet/kernel';
import { DROP, SKB, skbQueuePurge, skbuff } from '@linnet/skbuff';
import { netdevNetStop } from './dev.ts';
import { processBacklog } from './dev-rx.ts';
import { netTxAction } from './dev-tx.ts';
import { procNetDevMcast } from './ifreq-ioctl.ts';
import { linkwatchRun } from './linkwatch.ts';
import { loopbackNetInit } from './loopback.ts';
import { napiEnable, NapiStruct } from './napi.ts';
import { netRxAction } from './napi-poll.ts';
import { NETDEV_NET, NetdevNet } from './netdev-net.ts';
import { PROC_NET_PSCHED, procNetDev, procNetPtype, procSoftnetStat, registerCoreSysctls } from './proc.ts';
import { registerQdisc } from './qdisc.ts';
import { BFIFO_OPS, NOQUEUE_OPS, PFIFO_FAST_OPS, PFIFO_OPS } from './sch-fifo.ts';
import { NETDEV, SoftnetData } from './softnet.ts';

/** The module: network devices, with `lo` in every namespace. @public */
export const netdev: KernelModule = {
  name: 'netdev',
  requires: [skbuff],
  init(k: Kernel): void {
    const sd = new SoftnetData(k, k.get(SKB), linkwatchRun);
    k.set(NETDEV, sd);
    sd.backlog = new NapiStruct(sd, null, processBacklog, sd.devWeight);
    napiEnable(sd.backlog);
    openSoftirq(k, NET_RX_SOFTIRQ, () => netRxAction(sd));
    openSoftirq(k, NET_TX_SOFTIRQ, () => netTxAction(sd));
    registerQdisc(k, PFIFO_FAST_OPS);
    registerQdisc(k, PFIFO_OPS);
    registerQdisc(k, BFIFO_OPS);
    registerQdisc(k, NOQUEUE_OPS);
    registerCoreSysctls(k, sd);
    k.proc.create('net/softnet_stat', () => procSoftnetStat(sd));
  },
  exit(k: Kernel): void {
    skbQueuePurge(k.get(NETDEV).inputPktQueue, DROP.DEV_READY);
  },
  netInit(net: Net): void {
    const sd = net.kernel.get(NETDEV);
    const nn = new NetdevNet(net, sd);
    net.set(NETDEV_NET, nn);
    sd.nets.add(nn);
    net.proc.create('net/dev', () => procNetDev(net));
    net.proc.create('net/ptype', () => procNetPtype(net));
    net.proc.create('net/psched', () => PROC_NET_PSCHED);
    net.proc.create('net/dev_mcast', () => procNetDevMcast(net));
  },
  // Devices come when every module can hear of them, and go while every module still can.
  netReady(net: Net): void {
    loopbackNetInit(net);
  },
  netStop(net: Net): void {
    netdevNetStop(net);
  },
  netExit(net: Net): void {
    net.kernel.get(NETDEV).nets.delete(net.get(NETDEV_NET));
  },
};

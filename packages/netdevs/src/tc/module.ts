/** Traffic control as a module of a kernel. */
import { type Kernel, type KernelModule, type Net, NOTIFY_DONE } from '@linnet/kernel';
import { NETDEV_UNREGISTER, netdev, type NetDevice, registerNetdeviceNotifier, registerQdisc } from '@linnet/netdev';
import { netlink } from '@linnet/netlink';
import { actApiInit, actNetExit } from './act-api.ts';
import { CSUM_OPS } from './act-csum.ts';
import { GACT_OPS } from './act-gact.ts';
import { MIRRED_OPS, mirredDeviceGone } from './act-mirred.ts';
import { NAT_OPS } from './act-nat.ts';
import { PEDIT_OPS } from './act-pedit.ts';
import { POLICE_OPS } from './act-police.ts';
import { SKBEDIT_OPS } from './act-skbedit.ts';
import { VLAN_ACT_OPS } from './act-vlan.ts';
import { classApiInit } from './class-api.ts';
import { clsApiInit } from './cls-api.ts';
import { BASIC_OPS } from './cls-basic.ts';
import { BPF_OPS } from './cls-bpf.ts';
import { FLOWER_OPS } from './cls-flower.ts';
import { FW_OPS } from './cls-fw.ts';
import { MATCHALL_OPS } from './cls-matchall.ts';
import { U32_OPS } from './cls-u32.ts';
import { schApiInit } from './sch-api.ts';
import { CODEL_OPS } from './sch-codel.ts';
import { FQ_CODEL_OPS } from './sch-fq-codel.ts';
import { FQ_OPS } from './sch-fq.ts';
import { HTB_OPS } from './sch-htb.ts';
import { CLSACT_OPS, INGRESS_OPS } from './sch-ingress.ts';
import { MQ_OPS, MQPRIO_OPS } from './sch-mq.ts';
import { PRIO_OPS } from './sch-prio.ts';
import { SFQ_OPS } from './sch-sfq.ts';
import { TBF_OPS } from './sch-tbf.ts';
import { qdiscPut } from './tc-core.ts';
import { TC, TC_NET, type TcDev, TcKernel, TcNet } from './tc-types.ts';

/** A device goes or moves: its ingress queue and what points at it go. */
function deviceEvent(event: number, dev: NetDevice): number {
  if (event !== NETDEV_UNREGISTER) return NOTIFY_DONE;
  const tc = dev.tcDev as TcDev | null;
  dev.tcIngress = null;
  dev.tcEgress = null;
  if (tc !== null) {
    const { ingress } = tc;
    tc.ingress = null;
    qdiscPut(ingress);
    dev.tcDev = null;
  }
  mirredDeviceGone(dev);
  return NOTIFY_DONE;
}

/** Traffic control: queueing disciplines, classes, filters and actions, with the messages of tc(8). @public */
export const tc: KernelModule = {
  name: 'tc',
  requires: [netdev, netlink],
  init(k: Kernel): void {
    const t = new TcKernel();
    k.set(TC, t);
    for (const ops of [PRIO_OPS, TBF_OPS, HTB_OPS, CODEL_OPS, FQ_CODEL_OPS, FQ_OPS, SFQ_OPS, MQ_OPS, MQPRIO_OPS, INGRESS_OPS, CLSACT_OPS]) registerQdisc(k, ops);
    for (const ops of [MATCHALL_OPS, U32_OPS, FLOWER_OPS, BASIC_OPS, FW_OPS, BPF_OPS]) t.classifiers.set(ops.kind, ops);
    for (const ops of [GACT_OPS, MIRRED_OPS, POLICE_OPS, SKBEDIT_OPS, PEDIT_OPS, VLAN_ACT_OPS, CSUM_OPS, NAT_OPS]) t.actions.set(ops.kind, ops);
    schApiInit(k);
    classApiInit(k);
    clsApiInit(k);
    actApiInit(k);
    registerNetdeviceNotifier(k, deviceEvent);
  },
  netInit(net: Net): void {
    net.set(TC_NET, new TcNet(net));
  },
  netExit(net: Net): void {
    actNetExit(net);
  },
};

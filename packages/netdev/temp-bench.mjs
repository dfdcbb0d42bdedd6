import { createKernel, VirtualClock } from '@linnet/kernel';
import { allocSkb, consumeSkb, skbReserve, skbPut } from '@linnet/skbuff';
import * as N from '@linnet/netdev';
const { allocNetdev, devAddPack, devForwardSkb, devOpen, devQueueXmit, ETH_HEADER_OPS, etherSetup, ethHwAddrRandom, netdev, netLoopbackDev, PacketType, registerNetdevice } = N;
const T=0x88b5, BATCH=256;
const sink=(skb)=>{consumeSkb(skb);return 0;};
function send(dev,daddr,size){const skb=allocSkb(dev.pool,64+size);skbReserve(skb,64);skbPut(skb,size);skb.dev=dev;ETH_HEADER_OPS.create(skb,dev,T,daddr,null,size);devQueueXmit(skb);}
function lo(){const k=createKernel({modules:[netdev],clock:new VirtualClock(),seed:1});const lo=netLoopbackDev(k.initNet);devOpen(lo);devAddPack(k,new PacketType({type:T,func:sink}));return ()=>{k.enter();for(let i=0;i<BATCH;i++)send(lo,null,1000);k.exit();};}
function wire(){const k=createKernel({modules:[netdev],clock:new VirtualClock(),seed:1});const make=()=>{const dev=allocNetdev(k.initNet,{name:'w%d',setup:etherSetup,ops:{startXmit:(skb)=>(devForwardSkb(dev===a?b:a,skb),0)}});ethHwAddrRandom(dev);registerNetdevice(dev);devOpen(dev);return dev;};const a=make(),b=make();devAddPack(k,new PacketType({type:T,func:sink}));return ()=>{k.enter();for(let i=0;i<BATCH;i++)send(a,b.devAddr,1000);k.exit();};}
function allocOnly(){const k=createKernel({modules:[netdev],clock:new VirtualClock(),seed:1});const d=netLoopbackDev(k.initNet);return ()=>{for(let i=0;i<BATCH;i++){const skb=allocSkb(d.pool,1064);skbReserve(skb,64);skbPut(skb,1000);consumeSkb(skb);}};}
for (const [n,f] of [['alloc+free',allocOnly()],['lo',lo()],['wire',wire()],['lo',lo()],['wire',wire()]]) {
  for(let i=0;i<3000;i++)f();
  let best=1e9; for(let r=0;r<7;r++){const t=process.hrtime.bigint();for(let i=0;i<1000;i++)f();const d=Number(process.hrtime.bigint()-t)/1000/BATCH;if(d<best)best=d;}
  console.log(n,best.toFixed(0),'ns/packet');
}

/** The module of local sockets. */
import { type Kernel, type KernelModule, type Net, sysctlInt } from '@linnet/kernel';
import { socket } from '../socket.ts';
import { unixProtoInit } from './af-unix.ts';
import { unixGc } from './garbage.ts';
import { procNetUnix } from './proc.ts';
import { UNIX, UNIX_NET, UnixKernel, UnixNet } from './unix-sock.ts';

/** Local sockets: streams, datagrams and sequenced packets between the programs of one machine (unix(7)). @public */
export const unix: KernelModule = {
  name: 'unix',
  requires: [socket],
  init(k: Kernel): void {
    k.set(UNIX, new UnixKernel(k, unixGc));
    unixProtoInit(k);
  },
  netInit(net: Net): void {
    const un = new UnixNet();
    net.set(UNIX_NET, un);
    net.sysctl.register('net/unix/max_dgram_qlen', sysctlInt(() => un.maxDgramQlen, (v) => {
      un.maxDgramQlen = v;
    }));
    net.proc.create('net/unix', () => procNetUnix(un));
  },
};

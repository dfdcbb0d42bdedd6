import { createKernel, VirtualClock, type Kernel } from '@linnet/kernel';
import type { Proto } from '@linnet/socket';
import { AF_INET, AF_INET6, IPPROTO_TCP, SOCK_STREAM } from '@linnet/uapi';
import { inet, InetConnectionSock, InetHashinfo, INET_NET, type InetAf, type InetNet } from '../src/index.ts';

/** A transport that does nothing: the hashes need only a name. */
const prot = { name: 'FAKE', memory: null } as unknown as Proto;
const af = { family: AF_INET, netHeaderLen: 20 } as unknown as InetAf;
const af6 = { family: AF_INET6, netHeaderLen: 40 } as unknown as InetAf;
const never = (): void => {
  throw new Error('no timer is armed in this test');
};

export interface Bench {
  k: Kernel;
  h: InetHashinfo;
  ports: InetNet;
  sock(over?: Partial<InetConnectionSock>): InetConnectionSock;
  /** The same of AF_INET6. */
  sock6(over?: Partial<InetConnectionSock>): InetConnectionSock;
}

/** A namespace with empty hashes and a maker of socks. */
export function bench(seed: number = 1): Bench {
  const k = createKernel({ modules: [inet], clock: new VirtualClock(), seed });
  return {
    k,
    h: new InetHashinfo(k.initNet, 'fake'),
    ports: k.initNet.get(INET_NET),
    sock: (over = {}) => Object.assign(new InetConnectionSock(k.initNet, af, SOCK_STREAM, IPPROTO_TCP, prot, never, never, never), over),
    sock6: (over = {}) => Object.assign(new InetConnectionSock(k.initNet, af6, SOCK_STREAM, IPPROTO_TCP, prot, never, never, never), over),
  };
}

/** `10.0.0.1` as int32. */
export const ip = (s: string): number => s.split('.').reduce((a, b) => (a << 8) | Number(b), 0);

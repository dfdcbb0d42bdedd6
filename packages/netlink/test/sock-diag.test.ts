import { Cred, EINVAL, ENOENT, EOPNOTSUPP, EPERM, type KernelModule } from '@linnet/kernel';
import { Sock, type Proto } from '@linnet/socket';
import {
  AF_INET, AF_MAX, IPPROTO_TCP, NETLINK_SOCK_DIAG, NLM_F_DUMP, NLMSG_DONE, SKNLGRP_INET_TCP_DESTROY, SOCK_DESTROY, SOCK_DIAG_BY_FAMILY, SOCK_RAW, SOCK_STREAM, TCPDIAG_GETSOCK, type NlWriter,
} from '@linnet/uapi';
import { expect, test } from 'vitest';
import {
  netlink, netlinkDumpStart, nlDumpBegin, sockDiagBroadcastDestroy, sockDiagDestroy, sockDiagHasDestroyListeners, sockDiagPutFilterinfo, sockDiagPutMeminfo, sockDiagRegister, type SockDiagHandler,
} from '../src/index.ts';
import { ack, attrs, Client, finish, makeKernel, u32 } from './helpers.ts';

const no = (): number => -EOPNOTSUPP;
const PROTO: Proto = { name: 'TEST', memory: null, init: () => 0, close: () => undefined, connect: no, disconnect: no, setsockopt: no, getsockopt: no, sendmsg: no, recvmsg: no };

/** AF_INET with one socket, which can be ended. */
function family(ended: number[]): SockDiagHandler {
  return {
    family: AF_INET,
    dump: (_net, req, skb) => {
      if ((req.flags & NLM_F_DUMP) === 0) return -ENOENT;
      return netlinkDumpStart(req, skb, {
        dump(_r, w, cb): number {
          if (cb.i++ > 0) return 0;
          nlDumpBegin(w, cb, SOCK_DIAG_BY_FAMILY);
          w.putU32(1, 42);
          return w.end() < 0 ? -90 : 0;
        },
      });
    },
    destroy: (net, req) => sockDiagDestroy(req, new Sock(net, AF_INET, SOCK_STREAM, IPPROTO_TCP, PROTO), 103, (_sk, err) => {
      ended.push(err);
      return 0;
    }),
    getInfo(w: NlWriter, sk): number {
      w.begin(SOCK_DIAG_BY_FAMILY, 0, 0, 0);
      sockDiagPutMeminfo(w, sk, 1);
      sockDiagPutFilterinfo(w, sk, true, 2);
      sockDiagPutFilterinfo(w, sk, false, 3);
      return w.end() < 0 ? -90 : 0;
    },
    compat: () => -EPERM,
  };
}

function open(): { k: ReturnType<typeof makeKernel>; c: Client; ended: number[] } {
  const ended: number[] = [];
  const mod: KernelModule = { name: 'inet_diag', requires: [netlink], init: (k) => sockDiagRegister(k, family(ended)) };
  const k = makeKernel([mod]);
  return { k, c: new Client(k.initNet, { protocol: NETLINK_SOCK_DIAG }), ended };
}

test('requests go to their family', () => {
  const { k, c, ended } = open();
  const req = (fam: number): Uint8Array => new Uint8Array([fam, 0, 0, 0]);
  expect(c.request(SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, req(AF_INET)).map((m) => m.type)).toEqual([SOCK_DIAG_BY_FAMILY, NLMSG_DONE]);
  expect(c.ack(SOCK_DIAG_BY_FAMILY, 0, req(AF_INET)).errno).toBe(-ENOENT);
  expect(c.ack(SOCK_DIAG_BY_FAMILY, 0, req(5)).errno).toBe(-ENOENT);
  expect(c.ack(SOCK_DIAG_BY_FAMILY, 0, req(AF_MAX)).errno).toBe(-EINVAL);
  expect(c.ack(SOCK_DIAG_BY_FAMILY, 0, req(AF_INET).slice(0, 1)).errno).toBe(-EINVAL);
  expect(c.ack(22, 0, req(AF_INET)).errno).toBe(-EINVAL);
  expect(c.ack(TCPDIAG_GETSOCK, 0, req(AF_INET)).errno).toBe(-EPERM);
  // netlink has no socket to end.
  expect(c.ack(SOCK_DESTROY, 0, req(16)).errno).toBe(-EOPNOTSUPP);
  expect(c.ack(SOCK_DESTROY, 0, req(AF_INET)).errno).toBe(0);
  k.cred = new Cred(1000);
  expect(c.ack(SOCK_DESTROY, 0, req(AF_INET)).errno).toBe(-EPERM);
  expect(ended).toEqual([103]);
  finish(k);
});

test('without a family of the old requests there are none', () => {
  const k = makeKernel();
  expect(new Client(k.initNet, { protocol: NETLINK_SOCK_DIAG }).ack(TCPDIAG_GETSOCK, 0, new Uint8Array(4)).errno).toBe(-EOPNOTSUPP);
  expect(() => sockDiagRegister(k, { family: 16, dump: () => 0 })).toThrow('registered twice');
  finish(k);
});

test('who listens hears of sockets that end', () => {
  const { k } = open();
  const tcp = new Sock(k.initNet, AF_INET, SOCK_STREAM, IPPROTO_TCP, PROTO);
  expect(sockDiagHasDestroyListeners(tcp)).toBe(false);
  const ear = new Client(k.initNet, { protocol: NETLINK_SOCK_DIAG, groups: 1 << (SKNLGRP_INET_TCP_DESTROY - 1) });
  expect(sockDiagHasDestroyListeners(tcp)).toBe(true);
  expect(sockDiagHasDestroyListeners(new Sock(k.initNet, AF_INET, SOCK_RAW, IPPROTO_TCP, PROTO))).toBe(false);
  expect(sockDiagHasDestroyListeners(new Sock(k.initNet, AF_INET, SOCK_STREAM, 132, PROTO))).toBe(false);
  sockDiagBroadcastDestroy(tcp);
  const [m] = ear.messages();
  expect(m!.type).toBe(SOCK_DIAG_BY_FAMILY);
  const tb = attrs(m!.payload);
  expect([tb.get(1)!.length, u32(tb.get(1)!.slice(4, 8)), tb.has(2), tb.get(3)!.length]).toEqual([36, tcp.rcvbuf, false, 0]);
  finish(k);
});

test('netlink_diag: no more than sixty-four groups of a row, and none that closed meanwhile', () => {
  const { k, c } = open();
  const many = Array.from({ length: 400 }, (_, i) => new Client(k.initNet, { groups: i % 2 === 0 ? 1 : 0 }));
  const payload = new Uint8Array(20);
  payload.set([16, 0, 0, 0, 0, 0, 0, 0, 15]);
  const first = c.request(SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, payload);
  // The kernel's end, each socket, and those in groups once more.
  expect(first.filter((m) => m.type === SOCK_DIAG_BY_FAMILY)).toHaveLength(1 + 400 + 200);
  const port = first.map((m) => (m.type === SOCK_DIAG_BY_FAMILY ? u32(m.payload.slice(4, 8)) : -1));
  expect(new Set(port).size).toBe(402);
  expect(ack(c.request(SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, payload.slice(0, 12))[0]!).errno).toBe(-EINVAL);
  for (const m of many) m.close();
  expect(c.request(SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, payload)).toHaveLength(2);
  finish(k);
});

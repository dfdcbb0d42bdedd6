import { Cred, EEXIST, EINVAL, ENOENT, EOPNOTSUPP, EPERM, type Kernel, type KernelModule } from '@linnet/kernel';
import {
  CAP_NET_ADMIN, CTRL_ATTR_FAMILY_ID, CTRL_ATTR_FAMILY_NAME, CTRL_ATTR_MAXATTR, CTRL_ATTR_MCAST_GROUPS, CTRL_ATTR_OPS, CTRL_CMD_DELFAMILY, CTRL_CMD_DELMCAST_GRP, CTRL_CMD_GETFAMILY, CTRL_CMD_NEWFAMILY,
  CTRL_CMD_NEWMCAST_GRP, GENL_ADMIN_PERM, GENL_ID_CTRL, NETLINK_ADD_MEMBERSHIP, NETLINK_GENERIC, NLM_F_ACK, NLM_F_DUMP, NLM_F_ECHO, NLM_F_MULTI, NLMSG_DONE, NLMSG_ERROR, NlWriter,
} from '@linnet/uapi';
import { expect, test } from 'vitest';
import {
  GENL_DONT_VALIDATE_STRICT, GENL_MCAST_CAP_NET_ADMIN, type GenlFamily, genlFamilyByName, genlHasListeners, genlmsgMulticast, genlmsgPut, genlNotify, genlDumpPut, genlRegisterFamily, genlUnregisterFamily, genlUserhdr,
  netlink, NLA_NUL_STRING, NLA_U32, type GenlFamilyDef,
} from '../src/index.ts';
import { ack, attrs, Client, finish, makeKernel, str, u32 } from './helpers.ts';

const ECHO = 1;
const ADMIN = 2;
const COUNT = 3;
const LOOSE = 4;
const FAIL = 5;

/** A family that answers with what it is given; its own header has four bytes. */
function def(extra: Partial<GenlFamilyDef> = {}): GenlFamilyDef {
  let fam: GenlFamily | null = null;
  const get = (k: Kernel): GenlFamily => (fam ??= genlFamilyByName(k, extra.name ?? 'echo')!);
  const policy = { maxtype: 2, rules: { 1: { type: NLA_U32, max: 100 }, 2: { type: NLA_NUL_STRING, len: 8 } } };
  return {
    name: 'echo', version: 3, hdrsize: 4, maxattr: 2, policy, mcgrps: ['news', { name: 'secrets', flags: GENL_MCAST_CAP_NET_ADMIN }], resvStartOp: LOOSE,
    ops: [
      {
        cmd: ECHO,
        doit(net, req, reply, tb): number {
          const off = genlmsgPut(reply, req, get(net.kernel), ECHO);
          reply.view.setUint32(off, req.view.getUint32(genlUserhdr(req), true) + 1, true);
          if (tb[1] !== 0) reply.putU32(1, req.view.getUint32(tb[1]! + 4, true) * 2);
          reply.end();
          const w = new NlWriter();
          genlmsgPut(w, req, get(net.kernel), ECHO);
          w.end();
          return genlNotify(net, get(net.kernel), w, 0, req);
        },
      },
      { cmd: ADMIN, flags: GENL_ADMIN_PERM, doit: () => 0 },
      {
        cmd: COUNT,
        start: (_net, _req, cb, tb): number => {
          cb.k = tb[1] === 0 ? 0 : 5;
          return tb[2] === 0 ? 0 : -EEXIST;
        },
        dumpit(net, _req, w, cb): number {
          for (; cb.i < cb.k; cb.i++) {
            genlDumpPut(w, cb, get(net.kernel), COUNT);
            w.putU32(1, cb.i);
            const ret = w.end();
            if (ret < 0) return ret;
          }
          return 0;
        },
      },
      { cmd: LOOSE, validate: GENL_DONT_VALIDATE_STRICT, doit: (_net, _req, _reply, tb) => (tb[1] === 0 ? -ENOENT : 0) },
      { cmd: FAIL, doit: () => -EEXIST },
    ],
    ...extra,
  };
}

const echo: KernelModule = { name: 'echo', requires: [netlink], init: (k) => void genlRegisterFamily(k, def()) };

/** The payload: genlmsghdr, the family's four bytes, attributes. */
function body(cmd: number, user: number, fill?: (w: NlWriter) => void, reserved = 0): Uint8Array {
  const w = new NlWriter();
  w.begin(0, 0, 0, 0);
  const off = w.reserve(8);
  w.view.setUint8(off, cmd);
  w.view.setUint16(off + 2, reserved, true);
  w.view.setUint32(off + 4, user, true);
  fill?.(w);
  w.end();
  return w.bytes().slice(16);
}
const ctrl = (cmd: number, fill?: (w: NlWriter) => void): Uint8Array => {
  const b = body(cmd, 0, fill);
  return new Uint8Array([...b.slice(0, 4), ...b.slice(8)]);
};

function open(): { k: ReturnType<typeof makeKernel>; c: Client; id: number; fam: GenlFamily } {
  const k = makeKernel([echo]);
  const fam = genlFamilyByName(k, 'echo')!;
  return { k, c: new Client(k.initNet, { protocol: NETLINK_GENERIC, strict: false }), id: fam.id, fam };
}

test('a request finds its family and command, and is checked by its policy', () => {
  const { k, c, id } = open();
  const [m] = c.request(id, 0, body(ECHO, 41, (w) => w.putU32(1, 7)));
  expect([m!.type, m!.payload[0], m!.payload[1], u32(m!.payload.slice(4, 8)), u32(attrs(m!.payload, 8).get(1))]).toEqual([id, ECHO, 3, 42, 14]);
  expect(c.ack(id, 0, body(ECHO, 0, (w) => w.putU32(1, 101))).msg).toBe('integer out of range');
  expect(c.ack(id, 0, body(FAIL, 0)).errno).toBe(-EEXIST);
  expect(c.ack(id, 0, body(99, 0)).errno).toBe(-EOPNOTSUPP);
  expect(c.ack(999, 0, body(ECHO, 0)).errno).toBe(-ENOENT);
  // Shorter than the headers.
  expect(c.ack(id, 0, body(ECHO, 0).slice(0, 6)).errno).toBe(-EINVAL);
  // What only dumps does not do, and the other way round.
  expect(c.ack(id, 0, body(COUNT, 0)).errno).toBe(-EOPNOTSUPP);
  expect(ack(c.request(id, NLM_F_DUMP, body(ECHO, 0))[0]!).errno).toBe(-EOPNOTSUPP);
  finish(k);
});

test('strict and loose commands, reserved bits', () => {
  const { k, c, id } = open();
  const more = (w: NlWriter): void => {
    w.putU32(1, 1);
    w.putU32(9, 1);
  };
  expect(c.ack(id, 0, body(ECHO, 0, more)).msg).toBe('Unknown attribute type');
  expect(c.ack(id, 0, body(LOOSE, 0, more)).errno).toBe(0);
  expect(c.ack(id, 0, body(LOOSE, 0, more, 1)).msg).toBe('genlmsghdr.reserved field is not 0');
  expect(c.ack(id, 0x400, body(LOOSE, 0, more)).msg).toBe('ambiguous or reserved bits set in nlmsg_flags');
  // Older commands look at neither.
  expect(c.request(id, NLM_F_ACK | 0x400, body(ECHO, 0, undefined, 1)).map((m) => m.type)).toEqual([id, NLMSG_ERROR]);
  finish(k);
});

test('dumps: attributes are checked before, in several parts', () => {
  const { k, c, id } = open();
  const got = c.request(id, NLM_F_DUMP, body(COUNT, 0, (w) => w.putU32(1, 1)));
  expect(got.map((m) => m.type)).toEqual([id, id, id, id, id, NLMSG_DONE]);
  expect(got.every((m) => (m.flags & NLM_F_MULTI) !== 0)).toBe(true);
  expect(got.slice(0, 5).map((m) => u32(attrs(m.payload, 8).get(1)))).toEqual([0, 1, 2, 3, 4]);
  expect(ack(c.request(id, NLM_F_DUMP, body(COUNT, 0, (w) => w.putString(2, 'x')))[0]!).errno).toBe(-EEXIST);
  expect(ack(c.request(id, NLM_F_DUMP, body(COUNT, 0, (w) => w.putU32(1, 200)))[0]!).errno).toBe(-34);
  finish(k);
});

test('groups have numbers of their own; the privileged ones are for the privileged', () => {
  const { k, c, id, fam } = open();
  const ear = new Client(k.initNet, { protocol: NETLINK_GENERIC, groups: 0 });
  expect(genlHasListeners(k.initNet, fam, 0)).toBe(false);
  expect(ear.setopt(NETLINK_ADD_MEMBERSHIP, fam.mcgrpOffset)).toBe(0);
  expect(genlHasListeners(k.initNet, fam, 0)).toBe(true);
  expect(genlHasListeners(k.initNet, fam, 7)).toBe(false);
  c.request(id, 0, body(ECHO, 0));
  expect(ear.messages().map((m) => [m.type, m.payload[0]])).toEqual([[id, ECHO]]);
  // With NLM_F_ECHO the sender hears it himself too.
  expect(c.request(id, NLM_F_ECHO, body(ECHO, 0)).map((m) => m.type)).toEqual([id, id]);
  expect(ear.messages()).toHaveLength(1);
  const w = new NlWriter();
  genlmsgPut(w, null, fam, ECHO);
  w.end();
  expect(genlmsgMulticast(k.initNet, fam, w, 2)).toBe(-EINVAL);
  k.cred = new Cred(1000);
  expect(ear.setopt(NETLINK_ADD_MEMBERSHIP, fam.mcgrpOffset + 1)).toBe(-EPERM);
  k.cred = new Cred();
  expect(ear.setopt(NETLINK_ADD_MEMBERSHIP, fam.mcgrpOffset + 1)).toBe(0);
  // A number of no family is no matter, one beyond all is.
  expect(ear.setopt(NETLINK_ADD_MEMBERSHIP, 60)).toBe(0);
  expect(ear.setopt(NETLINK_ADD_MEMBERSHIP, 65)).toBe(-EINVAL);
  finish(k);
});

test('who is not privileged, by socket or by sender, may not do what asks for it', () => {
  const { k, c, id } = open();
  expect(c.ack(id, 0, body(ADMIN, 0)).errno).toBe(0);
  k.cred = new Cred(1000);
  expect(c.ack(id, 0, body(ADMIN, 0)).errno).toBe(-EPERM);
  const his = new Client(k.initNet, { protocol: NETLINK_GENERIC, strict: false });
  k.cred = new Cred(1000, 1000, [], [CAP_NET_ADMIN]);
  // A socket opened without the capability stays without.
  expect(his.ack(id, 0, body(ADMIN, 0)).errno).toBe(-EPERM);
  expect(c.ack(id, 0, body(ADMIN, 0)).errno).toBe(0);
  finish(k);
});

test('the controller tells of families, and of those that come and go', () => {
  const { k, c, id, fam } = open();
  const other = k.createNet();
  const ear = new Client(other, { protocol: NETLINK_GENERIC, groups: 1 << (GENL_ID_CTRL - 1) });
  const [m] = c.request(GENL_ID_CTRL, 0, ctrl(CTRL_CMD_GETFAMILY, (w) => w.putString(CTRL_ATTR_FAMILY_NAME, 'echo')));
  const tb = attrs(m!.payload, 4);
  expect([str(tb.get(CTRL_ATTR_FAMILY_NAME)), new DataView(tb.get(CTRL_ATTR_FAMILY_ID)!.buffer).getUint16(0, true), u32(tb.get(CTRL_ATTR_MAXATTR))]).toEqual(['echo', id, 2]);
  expect([...attrs(tb.get(CTRL_ATTR_OPS)!).values()].map((o) => [u32(attrs(o).get(1)), u32(attrs(o).get(2))])).toEqual([[ECHO, 10], [ADMIN, 11], [COUNT, 12], [LOOSE, 10], [FAIL, 10]]);
  expect([...attrs(tb.get(CTRL_ATTR_MCAST_GROUPS)!).values()].map((g) => [str(attrs(g).get(1)), u32(attrs(g).get(2))])).toEqual([['news', fam.mcgrpOffset], ['secrets', fam.mcgrpOffset + 1]]);
  const names = (): string[] => c.request(GENL_ID_CTRL, NLM_F_DUMP, ctrl(CTRL_CMD_GETFAMILY)).filter((x) => x.type === GENL_ID_CTRL).map((x) => str(attrs(x.payload, 4).get(CTRL_ATTR_FAMILY_NAME)));
  expect(names()).toEqual(['nlctrl', 'ethtool', 'echo']);
  const second = genlRegisterFamily(k, def({ name: 'second', mcgrps: ['a', 'b'] }));
  expect(ear.messages().map((x) => x.payload[0])).toEqual([CTRL_CMD_NEWFAMILY, CTRL_CMD_NEWMCAST_GRP, CTRL_CMD_NEWMCAST_GRP]);
  expect([second.id, second.mcgrpOffset]).toEqual([id + 1, fam.mcgrpOffset + 2]);
  const member = new Client(other, { protocol: NETLINK_GENERIC, groups: 1 << (second.mcgrpOffset - 1) });
  expect(genlHasListeners(other, second, 0)).toBe(true);
  expect(genlUnregisterFamily(k, second)).toBe(0);
  expect(genlUnregisterFamily(k, second)).toBe(-EINVAL);
  expect(ear.messages().map((x) => x.payload[0])).toEqual([CTRL_CMD_DELMCAST_GRP, CTRL_CMD_DELMCAST_GRP, CTRL_CMD_DELFAMILY]);
  // Its groups have no members any more, and its number is not given out at once.
  expect(genlHasListeners(other, second, 0)).toBe(false);
  expect(genlRegisterFamily(k, def({ name: 'third', mcgrps: [] })).id).toBe(id + 2);
  expect(names()).toEqual(['nlctrl', 'ethtool', 'echo', 'third']);
  member.close();
  finish(k);
});

test('a family of the first namespace only', () => {
  const k = makeKernel();
  const fam = genlRegisterFamily(k, def({ netnsok: false }));
  const other = k.createNet();
  const c = new Client(other, { protocol: NETLINK_GENERIC });
  expect(c.ack(fam.id, 0, body(FAIL, 0)).errno).toBe(-ENOENT);
  expect(c.ack(GENL_ID_CTRL, 0, ctrl(CTRL_CMD_GETFAMILY, (w) => w.putU16(CTRL_ATTR_FAMILY_ID, fam.id))).errno).toBe(-ENOENT);
  expect(new Client(k.initNet, { protocol: NETLINK_GENERIC }).ack(fam.id, 0, body(FAIL, 0)).errno).toBe(-EEXIST);
  finish(k);
});

test('a module that is wrong is told so', () => {
  const k = makeKernel([echo]);
  expect(() => genlRegisterFamily(k, def())).toThrow('registered twice');
  expect(() => genlRegisterFamily(k, def({ name: 'x'.repeat(16) }))).toThrow('too long');
  expect(() => genlRegisterFamily(k, def({ name: 'idle', ops: [{ cmd: 1 }] }))).toThrow('does nothing');
  finish(k);
});

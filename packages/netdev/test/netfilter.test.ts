import { EBUSY, EHOSTUNREACH, EINVAL, EPERM, type Net } from '@linnet/kernel';
import { consumeSkb, type Skb } from '@linnet/skbuff';
import { expect, test } from 'vitest';
import {
  devQueueXmit, NETDEV, NF_ACCEPT, NF_DROP, NF_INET_LOCAL_IN, NF_INET_LOCAL_OUT, NF_INET_PRE_ROUTING, NF_NETDEV_EGRESS, NF_NETDEV_INGRESS, NF_QUEUE, NF_REPEAT, NF_STOLEN,
  NF_VERDICT_FLAG_QUEUE_BYPASS, nfDropErr, nfHook, nfHookCond, nfHookPresent, nfHookVerdict, type NfHookOps, NFPROTO_ARP, NFPROTO_INET, NFPROTO_IPV4, NFPROTO_IPV6,
  NFPROTO_NETDEV, nfQueueNr, nfRegisterNetHook, nfReinject, type NfState, nfStateCopy, nfUnregisterNetHook, unregisterNetdevice,
} from '../src/index.ts';
import { FakeDevice } from '../src/testing.ts';
import { drops, eth, finish, listen, MAC_A, MAC_B, makeKernel, txSkb } from './helpers.ts';

function machine(): {
  k: ReturnType<typeof makeKernel>; fake: FakeDevice; passed: Skb[]; pass: () => number; hook: (ops: Partial<NfHookOps> & Pick<NfHookOps, 'hook'>, net?: Net) => NfHookOps;
} {
  const k = makeKernel();
  const fake = new FakeDevice(k.initNet, { mac: MAC_A });
  const passed: Skb[] = [];
  const okfn = (_n: Net, _s: object | null, skb: Skb): number => {
    passed.push(skb);
    consumeSkb(skb);
    return 42;
  };
  return {
    k, fake, passed,
    pass: () => nfHook(NFPROTO_IPV4, NF_INET_LOCAL_IN, k.initNet, null, txSkb(fake.dev, eth(MAC_B, MAC_A, 0x800, [1])), fake.dev, null, okfn),
    hook: (ops, net = k.initNet) => {
      const full: NfHookOps = { pf: NFPROTO_IPV4, hooknum: NF_INET_LOCAL_IN, priority: 0, ...ops };
      expect(nfRegisterNetHook(net, full)).toBe(0);
      return full;
    },
  };
}

test('nobody listens: straight on', () => {
  const { k, pass, passed } = machine();
  expect(pass()).toBe(42);
  expect(passed).toHaveLength(1);
  expect(k.get(NETDEV).nfStates).toHaveLength(0);
  finish(k);
});

test('hooks run by priority, then by registration, and know where the packet stands', () => {
  const { k, fake, pass, hook } = machine();
  const seen: string[] = [];
  const say = (s: string) => (priv: object | null, _skb: Skb, st: NfState): number => {
    expect(priv).toBe(null);
    seen.push(`${s} ${st.pf} ${st.hook} ${st.inDev?.name} ${st.outDev} ${st.net === k.initNet}`);
    return NF_ACCEPT;
  };
  hook({ hook: say('nat'), priority: 100 });
  hook({ hook: say('raw'), priority: -300 });
  hook({ hook: say('nat2'), priority: 100 });
  hook({ hook: say('elsewhere'), hooknum: NF_INET_PRE_ROUTING });
  hook({ hook: say('v6'), pf: NFPROTO_IPV6 });
  hook({ hook: say('other net') }, k.createNet());
  expect(pass()).toBe(42);
  expect(seen.map((s) => s.split(' ')[0])).toEqual(['raw', 'nat', 'nat2']);
  expect(seen[0]).toBe(`raw 2 1 ${fake.dev.name} null true`);
  finish(k);
});

test('drop with and without an errno, steal, repeat', () => {
  const { k, pass, hook, passed } = machine();
  let verdict = NF_DROP;
  let calls = 0;
  hook({ hook: (_p, skb) => {
    calls++;
    if (verdict === NF_STOLEN) consumeSkb(skb);
    return verdict === NF_REPEAT && calls >= 3 ? NF_ACCEPT : verdict;
  } });
  expect(pass()).toBe(-EPERM);
  verdict = nfDropErr(-EHOSTUNREACH);
  expect(pass()).toBe(-EHOSTUNREACH);
  verdict = NF_STOLEN;
  expect(pass()).toBe(0);
  expect(passed).toHaveLength(0);
  verdict = NF_REPEAT;
  calls = 0;
  expect(pass()).toBe(42);
  expect(calls).toBe(3);
  expect(drops(k)).toEqual({ NETFILTER_DROP: 2 });
  finish(k);
});

test('queueing: to a handler, past a missing one when that is allowed, and back with a verdict', () => {
  const { k, pass, hook, passed } = machine();
  const sd = k.get(NETDEV);
  let verdict = nfQueueNr(7);
  const after: string[] = [];
  hook({ hook: () => verdict });
  hook({ hook: () => {
    after.push('after');
    return NF_ACCEPT;
  }, priority: 10 });
  expect(pass()).toBeLessThan(0); // nobody takes it
  verdict = nfQueueNr(7) | NF_VERDICT_FLAG_QUEUE_BYPASS;
  expect(pass()).toBe(42);
  const queued: [Skb, NfState, number][] = [];
  sd.nfQueueHandler = (skb, st, n) => {
    queued.push([skb, nfStateCopy(st), n]);
    return 0;
  };
  verdict = nfQueueNr(7);
  for (let i = 0; i < 4; i++) expect(pass()).toBe(0);
  expect(queued.map((q) => q[2])).toEqual([7, 7, 7, 7]);
  after.length = 0;
  passed.length = 0;
  expect(nfReinject(queued[0]![0], queued[0]![1], NF_ACCEPT)).toBe(42);
  expect([after.length, passed.length]).toEqual([1, 1]);
  expect(nfReinject(queued[1]![0], queued[1]![1], NF_DROP)).toBe(-EPERM);
  verdict = NF_ACCEPT;
  expect(nfReinject(queued[2]![0], queued[2]![1], NF_REPEAT)).toBe(42);
  expect(nfReinject(queued[3]![0], queued[3]![1], NF_QUEUE)).toBe(-EPERM);
  expect([after.length, passed.length]).toEqual([2, 2]);
  finish(k);
});

test('a hook may send packets that pass hooks themselves: states do not mix', () => {
  const { k, pass, hook } = machine();
  let depth = 0;
  const hooks: number[] = [];
  hook({ hook: (_p, _s, st) => {
    if (depth++ < 3) pass();
    hooks.push(st.index, st.hook);
    return NF_ACCEPT;
  } });
  expect(pass()).toBe(42);
  expect(hooks).toEqual([0, 1, 0, 1, 0, 1, 0, 1]);
  expect(k.get(NETDEV).nfDepth).toBe(0);
  finish(k);
});

test('registration: both families by one record, no record twice, no family or point that does not exist', () => {
  const { k, hook } = machine();
  const ops = hook({ pf: NFPROTO_INET, hooknum: NF_INET_LOCAL_OUT, hook: () => NF_ACCEPT });
  expect(nfRegisterNetHook(k.initNet, ops)).toBe(-EBUSY);
  expect([nfHookPresent(k.initNet, NFPROTO_IPV4, NF_INET_LOCAL_OUT), nfHookPresent(k.initNet, NFPROTO_IPV6, NF_INET_LOCAL_OUT)]).toEqual([true, true]);
  nfUnregisterNetHook(k.initNet, ops);
  nfUnregisterNetHook(k.initNet, ops);
  expect(nfHookPresent(k.initNet, NFPROTO_IPV4, NF_INET_LOCAL_OUT)).toBe(false);
  expect(k.get(NETDEV).nrNfHooks).toBe(0);
  expect(nfRegisterNetHook(k.initNet, { pf: 99, hooknum: 0, priority: 0, hook: () => 1 })).toBe(-EINVAL);
  expect(nfRegisterNetHook(k.initNet, { pf: NFPROTO_ARP, hooknum: 8, priority: 0, hook: () => 1 })).toBe(-EINVAL);
  expect(nfRegisterNetHook(k.initNet, { pf: NFPROTO_NETDEV, hooknum: 0, priority: 0, hook: () => 1 })).toBe(-EINVAL);
  finish(k);
});

test('the two forms for callers: a verdict to go on from, and a condition', () => {
  const { k, fake, hook } = machine();
  const skb = txSkb(fake.dev, eth(MAC_B, MAC_A, 0x800, [1]));
  const ok = (): number => 5;
  hook({ hook: () => NF_ACCEPT });
  expect(nfHookVerdict(NFPROTO_IPV4, NF_INET_LOCAL_IN, k.initNet, null, skb, null, null, ok)).toBe(1);
  expect(nfHookVerdict(NFPROTO_IPV4, NF_INET_LOCAL_OUT, k.initNet, null, skb, null, null, ok)).toBe(1);
  hook({ hook: () => NF_DROP, priority: 5 });
  expect(nfHookCond(NFPROTO_IPV4, NF_INET_LOCAL_IN, k.initNet, null, skb, null, fake.dev, ok, false)).toBe(5);
  expect(nfHookCond(NFPROTO_IPV4, NF_INET_LOCAL_IN, k.initNet, null, skb, null, fake.dev, ok, true)).toBe(-EPERM);
  finish(k);
});

test('a device has hooks of its own, on both ways', () => {
  const { k, fake, hook } = machine();
  const got = listen(k, 0x88b5);
  let let_ = NF_ACCEPT;
  const seen: string[] = [];
  hook({ pf: NFPROTO_NETDEV, hooknum: NF_NETDEV_INGRESS, dev: fake.dev, hook: (_p, skb, st) => {
    seen.push(`in ${st.inDev?.name} ${skb.len}`);
    return let_;
  } });
  const out = hook({ pf: NFPROTO_NETDEV, hooknum: NF_NETDEV_EGRESS, dev: fake.dev, hook: (_p, skb, st) => {
    seen.push(`out ${st.outDev?.name} ${skb.len}`);
    return let_;
  } });
  const both = (): void => {
    fake.inject(eth(MAC_A, MAC_B, 0x88b5, [1]));
    k.run(() => devQueueXmit(txSkb(fake.dev, eth(MAC_B, MAC_A, 0x88b5, [1]))));
  };
  both();
  let_ = NF_DROP;
  both();
  expect(seen).toEqual(['in eth0 1', 'out eth0 15', 'in eth0 1', 'out eth0 15']);
  expect([got.length, fake.take().length]).toEqual([1, 1]);
  nfUnregisterNetHook(k.initNet, out);
  unregisterNetdevice(fake.dev);
  expect(k.get(NETDEV).nrNfHooks).toBe(0);
  finish(k);
});

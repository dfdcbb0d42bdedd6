import { EINVAL, ENAMETOOLONG } from '@linnet/kernel';
import { CLONE_NEWNET, CLONE_NEWNS, CLONE_NEWUTS } from '@linnet/uapi';
import { describe, expect, test } from 'vitest';
import {
  createNetns, getHostname, netnsDel, type NsProxy, nsproxyGet, nsproxyOf, nsproxyPut, nsproxySetns, nsproxyUnshare, setDomainname, setHostname, uname,
} from '../src/index.ts';
import { finish, makeKernel } from './helpers.ts';

const ok = (p: NsProxy | number): NsProxy => {
  if (typeof p === 'number') throw new Error(`errno ${p}`);
  return p;
};

describe('unshare and setns', () => {
  test('a task leaves for a new network namespace, which ends with it', () => {
    const k = makeKernel();
    const init = nsproxyOf(k.initNet);
    const p = ok(nsproxyUnshare(init, CLONE_NEWNET));
    expect(p.net).not.toBe(k.initNet);
    expect(p.uts).toBe(init.uts);
    const child = nsproxyGet(p);
    nsproxyPut(p);
    expect(p.net.dead).toBe(false);
    nsproxyPut(child);
    expect(p.net.dead).toBe(true);
    nsproxyPut(init);
    expect(k.initNet.dead).toBe(false);
    finish(k);
  });

  test('a named namespace outlives its name while a task is in it', () => {
    const k = makeKernel();
    const net = createNetns(k, 'red');
    const init = nsproxyOf(k.initNet);
    const p = ok(nsproxySetns(init, net, CLONE_NEWNET));
    nsproxyPut(init);
    netnsDel(k, 'red');
    expect(net.dead).toBe(false);
    const back = ok(nsproxySetns(p, k.initNet));
    nsproxyPut(p);
    expect(net.dead).toBe(true);
    expect(nsproxySetns(back, net)).toBe(-EINVAL);
    nsproxyPut(back);
    finish(k);
  });

  test('wrong types, flags and machines', () => {
    const k = makeKernel();
    const other = makeKernel();
    const p = nsproxyOf(k.initNet);
    expect(nsproxyUnshare(p, CLONE_NEWNS)).toBe(-EINVAL);
    expect(nsproxySetns(p, k.initNet, CLONE_NEWUTS)).toBe(-EINVAL);
    expect(nsproxySetns(p, p.uts, CLONE_NEWNET)).toBe(-EINVAL);
    expect(nsproxySetns(p, other.initNet)).toBe(-EINVAL);
    expect(ok(nsproxyUnshare(p, 0)).net).toBe(k.initNet);
    finish(k);
    finish(other);
  });
});

describe('UTS namespaces', () => {
  test('the initial one is the name of the machine; a new one begins as a copy', () => {
    const k = makeKernel('router');
    const init = nsproxyOf(k.initNet);
    expect(uname(init.uts)).toMatchObject({ sysname: 'Linux', nodename: 'router', domainname: '(none)' });
    const p = ok(nsproxyUnshare(init, CLONE_NEWUTS));
    expect(setHostname(p.uts, 'guest')).toBe(0);
    expect(setDomainname(p.uts, 'example.org')).toBe(0);
    expect([init.uts.hostname, p.uts.hostname, p.uts.domainname]).toEqual(['router', 'guest', 'example.org']);
    setHostname(init.uts, 'core');
    expect(k.hostname).toBe('core');
    expect([p.uts.hostname, ok(nsproxySetns(p, init.uts)).uts.hostname]).toEqual(['guest', 'core']);
    finish(k);
  });

  test('lengths', () => {
    const k = makeKernel();
    const { uts } = nsproxyOf(k.initNet);
    expect(setHostname(uts, 'x'.repeat(65))).toBe(-EINVAL);
    expect(setHostname(uts, 'é'.repeat(33))).toBe(-EINVAL);
    expect(setDomainname(uts, 'x'.repeat(65))).toBe(-EINVAL);
    expect(setHostname(uts, 'x'.repeat(64))).toBe(0);
    expect(getHostname(uts, 64)).toBe(-ENAMETOOLONG);
    // Bytes count, not letters.
    setHostname(uts, 'grün');
    expect([getHostname(uts, 5), getHostname(uts, 6)]).toEqual([-ENAMETOOLONG, 'grün']);
    setHostname(uts, 'x'.repeat(64));
    expect(getHostname(uts)).toBe('x'.repeat(64));
    finish(k);
  });

  test('sysctls of the machine', () => {
    const k = makeKernel('router');
    expect(k.sysctl.read('kernel.hostname')?.trim()).toBe('router');
    expect(k.sysctl.write('kernel/hostname', 'core\n')).toBe(0);
    expect(k.hostname).toBe('core');
    expect(k.sysctl.write('kernel/domainname', 'example.org')).toBe(0);
    expect(nsproxyOf(k.initNet).uts.domainname).toBe('example.org');
    finish(k);
  });
});

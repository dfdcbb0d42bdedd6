#!/usr/bin/env python3
"""Records which routes a real kernel makes while addresses of one device come and go, at random.

Run as root: makes a network namespace of its own and deletes it. Writes addresses.jsonl: one sequence a line, each step
with its result and the routes (`ip -4 route show table all`, without lo) behind it.
"""
import json, os, random, subprocess

NS = 'linnet-addr-%d' % os.getpid()
R = random.Random(4)

def ns(*a, check=True):
    return subprocess.run(('ip', 'netns', 'exec', NS) + a, capture_output=True, text=True, check=check)

def step(have):
    x = R.random()
    if x < 0.55 or not have:
        # few networks and hosts, so that they meet
        net, host = R.choice([('10.0.0', 0), ('10.0.0', 128), ('10.0.1', 0), ('192.168.7', 0)]), R.choice([1, 2, 3, 6])
        plen = R.choice([24, 24, 24, 25, 25, 30, 31, 32, 16])
        a = {'op': 'add', 'addr': '%s.%d' % (net[0], net[1] + host), 'plen': plen}
        y = R.random()
        if y < 0.25: a['brd'] = R.choice(['10.0.0.255', '10.0.0.127', '10.0.1.255', '192.168.7.255', '10.0.255.255', '255.255.255.255'])
        elif y < 0.35: a['noprefixroute'] = True
        elif y < 0.45: a['metric'] = R.choice([5, 50])
        elif y < 0.5: a['scope'] = R.choice(['link', 'host'])
        elif y < 0.6: a['peer'] = R.choice(['10.0.2.1', '10.0.0.9'])
        return a
    if x < 0.88:
        return dict(R.choice(have), op='del')
    return {'op': R.choice(['down', 'up'])}

def apply(a):
    if a['op'] in ('up', 'down'):
        ns('ip', 'link', 'set', 'v0', a['op'])
        return 0
    if a['op'] == 'add':
        cmd = ['ip', 'addr', 'add']
        cmd += [a['addr'], 'peer', '%s/%d' % (a['peer'], a['plen'])] if 'peer' in a else ['%s/%d' % (a['addr'], a['plen'])]
        if 'brd' in a: cmd += ['brd', a['brd']]
        cmd += ['scope', a.get('scope', 'global'), 'dev', 'v0']
        if 'metric' in a: cmd += ['metric', str(a['metric'])]
        if 'noprefixroute' in a: cmd += ['noprefixroute']
    else:
        cmd = ['ip', 'addr', 'del']
        cmd += [a['addr'], 'peer', '%s/%d' % (a['peer'], a['plen'])] if 'peer' in a else ['%s/%d' % (a['addr'], a['plen'])]
        cmd += ['dev', 'v0']
    p = ns(*cmd, check=False)
    return 0 if p.returncode == 0 else p.stderr.strip()

def main():
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'addresses.jsonl')
    subprocess.run(('ip', 'netns', 'add', NS), check=True)
    try:
        ns('sysctl', '-qw', 'net.ipv6.conf.all.disable_ipv6=1', 'net.ipv6.conf.default.disable_ipv6=1')
        with open(path, 'w') as f:
            for n in range(40):
                ns('ip', 'link', 'add', 'v0', 'type', 'veth', 'peer', 'name', 'v1')
                for d in ('v0', 'v1'): ns('ip', 'link', 'set', d, 'up')
                promote = R.choice([0, 0, 1])
                ns('sysctl', '-qw', 'net.ipv4.conf.v0.promote_secondaries=%d' % promote)
                ns('sleep', '0.05')
                steps, have = [], []
                for _ in range(14):
                    a = step(have)
                    res = apply(a)
                    if res == 0 and a['op'] == 'add': have.append({k: a[k] for k in ('addr', 'plen', 'peer') if k in a})
                    routes = ns('ip', '-4', 'route', 'show', 'table', 'all').stdout.splitlines()
                    steps.append(dict(a, result=res, routes=[r.strip() for r in routes]))
                f.write(json.dumps({'promote': promote, 'steps': steps}) + '\n')
                ns('ip', 'link', 'del', 'v0')
    finally:
        subprocess.run(('ip', 'netns', 'del', NS), check=True)

main()

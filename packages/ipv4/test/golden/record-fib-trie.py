#!/usr/bin/env python3
"""Records /proc/net/fib_trie and fib_triestat of the real kernel for random prefixes (fib-trie.json). Run as root; makes namespaces of its own and deletes them."""
import json, os, random, subprocess

def prefixes(seed, n):
    r = random.Random(seed)
    out = []
    for _ in range(n):
        l = r.choice([0, 8, 12, 16, 16, 20, 22, 24, 24, 24, 24, 25, 28, 32])
        a = (r.choice([10, 10, 11, 20, 100, 192, 200]) << 24) | (r.randrange(8) << 16) | (r.randrange(32) << 8) | r.randrange(256)
        a &= (0xffffffff << (32 - l)) & 0xffffffff
        p = '%d.%d.%d.%d/%d' % (a >> 24, (a >> 16) & 255, (a >> 8) & 255, a & 255, l)
        if p not in out:
            out.append(p)
    return out

def main():
    out = []
    for seed, n, rules in ((1, 0, False), (2, 3, False), (3, 40, False), (4, 40, True), (5, 400, False)):
        ns = 'linnet-record-%d-%d' % (os.getpid(), seed)
        run = lambda *a, **k: subprocess.run(a, check=True, stdout=subprocess.PIPE, text=True, **k).stdout
        run('ip', 'netns', 'add', ns)
        try:
            if rules:
                run('ip', '-n', ns, 'rule', 'add', 'lookup', '100')
            run('ip', '-n', ns, 'link', 'set', 'lo', 'up')
            list_ = prefixes(seed, n)
            run('ip', '-n', ns, '-batch', '-', input=''.join('route add unreachable %s\n' % p for p in list_))
            if rules:
                run('ip', '-n', ns, 'route', 'add', 'throw', '10.0.0.0/8', 'tos', '0x10', 'table', '100')
            out.append({'prefixes': list_, 'rules': rules, 'trie': run('ip', 'netns', 'exec', ns, 'cat', '/proc/net/fib_trie'), 'stat': run('ip', 'netns', 'exec', ns, 'cat', '/proc/net/fib_triestat')})
        finally:
            run('ip', 'netns', 'del', ns)
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), 'fib-trie.json'), 'w') as f:
        json.dump(out, f)

main()

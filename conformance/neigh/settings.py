# Every setting of a device's neighbours, written with values that may and may not be: what the kernel says, and what its files read then.
import errno, os, sys

folder = '/proc/sys/net/%s/neigh/%s/' % (sys.argv[1], sys.argv[2])
# In IPv6 this one is in the kernel's own ticks.
names = sorted(n for n in os.listdir(folder) if (sys.argv[1], n) != ('ipv6', 'retrans_time'))
# Times are whole ticks of any kernel (CONFIG_HZ), and none so long that ticks of a millisecond would not hold it.
VALUES = ['0', '20', '100', '1000', '60000', '1000000', 'x', '', '20 40', ' 20', '20x', '0x14', '024', '20.5', '+20']


def read(stem):
    out = {}
    for n in names:
        if n.startswith(stem):
            with open(folder + n) as f:
                out[n] = f.read().strip()
    return out


print(read(''))
for n in names:
    stem = n.replace('_ms', '').replace('_bytes', '')
    first = before = read(stem)
    counts = n.endswith('solicit') or n.endswith('qlen') or n.endswith('bytes')
    for v in VALUES + (['-1', '1', '2147483647', '2147483648'] if counts else []):
        try:
            fd = os.open(folder + n, os.O_WRONLY)
            try:
                os.write(fd, v.encode())
                said = 'ok'
            finally:
                os.close(fd)
        except OSError as e:
            said = errno.errorcode[e.errno]
        now = read(stem)
        print(n, repr(v), said, {k: x for k, x in now.items() if x != before[k]})
        before = now
    with open(folder + n, 'w') as f:
        f.write(first[n])

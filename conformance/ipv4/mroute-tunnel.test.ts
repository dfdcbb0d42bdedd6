// A tunnel of multicast routing (VIFF_TUNNEL) from a Linnet router to a real host. The real kernel here has no `ipip`, so the far end is a raw socket of protocol 4 on it: what the real kernel
// hands to that socket came as IPv4 in IPv4, and a member of a group in another real namespace hears what that socket sends.
import { netns } from '@linnet/netns';
import { packet, unix } from '@linnet/socket';
import { ipip } from '@linnet/tunnels';
import { describe, expect, test } from 'vitest';
import { eventually } from '../lib/exec.ts';
import { scene } from '../lib/scene.ts';
import { can, here, Inside } from '../preload/lab.ts';

const PYTHON = `import sys; sys.path.insert(0, "${here('../ipv4')}")\nfrom mroute import *\n`;
const run = (text: string): string => `exec python3 -c '${PYTHON}${text}'`;

/** The daemon of the router: what comes from the member's network goes into the tunnel, and the other way round. */
const DAEMON = run(`
s = Sock(); say(s.set(INIT, 1), s.vif(0, "10.60.1.1"), s.vif(5, "10.60.0.1", TUNNEL, 3, "10.60.0.2"))
say(s.mfc("10.60.1.2", "239.1.1.1", 0, {5: 3}), s.mfc("10.99.0.9", "239.1.1.2", 5, {0: 1}))
say("routing"); time.sleep(30)
`);
const FAR = run(`
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, 4); s.settimeout(8)
say("there")
for _ in range(3):
    p = s.recv(2000); i = p[20:]
    say("outer", socket.inet_ntoa(p[12:16]), socket.inet_ntoa(p[16:20]), "ttl", p[8], "sum", csum(p[:20]), "inner", socket.inet_ntoa(i[12:16]), socket.inet_ntoa(i[16:20]), "ttl", i[8], "sum", csum(i[:20]), i[28:].decode())
for n in range(3): s.sendto(udp("10.99.0.9", "239.1.1.2", 9, n, b"back %d" % n)[14:], ("10.60.0.1", 0))
`);
const MEMBER = run(`
m = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); m.bind(("", 2000)); m.settimeout(8)
m.setsockopt(0, 35, ip("239.1.1.2") + ip("10.60.1.2")); say("joined")
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.setsockopt(0, 33, 9); s.setsockopt(0, 32, ip("10.60.1.2"))
for n in range(3): s.sendto(b"out %d" % n, ("239.1.1.1", 5000))
s.setsockopt(0, 33, 3); s.sendto(b"below the threshold", ("239.1.1.1", 5000))
for _ in range(3):
    b, a = m.recvfrom(2000); say("heard", b.decode(), "from", a[0])
`);

describe.skipIf(!can('root', 'ip', 'python3'))('a tunnel of multicast routing', () => {
  test('to a real host, and from it', { timeout: 60_000 }, scene(async (s) => {
    const machine = s.machine({ modules: [netns, packet, unix, ipip] });
    const ns = [s.netns(), s.netns()];
    ns.forEach((n, i) => s.tap(machine, { netns: n, address: `10.60.${i}.1/24`, peer: `10.60.${i}.2/24` }));
    const inside = await Inside.open(machine.kernel);
    s.defer(() => inside.close());
    const daemon = inside.start(null, DAEMON);
    await daemon.until(/routing/);
    const far = s.start(ns[0]!, FAR);
    await far.until(/there/);
    const member = s.start(ns[1]!, MEMBER);
    expect((await far.done).stdout.split('\n').slice(1, 4)).toEqual([0, 1, 2].map((n) => `outer 10.60.0.1 10.60.0.2 ttl 8 sum 0 inner 10.60.1.2 239.1.1.1 ttl 8 sum 0 out ${n}`));
    expect((await member.done).stdout.split('\n').slice(1, 4)).toEqual([0, 1, 2].map((n) => `heard back ${n} from 10.99.0.9`));
    // Three datagrams of five bytes go out, three of six come in.
    const link = await inside.sh(null, 'ip -d link show dvmrp5');
    expect(link).toMatch(/dvmrp5@NONE: <POINTOPOINT,MULTICAST,NOARP,UP,LOWER_UP> mtu 1480 .* state UNKNOWN/);
    expect(link).toMatch(/link\/ipip 10\.60\.0\.1 peer 10\.60\.0\.2 .*allmulti 1/);
    expect(link).toMatch(/ipip remote 10\.60\.0\.2 local 10\.60\.0\.1 ttl inherit nopmtudisc/);
    expect(await inside.sh(null, 'cat /proc/net/ip_mr_vif')).toMatch(/^ 5 dvmrp5 +102 +3 +99 +3 00001 01003C0A 02003C0A$/m);
    expect(await inside.sh(null, 'ip mroute show')).toMatch(/\(10\.60\.1\.2,239\.1\.1\.1\) +Iif: eth1 +Oifs: dvmrp5\(ttl 3\) +State: resolved/);
    daemon.kill();
    await daemon.done;
    await eventually('the device goes with the daemon', async () => !(await inside.sh(null, 'ip link')).includes('dvmrp5'));
  }));
});

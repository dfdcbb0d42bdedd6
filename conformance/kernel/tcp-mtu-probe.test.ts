// A router that drops what is large and says nothing (RFC 4821): with tcp_mtu_probing Linnet finds out what passes, as the real kernel does on the same path.
import { SOL_TCP, TCP_INFO, TCPI_OFF_SND_MSS } from '@linnet/uapi';
import { describe, expect, it } from 'vitest';
import { row, TestData } from '../lib/data.ts';
import { scene } from '../lib/scene.ts';
import { connect, receiveAll, sendAll } from '../lib/stream.ts';
import { have } from '../needs.mjs';

const LIMIT = 1300;
const PORT = 9000;
const SIZE = 3_000_000;

/** Takes connections one after the other, prints what came, hangs up. */
const SINK = `
import hashlib, socket
l = socket.create_server(("", ${PORT})); print("listening", flush=True)
while True:
    c = l.accept()[0]; h = hashlib.sha256()
    while True:
        d = c.recv(1 << 20)
        if not d: break
        h.update(d)
    print("sha256", h.hexdigest(), flush=True)
    c.close()
`;

/** Sends as much, and prints the MSS that it ended with. */
const SOURCE = `
import socket, struct
s = socket.create_connection(("10.84.0.2", ${PORT}))
s.sendall(bytes(${SIZE})); s.shutdown(socket.SHUT_WR); s.recv(1)
print(struct.unpack_from("I", s.getsockopt(6, 11, 104), 16)[0])
`;

describe.skipIf(!have('root', 'ip', 'tshark', 'python3', 'nft', 'ethtool'))('a black hole for large packets', () => {
  it(`of more than ${LIMIT} bytes is found by probes, without one timeout`, scene(async (s) => {
    const router = s.netns();
    const far = s.netns();
    const real = s.netns();
    const { machine } = s.linnetOnTap({ netns: router, address: '10.77.0.2/24', peer: '10.77.0.1/24', vnetHdr: false });
    router.sh(`sysctl -qw net.ipv4.ip_forward=1
      for n in far:${far.name}:84 real:${real.name}:85; do
        IFS=: ; set -- $n; unset IFS
        ip link add $1 type veth peer name near netns $2 && ip address add 10.$3.0.1/24 dev $1 && ip link set $1 up
        ip -n $2 address add 10.$3.0.2/24 dev near && ip -n $2 link set near up && ip -n $2 route add default via 10.$3.0.1
        ethtool -K $1 gso off tso off gro off && ip netns exec $2 ethtool -K near gso off tso off gro off
      done
      nft 'table ip t { chain c { type filter hook forward priority 0; meta length > ${LIMIT} drop; }; }'`);
    machine.ip.route.add({ dst: 'default', via: '10.77.0.1' });
    machine.sysctl('net.ipv4.tcp_mtu_probing', 2);
    real.sh('sysctl -qw net.ipv4.tcp_mtu_probing=2');
    const sink = s.start(far, `python3 -c '${SINK}'`);
    await sink.until(/listening/);

    const data = new TestData(SIZE);
    const { task } = machine;
    const fd = await connect(task, '10.84.0.2', PORT);
    await sendAll(task, fd, data.bytes);
    await sink.until(/sha256/, 20_000);
    expect(sink.stdout).toContain(data.sha256);
    await receiveAll(task, fd);
    const info = task.getsockopt(fd, SOL_TCP, TCP_INFO);
    const ours = new DataView(info.buffer, info.byteOffset).getUint32(TCPI_OFF_SND_MSS, true) + 52;
    task.close(fd);

    const theirs = Number(await s.sh(real, `timeout 20 python3 -c '${SOURCE}'`)) + 52;
    row('largest packet: Linnet, the kernel', `${ours}, ${theirs}`);
    for (const size of [ours, theirs]) {
      expect(size).toBeLessThanOrEqual(LIMIT);
      expect(size).toBeGreaterThan(LIMIT - 8);
    }
    expect(machine.counter('TcpExt.TCPTimeouts')).toBe(0);
    expect(machine.counter('TcpExt.TCPMTUPFail')).toBeGreaterThan(0);
  }));
});

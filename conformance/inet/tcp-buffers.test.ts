// How large the buffers and windows of a new TCP connection are: as on the real kernel, at many MTUs and with buffers of a fixed size.
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { can } from '../preload/lab.ts';
import { LinnetSide, RealSide } from '../tools/both.ts';

// One congestion control on both, as it says how many windows a send buffer is to hold (bbr three, others two); and one largest buffer, whose size decides the scale of windows.
const SETUP = 'sysctl -qw net.ipv4.tcp_congestion_control=reno net.ipv4.tcp_rmem="4096 131072 6291456" net.ipv4.tcp_wmem="4096 16384 4194304" && ip link set lo up';

describe.skipIf(!can('root', 'ip', 'python3', 'sysctl'))('TCP buffers', () => {
  it('are as large as those of the real kernel', { timeout: 60_000 }, async () => {
    const real = new RealSide();
    const linnet = await new LinnetSide().open();
    try {
      const [want, got] = await Promise.all([real, linnet].map((side) => side.run(`${SETUP} && python3 ${fileURLToPath(new URL('tcp-buffers.py', import.meta.url))}`)));
      expect(want!.code, want!.stderr).toBe(0);
      expect(want!.stdout.split('\n').length).toBe(24);
      expect(got!.stdout.split('\n')).toEqual(want!.stdout.split('\n'));
    } finally {
      await Promise.all([real.close(), linnet.close()]);
    }
  });
});

import { ipv4 } from '@linnet/ipv4';
import { createKernel } from '@linnet/kernel';
import { dummy, ifb, macvlan, netem, tc, veth, vrf } from '@linnet/netdevs';
import { test } from 'vitest';
import { Inside } from './lab.ts';
import { vxlan } from '@linnet/tunnels';
import { udp } from '@linnet/udp';
test('x', async () => {
  const k = createKernel({ modules: [ipv4, udp, veth, dummy, ifb, macvlan, vrf, tc, netem, vxlan], seed: 4 });
  const inside = await Inside.open(k);
  const r = await inside.run(null, 'sh /tmp/t.sh');
  console.log(r.stdout, r.stderr);
  await inside.close();
  k.shutdown();
}, 60000);

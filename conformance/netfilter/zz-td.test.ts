import { test } from 'vitest';
import { LinnetSide } from '../tools/both.ts';
import { ROUTER, send } from './iptables.ts';
test('x', {timeout: 60000}, async () => {
  const l = await new LinnetSide().open();
  for (const c of ROUTER) await l.run(c);
  await l.run('iptables-legacy -A FORWARD -j NFLOG --nflog-group 5');
  const p = l.start('timeout 6 tcpdump -n -i nflog:5 -c 2 2>&1');
  await new Promise((r) => setTimeout(r, 2500));
  console.log((await l.run(send('udp src=10.1.0.2 dst=203.0.113.2', 'tcp src=10.1.0.2 dst=203.0.113.2'))).stdout);
  console.log(JSON.stringify(await p.done));
  await l.close();
});

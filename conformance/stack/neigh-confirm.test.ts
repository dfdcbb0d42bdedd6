// Progress of a TCP connection tells the neighbour table that the next hop is alive: no probes then, as on Linux.
import { ms, sec } from '@linnet/kernel';
import { devAddTap } from '@linnet/netdev';
import { ipRoute, openNet } from '@linnet/net';
import { SimNet } from '@linnet/testing';
import { ETH_P_ARP } from '@linnet/uapi';
import { inetStack } from 'linnet';
import { expect, it } from 'vitest';

/** Two hosts talk for five minutes, a message each half second; counts the ARP packets of the last four. */
async function arpsWhile(talk: 'tcp' | 'udp'): Promise<number> {
  const net = new SimNet({ modules: inetStack.filter((m) => m.name !== 'tap' && m.name !== 'netem'), seed: 4 });
  const [a, b] = [net.machine('a'), net.machine('b')];
  net.link(a, 'eth0', b, 'eth0', { delay: 1 });
  ipRoute(a).addr.add({ dev: 'eth0', address: '10.0.0.1/24' });
  ipRoute(b).addr.add({ dev: 'eth0', address: '10.0.0.2/24' });
  let arps = 0;
  for (const k of [a, b]) devAddTap(k, { func: (skb, _dev, outgoing) => void (outgoing && skb.protocol === ETH_P_ARP && arps++) });
  await net.run(async () => {
    let say: (text: string) => void;
    let bye: () => void;
    if (talk === 'tcp') {
      const server = openNet(b).createServer((s) => s.pipe(s)).listen(7);
      const client = openNet(a).connect(7, '10.0.0.2').resume();
      say = (text) => void client.write(text);
      bye = () => void (client.end(), server.close());
    } else {
      const server = openNet(b).createSocket('udp4', (msg, from) => server.send(msg, from.port, from.address));
      server.bind(7);
      const client = openNet(a).createSocket('udp4', () => {});
      say = (text) => client.send(text, 7, '10.0.0.2');
      bye = () => void (client.close(), server.close());
    }
    const wait = (ns: number): Promise<void> => new Promise((resolve) => {
      const alarm = net.clock.createAlarm(resolve);
      alarm.set(net.clock.now() + ns);
    });
    for (let t = 0; t < sec(300); t += ms(500)) {
      if (t === sec(60)) arps = 0;
      say('hello');
      await wait(ms(500));
    }
    bye();
    await wait(sec(1));
  });
  net.close();
  return arps;
}

it('TCP confirms its neighbour, UDP cannot', async () => {
  expect(await arpsWhile('tcp')).toBe(0);
  expect(await arpsWhile('udp')).toBeGreaterThan(4);
});

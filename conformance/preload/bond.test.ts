// The unmodified `ip` administers bonds of Linnet, and tshark reads what they say to each other. The kernel that runs these tests has no bonding, so there is nothing to compare with.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { captureDevice, openPcapngFile } from '@linnet/host';
import { ipv4 } from '@linnet/ipv4';
import { createKernel, type Kernel } from '@linnet/kernel';
import { devGetByName } from '@linnet/netdev';
import { bond, veth, vlan } from '@linnet/netdevs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { can, Inside } from './lab.ts';

let k: Kernel;
let inside: Inside;
beforeAll(async () => {
  k = createKernel({ modules: [ipv4, veth, vlan, bond], seed: 4 });
  inside = await Inside.open(k);
});
afterAll(async () => {
  await inside.close();
  k.shutdown();
});

async function sh(command: string): Promise<string> {
  const r = await inside.run(null, command);
  expect(r.stderr, command).toBe('');
  return r.stdout;
}
interface Link {
  readonly flags: string[];
  readonly master: string;
  readonly address: string;
  readonly linkinfo: {
    readonly info_slave_kind?: string;
    readonly info_data: { readonly active_slave?: string; readonly ad_info?: { readonly num_ports: number } };
    readonly info_slave_data: { readonly ad_actor_oper_port_state?: number };
  };
}
const link = async (name: string): Promise<Link> => (JSON.parse(await sh(`ip -d -j link show ${name}`)) as [Link])[0];

describe.skipIf(!can('ip', 'tshark'))('bonds, by ip', () => {
  test('one as it comes', async () => {
    await sh('ip link add b0 type bond');
    expect((await link('b0')).linkinfo).toEqual({ info_kind: 'bond', info_data: {
      mode: 'balance-rr', miimon: 0, updelay: 0, downdelay: 0, peer_notify_delay: 0, use_carrier: 1, arp_interval: 0, arp_missed_max: 2, arp_validate: null, arp_all_targets: 'any', primary_reselect: 'always',
      fail_over_mac: 'none', xmit_hash_policy: 'layer2', resend_igmp: 1, num_peer_notif: 1, all_slaves_active: 0, min_links: 0, lp_interval: 1, packets_per_slave: 1, ad_lacp_active: 'on',
      ad_lacp_rate: 'slow', ad_select: 'stable', tlb_dynamic_lb: 1,
    } });
    expect((await link('b0')).flags).toContain('MASTER');
    await sh('ip link del b0');
  });
  test('active-backup', async () => {
    await sh('ip link add b1 type bond mode active-backup miimon 50 updelay 100 && ip link add x0 type veth peer name y0 && ip link add x1 type veth peer name y1');
    await sh('ip link set y0 up && ip link set y1 up && ip link set x0 master b1 && ip link set x1 master b1 && ip link set b1 up type bond primary x1');
    await expect.poll(async () => (await link('b1')).linkinfo.info_data.active_slave, { timeout: 3000 }).toBe('x1');
    const slave = await link('x1');
    expect([slave.master, slave.flags.includes('SLAVE'), slave.linkinfo.info_slave_kind]).toEqual(['b1', true, 'bond']);
    expect(slave.linkinfo.info_slave_data).toMatchObject({ state: 'ACTIVE', mii_status: 'UP', link_failure_count: 0, queue_id: 0 });
    await sh('ip link set y1 down');
    await expect.poll(async () => (await link('b1')).linkinfo.info_data.active_slave, { timeout: 3000 }).toBe('x0');
    expect(await sh('cat /proc/net/bonding/b1')).toContain('Currently Active Slave: x0\nMII Status: up\nMII Polling Interval (ms): 50\nUp Delay (ms): 100\n');
    expect((await inside.run(null, 'ip link set b1 type bond mode 802.3ad')).stderr).toContain('Error: unable to set option because the bond');
    expect((await inside.run(null, 'ip link set b1 master b1')).code).not.toBe(0);
  }, 20_000);
  test('802.3ad: two bonds agree, and tshark reads how', async () => {
    await sh('ip link add m0 type bond mode 802.3ad lacp_rate fast miimon 50 && ip link add m1 type bond mode 802.3ad lacp_rate fast miimon 50 xmit_hash_policy layer3+4');
    await sh('for i in 0 1; do ip link add p$i type veth peer name q$i; ip link set p$i master m0; ip link set q$i master m1; done');
    const folder = mkdtempSync(join(tmpdir(), 'linnet-lacp-'));
    try {
      const file = openPcapngFile(join(folder, 'lacp.pcapng'));
      const capture = captureDevice(devGetByName(k.initNet, 'p0')!, file.writer);
      await sh('ip link set m0 up && ip link set m1 up');
      await expect.poll(async () => (await link('m0')).linkinfo.info_data.ad_info?.num_ports, { timeout: 10_000 }).toBe(2);
      await expect.poll(async () => (await link('p0')).linkinfo.info_slave_data.ad_actor_oper_port_state, { timeout: 10_000 }).toBe(63);
      const m1 = await link('m1');
      expect((await link('m0')).linkinfo.info_data.ad_info).toMatchObject({ num_ports: 2, actor_key: 15, partner_mac: m1.address });
      capture.stop();
      file.close();
      const lines = execFileSync('tshark', ['-r', join(folder, 'lacp.pcapng'), '-Y', 'lacp', '-T', 'fields', '-e', 'lacp.actor.sysid', '-e', 'lacp.actor.key', '-e', 'lacp.partner.sysid', '-e', '_ws.malformed'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trimEnd().split('\n');
      expect(lines.length).toBeGreaterThan(3);
      expect(lines.every((l) => (l.split('\t')[3] ?? '') === '')).toBe(true);
      expect(lines.some((l) => l.split('\t')[2] === m1.address)).toBe(true);
    } finally {
      rmSync(folder, { recursive: true });
    }
    await sh('ip addr add 10.1.0.1/24 dev m0');
    await sh('ip link add link m0 name m0.7 type vlan id 7 && ip link set m0.7 up && ip link del m0 && ip link del m1 && ip link del b1');
    expect(await sh('ip -j link show')).not.toContain('SLAVE');
  }, 40_000);
});

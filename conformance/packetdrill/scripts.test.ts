/**
 * The scripts of this folder, in the language of packetdrill, against a Linnet machine in virtual time; and against the real kernel, by the original program, whose path the
 * environment variable PACKETDRILL gives: so that what a script expects stays what Linux does. The kernel must allow `reno`, which it does unless somebody changed it.
 * A name that ends on -v4 or -v6 is for that version alone.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { runScript } from '@linnet/packetdrill';
import { runTool } from '@linnet/tools';
import { fullStack } from 'linnet';
import { afterAll, describe, expect, test } from 'vitest';
import { have } from '../needs.mjs';

const dir = import.meta.dirname;
const scripts = fs.readdirSync(dir).filter((f) => f.endsWith('.pkt')).sort();
const versions = ['ipv4', 'ipv6', 'ipv4-mapped-ipv6'] as const;
type Version = (typeof versions)[number];

function applies(script: string, version: Version): boolean {
  if (script.endsWith('-v4.pkt')) return version === 'ipv4';
  return !script.endsWith('-v6.pkt') || version === 'ipv6';
}

describe.each(versions)('a Linnet machine, %s', (version) => {
  test.each(scripts.filter((s) => applies(s, version)))('%s', async (script) => {
    const r = await runScript(script, fs.readFileSync(path.join(dir, script), 'utf8'), {
      modules: fullStack, tool: runTool, options: new Map([['ip_version', version]]),
    });
    expect(r.error).toBeNull();
  });
});

const original = process.env['PACKETDRILL'];
if (original === undefined) console.log('the real kernel: skipped, PACKETDRILL does not name the original program');

const ADDRESSES: Readonly<Record<string, readonly string[]>> = {
  ipv4: ['--local_ip=192.168.0.1', '--gateway_ip=192.168.0.1', '--netmask_ip=255.255.0.0', '--remote_ip=192.0.2.1'],
  ipv6: ['--mtu=1520', '--local_ip=fd3d:a0b:17d6::1', '--gateway_ip=fd3d:a0b:17d6:8888::1', '--remote_ip=fd3d:fa7b:d17d::1'],
};

// `npm test` knows by the name that the program is none of the project's.
describe.skipIf(original === undefined || !have('root', 'ip')).each(['ipv4', 'ipv6'] as const)('PACKETDRILL: the real kernel, %s', (version) => {
  const ns = `linnet-${process.pid}-${version}`;
  const clean = (): void => void spawnSync('ip', ['netns', 'del', ns]);
  afterAll(clean);

  test.each(scripts.filter((s) => applies(s, version)))('%s', (script) => {
    // Time is real here, and the machine may be busy: one more try for a script that failed.
    let said = '';
    for (let i = 0; i < 2; i++) {
      clean();
      execFileSync('ip', ['netns', 'add', ns]);
      execFileSync('ip', ['-netns', ns, 'link', 'set', 'lo', 'up']);
      const args = ['netns', 'exec', ns, original!, '--send_omit_free', `--ip_version=${version}`, ...ADDRESSES[version]!, script];
      const r = spawnSync('ip', args, { cwd: dir, encoding: 'utf8', timeout: 60_000 });
      if (r.status === 0) return;
      said = `${r.stdout}${r.stderr}`;
    }
    expect.fail(said);
  });
});

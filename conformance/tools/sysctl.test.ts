// sysctl(8) of the real system, in a namespace, and the program of the same name over a machine: the same words, the same exit status.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Task } from '@linnet/posix';
import { sysctl } from '@linnet/tools';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { have } from '../needs.mjs';
import { LinnetKernel, RealKernel } from '../posix/both.ts';

const CONF = 'net.ipv4.ip_forward = 1\n# comment\n; another\n-net.none=3\nnet.bad=4\nfoo\n net.ipv4.ip_default_ttl=66  \n*bad\n-net.ipv4.ip_default_ttl=x\nnet.ipv4.ip_forward=x\n\n';

const RUNS: readonly (readonly string[])[] = [
  ['net.ipv4.ip_forward'], ['net/ipv4/ip_forward'], ['-n', 'net.ipv4.ip_forward'], ['-N', 'net.ipv4.ip_forward'], ['-b', 'net.ipv4.ip_forward'], ['-e', 'net.none'], ['net.none'],
  ['net.ipv4.ip_forward=1'], ['-w', 'net.ipv4.ip_forward=0'], ['net.ipv4.ip_forward=x'], ['-q', 'net.ipv4.ip_forward=1'], ['net.ipv4.ip_forward'], ['net.ipv4.ip_forward', '=', '0'],
  ['-n', '-w', 'net.ipv4.ip_forward=1'], ['-w', 'net.ipv4.ip_forward'], ['net.ipv4.route.flush'], ['net.ipv4.route.flush=1'], ['net.ipv4.tcp_available_congestion_control=x'],
  ['net.ipv4.conf.v0'], ['-N', 'net.ipv4.neigh.lo'], ['--deprecated', '-N', 'net.ipv4.neigh.lo'], ['net.ipv4.conf.v0.rp_filter', 'net.ipv4.conf.none.rp_filter', 'net.ipv4.conf.v1.rp_filter'],
  ['-r', 'rp_', 'net.ipv4.conf'], ['-r', 'forward', 'net.ipv4.ip_forward'], ['-r', 'xx', 'net.ipv4.ip_forward'], ['net.ipv4.conf.*.rp_filter'], ['-e', 'net.none=1'], ['net.none=1'], ['=1'],
  ['net.ipv4.ip_forward='], ['net.ipv4.conf.v0/rp_filter'], ['-N', 'net.ipv4.ip_forward=1'], ['-b', 'net.ipv4.ip_forward=1'], ['net.ipv4.ip_forward=1 2'], ['-n', '-q', 'net.ipv4.ip_forward=1'],
  ['-w', '-net.none=1'], ['--', 'net.ipv4.ip_forward'], ['net.ipv4.ip_forward =1'], ['-x', '-o', 'net.ipv4.ip_forward'], ['net.ipv4.ip_forward', '-n'], ['--values', '--names', 'net.ipv4.ip_forward'],
  ['--dry-run', 'net.ipv4.ip_forward=0'], ['net.ipv4.ip_forward'], ['-w', 'net.ipv4.ip_forward=1', 'bogus', 'net.ipv4.ip_default_ttl=64'], ['net.core.rmem_default=1'], ['kernel.ostype'],
  ['-p', 'CONF'], ['-p', '-'], ['-q', '--load=CONF'], ['-e', '-p', 'CONF'], ['-p', '/none'], ['-w'], [], ['-z'], ['--bogus'], ['--pattern'], ['-h'], ['--help'], ['net.ipv4.ip_local_port_range=1 2 3'],
  ['net.ipv4.ip_local_port_range=40000 50000'], ['net.ipv4.ip_local_port_range'], ['net.ipv4.conf.all.mc_forwarding=1'], ['-n', 'net.ipv4.ping_group_range'], ['kernel.ostype=x'],
];

describe.skipIf(!have('root', 'ip', 'python3', 'sysctl'))('sysctl', () => {
  let real: RealKernel;
  let ours: LinnetKernel;
  let conf: string;
  beforeAll(() => {
    real = new RealKernel();
    ours = new LinnetKernel();
    conf = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'linnet-sysctl-')), 'x.conf');
    fs.writeFileSync(conf, CONF);
  });
  afterAll(() => {
    real.netns.delete();
    ours.close();
    fs.rmSync(path.dirname(conf), { recursive: true });
  });

  interface Ran {
    readonly code: number;
    readonly out: string;
    readonly err: string;
  }
  function theirs(args: readonly string[], uid: number): Ran {
    const as = uid === 0 ? [] : ['setpriv', '--reuid', String(uid), '--regid', String(uid), '--clear-groups'];
    const r = spawnSync('ip', ['netns', 'exec', real.netns.name, ...as, 'sysctl', ...args], { input: CONF, encoding: 'utf8' });
    return { code: r.status ?? -1, out: r.stdout, err: r.stderr };
  }
  function mine(args: readonly string[], uid: number): Ran {
    const task = new Task(ours.net);
    if (uid !== 0) task.setuid(uid);
    let out = '';
    let err = '';
    const readFile = (file: string): string | null => (fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : null);
    const code = sysctl(task, args, { out: (t) => void (out += t), err: (t) => void (err += t), input: () => CONF, readFile });
    task.exit();
    return { code: code as number, out, err };
  }
  /** In the order of the calls, as each changes what the next one sees. */
  function compare(runs: readonly (readonly string[])[], uid: number): void {
    const differences: string[] = [];
    for (const given of runs) {
      const args = given.map((a) => a.replace('CONF', conf));
      const a = JSON.stringify(theirs(args, uid));
      const b = JSON.stringify(mine(args, uid));
      if (a !== b) differences.push(`sysctl ${args.join(' ')}\n  procps ${a}\n  linnet ${b}`);
    }
    expect(differences).toEqual([]);
  }

  it('the same answers, one after the other', () => compare(RUNS, 0));
  it('to somebody else', () => compare([['net.ipv4.ip_forward'], ['net.ipv4.ip_forward=1'], ['-q', 'net.ipv4.ip_forward=1'], ['-e', 'net.ipv4.ip_forward=1'], ['net.ipv4.route.flush'], ['-p', '-']], 65534));
});

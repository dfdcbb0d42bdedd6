// Commands of iptables and packets, on the real kernel and on Linnet: what the commands print and what becomes of the packets is the same, counters included.
import { describe, test } from 'vitest';
import { can } from '../preload/lab.ts';
import { SCENES, setupOf } from './iptables.ts';
import { compare } from './run.ts';

describe.each(SCENES)('$name', (scene) => {
  test.skipIf(!can('root', 'iptables', 'ip', 'sysctl', 'python3'))('as the real kernel', { timeout: 300_000 }, () => compare(setupOf(scene), scene));
});

// Ping sockets and raw sockets: one program asks the real kernel and a Linnet machine; what it prints is the same.
import { describe, test } from 'vitest';
import { sameScene } from '../lib/scenes.ts';
import { can, here } from '../preload/lab.ts';

describe.skipIf(!can('root', 'ip', 'python3'))('ping and raw sockets as those of the real kernel', () => {
  test.each(['calls', 'levels', 'errors_of_ping'])('%s', { timeout: 60_000 }, (name) => sameScene(here('../ipv4/ping_raw_scenes.py'), name, []));
});

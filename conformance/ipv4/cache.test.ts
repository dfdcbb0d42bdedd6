// What is remembered of single destinations (`ip route show cache`), accounts of realms, ports given twice, options: one program asks the real kernel and a Linnet machine; what it prints is the same.
import { describe, test } from 'vitest';
import { sameScene } from '../lib/scenes.ts';
import { can, here } from '../preload/lab.ts';

const SCENES = ['exceptions', 'exceptions_shared', 'messages', 'accounts', 'autobind', 'options_of_sockets'] as const;

describe.skipIf(!can('root', 'ip', 'python3'))('exceptions, accounts, ports and options as the real kernel', () => {
  test.each(SCENES)('%s', { timeout: 60_000 }, (name) => sameScene(here('../ipv4/cache_scenes.py'), name, []));
});

// Extension headers: segment routing, jumbograms, and the socket options of RFC 2292 and RFC 3542. The same program asks the real kernel and, through the preload library, a Linnet machine; what it
// prints is the same: frames, counters, error numbers.
import { describe, test } from 'vitest';
import { sameScene } from '../lib/scenes.ts';
import { can, here } from '../preload/lab.ts';

const SCENES = [
  'srh_settings', 'srh_endpoint', 'srh_wrong', 'others', 'rpl', 'seg_send', 'seg_recv', 'options', 'controls', 'old_options', 'jumbo_frames', 'jumbo', 'addrform', 'addrform_connect', 'stream_routing', 'jumbo_nobody', 'own_reports',
] as const;

/** What no two runs have in common. */
const ANONYMOUS: readonly (readonly [RegExp, string])[] = [
  // The identification of a packet that was put together and goes on in fragments.
  [/(3a00000[01])[0-9a-f]{8}(8000)/g, '$1........$2'],
];

describe.skipIf(!can('root', 'ip', 'python3'))('extension headers as the real kernel', () => {
  test.each(SCENES)('%s', { timeout: 120_000 }, (name) => sameScene(here('../ipv6/exthdrs_scenes.py'), name, ANONYMOUS));
});

// nft on the real kernel and on Linnet: the same commands and packets; what is listed, counted, answered and said must be the same.
import { describe, test } from 'vitest';
import { can } from '../preload/lab.ts';
import { setupOf } from './iptables.ts';
import { NFT_SCENES } from './nft.ts';
import { compare } from './run.ts';

describe.each(NFT_SCENES)('$name', (scene) => {
  test.skipIf(!can('root', 'nft', 'iptables', 'ip', 'sysctl', 'python3'))('as the real kernel', { timeout: 120_000 }, () => compare(setupOf(scene), scene));
});

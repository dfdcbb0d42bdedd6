// Which of nft's words both kernels take, and how they list them.
import { describe, test } from 'vitest';
import { can } from '../preload/lab.ts';
import { NFT_ACCEPTS } from './nft-accepts.ts';
import { compare } from './run.ts';

describe.each(NFT_ACCEPTS)('$name', (scene) => {
  test.skipIf(!can('root', 'nft', 'ip', 'sysctl', 'python3'))('as the real kernel', { timeout: 120_000 }, () => compare([], scene));
});

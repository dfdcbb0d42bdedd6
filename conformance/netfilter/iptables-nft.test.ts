// iptables-nft, ip6tables-nft, arptables-nft and ebtables-nft on the real kernel and on Linnet: what they print, what nft says of it, and what becomes of packets.
import { describe, test } from 'vitest';
import { can } from '../preload/lab.ts';
import { IPTABLES_NFT_SCENES, NFT_BRIDGE, NFT_ROUTER } from './iptables-nft.ts';
import { compare } from './run.ts';

describe.each(IPTABLES_NFT_SCENES)('$name', (scene) => {
  test.skipIf(!can('root', 'iptables', 'nft', 'ip', 'sysctl', 'python3'))('as the real kernel', { timeout: 120_000 }, () => compare(scene.bridge ? NFT_BRIDGE : NFT_ROUTER, scene));
});

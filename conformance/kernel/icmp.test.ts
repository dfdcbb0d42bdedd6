// What a real kernel's ping says of a Linnet machine on the other side of a TAP.
import { describe, expect, it } from 'vitest';
import { ipJson, scene } from '../lib/scene.ts';
import type { Linked, Scene } from '../lib/scene.ts';
import { eventually, exec } from '../lib/exec.ts';
import { row } from '../lib/data.ts';
import { have } from '../needs.mjs';

const ON_TAP = { address: '10.77.0.2/24', peer: '10.77.0.1/24' };

function onTap(s: Scene, options: { vnetHdr?: boolean } = {}): Linked {
  return s.linnetOnTap({ netns: s.netns(), ...ON_TAP, ...options });
}

function lastLines(text: string, n = 2): string {
  return text.trimEnd().split('\n').slice(-n).join(' | ');
}

describe.skipIf(!have('root', 'ip', 'ping', 'tshark'))('ping from a real kernel', () => {
  it('loses nothing of 100', scene(async (s) => {
    const { netns, address } = onTap(s);
    const said = await s.sh(netns, `ping -c 100 -i 0.01 ${address}`);
    row('ping -c 100 -i 0.01', lastLines(said));
    expect(said).toContain('100 packets transmitted, 100 received, 0% packet loss');
  }));
});

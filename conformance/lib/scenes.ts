// Scenes played by one program on the real kernel and, through the preload library, in a Linnet machine: what it prints is the same.
import { writeFileSync } from 'node:fs';
import { fullStack } from 'linnet';
import { expect } from 'vitest';
import { LinnetSide, RealSide } from '../tools/both.ts';

/**
 * Plays a scene of a program on both sides; what no two runs have in common is replaced first. `without` are modules that the machine does not have, because the real kernel has not.
 * With SCENES_OUT the two texts are written to that folder.
 */
export async function sameScene(program: string, name: string, anonymous: readonly (readonly [RegExp, string])[], without: readonly string[] = []): Promise<void> {
  const plain = (text: string): string => anonymous.reduce((t, [from, to]) => t.replace(from, to), text);
  const real = new RealSide();
  const linnet = await new LinnetSide(fullStack.filter((m) => !without.includes(m.name))).open();
  try {
    const command = `python3 ${program} ${name}`;
    const [a, b] = await Promise.all([linnet.run(command), real.run(command)]);
    const out = process.env['SCENES_OUT'];
    if (out !== undefined) {
      writeFileSync(`${out}/${name}.linnet`, plain(a.stdout + a.stderr));
      writeFileSync(`${out}/${name}.real`, plain(b.stdout + b.stderr));
    }
    expect(b.code, b.stderr).toBe(0);
    expect(plain(a.stdout + a.stderr)).toBe(plain(b.stdout + b.stderr));
  } finally {
    await Promise.all([real.close(), linnet.close()]);
  }
}

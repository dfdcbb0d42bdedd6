import { test } from 'vitest';
import { LinnetSide, RealSide } from '../tools/both.ts';
test('tmp', { timeout: 180_000 }, async () => {
  const real = new RealSide();
  const linnet = await new LinnetSide().open();
  try {
    const [a, b] = await Promise.all([linnet.run(process.env['CMD']!), real.run(process.env['CMD']!)]);
    console.log(`REAL\n${b.stdout}${b.stderr}\nLINNET\n${a.stdout}${a.stderr}`);
  } finally {
    await Promise.all([real.close(), linnet.close()]);
  }
});

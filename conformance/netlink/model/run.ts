// One sequence of requests on both machines.
import { differences as diff, DUMPS, dump, steady, withoutCarrier } from './compare.ts';
import { LinnetMachine, RealMachine } from './machines.ts';
import { encode, type Op } from './requests.ts';

export interface Run {
  /** What differed. */
  readonly differences: readonly string[];
  /** The request that was answered differently, or the last. */
  readonly at: number;
  /** How many requests were carried out. */
  readonly valid: number;
}

/** Makes the requests, and compares the dumps at the end. It stops at the first that is answered differently: from there on the machines are not the same. */
export async function compareRun(ops: readonly Op[]): Promise<Run> {
  const linnet = new LinnetMachine();
  const real = await new RealMachine().init();
  const differences: string[] = [];
  let valid = 0;
  let at = 0;
  try {
    for (; at < ops.length; at++) {
      const request = encode(ops[at]!, (name) => linnet.ifindex(name), at + 1);
      const [a, b] = [await linnet.ask(request), await real.ask(request)];
      if (b.errno === 'OK') valid++;
      if (a.errno === b.errno) continue;
      differences.push(`${ops[at]!.what}: ${a.errno} «${a.text}», the kernel says ${b.errno} «${b.text}»`);
      return { differences, at, valid };
    }
    await Promise.all([linnet.settle(), real.settle()]);
    const dark = withoutCarrier(await dump(linnet, DUMPS[0]!));
    for (const d of DUMPS) differences.push(...diff(d, steady(d, await dump(linnet, d), dark), steady(d, await dump(real, d), dark)));
    return { differences, at: at - 1, valid };
  } finally {
    await Promise.all([linnet.close(), real.close()]);
  }
}

/** The same difference with fewer requests before it: leaves out what it can do without. */
export async function shortest(ops: readonly Op[], difference: string): Promise<readonly Op[]> {
  const kindOf = (text: string): string => text.slice(0, 24);
  const still = async (few: readonly Op[]): Promise<boolean> => {
    const { differences } = await compareRun(few);
    return differences.length > 0 && kindOf(differences[0]!) === kindOf(difference);
  };
  let few = ops;
  for (let size = few.length >> 1; size >= 1; size >>= 1) {
    for (let i = 0; i < few.length; ) {
      const fewer = [...few.slice(0, i), ...few.slice(i + size)];
      if (fewer.length > 0 && (await still(fewer))) few = fewer;
      else i += size;
    }
  }
  return few;
}

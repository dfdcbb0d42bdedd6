import { chmodSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { checkProgram } from '@linnet/host';

const dir = mkdtempSync(join(tmpdir(), 'linnet-program-'));
afterAll(() => rmSync(dir, { recursive: true }));

/** e_machine of this processor. */
const MACHINE = readFileSync(process.execPath).subarray(18, 20);

/** An ELF file of 64 bits with program headers of these types: elf(5). */
function elf(types: readonly number[]): Buffer {
  const out = Buffer.alloc(64 + types.length * 56);
  out.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  out.set(MACHINE, 18);
  out.writeBigUInt64LE(64n, 32);
  out.writeUInt16LE(56, 54);
  out.writeUInt16LE(types.length, 56);
  types.forEach((type, i) => out.writeUInt32LE(type, 64 + i * 56));
  return out;
}

function file(name: string, text: string | Buffer, mode = 0o755): string {
  const at = join(dir, name);
  writeFileSync(at, text);
  chmodSync(at, mode);
  return at;
}

const code = (command: string, env: NodeJS.ProcessEnv = { PATH: dir }): string => {
  try {
    return checkProgram(command, env);
  } catch (error) {
    return `${(error as { code: string }).code} ${(error as Error).message}`;
  }
};

describe('programs', () => {
  const dynamic = file('dynamic', elf([6, 3, 1]));
  test('dynamic ones can, by name or path', () => {
    expect(code('dynamic')).toBe(dynamic);
    expect(code(dynamic)).toBe(dynamic);
    symlinkSync('dynamic', join(dir, 'link'));
    expect(code('link')).toBe(join(dir, 'link'));
  });

  test('static ones and those of Go cannot', () => {
    expect(code(file('static', elf([1, 1])))).toMatch(/^ENOEXEC .*static program/);
    expect(code(file('go', Buffer.concat([elf([1]), Buffer.from('\xff Go buildinf:', 'latin1')])))).toMatch(/^ENOEXEC .*Go program/);
  });

  test('those of another processor or word size cannot', () => {
    const other = elf([3]);
    other[4] = 1;
    // 32 bits: the program header table is described elsewhere.
    other.writeUInt32LE(64, 28);
    other.writeUInt16LE(56, 42);
    other.writeUInt16LE(1, 44);
    expect(code(file('small', other))).toMatch(/^ENOEXEC .*another word size/);
    const alien = elf([3]);
    alien[18] = 0x02; // SPARC
    expect(code(file('alien', alien))).toMatch(/^ENOEXEC .*another word size or processor/);
  });

  test('scripts are what their interpreter is', () => {
    expect(code(file('script', `#!${dynamic} -x\n`))).toBe(join(dir, 'script'));
    expect(code(file('envscript', '#!/usr/bin/env dynamic\n'))).toBe(join(dir, 'envscript'));
    expect(code(file('bad', `#! ${join(dir, 'static')}\n`))).toMatch(/^ENOEXEC .*static is a static program/);
    expect(code(file('lost', '#!/nowhere/at/all\n'))).toMatch(/^ENOENT \/nowhere\/at\/all/);
  });

  test('what is not there, or not to be executed, is told', () => {
    expect(code('nothing')).toMatch(/^ENOENT nothing: there is no such program in PATH/);
    expect(code('./nothing')).toMatch(/^ENOENT \.\/nothing: there is no such program$/);
    expect(code(file('text', 'text', 0o644))).toMatch(/^EACCES/);
  });

  test('set-user-ID programs of others are told how to go on', () => {
    const at = file('setid', elf([3]));
    chmodSync(at, 0o6755);
    // Its own owner gains nothing by it, and the linker then trusts the environment.
    expect(code(at)).toBe(at);
  });

  test('broken ELF files do no harm', () => {
    expect(code(file('cut', elf([3]).subarray(0, 30)))).toBe(join(dir, 'cut'));
    const wild = elf([1]);
    wild.writeBigUInt64LE(2n ** 40n, 32);
    wild.writeUInt16LE(0xffff, 56);
    expect(code(file('wild', wild))).toMatch(/^ENOEXEC/);
  });
});

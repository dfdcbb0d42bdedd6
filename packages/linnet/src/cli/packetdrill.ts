/** `linnet packetdrill`: scripts in packetdrill's language, each against a machine of its own. */
import fs from 'node:fs';
import path from 'node:path';
import { runScript } from '@linnet/packetdrill';
import { TCP } from '@linnet/tcp';
import { runTool } from '@linnet/tools';
import { fullStack } from '../presets.ts';

/** What the command can be told. */
export interface PacketdrillOptions {
  readonly files: readonly string[];
  readonly verbose: boolean;
  /** `name` or `name=value`, as at a script's head. */
  readonly options: readonly string[];
  readonly defines: readonly string[];
  readonly print: (line: string) => void;
  readonly note: (line: string) => void;
}

const pairs = (list: readonly string[]): Map<string, string> =>
  new Map(list.map((s) => (s.includes('=') ? [s.slice(0, s.indexOf('=')), s.slice(s.indexOf('=') + 1)] : [s, ''])));

function readFile(file: string): string | null {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

/** Why a script cannot be read. */
function reason(file: string): string {
  if (!fs.existsSync(file)) return 'there is no such file';
  return fs.statSync(file).isDirectory() ? 'this is a folder: name the scripts in it' : 'cannot be read';
}

/** Runs the scripts; how many of them failed. */
export async function packetdrill(o: PacketdrillOptions): Promise<number> {
  let failed = 0;
  for (const file of o.files) {
    const text = readFile(file);
    if (text === null) {
      o.note(`${o.files.length > 1 ? `FAIL ${file}\n` : ''}${file}: ${reason(file)}`);
      failed++;
      continue;
    }
    const r = await runScript(path.normalize(file), text, {
      modules: fullStack, tool: runTool, flushMetrics: (net) => net.get(TCP).metrics.clear(), options: pairs(o.options), defines: pairs(o.defines), readFile, ...(o.verbose ? { trace: o.print } : {}),
    });
    if (!o.verbose) for (const line of r.output) o.print(line);
    if (r.ok) {
      if (o.files.length > 1) o.print(`OK   ${file}`);
      continue;
    }
    failed++;
    o.note(`${o.files.length > 1 ? `FAIL ${file}\n` : ''}${r.error ?? ''}`);
  }
  return failed;
}

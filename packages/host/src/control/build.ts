/** Building the preload library, once a version of its sources, with the system's C compiler. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ENOENT, ENOSYS } from '@linnet/kernel';
import { HostError } from '../errors.ts';

/** The sources stand beside `src` and `dist`. */
const SOURCES: string = fileURLToPath(new URL('../../preload/', import.meta.url));
const FLAGS: readonly string[] = ['-std=gnu11', '-O2', '-fPIC', '-fvisibility=hidden', '-shared', '-U_FORTIFY_SOURCE'];
const LIBS: readonly string[] = ['-ldl', '-lpthread'];

function cacheDir(): string {
  const cache = process.env['XDG_CACHE_HOME'];
  return path.join(cache !== undefined && path.isAbsolute(cache) ? cache : path.join(os.homedir(), '.cache'), 'linnet');
}

function run(command: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(command, args, { encoding: 'utf8' }, (error, _stdout, stderr) => {
      if (error === null) resolve(stderr);
      else reject(Object.assign(error, { stderr }));
    });
  });
}

/** Compiles into a file that nobody else sees half done. */
async function compile(files: readonly string[], target: string): Promise<void> {
  const own = `${target}.${process.pid}`;
  const compilers = process.env['CC'] === undefined ? ['cc', 'gcc', 'clang'] : [process.env['CC']];
  for (const cc of compilers) {
    try {
      await run(cc, [...FLAGS, '-o', own, ...files, ...LIBS]);
      fs.renameSync(own, target);
      return;
    } catch (error) {
      fs.rmSync(own, { force: true });
      const { code, stderr = '' } = error as NodeJS.ErrnoException & { stderr?: string };
      if (code === 'ENOENT') continue;
      throw new HostError(`${cc} cannot build the preload library:\n${stderr.trim().slice(0, 2000)}`, 'ENOSYS', -ENOSYS, '', { cause: error });
    }
  }
  throw new HostError(
    `no C compiler (${compilers.join(', ')}) was found to build the preload library with: install one (Debian: apt-get install gcc libc6-dev), or say which by CC`, 'ENOENT', -ENOENT,
  );
}

/**
 * The path of the preload library for this version; it is built when there is none yet, into `$XDG_CACHE_HOME/linnet`. Rejects with a HostError: ENOENT when there is no C compiler,
 * ENOSYS when the compiler does not like the sources or this is not Linux.
 * @public
 */
export async function preloadLibrary(): Promise<string> {
  if (process.platform !== 'linux') throw new HostError('programs can be let into a machine on Linux only: it takes LD_PRELOAD', 'ENOSYS', -ENOSYS);
  const names = fs.readdirSync(SOURCES).filter((f) => /\.[ch]$/.test(f)).sort();
  const hash = createHash('sha256').update(process.arch).update(FLAGS.join(' '));
  for (const name of names) hash.update(`\0${name}\0`).update(fs.readFileSync(path.join(SOURCES, name)));
  const dir = cacheDir();
  const target = path.join(dir, `preload-${hash.digest('hex').slice(0, 16)}.so`);
  if (fs.existsSync(target)) return target;
  fs.mkdirSync(dir, { recursive: true, mode: 0o700 });
  await compile(names.filter((f) => f.endsWith('.c')).map((f) => path.join(SOURCES, f)), target);
  return target;
}

/** Running one measurement as a process of its own. */
import { spawn } from 'node:child_process';

/** A run that takes this long hangs; loading a million routes on a busy machine does not. */
const LIMIT_MS = 180_000;

/** Runs a command to its end and returns what it printed; throws with its complaint when it fails. */
export function runToEnd(argv: readonly string[], env: NodeJS.ProcessEnv = process.env, limit: number = LIMIT_MS): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(argv[0]!, argv.slice(1), { stdio: ['ignore', 'pipe', 'pipe'], env });
    let out = '';
    let err = '';
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
    }, limit);
    const stop = (): void => void child.kill('SIGKILL');
    process.once('exit', stop);
    child.stdout.setEncoding('utf8').on('data', (s: string) => (out += s));
    child.stderr.setEncoding('utf8').on('data', (s: string) => (err += s));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      process.removeListener('exit', stop);
      if (code === 0) resolve(out);
      else reject(new Error(late ? `no result within ${limit / 1000} s` : err.trim() || `ended with ${signal ?? code}`));
    });
  });
}

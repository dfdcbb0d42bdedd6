// Programs of the real system, run without blocking this thread (which has the other side of the wire to serve) and never for ever.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';

/** How a program ended. */
export interface Finished {
  readonly command: string;
  /** Its exit code; -1 when a signal ended it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** How long it ran. */
  readonly ms: number;
}

export interface ExecOptions {
  /** Milliseconds after which it is killed and the call fails. Default 60,000. */
  readonly timeout?: number;
}

/** A program that runs. */
export class Program {
  readonly command: string;
  /** Settles when it has ended; rejects when it ran longer than it may. */
  readonly done: Promise<Finished>;
  stdout: string;
  stderr: string;
  ended: boolean;
  private readonly child: ChildProcess;
  private readonly watchers: Set<() => void>;

  constructor(netns: string | null, command: string, options: ExecOptions = {}) {
    const timeout = options.timeout ?? 60_000;
    this.command = command;
    this.stdout = '';
    this.stderr = '';
    this.ended = false;
    this.watchers = new Set();
    const argv = netns === null ? ['bash', '-c', command] : ['ip', 'netns', 'exec', netns, 'bash', '-c', command];
    // A process group of its own, so that what the shell started ends with it.
    const child = spawn(argv[0]!, argv.slice(1), { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    this.child = child;
    child.stdout.setEncoding('utf8').on('data', (text: string) => { this.stdout += text; this.look(); });
    child.stderr.setEncoding('utf8').on('data', (text: string) => { this.stderr += text; this.look(); });
    const started = performance.now();
    this.done = new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.kill();
        reject(new Error(`${command}: not done after ${timeout} ms${this.said()}`));
      }, timeout);
      child.on('error', reject);
      child.on('close', (code) => {
        clearTimeout(timer);
        this.ended = true;
        this.look();
        resolve({ command, code: code ?? -1, stdout: this.stdout, stderr: this.stderr, ms: performance.now() - started });
      });
    });
    // Whoever does not await `done` has stopped it on purpose.
    this.done.catch(() => undefined);
  }

  /** Wait until what it printed, on either stream, matches. Fails when it ends or the time is over first. */
  until(pattern: RegExp, timeout = 10_000): Promise<void> {
    return new Promise((resolve, reject) => {
      const finish = (error: Error | null): void => {
        clearTimeout(timer);
        this.watchers.delete(look);
        if (error === null) resolve();
        else reject(error);
      };
      const look = (): void => {
        if (pattern.test(this.stdout) || pattern.test(this.stderr)) finish(null);
        else if (this.ended) finish(new Error(`${this.command}: ended without ${String(pattern)}${this.said()}`));
      };
      const timer = setTimeout(() => finish(new Error(`${this.command}: no ${String(pattern)} after ${timeout} ms${this.said()}`)), timeout);
      this.watchers.add(look);
      look();
    });
  }

  /** End it, with all that it started. */
  kill(signal: NodeJS.Signals = 'SIGKILL'): void {
    if (this.ended || this.child.pid === undefined) return;
    try {
      process.kill(-this.child.pid, signal);
    } catch {
      // It ended in between.
    }
  }

  private said(): string {
    return `\n--- stdout\n${this.stdout.slice(-4000)}\n--- stderr\n${this.stderr.slice(-4000)}`;
  }

  private look(): void {
    for (const watcher of Array.from(this.watchers)) watcher();
  }
}

/** Run a shell command, in a network namespace of the real kernel or (null) outside of them, to its end. */
export function exec(netns: string | null, command: string, options: ExecOptions = {}): Promise<Finished> {
  return new Program(netns, command, options).done;
}

/** The same for a command that must succeed: what it printed. */
export async function sh(netns: string | null, command: string, options: ExecOptions = {}): Promise<string> {
  return expectOk(await exec(netns, command, options)).stdout;
}

/** Throws, with all that it printed, unless it ended with 0. */
export function expectOk(finished: Finished): Finished {
  if (finished.code !== 0) throw new Error(`${finished.command}: exit code ${finished.code}\n--- stdout\n${finished.stdout.slice(-4000)}\n--- stderr\n${finished.stderr.slice(-4000)}`);
  return finished;
}

/** Wait until `condition` holds, looking again every few milliseconds. For what the other side does without telling. */
export async function eventually<T>(what: string, condition: () => T | Promise<T>, timeout = 10_000): Promise<NonNullable<T>> {
  const end = performance.now() + timeout;
  for (;;) {
    const value = await condition();
    if (value !== null && value !== undefined && value !== false) return value;
    if (performance.now() > end) throw new Error(`${what}: not so after ${timeout} ms`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

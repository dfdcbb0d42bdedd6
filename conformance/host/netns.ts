// Namespaces of the real kernel for these tests: made by the test that uses them, with a name of its own, and always deleted.
import { execFileSync, spawn } from 'node:child_process';

export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Run a program without blocking this thread, which has the other side of the wire to serve. */
export function run(command: string, ...args: string[]): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => { stdout += text; });
    child.stderr.setEncoding('utf8').on('data', (text: string) => { stderr += text; });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? -1, stdout, stderr }));
  });
}

let made = 0;

export class TestNetns {
  readonly name: string;
  private readonly atExit: () => void;

  /** `plain`: as the kernel makes it, with lo down. */
  constructor(opts: { readonly plain?: boolean } = {}) {
    this.name = `linnet-${process.pid}-${made++}`;
    execFileSync('ip', ['netns', 'add', this.name]);
    // Should the process end before the test's own clean-up.
    this.atExit = () => this.remove();
    process.once('exit', this.atExit);
    if (opts.plain === true) return;
    // Router solicitations and multicast reports are no part of what is tested.
    this.sh('sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 && ip link set lo up');
  }

  /** Run a shell command inside and return what it prints. */
  sh(command: string): string {
    return execFileSync('ip', ['netns', 'exec', this.name, 'sh', '-c', command], { encoding: 'utf8' });
  }

  run(command: string, ...args: string[]): Promise<Finished> {
    return run('ip', 'netns', 'exec', this.name, command, ...args);
  }

  delete(): void {
    process.off('exit', this.atExit);
    this.remove();
  }

  remove(): void {
    try {
      execFileSync('ip', ['netns', 'delete', this.name], { stdio: 'ignore' });
    } catch {
      // Deleted by the test itself.
    }
  }
}

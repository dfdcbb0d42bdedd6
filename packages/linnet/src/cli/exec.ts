/** `linnet exec`: a program of the real system inside a running machine; `linnet ps`: which machines run. */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { checkMachine, checkProgram, controlPath, preloadEnv, runningMachines } from '@linnet/host';

/** What is to be run, and where. */
export interface ExecOptions {
  readonly machine?: string;
  readonly netns?: string;
  readonly unix?: boolean;
  readonly command: readonly string[];
}

/** The control socket of the machine that is meant: the only one, when no name is given. */
async function socketOf(name: string | undefined): Promise<string> {
  if (name?.includes('/') === true) return name;
  const machines = await runningMachines();
  if (name !== undefined) {
    const path = controlPath(name);
    if (machines.some((m) => m.path === path)) return path;
    const others = machines.length === 0 ? 'none runs' : `there ${machines.length === 1 ? 'is' : 'are'} ${machines.map((m) => m.name).join(', ')}`;
    throw new Error(`no machine ${name} answers: ${others}. \`linnet up --name ${name}\` starts one`);
  }
  if (machines.length === 1) return machines[0]!.path;
  if (machines.length === 0) throw new Error('no machine runs: `linnet up` starts one');
  throw new Error(`several machines run: say --machine ${machines.map((m) => m.name).join(' or --machine ')}`);
}

/** Runs the program to its end; resolves to the exit code that a shell would show. Rejects when there is no such machine or program, or it cannot run inside one. */
export async function exec(opts: ExecOptions): Promise<number> {
  const path = await socketOf(opts.machine);
  await checkMachine(path, opts.netns);
  const file = checkProgram(opts.command[0]!);
  const env = await preloadEnv({
    path,
    ...(opts.netns === undefined ? {} : { netns: opts.netns }),
    ...(opts.unix === undefined ? {} : { unix: opts.unix }),
  });
  const child = spawn(file, opts.command.slice(1), { stdio: 'inherit', argv0: opts.command[0]!, env: { ...process.env, ...env } });
  // A terminal sends its signals to both; what is sent to us alone is passed on.
  const pass = (signal: NodeJS.Signals): void => void child.kill(signal);
  const ignore = (): void => {};
  process.on('SIGINT', ignore).on('SIGQUIT', ignore).on('SIGTERM', pass).on('SIGHUP', pass);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code ?? 128 + constants.signals[signal!]));
  });
}

/** Prints the machines that run, one a line. */
export async function ps(print: (line: string) => void): Promise<void> {
  for (const { name, path } of await runningMachines()) print(`${name}\t${path}`);
}

// A Linnet machine whose programs are real ones.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ControlServer, preloadEnv, serveControl } from '@linnet/host';
import type { Kernel } from '@linnet/kernel';
import { type ExecOptions, expectOk, type Finished, Program } from '../lib/exec.ts';
import { have } from '../needs.mjs';

/** Are these programs here, and a C compiler for the library? */
export const can = (...needs: readonly string[]): boolean => have('cc', ...needs);

/** Beside this file. */
export const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** The door of a machine, and the programs that went in. */
export class Inside {
  readonly folder: string;
  private readonly server: ControlServer;
  private readonly library: string;
  private readonly programs: Program[] = [];

  private constructor(folder: string, server: ControlServer, library: string) {
    this.folder = folder;
    this.server = server;
    this.library = library;
  }

  static async open(kernel: Kernel): Promise<Inside> {
    const folder = mkdtempSync(join(tmpdir(), 'linnet-inside-'));
    const server = await serveControl(kernel, { path: join(folder, 'control') });
    const { LD_PRELOAD = '' } = await preloadEnv({ path: server.path });
    return new Inside(folder, server, LD_PRELOAD);
  }

  /** Starts a shell command inside, in a namespace of the machine (null: the initial one). The shell itself is outside. */
  start(netns: string | null, command: string, options: ExecOptions = {}): Program {
    const env = `export LINNET_CONTROL=${quote(this.server.path)} LINNET_HOME="$(stat -Lc %i /proc/self/ns/net)/${netns ?? ''}" LD_PRELOAD=${quote(this.library)}`;
    const program = new Program(null, `${env}; ${command}`, options);
    this.programs.push(program);
    return program;
  }

  /** Runs one to its end. */
  run(netns: string | null, command: string, options: ExecOptions = {}): Promise<Finished> {
    return this.start(netns, command, options).done;
  }

  /** Runs one that must succeed: what it printed. */
  async sh(netns: string | null, command: string, options: ExecOptions = {}): Promise<string> {
    return expectOk(await this.run(netns, command, options)).stdout;
  }

  get sockets(): number {
    return this.server.sockets;
  }

  async close(): Promise<void> {
    for (const program of this.programs) program.kill();
    await Promise.allSettled(this.programs.map((p) => p.done));
    await this.server.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

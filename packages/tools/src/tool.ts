/** What a program is here. */
import type { AbortSignalLike, Task } from '@linnet/posix';
import { ip } from './ip.ts';
import { radvd } from './radvd.ts';
import { ss } from './ss.ts';
import { sysctl } from './sysctl.ts';

/**
 * A program's way to people and to files that are not the machine's.
 * @public
 */
export interface ToolIo {
  /** Standard output. */
  out(text: string): void;
  /** Standard error. */
  err(text: string): void;
  /** All of standard input; empty where there is none. */
  input?(): string;
  /** The text of a file of the outside, or null: for programs that read one. */
  readFile?(path: string): string | null;
  /**
   * Runs another program: its exit status, or null when there is none of that name. For programs that start others (`ip netns exec`); {@link runTool} gives its own, unless there is one.
   */
  run?(task: Task, argv: readonly string[], io: ToolIo): Promise<number | null>;
  /** Ends a program that goes on, as an interrupt from the keyboard would. */
  readonly signal?: AbortSignalLike;
}

/**
 * A program: it makes system calls as `task`, in the namespace that the task is in and with its rights, and gives its exit status.
 * @public
 */
export type Tool = (task: Task, args: readonly string[], io: ToolIo) => number | Promise<number>;

/** The programs by name. @public */
export const TOOLS: Readonly<Record<string, Tool>> = Object.freeze({ ip, radvd, ss, sysctl });

/** Runs one of the programs; null for a name that is none of theirs. */
async function runKnown(task: Task, argv: readonly string[], io: ToolIo): Promise<number | null> {
  const [name = '', ...args] = argv;
  const tool = Object.hasOwn(TOOLS, name) ? TOOLS[name] : undefined;
  return tool === undefined ? null : tool(task, args, io);
}

/** The same way out, with programs to start. */
function withRun(io: ToolIo): ToolIo {
  const { input, readFile, signal } = io;
  return {
    out: (text) => io.out(text), err: (text) => io.err(text), run: runKnown, ...(input === undefined ? {} : { input: () => io.input!() }),
    ...(readFile === undefined ? {} : { readFile: (path: string) => io.readFile!(path) }), ...(signal === undefined ? {} : { signal }),
  };
}

/** Runs a program, `argv[0]` being its name. Its exit status; 127 when there is none of that name, as in a shell. @public */
export async function runTool(task: Task, argv: readonly string[], io: ToolIo): Promise<number> {
  const code = await runKnown(task, argv, io.run === undefined ? withRun(io) : io);
  if (code !== null) return code;
  io.err(`${argv[0] ?? ''}: command not found\n`);
  return 127;
}

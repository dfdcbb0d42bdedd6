/** What a program is here. */
import type { AbortSignalLike, Task } from '@linnet/posix';
import { ip } from './ip.ts';
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
  /** Ends a program that goes on, as an interrupt from the keyboard would. */
  readonly signal?: AbortSignalLike;
}

/**
 * A program: it makes system calls as `task`, in the namespace that the task is in and with its rights, and gives its exit status.
 * @public
 */
export type Tool = (task: Task, args: readonly string[], io: ToolIo) => number | Promise<number>;

/** The programs by name. @public */
export const TOOLS: Readonly<Record<string, Tool>> = Object.freeze({ ip, ss, sysctl });

/** Runs a program, `argv[0]` being its name. Its exit status; 127 when there is none of that name, as in a shell. @public */
export async function runTool(task: Task, argv: readonly string[], io: ToolIo): Promise<number> {
  const [name = '', ...args] = argv;
  const tool = Object.hasOwn(TOOLS, name) ? TOOLS[name] : undefined;
  if (tool !== undefined) return tool(task, args, io);
  io.err(`${name}: command not found\n`);
  return 127;
}

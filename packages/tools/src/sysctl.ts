/** sysctl(8): reads and sets the settings of the namespace that a task is in. Grammar, texts and exit statuses are those of the program of procps-ng 4. */
import type { Task } from '@linnet/posix';
import { getopt, type OptionSpec } from './getopt.ts';
import type { ToolIo } from './tool.ts';

const ROOT = '/proc/sys/';
const NAME = 'sysctl';

const USAGE = `
Usage:
 sysctl [options] [variable[=value] ...]

Options:
  -a, --all            display all variables
  -A                   alias of -a
  -X                   alias of -a
      --deprecated     include deprecated parameters to listing
      --dry-run        Print the key and values but do not write
  -b, --binary         print value without new line
  -e, --ignore         ignore unknown variables errors
  -N, --names          print variable names without values
  -n, --values         print only values of the given variable(s)
  -p, --load[=<file>]  read values from file
  -f                   alias of -p
      --system         read values from all system directories
  -r, --pattern <expression>
                       select setting that match expression
  -q, --quiet          do not echo variable set
  -w, --write          enable writing a value to variable
  -o                   does nothing
  -x                   does nothing
  -d                   alias of -h

 -h, --help     display this help and exit
 -V, --version  output version information and exit

For more details see sysctl(8).
`;

const spec = (short: string, long: string, arg?: 'required' | 'optional'): OptionSpec => (arg === undefined ? { short, long } : { short, long, arg });
const OPTIONS: readonly OptionSpec[] = [
  spec('a', 'all'), spec('A', ''), spec('X', ''), spec('', 'deprecated'), spec('', 'dry-run'), spec('b', 'binary'), spec('e', 'ignore'), spec('N', 'names'), spec('n', 'values'),
  spec('p', 'load', 'optional'), spec('f', '', 'optional'), spec('', 'system'), spec('r', 'pattern', 'required'), spec('q', 'quiet'), spec('w', 'write'), spec('o', ''), spec('x', ''), spec('d', ''),
  spec('h', 'help'), spec('V', 'version'),
];

/** Settings that are listed only when they are asked for. */
const DEPRECATED: ReadonlySet<string> = new Set(['base_reachable_time', 'retrans_time']);

const S_IFMT = 0o170000;
const S_IFDIR = 0o040000;
const ENOENT = 2;
const EACCES = 13;

interface Run {
  readonly task: Task;
  readonly io: ToolIo;
  names: boolean;
  values: boolean;
  binary: boolean;
  quiet: boolean;
  ignore: boolean;
  dryRun: boolean;
  deprecated: boolean;
  write: boolean;
  pattern: RegExp | null;
}

/** 'net/ipv4/conf/eth0.1/x' from 'net.ipv4.conf.eth0/1.x': what separates is the character that comes first. */
function slashes(key: string): string {
  const first = /[./]/.exec(key)?.[0];
  return first === '.' ? key.replace(/[./]/g, (c) => (c === '.' ? '/' : '.')) : key;
}

/** The other way round: as people write it. */
function dots(path: string): string {
  return path.replace(/[./]/g, (c) => (c === '/' ? '.' : '/'));
}

/** The name of an errno, as the C library says it. */
const STRERROR: Readonly<Record<number, string>> = { 1: 'Operation not permitted', 2: 'No such file or directory', 5: 'Input/output error', 13: 'Permission denied', 22: 'Invalid argument', 34: 'Numerical result out of range', 95: 'Operation not supported' };
const reason = (err: number): string => STRERROR[-err] ?? `Unknown error ${-err}`;

function warn(run: Run, text: string): void {
  run.io.err(`${NAME}: ${text}\n`);
}

function show(run: Run, key: string, text: string): void {
  if (run.names) return run.io.out(`${key}\n`);
  const lines = text.replace(/\n$/, '').split('\n');
  for (const line of lines) {
    if (run.binary) run.io.out(line);
    else run.io.out(run.values ? `${line}\n` : `${key} = ${line}\n`);
  }
}

/** Prints a setting, or all below a folder. */
function read(run: Run, path: string, listed: boolean): number {
  const st = run.task.sys.stat(`${ROOT}${path}`);
  if (typeof st === 'number') {
    if (run.ignore) return 0;
    warn(run, `cannot stat ${ROOT}${path}: ${reason(st)}`);
    return 1;
  }
  if ((st.mode & S_IFMT) === S_IFDIR) return readAll(run, path);
  const key = dots(path);
  const leaf = path.slice(path.lastIndexOf('/') + 1);
  if (listed && !run.deprecated && DEPRECATED.has(leaf)) return 0;
  // What nobody may read is passed over.
  if ((st.mode & 0o444) === 0) return 0;
  if (run.pattern !== null && !run.pattern.test(key)) return 0;
  if (run.names) {
    run.io.out(`${key}\n`);
    return 0;
  }
  const text = run.task.sys.readFile(`${ROOT}${path}`);
  if (typeof text === 'string') {
    show(run, key, text);
    return 0;
  }
  warn(run, text === -EACCES ? `permission denied on key '${key}'` : `reading key "${key}": ${reason(text)}`);
  return 1;
}

function readAll(run: Run, path: string): number {
  const entries = run.task.sys.readdir(`${ROOT}${path}`);
  if (typeof entries === 'number') {
    warn(run, `unable to open directory "${ROOT}${path}": ${reason(entries)}`);
    return 1;
  }
  let rc = 0;
  for (const e of entries) rc |= read(run, path === '' ? e.name : `${path.replace(/\/$/, '')}/${e.name}`, true);
  return rc;
}

/** A line `key = value` of a file or of the command line. */
interface Setting {
  readonly key: string;
  readonly value: string;
  readonly ignore: boolean;
}

/** Null for a line that is no setting; the text before '=' without blanks around it, and what follows. */
function parse(line: string): Setting | null {
  const eq = line.indexOf('=');
  if (eq < 0) return null;
  const key = line.slice(0, eq).trim();
  const ignore = key.startsWith('-');
  return { key: ignore ? key.slice(1).trim() : key, value: line.slice(eq + 1).trim(), ignore };
}

function set(run: Run, s: Setting): number {
  const path = slashes(s.key);
  const key = dots(path);
  if (run.pattern !== null && !run.pattern.test(key)) return 0;
  if (path === '' && s.value === '') return 1;
  if (path === '' || path.split('/').includes('..')) {
    warn(run, path === '' ? `Path is not under ${ROOT}: ${ROOT}` : `Path is not under ${ROOT}: ${ROOT}${path}`);
    return 1;
  }
  const st = run.task.sys.stat(`${ROOT}${path}`);
  if (typeof st === 'number') {
    if (st === -ENOENT && run.ignore) return 0;
    warn(run, `cannot stat ${ROOT}${path}: ${reason(st)}`);
    return s.ignore ? 0 : 1;
  }
  if ((st.mode & 0o200) === 0 && (st.mode & S_IFMT) !== S_IFDIR) {
    // As procps says it, and it is no failure there.
    warn(run, `setting key "${key}": Invalid argument`);
    return 0;
  }
  const err = run.dryRun ? 0 : run.task.sys.writeFile(`${ROOT}${path}`, `${s.value}\n`);
  if (err < 0) {
    if (err !== -EACCES) warn(run, `setting key "${key}": ${reason(err)}`);
    else warn(run, `permission denied on key "${key}"${s.ignore ? ', ignoring' : ''}`);
    // A permission that one did without is as good as one that was given: so procps has it.
    if (err !== -EACCES || !s.ignore) return s.ignore ? 0 : 1;
  }
  if (run.quiet) return 0;
  if (run.values) run.io.out(`${s.value}\n`);
  else if (run.binary) run.io.out(s.value);
  else if (run.names) run.io.out(`${s.value}\n`);
  else run.io.out(`${key} = ${s.value}\n`);
  return 0;
}

/** Sets what a file says: lines `key = value`; those that begin with # or ; are comments, a '-' in front lets failures pass. */
function load(run: Run, file: string): number {
  const text = file === '-' ? (run.io.input?.() ?? '') : (run.io.readFile?.(file) ?? null);
  if (text === null) {
    warn(run, `cannot open "${file}": ${reason(-ENOENT)}`);
    return 1;
  }
  // First all is read, then all is set: what is wrong with the lines is said first.
  const settings: Setting[] = [];
  text.split('\n').forEach((line, i) => {
    const bare = line.trim();
    if (bare === '' || bare.startsWith('#') || bare.startsWith(';')) return;
    const s = parse(bare);
    if (s === null || s.key === '') warn(run, `${file}(${i + 1}): invalid syntax, continuing...`);
    else settings.push(s);
  });
  let rc = 0;
  for (const s of settings) rc |= set(run, s);
  return rc;
}

/** One argument: a name to read, or a setting. */
function argument(run: Run, arg: string): number {
  if (run.write || arg.includes('=')) {
    const s = parse(arg);
    if (s !== null) return set(run, s);
    warn(run, 'command line(0): invalid syntax, continuing...');
    return 1;
  }
  return read(run, slashes(arg), false);
}

/**
 * sysctl(8). `-p FILE` reads a file by `io.readFile` (`-p -`: standard input); `--system` finds none.
 * @public
 */
export function sysctl(task: Task, args: readonly string[], io: ToolIo): number {
  const parsed = getopt(args, OPTIONS);
  if (parsed.error !== null) {
    io.err(`${NAME}: ${parsed.error}\n`);
    io.out(USAGE);
    return 0;
  }
  const run: Run = { task, io, names: false, values: false, binary: false, quiet: false, ignore: false, dryRun: false, deprecated: false, write: false, pattern: null };
  let all = false;
  let file: string | null = null;
  for (const [o, value] of parsed.options) {
    switch (o.short === '' ? o.long : o.short) {
      case 'a':
      case 'A':
      case 'X':
        all = true;
        break;
      case 'b':
        run.binary = true;
        break;
      case 'e':
        run.ignore = true;
        break;
      case 'N':
        run.names = true;
        break;
      case 'n':
        run.values = true;
        break;
      case 'q':
        run.quiet = true;
        break;
      case 'w':
        run.write = true;
        break;
      case 'p':
      case 'f':
        file = value ?? '';
        break;
      case 'dry-run':
        run.dryRun = true;
        break;
      case 'deprecated':
        run.deprecated = true;
        break;
      case 'system':
        return 0;
      case 'r':
        try {
          run.pattern = new RegExp(value!);
        } catch {
          warn(run, `invalid expression: ${value!}`);
          return 1;
        }
        break;
      case 'h':
      case 'd':
        io.out(USAGE);
        return 0;
      case 'V':
        io.out(`${NAME} from linnet\n`);
        return 0;
      default:
    }
  }
  if (file !== null) {
    const files = file !== '' ? [file, ...parsed.rest] : parsed.rest.length > 0 ? parsed.rest : ['/etc/sysctl.conf'];
    return files.reduce((rc, f) => rc | load(run, f), 0);
  }
  if (all) return readAll(run, '');
  if (parsed.rest.length === 0) {
    if (args.length === 0) {
      io.err(USAGE);
      return 1;
    }
    io.err(`${NAME}: no variables specified\nTry \`${NAME} --help' for more information.\n`);
    return 1;
  }
  // Each one that fails counts.
  return parsed.rest.reduce((rc, arg) => rc + argument(run, arg), 0);
}

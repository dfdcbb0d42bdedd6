/**
 * The commands between backticks. No shell of the real machine runs: what they say is read here, and routed to the machine's own tools (`ip`,
 * `sysctl`, whatever the caller brings), to its files, and to a few small programs.
 */

/** What commands may reach. */
export interface ShellHost {
  /** Runs a program of the machine; null when there is none of that name. */
  tool(argv: readonly string[], out: (text: string) => void, err: (text: string) => void): Promise<number> | number | null;
  readFile(path: string): string | null;
  /** 0 or a negative errno. */
  writeFile(path: string, text: string): number;
  /** ethtool -K. */
  features(dev: string, changes: ReadonlyMap<string, boolean>): number;
  /** tc qdisc; its exit status. */
  qdisc(args: readonly string[]): number;
  /** A script beside the packetdrill script, or null. */
  script(path: string): string | null;
  /** Forgets what TCP remembers of its peers (`ip tcp_metrics flush`). */
  flushMetrics(): void;
  /** Makes a file of zeros that open(2) of the script finds. */
  makeFile(path: string, size: number): void;
}

/** What a command did. */
export interface ShellResult {
  status: number;
  out: string;
  err: string;
}

interface Word {
  readonly text: string;
  readonly op: boolean;
}

/** `$((15*1024*1024))`. */
function arithmetic(text: string): string {
  if (!/^[\d\s+\-*/%()]+$/.test(text)) return '0';
  const toks = text.match(/\d+|[+\-*/%()]/g) ?? [];
  let at = 0;
  const atom = (): number => {
    const t = toks[at++];
    if (t === '(') {
      const v = add();
      at++;
      return v;
    }
    return t === '-' ? -atom() : Number(t);
  };
  const mul = (): number => {
    let v = atom();
    while (toks[at] === '*' || toks[at] === '/' || toks[at] === '%') {
      const op = toks[at++];
      const b = atom();
      v = op === '*' ? v * b : op === '/' ? Math.trunc(v / b) : v % b;
    }
    return v;
  };
  const add = (): number => {
    let v = mul();
    while (toks[at] === '+' || toks[at] === '-') v = toks[at++] === '+' ? v + mul() : v - mul();
    return v;
  };
  return String(add());
}

function words(text: string): Word[] {
  const out: Word[] = [];
  let cur: string | null = null;
  const push = (): void => {
    if (cur !== null) out.push({ text: cur, op: false });
    cur = null;
  };
  const expand = (s: string): string => s.replace(/\$\(\(((?:[^()]|\([^()]*\))*)\)\)/g, (_, e: string) => arithmetic(e)).replace(/\$\{?(\w+)\}?/g, (_, name: string) => (name === 'PPID' ? '1' : ''));
  const re = /\\\n|\\([^])|'([^']*)'|"((?:[^"\\]|\\[^])*)"|(\$\(\((?:[^()]|\([^()]*\))*\)\)|\$\{\w+\}|\$\w+)|(#[^\n]*)|(&&|\|\||[0-9]?>&[0-9]|&>>?|[0-9]?>>?|[|;\n&])|([ \t\r]+)|([^\s'"\\$;&|<>]+|[<>$])/y;
  while (re.lastIndex < text.length) {
    const m = re.exec(text);
    if (m === null) break;
    const [whole, escaped, single, double, dollar, comment, op, blank, plain] = m;
    if (whole === '\\\n') push();
    else if (escaped !== undefined) cur = (cur ?? '') + escaped;
    else if (single !== undefined) cur = (cur ?? '') + single;
    else if (double !== undefined) cur = (cur ?? '') + expand(double.replace(/\\\n/g, '').replace(/\\(["\\$`])/g, '$1'));
    else if (dollar !== undefined) cur = (cur ?? '') + expand(dollar);
    else if (comment !== undefined) {
      // Only at a word's beginning is it one.
      if (cur !== null) {
        cur += '#';
        re.lastIndex = m.index + 1;
      }
    } else if (op !== undefined) {
      // A digit before '>' that belongs to a word: `a2>b` is rare enough.
      push();
      out.push({ text: op, op: true });
    } else if (blank !== undefined) push();
    else cur = (cur ?? '') + plain!;
  }
  push();
  return out;
}

/** Runs commands for one script. */
export class Shell {
  private readonly host: ShellHost;
  private counters: Map<string, number> = new Map();

  constructor(host: ShellHost) {
    this.host = host;
  }

  /** Runs a text as `sh -c` does; the status is that of the last command. */
  async run(text: string): Promise<ShellResult> {
    const all: ShellResult = { status: 0, out: '', err: '' };
    let argv: string[] = [];
    let outTo: string | null = null;
    let errQuiet = false;
    let input = '';
    let skip = false;
    const toks = [...words(text), { text: ';', op: true }];
    for (let i = 0; i < toks.length; i++) {
      const t = toks[i]!;
      if (!t.op) {
        argv.push(t.text);
        continue;
      }
      if (/>/.test(t.text)) {
        if (/>&/.test(t.text)) {
          if (t.text.startsWith('2')) errQuiet ||= outTo === '/dev/null';
          continue;
        }
        const to = toks[++i]?.text ?? '';
        if (t.text.startsWith('2')) errQuiet = true;
        else {
          outTo = to;
          if (t.text.startsWith('&')) errQuiet = true;
        }
        continue;
      }
      if (argv.length > 0 && !skip) {
        const r = await this.command(argv, input);
        if (!errQuiet) all.err += r.err;
        all.status = r.status;
        input = '';
        if (t.text === '|') input = r.out;
        else if (outTo === null) all.out += r.out;
        else if (outTo !== '/dev/null' && this.host.writeFile(outTo, r.out) < 0) all.status = 1;
      }
      if (argv.length > 0) skip = (t.text === '&&' && all.status !== 0) || (t.text === '||' && all.status === 0);
      argv = [];
      outTo = null;
      errQuiet = false;
    }
    return all;
  }

  private async command(argv: readonly string[], input: string): Promise<ShellResult> {
    const r: ShellResult = { status: 0, out: '', err: '' };
    const name = argv[0]!.replace(/^.*\//, '');
    const args = argv.slice(1);
    const file = (path: string): string | null => this.host.readFile(path);
    switch (name) {
      case 'true':
      case ':':
      case 'sleep':
      case 'rm':
      case 'set':
        return r;
      case 'false':
        r.status = 1;
        return r;
      case 'echo': {
        r.out = `${args.filter((a) => a !== '-n').join(' ')}\n`;
        return r;
      }
      case 'cat':
        for (const a of args) r.out += file(a) ?? ((r.status = 1), '');
        return r;
      case 'grep':
        return this.grep(args, input);
      case 'dd': {
        const opt = new Map(args.map((a) => a.split('=') as [string, string]));
        this.host.makeFile(opt.get('of') ?? '', Number(opt.get('bs') ?? 512) * Number(opt.get('count') ?? 0));
        return r;
      }
      case 'nstat':
        return this.nstat();
      case 'ethtool':
        r.status = this.ethtool(args);
        return r;
      case 'tc':
        r.status = args[0] === 'qdisc' ? this.host.qdisc(args.slice(1)) : 1;
        return r;
      case 'set_sysctls.py':
        // Writes settings; the script that would restore them has nothing to do, as each machine is new.
        for (const a of args) {
          const eq = a.indexOf('=');
          if (this.host.writeFile(a.slice(0, eq), `${a.slice(eq + 1)}\n`) < 0) r.err += `${name}: cannot write ${a.slice(0, eq)}\n`;
        }
        return r;
      case 'ip':
        if (args[0] === 'tcp_metrics') {
          this.host.flushMetrics();
          return r;
        }
        break;
      default:
        if (name.startsWith('sysctl_restore_')) return r;
    }
    const script = argv[0]!.includes('/') ? this.host.script(argv[0]!) : null;
    if (script !== null) return this.run(script);
    const status = await this.host.tool(argv, (t) => (r.out += t), (t) => (r.err += t));
    r.status = status ?? 127;
    if (status === null) r.err += `sh: ${argv[0]!}: not found\n`;
    return r;
  }

  private grep(args: readonly string[], input: string): ShellResult {
    const rest = args.filter((a) => !a.startsWith('-'));
    const quiet = args.includes('-q');
    const re = new RegExp((rest[0] ?? '').replace(/\\([|()+?{}])/g, '$1'));
    const names = rest.slice(1);
    let out = '';
    const sources = names.length === 0 ? [['', input] as const] : names.map((n) => [n, this.host.readFile(n) ?? ''] as const);
    for (const [name, text] of sources) {
      for (const line of text.split('\n')) if (line !== '' && re.test(line)) out += `${names.length > 1 ? `${name}:` : ''}${line}\n`;
    }
    return { status: out === '' ? 1 : 0, out: quiet ? '' : out, err: '' };
  }

  /** Counters that grew since it was asked last. */
  private nstat(): ShellResult {
    let out = '';
    for (const path of ['/proc/net/snmp', '/proc/net/netstat']) {
      const lines = (this.host.readFile(path) ?? '').split('\n');
      for (let i = 0; i + 1 < lines.length; i += 2) {
        const [group, ...names] = lines[i]!.split(/\s+/);
        const values = lines[i + 1]!.split(/\s+/).slice(1).map(Number);
        names.forEach((n, k) => {
          const key = group!.replace(':', '') + n;
          const grown = values[k]! - (this.counters.get(key) ?? 0);
          this.counters.set(key, values[k]!);
          if (grown !== 0) out += `${key.padEnd(32)}${String(grown).padEnd(18)} 0.0\n`;
        });
      }
    }
    return { status: 0, out, err: '' };
  }

  private ethtool(args: readonly string[]): number {
    if (args[0] !== '-K' || args[1] === undefined) return 1;
    const changes = new Map<string, boolean>();
    for (let i = 2; i + 1 < args.length; i += 2) changes.set(args[i]!, args[i + 1] === 'on');
    return this.host.features(args[1], changes);
  }
}

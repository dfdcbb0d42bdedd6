/** ip(8): shows and changes links, addresses, routes, rules, neighbours and nexthops of the namespace that a task is in. Grammar, texts and exit statuses are those of iproute2 6.1. */
import type { Task } from '@linnet/posix';
import { ipAddr } from './ip/addr.ts';
import { AF_BRIDGE, AF_PACKET, Ip, type IpOptions, NO_OPTIONS } from './ip/context.ts';
import { linkAdd, linkDel, linkProperty, linkSet } from './ip/link-set.ts';
import { linkList } from './ip/link-show.ts';
import { ipAddrlabel, ipNetconf, ipToken } from './ip/ipv6.ts';
import { ipMaddr } from './ip/maddr.ts';
import { ipMonitor } from './ip/monitor.ts';
import { ipNeigh, ipNtable } from './ip/neigh.ts';
import { ipNetns } from './ip/netns.ts';
import { ipNexthop } from './ip/nexthop.ts';
import { ipRoute } from './ip/route.ts';
import { ipRule } from './ip/rule.ts';
import { USAGES } from './ip/usage.ts';
import { inNetns } from './netns.ts';
import type { ToolIo } from './tool.ts';
import { AF_INET, AF_INET6, matches, ToolExit, Words } from './words.ts';

const USAGE = `Usage: ip [ OPTIONS ] OBJECT { COMMAND | help }
       ip [ -force ] -batch filename
where  OBJECT := { address | addrlabel | link | maddress | monitor | neighbour | netconf | netns | nexthop | ntable | route | rule | token }
       OPTIONS := { -V | -s | -d | -j | -p | -f { inet | inet6 | link } | -4 | -6 | -0 | -l LOOPS | -br | -o | -b [file] | -n name | -N | -c }
`;

function ipLink(ip: Ip, w: Words): number {
  if (!w.more) return linkList(ip, w);
  const cmd = w.cur;
  w.skip();
  const is = (...full: string[]): boolean => full.some((x) => x.startsWith(cmd));
  if (is('add')) return linkAdd(ip, w);
  if (is('set', 'change')) return linkSet(ip, w);
  if (is('show', 'list') || cmd === 'lst') return linkList(ip, w);
  if (is('delete')) return linkDel(ip, w);
  if (is('property')) return linkProperty(ip, w);
  throw new ToolExit(255, `Command "${cmd}" is unknown, try "ip link help".\n`);
}

type Command = (ip: Ip, w: Words) => number | Promise<number>;
/** In the order in which beginnings of them are looked for. */
const OBJECTS: readonly (readonly [string, Command])[] = [
  ['address', ipAddr], ['addrlabel', ipAddrlabel], ['maddress', ipMaddr], ['route', ipRoute], ['rule', ipRule], ['neighbor', ipNeigh], ['neighbour', ipNeigh], ['ntable', ipNtable], ['ntbl', ipNtable], ['link', ipLink], ['monitor', ipMonitor],
  ['token', ipToken], ['netns', ipNetns], ['netconf', ipNetconf], ['nexthop', ipNexthop],
];

/** Options before the object; null when there is nothing more to do. */
function options(words: Words, io: ToolIo): IpOptions | number {
  const o: IpOptions = { ...NO_OPTIONS };
  for (; words.more; words.skip()) {
    let opt = words.cur;
    if (opt === '--') {
      words.skip();
      break;
    }
    if (!opt.startsWith('-')) break;
    if (opt.startsWith('--')) opt = opt.slice(1);
    if (matches(opt, '-loops')) {
      o.maxFlushLoops = Number(words.next()) || 0;
    } else if (matches(opt, '-family')) {
      const f = words.next();
      if (matches(f, 'help')) throw new ToolExit(255, USAGE);
      const families: Readonly<Record<string, number>> = { inet: AF_INET, inet6: AF_INET6, link: AF_PACKET, bridge: AF_BRIDGE };
      if (families[f] === undefined) throw new ToolExit(255, `Error: argument "${f}" is wrong: invalid protocol family\n\n`);
      o.family = families[f];
    } else if (opt === '-4') o.family = AF_INET;
    else if (opt === '-6') o.family = AF_INET6;
    else if (opt === '-0') o.family = AF_PACKET;
    else if (opt === '-B') o.family = AF_BRIDGE;
    else if (matches(opt, '-human') || matches(opt, '-human-readable') || matches(opt, '-iec') || matches(opt, '-resolve')) continue;
    else if (matches(opt, '-all')) o.all = true;
    else if (matches(opt, '-stats') || matches(opt, '-statistics')) o.stats++;
    else if (matches(opt, '-details')) o.details++;
    else if (matches(opt, '-oneline')) o.oneline = true;
    else if (matches(opt, '-timestamp')) o.timestamp = 1;
    else if (matches(opt, '-tshort')) o.timestamp = 2;
    else if (matches(opt, '-Version')) {
      io.out('ip utility, linnet\n');
      return 0;
    } else if (matches(opt, '-force')) o.force = true;
    else if (matches(opt, '-batch')) o.batch = words.peek === undefined || words.peek.startsWith('-') && words.peek !== '-' ? '-' : words.next();
    else if (matches(opt, '-brief')) o.brief = true;
    else if (matches(opt, '-json')) o.json = true;
    else if (matches(opt, '-rcvbuf')) words.next();
    else if (opt.startsWith('-color') || opt === '-c') continue;
    else if (matches(opt, '-help')) throw new ToolExit(255, USAGE);
    else if (matches(opt, '-netns')) o.netns = words.next();
    else if (matches(opt, '-Numeric')) o.numeric = true;
    else if (matches(opt, '-pretty')) o.pretty = true;
    else throw new ToolExit(255, `Option "${opt}" is unknown, try "ip -help".\n`);
  }
  return o;
}

async function command(ip: Ip, w: Words): Promise<number> {
  const name = w.cur;
  const found = OBJECTS.find(([full]) => matches(name, full));
  if (found === undefined) {
    if (matches(name, 'help')) throw new ToolExit(255, USAGE);
    throw new ToolExit(1, `Object "${name}" is unknown, try "ip help".\n`);
  }
  w.skip();
  const usage = USAGES[found[0] === 'neighbor' ? 'neighbour' : found[0] === 'ntbl' ? 'ntable' : found[0]];
  if (usage !== undefined && w.more && w.cur !== '' && matches(w.cur, 'help')) throw new ToolExit(255, usage);
  return found[1](ip, w);
}

/** Words of a line of a batch; '#' begins a comment. */
function split(line: string): string[] {
  return (line.replace(/(^|\s)#.*$/, '').match(/"[^"]*"|'[^']*'|\S+/g) ?? []).map((s) => (/^["']/.test(s) ? s.slice(1, -1) : s));
}

async function guarded(ip: Ip, fn: () => Promise<number>): Promise<number> {
  try {
    return await fn();
  } catch (error) {
    if (!(error instanceof ToolExit)) throw error;
    if (error.message !== '') ip.io.err(error.message);
    return error.code;
  }
}

async function batch(ip: Ip, file: string): Promise<number> {
  const all = file === '-' ? (ip.io.input?.() ?? '') : (ip.io.readFile?.(file) ?? null);
  if (all === null) throw new ToolExit(1, `Cannot open file "${file}" for reading: No such file or directory\n`);
  let rc = 0;
  let n = 0;
  for (const line of all.split('\n')) {
    n++;
    const words = split(line);
    if (words.length === 0) continue;
    const code = await guarded(ip, () => command(ip, new Words(words)));
    ip.flush();
    ip.forgetLinks();
    if (code === 0) continue;
    ip.io.err(`Command failed ${file}:${n}\n`);
    rc = 1;
    if (!ip.opt.force) break;
  }
  return rc;
}

/**
 * ip(8). `-batch FILE` reads a file by `io.readFile`, `-batch -` standard input; `monitor` runs until `io.signal` is aborted. `-n NAME` enters a named namespace for the time of the call.
 * @public
 */
export async function ip(task: Task, args: readonly string[], io: ToolIo): Promise<number> {
  const words = new Words(args);
  let opts: IpOptions | number;
  try {
    opts = options(words, io);
  } catch (error) {
    if (!(error instanceof ToolExit)) throw error;
    io.err(error.message);
    return error.code;
  }
  if (typeof opts === 'number') return opts;
  const run = new Ip(task, io, opts);
  try {
    return await guarded(run, () => inNetns(task, run.opt.netns, async () => {
      if (run.opt.batch !== null) return batch(run, run.opt.batch);
      if (!words.more) throw new ToolExit(255, USAGE);
      return command(run, words);
    }));
  } finally {
    run.flush();
    run.close();
  }
}

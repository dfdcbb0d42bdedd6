#!/usr/bin/env node
/** The command `linnet`. */
import { createRequire } from 'node:module';
import { Command, Option } from 'commander';
import { addressOption, cidrOption, defineOption, intOption, macOption, numberOption, percentOption, portsOption, scriptOption, serveOption } from './parse.ts';
import type { UpOptions } from './up.ts';

const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };

/** Settles at the first Ctrl-C or SIGTERM; another one half a second later ends the process at once. (npx and timeout send the first one twice.) */
function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    let since = 0;
    const stop = (): void => {
      if (since === 0) {
        since = performance.now();
        resolve();
      } else if (performance.now() - since > 500) {
        process.exit(130);
      }
    };
    process.on('SIGINT', stop).on('SIGTERM', stop);
  });
}

const out = (line: string): void => void process.stdout.write(`${line}\n`);
/** Remarks go here, so that standard output stays free for data. */
const note = (line: string): void => void process.stderr.write(`${line}\n`);

// Whoever read it has gone (linnet demo | head): end as a program does that gets SIGPIPE.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 141 : 1));

// Each command loads what it needs: `exec` is not to wait for a whole stack.
const program = new Command('linnet')
  .enablePositionalOptions()
  .description('The Linux network stack in TypeScript')
  .version(version)
  .showHelpAfterError('(see linnet --help, or linnet COMMAND --help)')
  .addHelpText('after', '\nlinnet COMMAND --help tells the options of a command. LINNET_DEBUG=1 adds the stack to an error.');

program.command('demo')
  .description('two hosts and a router between them, one link with delay and loss: pings, a web page, a transfer; no root needed')
  .option('--seed <n>', 'seed of all chance: the same seed gives the same packets', intOption(0, 2 ** 32 - 1), 1)
  .option('--delay <ms>', 'delay of the far link, each way', numberOption, 10)
  .addOption(new Option('--loss <percent>', 'loss on the far link, each way').argParser(percentOption).default(0.001, '0.1'))
  .option('--size <MB>', 'megabytes to move over TCP', intOption(1, 100_000), 100)
  .option('--pcap <file>', 'where the capture goes', 'demo.pcapng')
  .option('--no-pcap', 'write no capture')
  .option('--snaplen <bytes>', 'bytes of each packet to keep in it', intOption(64, 262_144), 128)
  .option('--realtime', 'wait as long as the network does, instead of virtual time')
  .action(async (o: { seed: number; delay: number; loss: number; size: number; pcap: string | false; snaplen: number; realtime?: boolean }) => {
    out('Linnet: two hosts and a router, namespaces of one Linux machine in this process\n');
    const { demo } = await import('./demo.ts');
    await demo({ ...o, realtime: o.realtime === true, pcap: o.pcap === false ? null : o.pcap, print: out });
  });

program.command('up')
  .description('a machine on a real TAP device, until Ctrl-C; as root, or on a TAP that is yours')
  .requiredOption('--tap <name>', 'the TAP; it is made when there is none (required)')
  .requiredOption('--address <cidr>', 'the machine\'s IPv4 address, such as 10.9.0.2/24 (required)', cidrOption)
  .option('--gateway <address>', 'where other networks are reached, such as 10.9.0.1', addressOption)
  .option('--mac <address>', 'its Ethernet address (default: random)', macOption)
  .option('--mtu <bytes>', 'largest packet', intOption(68, 65_521), 1500)
  .option('--netns <name>', 'make the TAP in this namespace of ip netns')
  .option('--serve <port=folder>', 'serve the files of a folder over HTTP (may be repeated)', serveOption)
  .option('--echo <port>', 'echo what comes, over TCP and UDP (may be repeated)', portsOption)
  .option('--iperf <port>', 'be an iperf3 server (TCP)', intOption(1, 65_535))
  .option('--pcap <file>', 'write every packet to a pcapng file')
  .option('--snaplen <bytes>', 'bytes of each packet to keep in it', intOption(64, 262_144), 262_144)
  .option('--name <name>', 'what `linnet exec --machine` calls it (default: linnet)')
  .option('--busy-poll', 'ask for frames without sleeping: a busy core for a shorter way')
  .addHelpText('after', '\nExample:\n  linnet up --tap tap0 --address 10.9.0.2/24 --serve 80=./folder --echo 7 --iperf 5201')
  .action(async (o: Omit<UpOptions, 'print' | 'stopped'>) => {
    const { up } = await import('./up.ts');
    await up({ ...o, print: out, stopped: untilStopped() });
  });

program.command('exec')
  .description('run a program of the real system inside a running machine')
  .usage('[options] -- COMMAND [ARGUMENT...]')
  .option('--machine <name>', 'which machine, by name or control socket (default: the only one that runs)')
  .option('--netns <name>', 'in this network namespace of it')
  .option('--unix', 'AF_UNIX sockets are the machine\'s, too')
  .argument('<command...>')
  .addHelpText('after', '\nThe exit status is that of the program. Example:\n  linnet exec -- ip addr')
  .passThroughOptions()
  .action(async (command: string[], o: { machine?: string; netns?: string; unix?: boolean }) => {
    const { exec } = await import('./exec.ts');
    process.exitCode = await exec({ ...o, command });
  });

program.command('ps')
  .description('the machines of this user that run, and their control sockets; nothing when none runs')
  .action(async () => {
    const { ps } = await import('./exec.ts');
    await ps(out);
  });

program.command('capture')
  .description('write what the real side sends into a TAP to a pcapng file')
  .requiredOption('--tap <name>', 'the TAP; it is made when there is none (required)')
  .requiredOption('-w, --write <file>', 'the file; - is standard output (required)')
  .option('--netns <name>', 'make the TAP in this namespace of ip netns')
  .option('--snaplen <bytes>', 'bytes of each packet to keep', intOption(14, 262_144), 262_144)
  .option('-c, --count <n>', 'stop after so many packets', intOption(1, 2 ** 31 - 1))
  .action(async (o: { tap: string; write: string; netns?: string; snaplen: number; count?: number }) => {
    const { capture } = await import('./capture.ts');
    await capture({ ...o, count: o.count ?? Infinity, print: note, stopped: untilStopped() });
  });

program.command('packetdrill')
  .description('run scripts in the language of packetdrill, each against a machine of its own in virtual time; a single script that passes prints nothing')
  .argument('<file...>')
  .option('-v, --verbose', 'print every packet and call')
  .option('-o, --option <name=value>', 'an option as at the head of a script, such as ip_version=ipv6 (may be repeated)', scriptOption)
  .option('-D, --define <name=value>', 'a symbol for the scripts (may be repeated)', defineOption)
  .action(async (files: string[], o: { verbose?: boolean; option?: string[]; define?: string[] }) => {
    const { packetdrill } = await import('./packetdrill.ts');
    const failed = await packetdrill({ files, verbose: o.verbose === true, options: o.option ?? [], defines: o.define ?? [], print: out, note });
    if (failed > 0) process.exitCode = 1;
  });

try {
  await program.parseAsync();
} catch (error) {
  note(`linnet: ${error instanceof Error ? error.message : String(error)}`);
  if (process.env['LINNET_DEBUG'] !== undefined && error instanceof Error) note(error.stack ?? '');
  process.exitCode = 1;
}

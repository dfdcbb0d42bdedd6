/** The environment of a program that is to run inside a machine. */
import fs from 'node:fs';
import { EINVAL } from '@linnet/kernel';
import { HostError } from '../errors.ts';
import { preloadLibrary } from './build.ts';

/**
 * Which machine, and where in it.
 * @public
 */
export interface PreloadOptions {
  /** The machine's control socket: `ControlServer.path`, or what `controlPath` says. */
  readonly path: string;
  /** A network namespace of the machine by name. Default: its initial one. Entering a real namespace of `ip netns` leads to the one of that name all the same. */
  readonly netns?: string;
  /** Carry AF_UNIX sockets, too. Default: they stay the real system's, as their paths are. */
  readonly unix?: boolean;
}

/**
 * The variables that a program needs to run inside a machine, to be added to its environment; its children inherit them. Builds the library when it must: see `preloadLibrary` for
 * what it rejects with; HostError EINVAL for a bad namespace name.
 * @public
 */
export async function preloadEnv(options: PreloadOptions): Promise<Record<string, string>> {
  const { netns = '' } = options;
  if (Buffer.byteLength(netns) > 255 || netns.includes('/')) throw new HostError(`${JSON.stringify(netns)} is no name of a namespace`, 'EINVAL', -EINVAL);
  const library = await preloadLibrary();
  const others = process.env['LD_PRELOAD'];
  const env: Record<string, string> = {
    LD_PRELOAD: others === undefined || others === '' || others.includes(library) ? library : `${library}:${others}`,
    LINNET_CONTROL: options.path,
    // In the real namespace where we are now the program is in that one of the machine; in another it is where that one's name says.
    LINNET_HOME: `${fs.statSync('/proc/self/ns/net').ino}/${netns}`,
  };
  if (options.unix === true) env['LINNET_UNIX'] = '1';
  return env;
}

import type { Kernel } from './kernel.ts';
import type { Net } from './net.ts';

/**
 * A part of a stack. A package exports one object of this shape; `requires` holds the objects of other packages, so a declared edge is an import.
 * @public
 */
export interface KernelModule {
  readonly name: string;
  /** What must be initialised before this one. Pulled into the stack without being listed. */
  readonly requires?: readonly KernelModule[];
  /** Once for each kernel, in order of the edges. */
  init?(k: Kernel): void;
  /** When the kernel shuts down, in reverse order. */
  exit?(k: Kernel): void;
  /** Once for each namespace, in order. Source: pernet_operations. */
  netInit?(net: Net): void;
  /**
   * Once for each namespace, when the netInit of every module has run, in order: for what the others will be told of, such as the first
   * device. Source: register_pernet_device.
   */
  netReady?(net: Net): void;
  /** When the namespace ends, before the first netExit, in reverse order: undoes netReady while every module still has its state. */
  netStop?(net: Net): void;
  /** When the namespace ends, in reverse order. */
  netExit?(net: Net): void;
}

/**
 * Orders modules, with all that they require, so that each comes after its own requirements, otherwise in the order given.
 * Throws an Error that names the module and what is wrong: a requirement that is missing (undefined: often the imports go round),
 * two different modules of one name, or modules that require each other in a circle.
 * @alpha
 */
export function sortModules(modules: readonly KernelModule[]): KernelModule[] {
  const sorted: KernelModule[] = [];
  const names = new Map<string, KernelModule>();
  const path: KernelModule[] = [];
  const done = new Set<KernelModule>();

  function visit(m: KernelModule | undefined | null, index: number): void {
    if (m === undefined || m === null) {
      const by = path.at(-1);
      if (by === undefined) throw new Error(`modules[${index}] is missing: it is ${m}`);
      throw new Error(`module "${by.name}" requires a missing module: requires[${index}] is ${m} (do the imports of the packages go round?)`);
    }
    if (done.has(m)) return;
    const from = path.indexOf(m);
    if (from !== -1) throw new Error(`modules require each other in a circle: ${[...path.slice(from), m].map((x) => x.name).join(' -> ')}`);
    const other = names.get(m.name);
    if (other !== undefined && other !== m) throw new Error(`two different modules have the name "${m.name}" (is a package installed twice?)`);
    names.set(m.name, m);
    path.push(m);
    m.requires?.forEach(visit);
    path.pop();
    done.add(m);
    sorted.push(m);
  }

  modules.forEach(visit);
  return sorted;
}

/** Options as getopt_long(3) reads them. */

/** An option. */
export interface OptionSpec {
  /** '-n'; empty where there is only a long form. */
  readonly short: string;
  /** 'values', without the dashes; empty where there is only a short form. */
  readonly long: string;
  /** Takes an argument: never, always, or only in the form --long=ARG. */
  readonly arg?: 'required' | 'optional';
}

/** What was found. */
export interface ParsedOptions {
  /** Options in the order in which they were given: the spec, and the argument or null. */
  readonly options: readonly (readonly [OptionSpec, string | null])[];
  /** Everything else; options may stand between. */
  readonly rest: readonly string[];
  /** What is wrong, as getopt_long says it, or null. */
  readonly error: string | null;
}

/** Takes the arguments apart. Long options may be cut short as long as only one fits; all behind `--` is no option. */
export function getopt(args: readonly string[], specs: readonly OptionSpec[]): ParsedOptions {
  const options: (readonly [OptionSpec, string | null])[] = [];
  const rest: string[] = [];
  const wrong = (error: string): ParsedOptions => ({ options, rest, error });
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (arg === '--') {
      rest.push(...args.slice(i + 1));
      break;
    }
    if (arg.startsWith('--')) {
      const eq = arg.indexOf('=');
      const name = arg.slice(2, eq < 0 ? undefined : eq);
      const exact = specs.find((s) => s.long === name && name !== '');
      const near = specs.filter((s) => s.long !== '' && s.long.startsWith(name));
      if (exact === undefined && near.length > 1) return wrong(`option '${arg}' is ambiguous; possibilities: ${near.map((s) => `'--${s.long}'`).join(' ')}`);
      const spec = exact ?? near[0];
      if (spec === undefined) return wrong(`unrecognized option '${arg}'`);
      if (eq >= 0 && spec.arg === undefined) return wrong(`option '--${spec.long}' doesn't allow an argument`);
      let value = eq < 0 ? null : arg.slice(eq + 1);
      if (value === null && spec.arg === 'required') {
        if (++i >= args.length) return wrong(`option '--${spec.long}' requires an argument`);
        value = args[i]!;
      }
      options.push([spec, value]);
    } else if (arg.startsWith('-') && arg !== '-') {
      for (let at = 1; at < arg.length; at++) {
        const spec = specs.find((s) => s.short === arg[at]);
        if (spec === undefined) return wrong(`invalid option -- '${arg[at]!}'`);
        let value: string | null = null;
        if (spec.arg !== undefined && at + 1 < arg.length) {
          value = arg.slice(at + 1);
        } else if (spec.arg === 'required') {
          if (++i >= args.length) return wrong(`option requires an argument -- '${arg[at]!}'`);
          value = args[i]!;
        }
        options.push([spec, value]);
        if (value !== null) break;
      }
    } else {
      rest.push(arg);
    }
  }
  return { options, rest, error: null };
}

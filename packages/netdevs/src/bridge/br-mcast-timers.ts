/** What the timers of snooping do; a table, because contexts and what they do need each other. */
import type { McastFamily, McastPortFamily } from './br-mcast-ctx.ts';
import { mcastOwnQueryExpired, mcastPortQueryExpired, mcastPortRouterExpired, mcastQuerierExpired } from './br-mcast.ts';

/** The functions of the timers of a context. */
export const ctxTimers: {
  readonly nothing: (f: McastFamily) => void;
  readonly otherExpired: (f: McastFamily) => void;
  readonly ownExpired: (f: McastFamily) => void;
  readonly portOwnExpired: (f: McastPortFamily) => void;
  readonly portRouterExpired: (f: McastPortFamily) => void;
} = Object.freeze({
  nothing(): void {},
  otherExpired: (f: McastFamily): void => mcastQuerierExpired(f),
  ownExpired: (f: McastFamily): void => mcastOwnQueryExpired(f),
  portOwnExpired: (f: McastPortFamily): void => mcastPortQueryExpired(f),
  portRouterExpired: (f: McastPortFamily): void => mcastPortRouterExpired(f),
});

/** Where things are. This file runs as bench/temp/js/paths.js. */
import { fileURLToPath } from 'node:url';

const at = (rel: string): string => fileURLToPath(new URL(`../../${rel}`, import.meta.url));

export const NETBENCH_C: string = at('kernel/netbench.c');
export const TEMP: string = at('temp');
export const NETBENCH: string = at('temp/netbench');
export const GOODPUT_C: string = at('kernel/goodput.c');
export const GOODPUT: string = at('temp/goodput');
export const GOODPUT_RESULTS: string = at('goodput.json');
export const GOODPUT_PAGE: string = at('../docs/tcp.md');
export const RELIABILITY_RESULTS: string = at('reliability.json');
export const RELIABILITY_PAGE: string = at('../docs/reliability.md');
export const HISTORY: string = at('history');
export const RESULTS: string = at('results.json');
export const PAGE: string = at('../docs/performance.md');
export const CHILD: string = at('temp/js/linnet/child.js');

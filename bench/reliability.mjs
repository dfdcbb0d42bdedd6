// npm run reliability: installs and compiles what is missing, then attacks (arguments after `npm run reliability --` go to it; --help tells them).
import { compiled } from './run.mjs';

compiled('reliability/main.js');

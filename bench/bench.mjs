// npm run bench: installs and compiles what is missing, then measures (arguments after `npm run bench --` go to it; --help tells them).
import { compiled } from './run.mjs';

compiled('main.js');

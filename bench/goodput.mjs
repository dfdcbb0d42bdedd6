// npm run goodput: installs and compiles what is missing, then measures (arguments after `npm run goodput --` go to it; --help tells them).
import { compiled } from './run.mjs';

compiled('goodput/main.js');

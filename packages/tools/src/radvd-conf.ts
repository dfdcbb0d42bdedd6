/** The configuration of the router advertisement daemon: the grammar and defaults of radvd.conf(5), as far as they are of RFC 4861, 4191 and 8106. */
import { in6FromString } from '@linnet/uapi';

/** A prefix to advertise. */
export interface RaPrefix {
  readonly prefix: Int32Array;
  readonly plen: number;
  onLink: boolean;
  autonomous: boolean;
  /** Seconds; 0xffffffff: for ever. */
  valid: number;
  preferred: number;
}

/** A route to advertise (RFC 4191). */
export interface RaRoute {
  readonly prefix: Int32Array;
  readonly plen: number;
  lifetime: number;
  preference: number;
}

/** Recursive DNS servers (RFC 8106 5.1). */
export interface RaRdnss {
  readonly servers: readonly Int32Array[];
  lifetime: number;
}

/** Search domains (RFC 8106 5.2). */
export interface RaDnssl {
  readonly domains: readonly string[];
  lifetime: number;
}

/** What is advertised on an interface; times in seconds unless their names say otherwise. */
export interface RaInterface {
  readonly name: string;
  sendAdvert: boolean;
  maxInterval: number;
  minInterval: number;
  minDelay: number;
  managed: boolean;
  other: boolean;
  mtu: number;
  reachableMs: number;
  retransMs: number;
  hopLimit: number;
  lifetime: number;
  preference: number;
  sourceLladdr: boolean;
  unicastSolicited: boolean;
  readonly prefixes: RaPrefix[];
  readonly routes: RaRoute[];
  readonly rdnss: RaRdnss[];
  readonly dnssl: RaDnssl[];
}

/** What is wrong with a configuration. */
export class ConfError extends Error {
  override readonly name = 'ConfError';
}

interface Token {
  readonly text: string;
  readonly line: number;
}

function tokens(text: string): Token[] {
  const out: Token[] = [];
  text.split('\n').forEach((raw, i) => {
    for (const m of raw.replace(/#.*/, '').matchAll(/[{};]|[^\s{};]+/g)) out.push({ text: m[0], line: i + 1 });
  });
  return out;
}

class Reader {
  private at = 0;
  private readonly list: readonly Token[];
  constructor(text: string) {
    this.list = tokens(text);
  }
  get more(): boolean {
    return this.at < this.list.length;
  }
  fail(why: string): never {
    throw new ConfError(`line ${this.list[Math.min(this.at, this.list.length) - 1]?.line ?? 1}: ${why}`);
  }
  next(): string {
    const t = this.list[this.at++];
    return t === undefined ? this.fail('unexpected end of file') : t.text;
  }
  expect(what: string): void {
    const t = this.next();
    if (t !== what) this.fail(`expected '${what}' before '${t}'`);
  }
  /** Everything up to the `{` or `;` that ends it, which stays. */
  words(): string[] {
    const out: string[] = [];
    while (this.more && !'{;}'.includes(this.list[this.at]!.text)) out.push(this.next());
    return out;
  }
  /** A block of settings, each `NAME VALUE;`, ended by `};`; a `;` alone for an empty one. */
  block(setting: (name: string) => void): void {
    const t = this.next();
    if (t === ';') return;
    if (t !== '{') this.fail(`expected '{' before '${t}'`);
    for (let name = this.next(); name !== '}'; name = this.next()) setting(name);
    this.expect(';');
  }
  flag(): boolean {
    const v = this.next();
    this.expect(';');
    return v === 'on' ? true : v === 'off' ? false : this.fail(`'${v}' is neither on nor off`);
  }
  number(max: number = 0xffffffff): number {
    const v = this.next();
    this.expect(';');
    const n = v === 'infinity' ? 0xffffffff : Number(v);
    return n >= 0 && n <= max ? n : this.fail(`'${v}' is out of range`);
  }
  preference(): number {
    const v = this.next();
    this.expect(';');
    const n = ['medium', 'high', '', 'low'].indexOf(v);
    return n >= 0 && v !== '' ? n : this.fail(`'${v}' is no preference`);
  }
  prefix(): { prefix: Int32Array; plen: number } {
    const v = this.next();
    const [a = '', len = ''] = v.split('/');
    const prefix = in6FromString(a);
    const plen = Number(len);
    if (prefix === null || len === '' || !Number.isInteger(plen) || plen < 0 || plen > 128) this.fail(`'${v}' is no prefix`);
    return { prefix: prefix as Int32Array, plen };
  }
}

function prefixBlock(r: Reader): RaPrefix {
  const p: RaPrefix = { ...r.prefix(), onLink: true, autonomous: true, valid: 86_400, preferred: 14_400 };
  r.block((name) => {
    if (name === 'AdvOnLink') p.onLink = r.flag();
    else if (name === 'AdvAutonomous') p.autonomous = r.flag();
    else if (name === 'AdvValidLifetime') p.valid = r.number();
    else if (name === 'AdvPreferredLifetime') p.preferred = r.number();
    else r.fail(`unknown setting '${name}' of a prefix`);
  });
  if (p.preferred > p.valid) r.fail('AdvValidLifetime must not be less than AdvPreferredLifetime');
  return p;
}

function interfaceBlock(r: Reader): RaInterface {
  const i: RaInterface = {
    name: r.next(), sendAdvert: false, maxInterval: 600, minInterval: -1, minDelay: 3, managed: false, other: false, mtu: 0, reachableMs: 0, retransMs: 0, hopLimit: 64, lifetime: -1,
    preference: 0, sourceLladdr: true, unicastSolicited: true, prefixes: [], routes: [], rdnss: [], dnssl: [],
  };
  r.block((name) => {
    switch (name) {
      case 'AdvSendAdvert': i.sendAdvert = r.flag(); break;
      case 'MaxRtrAdvInterval': i.maxInterval = r.number(1800); break;
      case 'MinRtrAdvInterval': i.minInterval = r.number(1350); break;
      case 'MinDelayBetweenRAs': i.minDelay = r.number(); break;
      case 'AdvManagedFlag': i.managed = r.flag(); break;
      case 'AdvOtherConfigFlag': i.other = r.flag(); break;
      case 'AdvLinkMTU': i.mtu = r.number(); break;
      case 'AdvReachableTime': i.reachableMs = r.number(3_600_000); break;
      case 'AdvRetransTimer': i.retransMs = r.number(); break;
      case 'AdvCurHopLimit': i.hopLimit = r.number(255); break;
      case 'AdvDefaultLifetime': i.lifetime = r.number(9000); break;
      case 'AdvDefaultPreference': i.preference = r.preference(); break;
      case 'AdvSourceLLAddress': i.sourceLladdr = r.flag(); break;
      case 'AdvRASolicitedUnicast': i.unicastSolicited = r.flag(); break;
      case 'prefix': i.prefixes.push(prefixBlock(r)); break;
      case 'route': {
        const route: RaRoute = { ...r.prefix(), lifetime: -1, preference: 0 };
        r.block((n) => {
          if (n === 'AdvRouteLifetime') route.lifetime = r.number();
          else if (n === 'AdvRoutePreference') route.preference = r.preference();
          else r.fail(`unknown setting '${n}' of a route`);
        });
        i.routes.push(route);
        break;
      }
      case 'RDNSS': {
        const servers = r.words().map((w) => in6FromString(w) ?? r.fail(`'${w}' is no address`));
        const o: RaRdnss = { servers, lifetime: -1 };
        r.block((n) => { if (n === 'AdvRDNSSLifetime') o.lifetime = r.number(); else r.fail(`unknown setting '${n}' of RDNSS`); });
        i.rdnss.push(o);
        break;
      }
      case 'DNSSL': {
        const o: RaDnssl = { domains: r.words(), lifetime: -1 };
        for (const d of o.domains) if (d.split('.').some((label) => label.length > 63 || label === '')) r.fail(`'${d}' is no domain`);
        r.block((n) => { if (n === 'AdvDNSSLLifetime') o.lifetime = r.number(); else r.fail(`unknown setting '${n}' of DNSSL`); });
        i.dnssl.push(o);
        break;
      }
      default: r.fail(`unknown setting '${name}' of an interface`);
    }
  });
  if (i.maxInterval < 4) r.fail('MaxRtrAdvInterval must be 4 or more');
  if (i.minInterval < 0) i.minInterval = Math.max(3, 0.33 * i.maxInterval);
  if (i.minInterval < 3 || i.minInterval > 0.75 * i.maxInterval) r.fail('MinRtrAdvInterval must be 3 or more, and at most 0.75 * MaxRtrAdvInterval');
  if (i.lifetime < 0) i.lifetime = Math.max(1, Math.min(9000, 3 * i.maxInterval));
  if (i.lifetime !== 0 && i.lifetime < i.maxInterval) r.fail('AdvDefaultLifetime must be 0, or MaxRtrAdvInterval and more');
  if (i.mtu !== 0 && i.mtu < 1280) r.fail('AdvLinkMTU must be 0, or 1280 and more');
  for (const o of i.routes) if (o.lifetime < 0) o.lifetime = 3 * i.maxInterval;
  for (const o of [...i.rdnss, ...i.dnssl]) if (o.lifetime < 0) o.lifetime = 2 * i.maxInterval;
  return i;
}

/** Reads a configuration. Throws {@link ConfError}. */
export function radvdConf(text: string): RaInterface[] {
  const r = new Reader(text);
  const out: RaInterface[] = [];
  while (r.more) {
    r.expect('interface');
    out.push(interfaceBlock(r));
  }
  return out;
}

/** `ip addrlabel`, `ip netconf` and `ip token`. */
import { IFLA_INET6_TOKEN, IFLA_PROTINFO, NLM_F_CREATE, NLM_F_EXCL, RTM_DELADDRLABEL, RTM_DELNETCONF, RTM_GETADDRLABEL, RTM_GETLINK, RTM_GETNETCONF, RTM_NEWADDRLABEL, RTM_NEWLINK, RTM_NEWNETCONF } from '@linnet/uapi';
import { attrMap, AttrWriter, type NlMsg, s32, u32 } from '../netlink.ts';
import { addrText, AF_INET6, duparg2, familyName, getPrefix, invarg, number, type Prefix, ToolExit, type Words } from '../words.ts';
import { ifinfomsg, type Ip, linkMsg } from './context.ts';

const IFAL_ADDRESS = 1;
const IFAL_LABEL = 2;

function end(ip: Ip): number {
  ip.out.close(']');
  if (ip.out.json) ip.out.raw('\n');
  return 0;
}

/** `ip addrlabel ...`. */
export function ipAddrlabel(ip: Ip, w: Words): number {
  const { out } = ip;
  const cmd = w.more ? w.cur : 'list';
  if (w.more) w.skip();
  if ('list'.startsWith(cmd) || 'show'.startsWith(cmd)) {
    out.open('[');
    for (const m of ip.dump(RTM_GETADDRLABEL, Uint8Array.of(AF_INET6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))) {
      if (m.type !== RTM_NEWADDRLABEL) continue;
      const a = attrMap(m.body, 12);
      const addr = a.get(IFAL_ADDRESS);
      out.open('{');
      if (addr !== undefined) {
        const bits = m.body[2]!;
        out.p('address', addrText(addr), `prefix ${addrText(addr)}`);
        out.p('prefixlen', bits, `/${bits} `);
      }
      const index = new DataView(m.body.buffer, m.body.byteOffset).getUint32(4, true);
      if (index !== 0) out.p('ifname', ip.nameOf(index), `dev ${ip.nameOf(index)} `);
      const label = u32(a, IFAL_LABEL);
      if (label !== undefined) out.p('label', label, `label ${label} `);
      out.t('\n');
      out.close('}');
    }
    return end(ip);
  }
  const add = 'add'.startsWith(cmd);
  if (!add && !'delete'.startsWith(cmd)) throw new ToolExit(255, `Command "${cmd}" is unknown, try "ip addrlabel help".\n`);
  let prefix: Prefix | null = null;
  let label = -1;
  let index = 0;
  for (; w.more; w.skip()) {
    if (w.eq('prefix')) prefix = getPrefix(w.next(), AF_INET6);
    else if (w.eq('dev')) index = ip.mustIndex(w.next());
    else if (w.eq('label')) label = number(w.next()) ?? invarg('bad label\n', w.cur);
    else break;
  }
  if (prefix === null) throw new ToolExit(1, 'Not enough information: "prefix" argument is required.\n');
  if (label < 0) throw new ToolExit(1, 'Not enough information: "label" argument is required.\n');
  const head = Uint8Array.of(AF_INET6, 0, prefix.bits, 0, index, index >> 8, index >> 16, index >> 24, 0, 0, 0, 0);
  return ip.change(add ? RTM_NEWADDRLABEL : RTM_DELADDRLABEL, add ? NLM_F_CREATE | NLM_F_EXCL : 0, head, new AttrWriter().raw(IFAL_ADDRESS, prefix.addr).u32(IFAL_LABEL, label));
}

const RP_FILTER: readonly string[] = ['off', 'strict', 'loose'];

/** One line of it. */
function showNetconf(ip: Ip, m: NlMsg): void {
  const { out } = ip;
  const a = attrMap(m.body, 4);
  const i = s32(a, 1);
  out.open('{');
  if (m.type === RTM_DELNETCONF) out.p('deleted', true, 'Deleted ');
  const name = familyName(m.body[0]!);
  out.p('family', name, `${name} `);
  if (i !== undefined) {
    const dev = i === -1 ? 'all' : i === -2 ? 'default' : ip.nameOf(i);
    out.p('interface', dev, `${dev} `);
  }
  const flag = (type: number, key: string): void => {
    const n = u32(a, type);
    if (n !== undefined) out.p(key, n !== 0, `${key} ${n !== 0 ? 'on' : 'off'} `);
  };
  flag(2, 'forwarding');
  const rp = u32(a, 3);
  if (rp !== undefined) out.p('rp_filter', RP_FILTER[rp] ?? `${rp}`, `rp_filter ${RP_FILTER[rp] ?? 'unknown value'} `);
  flag(4, 'mc_forwarding');
  flag(5, 'proxy_neigh');
  flag(6, 'ignore_routes_with_linkdown');
  out.t('\n');
  out.close('}');
}

/** A notification, for `ip monitor`. */
export const showNetconfEvent = (ip: Ip, m: NlMsg): void => showNetconf(ip, m);

/** `ip netconf [show [dev DEV]]`. */
export function ipNetconf(ip: Ip, w: Words): number {
  const { out } = ip;
  let index = 0;
  if (w.more && !w.is('show', 'list') && !w.eq('lst')) throw new ToolExit(255, `Command "${w.cur}" is unknown, try "ip netconf help".\n`);
  if (w.more) w.skip();
  for (; w.more; w.skip()) if (w.eq('dev')) index = ip.mustIndex(w.next());
  const head = Uint8Array.of(ip.opt.family);
  const family = ip.opt.family;
  const one = index !== 0 && family !== 0;
  const r = one ? ip.rtnl.request(RTM_GETNETCONF, 0, head, new AttrWriter().u32(1, index)) : null;
  if (r !== null && !ip.good(r)) return 2;
  out.open('[');
  for (const m of r?.msgs ?? ip.dump(RTM_GETNETCONF, head)) {
    if (m.type !== RTM_NEWNETCONF) continue;
    if (index === 0 || s32(attrMap(m.body, 4), 1) === index) showNetconf(ip, m);
  }
  return end(ip);
}

/** `ip token [list [dev DEV]]`. */
export function ipToken(ip: Ip, w: Words): number {
  const { out } = ip;
  let dev: string | null = null;
  if (w.more && !w.is('list', 'show', 'get') && !w.eq('lst')) throw new ToolExit(255, `Command "${w.cur}" is unknown, try "ip token help".\n`);
  if (w.more) w.skip();
  for (; w.more; w.skip()) {
    if (!w.eq('dev')) duparg2('dev', w.cur);
    dev = w.next();
  }
  const index = dev === null ? 0 : ip.mustIndex(dev);
  out.open('[');
  for (const m of ip.dump(RTM_GETLINK, ifinfomsg(AF_INET6))) {
    if (m.type !== RTM_NEWLINK) continue;
    const l = linkMsg(m);
    // Those that ask nobody for their address have none.
    if ((l.flags & 0x88) !== 0 || (index !== 0 && l.index !== index)) continue;
    const token = attrMap(l.attrs.get(IFLA_PROTINFO)).get(IFLA_INET6_TOKEN);
    if (token === undefined) continue;
    out.open('{');
    out.p('token', addrText(token), `token ${addrText(token)} `);
    out.p('ifname', l.name, `dev ${l.name}`);
    out.t('\n');
    out.close('}');
  }
  return end(ip);
}

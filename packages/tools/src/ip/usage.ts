/** What `ip OBJECT help` says, in short; route, netns and nexthop say their own. */

const lines = (name: string, ...forms: readonly string[]): string => forms.map((form, i) => `${i === 0 ? 'Usage:' : '      '} ${form.startsWith(' ') ? '' : `ip ${name} `}${form}\n`).join('');

const DEV = '[ dev DEV ]';

/** By the full name of the object. */
export const USAGES: Readonly<Record<string, string>> = {
  link: lines('link', 'add [ link DEV ] [ name ] NAME [ mtu MTU ] [ address LLADDR ] [ up ] type TYPE [ ARGS ]',
    'set { DEV | group GROUP } [ up | down ] [ mtu MTU ] [ address LLADDR ] [ name NAME ] [ alias TEXT ] [ txqueuelen N ] [ master DEV | nomaster ]',
    '         [ netns { NAME | PID } ] [ arp | multicast | allmulticast | promisc { on | off } ] [ type TYPE ARGS ]',
    'delete { DEV | group GROUP } [ type TYPE ]', 'property { add | del } dev DEV [ altname NAME ... ]', 'show [ DEV | group GROUP ] [ up ] [ master DEV ] [ vrf NAME ] [ type TYPE ]'),
  address: lines('address', '{ add | change | replace } PREFIX dev DEV [ peer PREFIX ] [ broadcast { ADDR | + | - } ] [ label NAME ] [ scope SCOPE ]',
    '         [ valid_lft { SECONDS | forever } ] [ preferred_lft { SECONDS | forever } ] [ nodad | noprefixroute | home | mngtmpaddr | autojoin ]',
    'del PREFIX dev DEV', `{ show | flush } ${DEV} [ scope SCOPE ] [ to PREFIX ] [ label PATTERN ] [ up ]`),
  addrlabel: lines('addrlabel', `{ add | del } prefix PREFIX ${DEV} [ label NUMBER ]`, '[ list | flush ]'),
  maddress: lines('maddress', '{ add | del } LLADDR dev DEV', `show ${DEV}`),
  rule: lines('rule', '{ add | del } [ not ] [ from PREFIX ] [ to PREFIX ] [ iif DEV ] [ oif DEV ] [ fwmark MARK ] [ dsfield DSFIELD ] [ ipproto PROTOCOL ]',
    '         [ sport PORTS ] [ dport PORTS ] [ uidrange UIDS ] [ priority NUMBER ] [ table TABLE | goto NUMBER | blackhole | unreachable | prohibit ]', 'flush', '[ list [ SELECTOR ] ]'),
  neighbour: lines('neigh', '{ add | del | change | replace } ADDR [ lladdr LLADDR ] [ nud STATE ] dev DEV', '{ add | del } proxy ADDR dev DEV', `{ show | flush } [ proxy ] [ to PREFIX ] ${DEV} [ nud STATE ]`, 'get ADDR dev DEV'),
  ntable: lines('ntable', `change name NAME ${DEV} [ thresh1 N ] [ thresh2 N ] [ thresh3 N ] [ gc_int MSEC ] [ PARMS ]`, `show ${DEV} [ name NAME ]`),
  monitor: lines('monitor', '[ all | link | address | route | neigh | rule | nexthop | nsid | netconf ... ] [ label ] [ dev DEV ]'),
  token: lines('token', `[ list | get ] ${DEV}`),
  netconf: lines('netconf', `show ${DEV}`),
};

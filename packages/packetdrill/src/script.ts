/** What a script says: the tree that the parser makes. */

/** When an event is due. Seconds. @public */
export interface EventTime {
  /** Absolute, relative to the event before, or any ('*'). */
  readonly kind: 'absolute' | 'relative' | 'any';
  readonly at: number;
  /** The end of a range `a~b`, on the same footing as `at`; null: no range. */
  readonly until: number | null;
}

/** An expression of a system call. @public */
export type Expr =
  | { readonly kind: 'ellipsis' }
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'word'; readonly name: string }
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'or'; readonly parts: readonly Expr[] }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expr[] }
  | { readonly kind: 'array'; readonly items: readonly Expr[] }
  | { readonly kind: 'struct'; readonly fields: ReadonlyMap<string, Expr> }
  | { readonly kind: 'list'; readonly items: readonly Expr[] };

/** What an IP header is to carry, or to be seen with. @public */
export interface IpInfo {
  /** The two ECN bits. */
  readonly ecn: number | null;
  /** The whole TOS or traffic class byte. */
  readonly tos: number | null;
  /** Either of the two ECT marks will do. */
  readonly anyEct: boolean;
  readonly ttl: number | null;
  readonly flowLabel: number | null;
}

/** One TCP option. @public */
export type TcpOption =
  | { readonly kind: 'nop' | 'eol' | 'sackOK' }
  | { readonly kind: 'mss' | 'wscale'; readonly value: number }
  | { readonly kind: 'sack'; readonly blocks: readonly (readonly [number, number])[] }
  | { readonly kind: 'TS'; readonly val: number; readonly ecr: number }
  | { readonly kind: 'FO' | 'FOEXP'; readonly cookie: Uint8Array }
  | { readonly kind: 'md5'; readonly digest: Uint8Array };

/** What packets of all protocols have. @public */
export interface PacketBase {
  readonly inbound: boolean;
  readonly ip: IpInfo;
  /** As the script has it, blanks made one. */
  readonly text: string;
}

/** A TCP segment. @public */
export interface TcpSpec extends PacketBase {
  readonly proto: 'tcp';
  readonly ports: readonly [number, number] | null;
  /** Bits of the header's flags, AE as 0x100. */
  readonly flags: number;
  readonly seq: number;
  readonly length: number;
  readonly ack: number | null;
  readonly win: number | null;
  readonly urg: number | null;
  /** Null: none for what is injected, not looked at in what is expected (`<...>`). */
  readonly options: readonly TcpOption[] | null;
}

/** A UDP datagram. @public */
export interface UdpSpec extends PacketBase {
  readonly proto: 'udp';
  readonly ports: readonly [number, number] | null;
  readonly length: number;
}

/** An ICMP message. @public */
export interface IcmpSpec extends PacketBase {
  readonly proto: 'icmp';
  readonly type: string;
  readonly code: string | null;
  readonly mtu: number | null;
  readonly id: number | null;
  /** What it quotes: a TCP sequence, or a UDP length. */
  readonly echoed: { readonly proto: 'tcp'; readonly seq: number; readonly length: number } | { readonly proto: 'udp' | 'raw'; readonly length: number } | null;
}

/** A packet. @public */
export type PacketSpec = TcpSpec | UdpSpec | IcmpSpec;

/** A system call and what it is to give. @public */
export interface CallSpec {
  readonly name: string;
  readonly args: readonly Expr[];
  readonly result: Expr;
  readonly errno: string | null;
  /** When a call that blocks is to end, in seconds on the footing of its start; null: at once. */
  readonly end: number | null;
}

/** One event. @public */
export interface ScriptEvent {
  readonly line: number;
  readonly time: EventTime;
  readonly action:
    | { readonly kind: 'packet'; readonly packet: PacketSpec }
    | { readonly kind: 'call'; readonly call: CallSpec }
    | { readonly kind: 'command'; readonly text: string }
    | { readonly kind: 'code'; readonly text: string };
}

/** A whole script. @public */
export interface Script {
  readonly name: string;
  /** Options at its head, `tolerance_usecs` and so on. */
  readonly options: ReadonlyMap<string, string>;
  readonly defines: ReadonlyMap<string, string>;
  readonly init: { readonly line: number; readonly text: string } | null;
  readonly events: readonly ScriptEvent[];
  readonly cleanup: { readonly line: number; readonly text: string } | null;
}

/** What is wrong with a script, or went wrong in it: the message begins with `file:line:`. @public */
export class ScriptError extends Error {
  readonly file: string;
  readonly line: number;

  constructor(file: string, line: number, text: string) {
    super(`${file}:${line}: ${text}`);
    this.name = 'ScriptError';
    this.file = file;
    this.line = line;
  }
}

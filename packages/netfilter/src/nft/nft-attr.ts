/** Reading and writing the attributes of nf_tables' messages: numbers in network order, nests without the flag. */
// datapath-ok-file: control messages
import { nlaParsePolicy, type NlaPolicyTable, NL_VALIDATE_LIBERAL, NLA_BINARY, NLA_NESTED, NLA_STRING, NLA_U16, NLA_U32, NLA_U64, NLA_U8, type NlaPolicy, type NlRequest } from '@linnet/netlink';
import { nlaForEachNested, nlaGetBe16, nlaGetBe32, nlaGetBytes, nlaGetString, nlaGetU8, nlaLen, nlaType, type NlWriter } from '@linnet/uapi';

const HIGH = 0x1_0000_0000;

/** Attributes of one message or nest by their type. */
export class NftAttrs {
  readonly req: NlRequest;
  readonly tb: Int32Array;
  constructor(req: NlRequest, tb: Int32Array) {
    this.req = req;
    this.tb = tb;
  }
  has(type: number): boolean {
    return this.tb[type] !== 0;
  }
  /** Its offset, for an error that names it. */
  at(type: number): number {
    return this.tb[type]!;
  }
  len(type: number): number {
    return nlaLen(this.req.view, this.tb[type]!);
  }
  u8(type: number, none: number = 0): number {
    return this.has(type) ? nlaGetU8(this.req.view, this.tb[type]!) : none;
  }
  u16(type: number, none: number = 0): number {
    return this.has(type) ? nlaGetBe16(this.req.view, this.tb[type]!) : none;
  }
  u32(type: number, none: number = 0): number {
    return this.has(type) ? nlaGetBe32(this.req.view, this.tb[type]!) : none;
  }
  u64(type: number, none: number = 0): number {
    const nla = this.tb[type]!;
    return nla === 0 ? none : this.req.view.getUint32(nla + 4) * HIGH + this.req.view.getUint32(nla + 8);
  }
  str(type: number): string {
    return this.has(type) ? nlaGetString(this.req.view, this.tb[type]!) : '';
  }
  bytes(type: number): Uint8Array | null {
    return this.has(type) ? nlaGetBytes(this.req.view, this.tb[type]!) : null;
  }
  /** What is inside of one; a negative errno when it is not as it should be. */
  nest(type: number, policy: NlaPolicyTable): NftAttrs | number {
    return nftNest(this.req, this.tb[type]!, policy);
  }
  /** Offsets of the attributes of type `inner` in a nest (0: of any type); -1 when there is another one. */
  list(type: number, inner: number): number[] | number {
    const out: number[] = [];
    let wrong = false;
    nlaForEachNested(this.req.view, this.tb[type]!, (nla) => {
      if (inner === 0 || nlaType(this.req.view, nla) === inner) out.push(nla);
      else wrong = true;
    });
    return wrong ? -1 : out;
  }
}

/** Reads the nest at `nla`. */
export function nftNest(req: NlRequest, nla: number, policy: NlaPolicyTable): NftAttrs | number {
  const tb = new Int32Array(policy.maxtype + 1);
  const err = nlaParsePolicy(req.view, nla + 4, nlaLen(req.view, nla), tb, policy.maxtype, policy, NL_VALIDATE_LIBERAL, req.extack);
  return err < 0 ? err : new NftAttrs(req, tb);
}

/** Rules by kind: which types are numbers of 8, 32 and 64 bits, text, nests and bytes (with the most that they may have). */
export interface NftKinds {
  readonly u8?: readonly number[];
  readonly u16?: readonly number[];
  readonly u32?: readonly number[];
  readonly u64?: readonly number[];
  readonly str?: readonly number[];
  readonly nest?: readonly number[];
  readonly bin?: readonly (readonly [number, number])[];
}

/** The most bytes of a name, without its NUL. */
export const NFT_NAME_LEN = 255;

export function nftPolicy(maxtype: number, k: NftKinds): NlaPolicyTable {
  const rules: Record<number, NlaPolicy> = {};
  for (const t of k.u8 ?? []) rules[t] = { type: NLA_U8 };
  for (const t of k.u16 ?? []) rules[t] = { type: NLA_U16 };
  for (const t of k.u32 ?? []) rules[t] = { type: NLA_U32 };
  for (const t of k.u64 ?? []) rules[t] = { type: NLA_U64 };
  for (const t of k.str ?? []) rules[t] = { type: NLA_STRING, len: NFT_NAME_LEN };
  for (const t of k.nest ?? []) rules[t] = { type: NLA_NESTED };
  for (const [t, len] of k.bin ?? []) rules[t] = { type: NLA_BINARY, len };
  return { maxtype, rules };
}

/** A number of 64 bits in network order. */
export function nftPutU64(w: NlWriter, type: number, value: number): void {
  const o = w.reserveAttr(type, 8);
  w.view.setUint32(o, Math.floor(value / HIGH));
  w.view.setUint32(o + 4, value >>> 0);
}

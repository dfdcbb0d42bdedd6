/** An expression of ss(8) as the program that the kernel runs on each socket (`struct inet_diag_bc_op`, INET_DIAG_REQ_BYTECODE). Sources: linux/inet_diag.h, and what ss sends. */
import {
  INET_DIAG_BC_AUTO, INET_DIAG_BC_D_COND, INET_DIAG_BC_D_GE, INET_DIAG_BC_D_LE, INET_DIAG_BC_DEV_COND, INET_DIAG_BC_JMP, INET_DIAG_BC_MARK_COND, INET_DIAG_BC_S_COND, INET_DIAG_BC_S_GE,
  INET_DIAG_BC_S_LE,
} from '@linnet/uapi';
import { concat } from './netlink.ts';
import type { SsExpr } from './ss-filter.ts';
import { AF_INET, AF_INET6 } from './words.ts';

/** The length of an instruction, and how far it goes when it holds not. */
const OP = 4;

/**
 * An instruction with its operand. It goes on to what follows when it holds, and otherwise to the place OP bytes behind that: behind a whole program, that is where a socket is refused; and in
 * front of something else, a jump of OP bytes stands there.
 */
function op(code: number, operand: Uint8Array = new Uint8Array(0)): Uint8Array {
  const len = OP + operand.length;
  return concat([Uint8Array.of(code, len, len + OP, 0), operand]);
}

function jump(distance: number): Uint8Array {
  return Uint8Array.of(INET_DIAG_BC_JMP, OP, distance, distance >> 8);
}

/** `struct inet_diag_hostcond`: an address, or the room of one, behind its family, its length in bits, and a port. */
function hostcond(prefix: Uint8Array | null, bits: number, port: number): Uint8Array {
  const out = new Uint8Array(8 + (prefix?.length ?? 4));
  out[0] = prefix === null ? 0 : prefix.length === 4 ? AF_INET : AF_INET6;
  out[1] = bits;
  new DataView(out.buffer).setInt32(4, port, true);
  if (prefix !== null) out.set(prefix, 8);
  return out;
}

function words(...n: readonly number[]): Uint8Array {
  const out = new Uint8Array(n.length * 4);
  n.forEach((x, i) => new DataView(out.buffer).setUint32(i * 4, x >>> 0, true));
  return out;
}

/** Moves on by `more` bytes all that goes beyond the end of a part which something is put behind. */
function refuseLater(code: Uint8Array, more: number): Uint8Array {
  const out = code.slice();
  const v = new DataView(out.buffer);
  for (let at = 0; at < out.length; at += out[at + 1]!) {
    const no = v.getUint16(at + 2, true);
    if (at + no === out.length + OP) v.setUint16(at + 2, no + more, true);
  }
  return out;
}

/** The program: it ends at its end for a socket that fits, and OP bytes beyond for one that does not. */
export function ssBytecode(e: SsExpr): Uint8Array {
  switch (e.op) {
    case 'and': {
      const [a, b] = [ssBytecode(e.a), ssBytecode(e.b)];
      return concat([refuseLater(a, b.length), b]);
    }
    case 'or': {
      // Where the first does not hold, it goes to the second; where it does, over it.
      const b = ssBytecode(e.b);
      return concat([ssBytecode(e.a), jump(OP + b.length), b]);
    }
    case 'not':
      return concat([ssBytecode(e.a), jump(2 * OP)]);
    case 'host':
      return op(e.side === 'src' ? INET_DIAG_BC_S_COND : INET_DIAG_BC_D_COND, hostcond(e.prefix, e.bits, e.port));
    case 'port': {
      const code = e.side === 'src' ? (e.least ? INET_DIAG_BC_S_GE : INET_DIAG_BC_S_LE) : e.least ? INET_DIAG_BC_D_GE : INET_DIAG_BC_D_LE;
      return op(code, Uint8Array.of(0, 0, e.port, e.port >> 8));
    }
    case 'dev':
      return op(INET_DIAG_BC_DEV_COND, words(e.index));
    case 'mark':
      return op(INET_DIAG_BC_MARK_COND, words(e.mark, e.mask));
    case 'auto':
      return op(INET_DIAG_BC_AUTO);
  }
}

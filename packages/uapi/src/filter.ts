/**
 * Classic BPF (the packet filter of SO_ATTACH_FILTER): opcodes and Linux ancillary offsets.
 */

// Instruction encoding

/** Classic BPF instruction field: add. @public */
export const BPF_ADD = 0x00;
/** Classic BPF instruction field: imm. @public */
export const BPF_IMM = 0x00;
/** Classic BPF instruction field: ja. @public */
export const BPF_JA = 0x00;
/** Classic BPF instruction field: k. @public */
export const BPF_K = 0x00;
/** Classic BPF instruction field: ld. @public */
export const BPF_LD = 0x00;
/** Classic BPF instruction field: tax. @public */
export const BPF_TAX = 0x00;
/** Classic BPF instruction field: w. @public */
export const BPF_W = 0x00;
/** Classic BPF instruction field: ldx. @public */
export const BPF_LDX = 0x01;
/** Classic BPF instruction field: st. @public */
export const BPF_ST = 0x02;
/** Classic BPF instruction field: stx. @public */
export const BPF_STX = 0x03;
/** Classic BPF instruction field: alu. @public */
export const BPF_ALU = 0x04;
/** Classic BPF instruction field: jmp. @public */
export const BPF_JMP = 0x05;
/** Classic BPF instruction field: ret. @public */
export const BPF_RET = 0x06;
/** Classic BPF instruction field: misc. @public */
export const BPF_MISC = 0x07;
/** Classic BPF instruction field: h. @public */
export const BPF_H = 0x08;
/** Classic BPF instruction field: x. @public */
export const BPF_X = 0x08;
/** Classic BPF instruction field: a. @public */
export const BPF_A = 0x10;
/** Classic BPF instruction field: b. @public */
export const BPF_B = 0x10;
/** Classic BPF instruction field: jeq. @public */
export const BPF_JEQ = 0x10;
/** Classic BPF instruction field: sub. @public */
export const BPF_SUB = 0x10;
/** Classic BPF instruction field: abs. @public */
export const BPF_ABS = 0x20;
/** Classic BPF instruction field: jgt. @public */
export const BPF_JGT = 0x20;
/** Classic BPF instruction field: mul. @public */
export const BPF_MUL = 0x20;
/** Classic BPF instruction field: div. @public */
export const BPF_DIV = 0x30;
/** Classic BPF instruction field: jge. @public */
export const BPF_JGE = 0x30;
/** Classic BPF instruction field: ind. @public */
export const BPF_IND = 0x40;
/** Classic BPF instruction field: jset. @public */
export const BPF_JSET = 0x40;
/** Classic BPF instruction field: or. @public */
export const BPF_OR = 0x40;
/** Classic BPF instruction field: and. @public */
export const BPF_AND = 0x50;
/** Classic BPF instruction field: lsh. @public */
export const BPF_LSH = 0x60;
/** Classic BPF instruction field: mem. @public */
export const BPF_MEM = 0x60;
/** Classic BPF instruction field: rsh. @public */
export const BPF_RSH = 0x70;
/** Classic BPF instruction field: len. @public */
export const BPF_LEN = 0x80;
/** Classic BPF instruction field: neg. @public */
export const BPF_NEG = 0x80;
/** Classic BPF instruction field: txa. @public */
export const BPF_TXA = 0x80;
/** Classic BPF instruction field: mod. @public */
export const BPF_MOD = 0x90;
/** Classic BPF instruction field: msh. @public */
export const BPF_MSH = 0xa0;
/** Classic BPF instruction field: xor. @public */
export const BPF_XOR = 0xa0;

// Limits

/** Classic BPF limit: memwords. @public */
export const BPF_MEMWORDS = 16;
/** Classic BPF limit: maxinsns. @public */
export const BPF_MAXINSNS = 4096;

// Ancillary loads

/** Ancillary load offset: ll off. @public */
export const SKF_LL_OFF = -2097152;
/** Ancillary load offset: net off. @public */
export const SKF_NET_OFF = -1048576;
/** Ancillary load offset: ad off. @public */
export const SKF_AD_OFF = -4096;
/** Ancillary load offset: ad protocol. @public */
export const SKF_AD_PROTOCOL = 0;
/** Ancillary load offset: ad pkttype. @public */
export const SKF_AD_PKTTYPE = 4;
/** Ancillary load offset: ad ifindex. @public */
export const SKF_AD_IFINDEX = 8;
/** Ancillary load offset: ad nlattr. @public */
export const SKF_AD_NLATTR = 12;
/** Ancillary load offset: ad nlattr nest. @public */
export const SKF_AD_NLATTR_NEST = 16;
/** Ancillary load offset: ad mark. @public */
export const SKF_AD_MARK = 20;
/** Ancillary load offset: ad queue. @public */
export const SKF_AD_QUEUE = 24;
/** Ancillary load offset: ad hatype. @public */
export const SKF_AD_HATYPE = 28;
/** Ancillary load offset: ad rxhash. @public */
export const SKF_AD_RXHASH = 32;
/** Ancillary load offset: ad cpu. @public */
export const SKF_AD_CPU = 36;
/** Ancillary load offset: ad alu xor x. @public */
export const SKF_AD_ALU_XOR_X = 40;
/** Ancillary load offset: ad vlan tag. @public */
export const SKF_AD_VLAN_TAG = 44;
/** Ancillary load offset: ad vlan tag present. @public */
export const SKF_AD_VLAN_TAG_PRESENT = 48;
/** Ancillary load offset: ad pay offset. @public */
export const SKF_AD_PAY_OFFSET = 52;
/** Ancillary load offset: ad random. @public */
export const SKF_AD_RANDOM = 56;
/** Ancillary load offset: ad vlan tpid. @public */
export const SKF_AD_VLAN_TPID = 60;
/** Ancillary load offset: ad max. @public */
export const SKF_AD_MAX = 64;

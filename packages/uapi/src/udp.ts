/**
 * UDP (RFC 768): header accessors and socket options of udp(7).
 */

// Socket options of level SOL_UDP

/** Option: collect data into one datagram while set (udp(7)). @public */
export const UDP_CORK = 1;
/** Option: the socket carries an encapsulation (UDP_ENCAP_*). @public */
export const UDP_ENCAP = 100;
/** Socket option of level SOL_UDP (udp(7)): no check6 tx. @public */
export const UDP_NO_CHECK6_TX = 101;
/** Socket option of level SOL_UDP (udp(7)): no check6 rx. @public */
export const UDP_NO_CHECK6_RX = 102;
/** Option and control message: cut the data of a send into datagrams of this size (udp(7)). @public */
export const UDP_SEGMENT = 103;
/** Option and control message: receive coalesced datagrams, with their size (udp(7)). @public */
export const UDP_GRO = 104;

// Encapsulations

/** Value of UDP_ENCAP: espinudp non ike. @public */
export const UDP_ENCAP_ESPINUDP_NON_IKE = 1;
/** Value of UDP_ENCAP: espinudp. @public */
export const UDP_ENCAP_ESPINUDP = 2;
/** Value of UDP_ENCAP: l2tpinudp. @public */
export const UDP_ENCAP_L2TPINUDP = 3;
/** Value of UDP_ENCAP: gtp0. @public */
export const UDP_ENCAP_GTP0 = 4;
/** Value of UDP_ENCAP: gtp1u. @public */
export const UDP_ENCAP_GTP1U = 5;
/** Value of UDP_ENCAP: rxrpc. @public */
export const UDP_ENCAP_RXRPC = 6;
/** Encapsulation type: ESP in TCP (RFC 9329). @public */
export const TCP_ENCAP_ESPINTCP = 7;

// Sizes

/** Size of the UDP header in bytes. @public */
export const UDPHDR_LEN = 8;
/** Most segments in one send with UDP_SEGMENT. @public */
export const UDP_MAX_SEGMENTS = 128;

// Header accessors.

/** Source port. @public */
export function udphSource(view: DataView, off: number): number {
  return view.getUint16(off);
}

/** Sets: source port. @public */
export function udphSetSource(view: DataView, off: number, value: number): void {
  view.setUint16(off, value);
}

/** Destination port. @public */
export function udphDest(view: DataView, off: number): number {
  return view.getUint16(off + 2);
}

/** Sets: destination port. @public */
export function udphSetDest(view: DataView, off: number, value: number): void {
  view.setUint16(off + 2, value);
}

/** Length in bytes, header included. @public */
export function udphLen(view: DataView, off: number): number {
  return view.getUint16(off + 4);
}

/** Sets: length in bytes, header included. @public */
export function udphSetLen(view: DataView, off: number, value: number): void {
  view.setUint16(off + 4, value);
}

/** Checksum; 0 means none (IPv4 only). @public */
export function udphCheck(view: DataView, off: number): number {
  return view.getUint16(off + 6);
}

/** Sets: checksum; 0 means none (IPv4 only). @public */
export function udphSetCheck(view: DataView, off: number, value: number): void {
  view.setUint16(off + 6, value);
}

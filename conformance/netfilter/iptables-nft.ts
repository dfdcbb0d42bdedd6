// What iptables-nft and its kin do to both machines.
import { ROUTER, SCENES, send } from './iptables.ts';
import type { FilterScene } from './run.ts';

/** The set-up in one shell: a shell for each command would be most of the time. The reports of group memberships are over soon, which else would be counted. */
export const NFT_ROUTER: readonly string[] = [`set -e
sysctl -qw net.ipv6.conf.default.mldv2_unsolicited_report_interval=10
${ROUTER.join('\n')}
sleep 0.4`];

/** A bridge of two wires, whose far ends lab.py has. */
export const NFT_BRIDGE: readonly string[] = [`set -e
sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip link set lo up
ip link add br0 address 02:00:00:00:00:aa type bridge mcast_snooping 0
ip link add e0 address 02:00:00:00:00:0a type veth peer name e1 address 02:00:00:00:00:0b
ip link add f0 address 02:00:00:00:00:0c type veth peer name f1 address 02:00:00:00:00:0d
ip link set e0 master br0; ip link set f0 master br0
ip link set e1 up arp off; ip link set f1 up arp off; ip link set e0 up; ip link set f0 up; ip link set br0 up
ip addr add 10.1.0.1/24 dev br0; ip neigh add 10.1.0.2 lladdr 02:00:00:00:00:0b dev br0 nud permanent; ip neigh add 10.1.0.3 lladdr 02:00:00:00:00:0d dev br0 nud permanent`];

export interface NftScene extends FilterScene {
  readonly bridge: boolean;
}

/** Many commands as one, with the exit status of each. */
function together(steps: readonly string[]): string {
  return steps.map((s, i) => `echo "[${i}]"\n{ ${s}\n} 2>&1\necho "=> $?"`).join('\n');
}
const scene = (name: string, bridge: boolean, ...steps: readonly string[]): NftScene => ({ name, bridge, steps: [together(steps)] });
const SHOW = ['iptables-nft -S', 'iptables-nft -L -v -n -x', 'iptables-nft-save -c', 'ip6tables-nft-save -c', 'nft list ruleset'];

/** The sequences of iptables-legacy, through nf_tables. */
const fromLegacy: readonly NftScene[] = SCENES.map(({ name, steps }) => scene(`iptables-nft: ${name}`, false, ...steps.map((s) => s.replace(/\b(ip6?tables)(?!_)(?![-\w]*\.)/g, '$1-nft')), ...SHOW));

/** lab.py on a bridge: all of the frames that come out. */
const frames = (...packets: readonly string[]): string => `FRAMES=1 ${send(...packets)}`;
const F1 = '02000000000d';
const E1 = '02000000000b';
const BR = '0200000000aa';
const OVER = 'src=10.1.0.2 dst=10.1.0.3';
const ARP = 'arp spa=10.1.0.2 tpa=10.1.0.1';
const each = (before: string, ...rules: readonly string[]): string[] => rules.map((r) => `${before} ${r}`);
/** A configuration message of a spanning tree (IEEE 802.1D 9.3.1). */
const BPDU = `frame to=0180c2000000 hex=0026424203${'0000000000'}${'8000020000000011'}${'00000004'}${'8001020000000022'}${'8003'}${'0100'}${'1400'}${'0200'}${'0f00'}0000000000000000`;

/** Not -S, which asks for names of addresses. */
const ARP_SHOW = ['arptables-nft -L -v -n -x', 'arptables-nft-save -c', 'nft list ruleset'];
const EBT_SHOW = ['ebtables-nft -L --Lc', 'ebtables-nft -t nat -L --Lc --Ln', 'ebtables-nft-save -c', 'nft list ruleset'];

const arptables: readonly NftScene[] = [
  scene('arptables-nft', false,
    'arptables-nft -L -v -n', ...each('arptables-nft -A INPUT', '-s 10.1.0.9 -j DROP', '-s 10.1.0.2', '! -s 10.1.0.2', '-s 10.1.0.0/24 --opcode 1', '--opcode Reply', '-d 10.1.0.1', '--source-mac 02:00:00:00:00:0b', '! --source-mac 02:00:00:00:00:0b', '--source-mac 02:00:00:00:00:00/ff:ff:ff:ff:ff:00', '--destination-mac 00:00:00:00:00:00', '-i e0', '-i e+', '! -i e0', '-i f0 -j ACCEPT', '--h-length 6', '--h-type 1', '--proto-type 0x800', '-j MARK --set-mark 5', '-j CLASSIFY --set-class 1:2', '-o e0', '-j nosuch'),
    'arptables-nft -N mine', 'arptables-nft -N mine', ...each('arptables-nft -A mine', '-s 10.1.0.3 -j DROP', '-j RETURN'), 'arptables-nft -I INPUT -j mine', 'arptables-nft -A OUTPUT -o e0', 'arptables-nft -A OUTPUT -j mangle --mangle-ip-s 10.1.0.77', 'arptables-nft -A OUTPUT -j mangle --mangle-mac-s 02:00:00:00:00:99 --mangle-target ACCEPT', 'arptables-nft -A OUTPUT -j CLASSIFY --set-class 1:2', 'arptables-nft -A OUTPUT',
    frames(`${ARP}`, 'arp spa=10.1.0.9 tpa=10.1.0.1', 'arp spa=10.1.0.3 tpa=10.1.0.1', `${ARP} op=2`, 'arp spa=10.1.0.5 sha=020000000077 tpa=10.1.0.1', 'f1 arp spa=203.0.113.2 tpa=203.0.113.1', 'f1 arp spa=203.0.113.2 tpa=203.0.113.9'), ...ARP_SHOW,
    'arptables-nft -P INPUT DROP', 'arptables-nft -D INPUT 2', 'arptables-nft -D INPUT -s 10.1.0.2', 'arptables-nft -R INPUT 1 -s 10.1.0.4', 'arptables-nft -X mine', 'arptables-nft -F mine', 'arptables-nft -X mine', 'arptables-nft -E mine other', 'arptables-nft -Z', frames(ARP), ...ARP_SHOW, 'arptables-nft-save | arptables-nft-restore', 'arptables-nft -F', 'arptables-nft -X', 'arptables-nft -P INPUT ACCEPT', 'arptables-nft -S', ...ARP_SHOW),
];

const ebtables: readonly NftScene[] = [
  scene('ebtables-nft: matches', true,
    'ebtables-nft -L', ...each('ebtables-nft -A FORWARD', '-p IPv4', '-p ! IPv4', '-p ARP', '-p 0x1234', '-s 02:00:00:00:00:0b', '-s ! 02:00:00:00:00:0b', '-d Broadcast', '-d Multicast', '-d 02:00:00:00:00:00/ff:ff:ff:ff:ff:00', '-i e0', '-i ! e0', '-o f+', '-p IPv4 --ip-src 10.1.0.2', '-p IPv4 --ip-src ! 10.1.0.0/24', '-p IPv4 --ip-dst 10.1.0.3 --ip-proto udp', '-p IPv4 --ip-proto udp --ip-dport 53', '-p IPv4 --ip-proto udp --ip-dport ! 53:60', '-p IPv4 --ip-proto tcp --ip-sport 1000:1001 --ip-dport 80', '-p IPv4 --ip-tos 8', '-p IPv4 --ip-proto icmp --ip-icmp-type echo-request', '-p IPv4 --ip-proto ! icmp', '-p IPv6 --ip6-src 2001:db8:1::2', '-p IPv6 --ip6-proto tcp --ip6-dport 80', '-p IPv6 --ip6-dst ! 2001:db8:1::2', '-p IPv6 --ip6-tclass 16', '-p IPv6 --ip6-proto ipv6-icmp --ip6-icmp-type echo-request', '-p ARP --arp-op Request', '-p ARP --arp-op ! Reply', '-p ARP --arp-ip-src 10.1.0.2', '-p ARP --arp-ip-dst ! 10.1.0.0/24', '-p ARP --arp-mac-src 02:00:00:00:00:0b', '-p ARP --arp-mac-dst ! 00:00:00:00:00:00', '-p ARP --arp-gratuitous', '-p ARP --arp-htype 1', '-p ARP --arp-ptype 0x800', '-p 802_1Q', '-p 802_1Q --vlan-id 5', '-p 802_1Q --vlan-id ! 5', '-p 802_1Q --vlan-prio 3', '-p 802_1Q --vlan-encap 0800', '-p LENGTH', '-p LENGTH --802_3-sap 0x42', '-p LENGTH --802_3-type 0x0800', '-d BGA --stp-type config', '-d BGA --stp-type ! tcn', '-d BGA --stp-root-prio 32768', '-d BGA --stp-root-addr 02:00:00:00:00:11', '-d BGA --stp-root-cost 4:9', '-d BGA --stp-sender-prio ! 1', '-d BGA --stp-port 32771', '-d BGA --stp-max-age 5120', '-d BGA --stp-forward-delay ! 3840', '--mark 5', '--mark ! 5/7', '--pkttype-type broadcast', '--pkttype-type ! otherhost', '--limit 1/hour --limit-burst 2', '--among-src 02:00:00:00:00:0b,02:00:00:00:00:0c', '--among-dst ! 02:00:00:00:00:0d', '--log', '--log-prefix "x" --log-level 3', '--nflog-group 2', '--ip-src 10.1.0.2', '--vlan-id 5', '-j nosuch', '-o e0 -i', '-p IPv4 --ip-dport 5', '-p IPv4 --ip-proto udp --ip-dport 53 -j DROP'),
    frames(...['udp', 'tcp', 'icmp'].map((k) => `${k} ${OVER} to=${F1}`), `udp ${OVER} to=${F1} dport=60 tos=8`, `udp src=10.9.0.2 dst=10.1.0.3 to=${F1} dport=61`, `udp ${OVER} to=${F1} dport=100 bcast len=100 frag=64`, `f1 tcp src=10.1.0.3 dst=10.1.0.2 to=${E1} sport=80 dport=1000 flags=SA`, `tcp src=2001:db8:1::2 dst=2001:db8:1::3 to=${F1}`, `icmp6 src=2001:db8:1::9 dst=2001:db8:1::2 to=${F1} tos=16 hbh`, `arp spa=10.1.0.2 tpa=10.1.0.3 to=ffffffffffff`, `arp spa=10.1.0.2 tpa=10.1.0.2 op=2 to=ffffffffffff tha=020000000077`, 'arp spa=10.1.0.2 tpa=11.1.0.2 to=ffffffffffff', `udp ${OVER} to=${F1} vlan=5`, `udp ${OVER} to=${F1} vlan=0x6006`, `frame to=${F1} hex=1234000102030405`, `frame to=${F1} hex=0026424203000000000000`, `frame to=${F1} hex=0010aaaa030000000800000000000000`, BPDU, `f1 frame to=0180c200000e hex=88cc0000`, `udp ${OVER} to=01005e000005`), ...EBT_SHOW,
    'ebtables-nft -D FORWARD 3', 'ebtables-nft -D FORWARD -p IPv4', 'ebtables-nft -C FORWARD 1 1 1', 'ebtables-nft -Z', 'ebtables-nft -L FORWARD --Ln', 'ebtables-nft -F', 'ebtables-nft -L'),
  scene('ebtables-nft: chains and targets', true,
    'ebtables-nft -N mine', 'ebtables-nft -N mine', 'ebtables-nft -N drops -P DROP', ...each('ebtables-nft -A', 'mine -p IPv4 --ip-proto udp --ip-dport 53 -j DROP', 'mine -p ARP -j RETURN', 'mine -j mark --mark-set 5 --mark-target CONTINUE', 'mine --mark 5', 'mine -j mark --mark-or 2', 'FORWARD -i e0 -j mine', 'FORWARD -i f0 -p IPv4 --ip-proto udp -j drops', 'FORWARD -j mark --mark-xor 2 --mark-target ACCEPT', 'INPUT -p ARP', 'INPUT -p IPv4 -j ACCEPT', 'OUTPUT -p ARP', 'OUTPUT -p IPv4', 'OUTPUT -o f0', 'FORWARD -j RETURN', 'INPUT -j dnat --to-destination 02:00:00:00:00:0d'),
    ...each('ebtables-nft -t nat -A', 'PREROUTING -p IPv4 --ip-proto udp --ip-dport 70 -j redirect', `PREROUTING -p IPv4 --ip-proto udp --ip-dport 71 -j dnat --to-destination 02:00:00:00:00:0d`, 'PREROUTING -p IPv4 --ip-proto udp --ip-dport 72 -j dnat --to-dst ff:ff:ff:ff:ff:ff --dnat-target CONTINUE', 'PREROUTING -p IPv4', 'PREROUTING -p ARP --arp-ip-dst 10.1.0.7 -j arpreply --arpreply-mac 02:00:00:00:00:77', 'PREROUTING -p ARP --arp-ip-dst 10.1.0.8 -j arpreply --arpreply-mac 02:00:00:00:00:78 --arpreply-target ACCEPT', 'POSTROUTING -p IPv4 --ip-proto udp --ip-dport 73 -j snat --to-source 02:00:00:00:00:99', 'POSTROUTING -p ARP -o f0 -j snat --to-source 02:00:00:00:00:98 --snat-arp --snat-target CONTINUE', 'POSTROUTING -p ARP -o f0', 'OUTPUT -p IPv4 --ip-proto icmp -j dnat --to-destination 02:00:00:00:00:0d', 'POSTROUTING -j redirect', 'PREROUTING -j snat --to-source 02:00:00:00:00:98', 'PREROUTING -j arpreply'),
    frames(...[53, 54, 70, 71, 72, 73].map((p) => `udp ${OVER} to=${F1} dport=${p}`), `udp src=10.1.0.2 dst=10.1.0.1 to=020000000055 dport=71`, `udp src=10.1.0.2 dst=10.1.0.1 to=020000000055 dport=70`, 'f1 udp src=10.1.0.3 dst=10.1.0.2 to=02000000000b dport=5', `arp spa=10.1.0.2 tpa=10.1.0.7 to=ffffffffffff`, 'arp spa=10.1.0.2 tpa=10.1.0.8 to=ffffffffffff', `${ARP} to=ffffffffffff`, `arp spa=10.1.0.2 tpa=10.1.0.3 to=ffffffffffff`, `icmp src=10.1.0.2 dst=10.1.0.1 to=${BR}`, `f1 icmp src=10.1.0.3 dst=10.1.0.1 to=${BR}`), ...EBT_SHOW,
    'ebtables-nft -P FORWARD DROP', 'ebtables-nft -P mine RETURN', 'ebtables-nft -P nosuch DROP', 'ebtables-nft -E mine yours', 'ebtables-nft -X drops', 'ebtables-nft -D FORWARD -i f0 -p IPv4 --ip-proto udp -j drops', 'ebtables-nft -X drops', 'ebtables-nft -I FORWARD 2 -p IPv6', 'ebtables-nft -D FORWARD 1:2', 'ebtables-nft -t broute -L', frames(`udp ${OVER} to=${F1} dport=1`), ...EBT_SHOW, 'ebtables-nft-save > /tmp/ebt-$$; ebtables-nft -F; ebtables-nft-restore < /tmp/ebt-$$; rm /tmp/ebt-$$', 'ebtables-nft-save', 'ebtables-nft --init-table', 'ebtables-nft -L'),
];

export const IPTABLES_NFT_SCENES: readonly NftScene[] = [...fromLegacy, ...arptables, ...ebtables];

/** The queue of a device, set over rtnetlink: what the scripts use of tc(8). */
import type { Task } from '@linnet/posix';
import { AF_NETLINK, NLM_F_ACK, NLM_F_CREATE, NLM_F_REPLACE, NLM_F_REQUEST, RTM_DELQDISC, RTM_NEWQDISC, SOCK_RAW, TC_H_ROOT, TCA_KIND, TCA_OPTIONS, utf8Encode } from '@linnet/uapi';

function attribute(type: number, data: Uint8Array): number[] {
  const len = 4 + data.length;
  const out = [len & 255, len >> 8, type & 255, type >> 8, ...data];
  while (out.length % 4 !== 0) out.push(0);
  return out;
}

const u32 = (n: number): number[] => [n & 255, (n >>> 8) & 255, (n >>> 16) & 255, (n >>> 24) & 255];

/** Makes `kind` the root queue of a device, or with null deletes that. `limit` is for fifos. 0 or a negative errno. */
export function setRootQdisc(task: Task, ifindex: number, kind: string | null, limit: number | null): number {
  const attrs = kind === null ? [] : attribute(TCA_KIND, utf8Encode(`${kind}\0`));
  if (limit !== null) attrs.push(...attribute(TCA_OPTIONS, Uint8Array.from(u32(limit))));
  const flags = NLM_F_REQUEST | NLM_F_ACK | (kind === null ? 0 : NLM_F_CREATE | NLM_F_REPLACE);
  const len = 16 + 20 + attrs.length;
  const type = kind === null ? RTM_DELQDISC : RTM_NEWQDISC;
  const message = Uint8Array.from([
    ...u32(len), type & 255, type >> 8, flags & 255, flags >> 8, ...u32(1), ...u32(0), 0, 0, 0, 0, ...u32(ifindex), ...u32(0), ...u32(TC_H_ROOT), ...u32(0), ...attrs,
  ]);
  const { sys } = task;
  const fd = sys.socket(AF_NETLINK, SOCK_RAW, 0);
  if (fd < 0) return fd;
  const sent = sys.send(fd, message, 0);
  const reply = new Uint8Array(4096);
  const n = sent < 0 ? sent : sys.recv(fd, reply, 0);
  sys.close(fd);
  // The errno of nlmsgerr stands behind the header.
  return n < 20 ? Math.min(n, -1) : new DataView(reply.buffer).getInt32(16, true);
}

/** `ss -E`: internet sockets as they are destroyed. Source: ss(8), sock_diag(7). */
import {
  NETLINK_SOCK_DIAG, POLLIN, SKNLGRP_INET6_TCP_DESTROY, SKNLGRP_INET6_UDP_DESTROY, SKNLGRP_INET_TCP_DESTROY, SKNLGRP_INET_UDP_DESTROY, SOCK_DIAG_BY_FAMILY,
} from '@linnet/uapi';
import { NlSocket } from './netlink.ts';
import { inetRow } from './ss-inet.ts';
import type { SsRun } from './ss-run.ts';
import { AF_INET, AF_INET6, ToolExit } from './words.ts';

const GROUPS: readonly (readonly [db: string, family: number, group: number])[] = [
  ['tcp', AF_INET, SKNLGRP_INET_TCP_DESTROY], ['tcp', AF_INET6, SKNLGRP_INET6_TCP_DESTROY], ['udp', AF_INET, SKNLGRP_INET_UDP_DESTROY], ['udp', AF_INET6, SKNLGRP_INET6_UDP_DESTROY],
];

/** Shows each socket when it is gone, whatever state it was in, until the task ends or `io.signal` is aborted. */
export async function events(run: SsRun, table: (rows: SsRun['rows']) => string): Promise<number> {
  const { task, io } = run;
  const groups = GROUPS.filter(([db, family]) => run.dbs.has(db) && (run.family === 0 || run.family === family)).map(([, , group]) => group);
  // Of other kinds nothing is told.
  if (groups.length === 0) throw new ToolExit(255, '');
  const sock = new NlSocket(task, NETLINK_SOCK_DIAG, groups);
  try {
    for (;;) {
      const got = sock.receive();
      if (typeof got === 'number') {
        if (io.signal?.aborted === true) return 0;
        await task.poll([{ fd: sock.fd, events: POLLIN, revents: 0 }], -1, io.signal === undefined ? {} : { signal: io.signal });
        continue;
      }
      for (const m of got) {
        if (m.type !== SOCK_DIAG_BY_FAMILY || m.body.length < 72) continue;
        inetRow(run, 'tcp', m.body);
        // The header comes with the first one that ends, even if the expression does not want it.
        io.out(table(run.rows.splice(0)));
      }
    }
  } catch (error) {
    if (io.signal?.aborted === true) return 0;
    throw error;
  } finally {
    sock.close();
  }
}

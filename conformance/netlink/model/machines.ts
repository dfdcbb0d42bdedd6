// One netlink request to two machines: the real kernel, in a namespace of its own, and Linnet.
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createKernel, errnoName, type Kernel, type KernelModule, sec, VirtualClock } from '@linnet/kernel';
import { devGetByName } from '@linnet/netdev';
import { nlAck, NlTestClient, nlSplit, type NlTestMessage } from '@linnet/netlink/testing';
import { NLM_F_DUMP, NLMSG_DONE, NLMSG_ERROR } from '@linnet/uapi';
import { fullStack } from 'linnet';
import { TestNetns } from '../../host/netns.ts';

/** What a request was answered with. */
export interface Answer {
  /** Name of the errno, or OK. */
  readonly errno: string;
  /** The text of the extended acknowledgement. */
  readonly text: string;
  readonly messages: readonly NlTestMessage[];
}

export interface Machine {
  /** Sends a whole message and collects what it is answered with. */
  ask(request: Uint8Array): Promise<Answer>;
  /** Lets what is deferred (carrier, link state) take effect. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

function answerOf(messages: readonly NlTestMessage[]): Answer {
  const last = messages.at(-1);
  if (last === undefined) return { errno: 'no answer', text: '', messages };
  if (last.type !== NLMSG_ERROR && last.type !== NLMSG_DONE) return { errno: 'no end', text: '', messages };
  const err = new DataView(last.payload.buffer, last.payload.byteOffset).getInt32(0, true);
  return { errno: err === 0 ? 'OK' : errnoName(err).replace('EOPNOTSUPP', 'ENOTSUP'), text: last.type === NLMSG_ERROR ? nlAck(last).msg : '', messages: messages.slice(0, -1) };
}

const wantsMore = (request: Uint8Array, got: readonly NlTestMessage[]): boolean =>
  (new DataView(request.buffer, request.byteOffset).getUint16(6, true) & NLM_F_DUMP) === NLM_F_DUMP && got.at(-1)?.type !== NLMSG_DONE && got.at(-1)?.type !== NLMSG_ERROR;

/** The real kernel: `probe.py` inside a fresh namespace. */
export class RealMachine implements Machine {
  readonly #ns: TestNetns;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;

  constructor() {
    this.#ns = new TestNetns({ plain: true });
    const probe = fileURLToPath(new URL('../probe.py', import.meta.url));
    this.#child = spawn('ip', ['netns', 'exec', this.#ns.name, 'python3', '-u', probe]);
    this.#child.stderr.pipe(process.stderr);
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async #line(q: object): Promise<{ rc: number; in: string[] }> {
    this.#child.stdin.write(`${JSON.stringify(q)}\n`);
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error('probe.py has ended');
    return JSON.parse(value) as { rc: number; in: string[] };
  }

  /** NETLINK_EXT_ACK and NETLINK_GET_STRICT_CHK, as iproute2 sets them. */
  async init(): Promise<this> {
    for (const opt of [11, 12]) await this.#line({ sock: 'r', proto: 0, opt: [opt, 1] });
    return this;
  }

  async ask(request: Uint8Array): Promise<Answer> {
    const messages: NlTestMessage[] = [];
    let r = await this.#line({ sock: 'r', proto: 0, hex: Buffer.from(request).toString('hex') });
    for (;;) {
      for (const hex of r.in) messages.push(...nlSplit(new Uint8Array(Buffer.from(hex, 'hex'))));
      if (!wantsMore(request, messages)) return answerOf(messages);
      r = await this.#line({ sock: 'r', proto: 0, read: true });
    }
  }

  /** The kernel's link watch acts at most once a second. */
  async settle(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 1300));
  }

  async close(): Promise<void> {
    this.#child.stdin.end();
    await new Promise((resolve) => this.#child.once('close', resolve));
    this.#ns.delete();
  }
}

/** Linnet, in virtual time. */
export class LinnetMachine implements Machine {
  readonly clock: VirtualClock = new VirtualClock();
  readonly kernel: Kernel;
  readonly #client: NlTestClient;

  constructor(modules: readonly KernelModule[] = fullStack) {
    this.kernel = createKernel({ modules, clock: this.clock, seed: 1 });
    this.#client = new NlTestClient(this.kernel.initNet);
  }

  ask(request: Uint8Array): Promise<Answer> {
    const n = this.#client.send(request);
    if (n !== request.length) throw new Error(`sendmsg: ${n}`);
    const messages: NlTestMessage[] = [];
    do messages.push(...this.#client.messages()); while (wantsMore(request, messages));
    return Promise.resolve(answerOf(messages));
  }

  /** The index of a device, 0 when there is none of that name. */
  ifindex(name: string): number {
    return devGetByName(this.kernel.initNet, name)?.ifindex ?? 0;
  }

  settle(): Promise<void> {
    this.clock.advance(sec(3));
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.#client.close();
    this.kernel.shutdown();
    return Promise.resolve();
  }
}
